"""Exact intervals: enumerated coverage, published limits, an independent oracle, edges."""

import numpy as np
import pytest
from scipy import stats

from annotations.science.estimation.intervals import (
    Interval,
    critical_counts,
    hypergeometric_count_interval,
    hypergeometric_interval,
    interval_table,
    lower_tail,
    probabilities,
    upper_tail,
)

LEVEL = 0.95


def coverage_of_every_m(population: int, size: int, level: float = LEVEL) -> np.ndarray:
    """The exact chance that the interval holds M, for each M = 0..N."""
    low, high = interval_table(size, population, level)
    out = np.empty(population + 1)
    for noisy in range(population + 1):
        held = (low <= noisy) & (noisy <= high)
        out[noisy] = probabilities(size, population, noisy)[held].sum()
    return out


@pytest.mark.parametrize(
    ("population", "size"),
    [
        *((137, size) for size in (1, 20, 60, 100, 136, 137)),
        *((500, size) for size in (100, 200, 499)),
        *((2000, size) for size in (100, 200, 1500)),
    ],
)
def test_coverage_is_at_least_the_level_for_every_m(population: int, size: int) -> None:
    coverage = coverage_of_every_m(population, size)
    assert coverage.min() >= LEVEL - 1e-12
    assert coverage.max() <= 1 + 1e-12


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.99])
def test_coverage_holds_at_other_levels(level: float) -> None:
    assert coverage_of_every_m(137, 50, level).min() >= level - 1e-12


@pytest.mark.slow
def test_coverage_is_at_least_the_level_for_every_m_and_every_sample_size() -> None:
    for size in range(138):
        assert coverage_of_every_m(137, size).min() >= LEVEL - 1e-12
    for size in range(20, 500, 20):
        assert coverage_of_every_m(500, size).min() >= LEVEL - 1e-12


def test_each_tail_misses_at_most_half_of_the_error() -> None:
    low, high = interval_table(100, 500)
    for noisy in range(501):
        chances = probabilities(100, 500, noisy)
        assert chances[low > noisy].sum() <= 0.025 + 1e-12
        assert chances[high < noisy].sum() <= 0.025 + 1e-12


def test_the_interval_is_the_one_that_scipy_tail_probabilities_give() -> None:
    population, size = 300, 60
    everything = np.arange(population + 1)
    for successes in (0, 1, 7, 30, 59, 60):
        above = stats.hypergeom.sf(successes - 1, population, everything, size) > 0.025
        under = stats.hypergeom.cdf(successes, population, everything, size) > 0.025
        found = hypergeometric_count_interval(successes, size, population)
        assert (found.low, found.high) == (
            everything[above].min(),
            everything[under].max(),
        )


def test_tails_agree_with_scipy() -> None:
    for successes, size, population, noisy in [(3, 20, 50, 10), (40, 200, 2000, 400), (0, 5, 9, 9)]:
        assert upper_tail(successes, size, population, noisy) == pytest.approx(
            stats.hypergeom.sf(successes - 1, population, noisy, size), rel=1e-9
        )
        assert lower_tail(successes, size, population, noisy) == pytest.approx(
            stats.hypergeom.cdf(successes, population, noisy, size), rel=1e-9, abs=1e-300
        )


def test_a_large_population_gives_the_clopper_pearson_interval() -> None:
    exact = stats.binomtest(40, 200).proportion_ci(0.95, "exact")
    found = hypergeometric_interval(40, 200, 50_000_000)
    assert found.low == pytest.approx(exact.low, abs=2e-6)
    assert found.high == pytest.approx(exact.high, abs=2e-6)


def test_quality_200_of_2000_by_hand() -> None:
    # 40 of 200 among 2,000: 14.95 % to 25.9 %, from P(X >= 40 | 299) > 0.025 >= P(X >= 40 | 298).
    assert hypergeometric_interval(40, 200, 2000) == Interval(0.1495, 0.259)
    assert stats.hypergeom.sf(39, 2000, 299, 200) > 0.025 >= stats.hypergeom.sf(39, 2000, 298, 200)
    assert (
        stats.hypergeom.cdf(40, 2000, 518, 200) > 0.025 >= stats.hypergeom.cdf(40, 2000, 519, 200)
    )


def test_nothing_drawn_says_nothing() -> None:
    assert hypergeometric_interval(0, 0, 500) == Interval(0.0, 1.0)
    assert hypergeometric_interval(0, 0, 0) == Interval(0.0, 1.0)


def test_everything_drawn_leaves_no_doubt() -> None:
    for successes in (0, 3, 10):
        found = hypergeometric_count_interval(successes, 10, 10)
        assert (found.low, found.high) == (successes, successes)


def test_none_and_all_noisy_keep_their_end() -> None:
    assert hypergeometric_count_interval(0, 50, 500).low == 0
    assert hypergeometric_count_interval(50, 50, 500).high == 500
    one = hypergeometric_count_interval(1, 1, 2)
    assert (one.low, one.high) == (1, 2)


def test_noise_and_its_opposite_mirror_each_other() -> None:
    for successes in range(31):
        found = hypergeometric_count_interval(successes, 30, 90)
        mirror = hypergeometric_count_interval(30 - successes, 30, 90)
        assert (found.low, found.high) == (90 - mirror.high, 90 - mirror.low)


def test_ends_rise_with_the_count() -> None:
    low, high = interval_table(80, 400)
    assert (np.diff(low) >= 0).all()
    assert (np.diff(high) >= 0).all()


@pytest.mark.parametrize("needed", [1, 20, 80, 100])
def test_critical_counts_are_where_the_interval_settles(needed: int) -> None:
    low, high = interval_table(40, 100)
    critical = critical_counts(40, 100, needed)
    counts = np.arange(41)
    assert list(counts[low >= needed]) == list(range(critical.at_least, 41))
    assert list(counts[high < needed]) == list(range(critical.below + 1))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((5, 4, 10), "successes must be 0..4"),
        ((-1, 4, 10), "successes must be 0..4"),
        ((0, 11, 10), "sample size must be 0..10"),
        ((0, -1, 10), "sample size must be 0..10"),
        ((0, 1, 10, 1.0), "level must lie between"),
        ((0, 1, 10, 0.0), "level must lie between"),
        ((1.5, 4, 10), "whole numbers"),
        ((1, float("nan"), 10), "whole numbers"),
    ],
)
def test_counts_that_cannot_be_are_refused(arguments: tuple[float, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        hypergeometric_interval(*arguments)  # type: ignore[arg-type]


def test_a_needed_count_outside_the_population_is_refused() -> None:
    for needed in (0, 11):
        with pytest.raises(ValueError, match=r"needed must be 1\.\.10"):
            critical_counts(5, 10, needed)


def test_counts_may_be_numbers_of_any_library() -> None:
    plain = hypergeometric_interval(30, 200, 2000)
    found = hypergeometric_interval(np.int64(30), np.int32(200), 2000.0)  # type: ignore[arg-type]
    assert found == plain
    assert type(found.low) is type(found.high) is float
