"""Score-assisted intervals: what they equal, when they fall back, what they refuse."""

import numpy as np
import pytest

from annotations.science.estimation.intervals import hypergeometric_interval
from annotations.science.estimation.prediction_powered import (
    Estimate,
    score_assisted_interval,
    stratified_score_assisted_interval,
)


def sample(seed: int = 0, n: int = 200) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    noisy = (rng.random(n) < 0.3).astype(float)
    return noisy, noisy + rng.normal(0, 0.7, n)


def test_the_point_is_the_regression_estimate() -> None:
    noisy, scores = sample()
    slope = np.polyfit(scores, noisy, 1)[0]
    found = score_assisted_interval(noisy, scores, 0.35, 5000)
    assert found.weight == pytest.approx(slope)
    assert found.point == pytest.approx(noisy.mean() + slope * (0.35 - scores.mean()))
    assert found.low < found.point < found.high
    assert found.method == "score_assisted"


def test_good_scores_are_worth_items_and_useless_ones_cost_little() -> None:
    noisy, scores = sample()
    exact = hypergeometric_interval(int(noisy.sum()), 200, 5000)
    good = score_assisted_interval(noisy, scores, float(scores.mean()), 5000)
    assert good.high - good.low < 0.85 * (exact.high - exact.low)
    assert good.extra_items > 50
    useless = score_assisted_interval(noisy, np.random.default_rng(1).random(200), 0.5, 5000)
    assert useless.high - useless.low < 1.05 * (exact.high - exact.low)


def test_constant_scores_leave_the_plain_share() -> None:
    noisy, _ = sample()
    found = score_assisted_interval(noisy, np.full(200, 0.1), 0.1, 5000)
    assert found.weight == 0.0
    assert found.point == pytest.approx(noisy.mean())


def test_scale_and_shift_of_the_scores_do_not_matter() -> None:
    noisy, scores = sample()
    plain = score_assisted_interval(noisy, scores, 0.3, 900)
    moved = score_assisted_interval(noisy, 7 - 100 * scores, 7 - 100 * 0.3, 900)
    assert (moved.point, moved.low, moved.high) == pytest.approx(
        (plain.point, plain.low, plain.high)
    )


@pytest.mark.parametrize("seen", [0, 1, 9, 91, 99, 100])
def test_few_of_a_kind_fall_back_to_the_exact_interval(seen: int) -> None:
    noisy = np.arange(100) < seen
    found = score_assisted_interval(noisy, np.random.default_rng(0).random(100), 0.5, 700)
    exact = hypergeometric_interval(seen, 100, 700)
    assert found == Estimate(seen / 100, exact.low, exact.high, "exact")


def test_a_census_leaves_no_width() -> None:
    noisy, scores = sample()
    found = score_assisted_interval(noisy, scores, float(scores.mean()), 200)
    assert found.low == found.high == found.point == pytest.approx(noisy.mean())


def test_perfect_scores_still_leave_a_width() -> None:
    noisy, _ = sample()
    found = score_assisted_interval(noisy, noisy, 0.3, 5000)
    assert found.point == pytest.approx(0.3)
    assert 0.005 < found.high - found.low < 0.1


def test_strata_are_weighted_by_their_population() -> None:
    noisy, scores = sample()
    found = stratified_score_assisted_interval(
        [noisy[:50], noisy[50:]], [scores[:50], scores[50:]], [0.4, 0.2], [1000, 3000]
    )
    expected = 0.25 * (noisy[:50].mean() + found.weight * (0.4 - scores[:50].mean()))
    expected += 0.75 * (noisy[50:].mean() + found.weight * (0.2 - scores[50:].mean()))
    assert found.point == pytest.approx(expected)


def test_a_stratum_too_small_for_a_variance_joins_its_neighbour() -> None:
    noisy, scores = sample()
    parts = [noisy[:1], noisy[1:120], noisy[120:], noisy[:0]]
    values = [scores[:1], scores[1:120], scores[120:], scores[:0]]
    found = stratified_score_assisted_interval(parts, values, [0.3] * 4, [10, 1190, 800, 20])
    merged = stratified_score_assisted_interval(
        [noisy[:120], noisy[120:]], [scores[:120], scores[120:]], [0.3, 0.3], [1200, 820]
    )
    assert (found.point, found.low, found.high) == pytest.approx(
        (merged.point, merged.low, merged.high)
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], [], 0.0, 10), "no decided item"),
        (([1, 0], [0.1], 0.0, 10), "2 verdicts, but 1 scores"),
        (([2], [0.1], 0.0, 10), "verdicts must be 0"),
        (([1], [np.nan], 0.0, 10), "finite"),
        (([1], [0.1], np.inf, 10), "finite"),
        (([1, 0], [0.1, 0.2], 0.0, 1), "population of only 1"),
        (([1, 0], [0.1, 0.2], 0.0, 5, 1.5), "level"),
    ],
)
def test_samples_that_cannot_be_are_refused(arguments: tuple[object, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        score_assisted_interval(*arguments)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="every stratum"):
        stratified_score_assisted_interval([[1]], [[0.1]], [0.1, 0.2], [10])


def test_a_stratum_of_nobody_needs_no_mean_score() -> None:
    noisy, scores = sample()
    whole = score_assisted_interval(noisy, scores, 0.3, 2000)
    found = stratified_score_assisted_interval([[], noisy], [[], scores], [np.nan, 0.3], [0, 2000])
    assert found == whole


def test_figures_are_plain_numbers() -> None:
    noisy, scores = sample()
    found = score_assisted_interval(noisy.astype(bool).tolist(), tuple(scores), 0.3, np.int64(2000))
    assert {type(value) for value in (found.point, found.low, found.high)} == {float}
