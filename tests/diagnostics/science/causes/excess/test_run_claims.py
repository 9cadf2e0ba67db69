"""Gaps, rare answers, noise, hard words, attention and pictures without effect, each by itself."""

from typing import Any

import numpy as np
import pytest
import scipy
from statsmodels.stats.proportion import proportion_confint

from diagnostics.science.causes.excess.answers import Answers, Words
from diagnostics.science.causes.excess.attention import off_box
from diagnostics.science.causes.excess.gaps import coverage, rare_references, train_test
from diagnostics.science.causes.excess.hard_words import hard_words
from diagnostics.science.causes.excess.images import matched, without_effect
from diagnostics.science.causes.excess.noise import clopper_pearson, surer, wrong_references
from diagnostics.science.causes.excess.tolerances import DEFAULT
from diagnostics.science.measures.samples import Groups, Samples


def answers(
    error: Any, trained: Any, numbers: Any = None, groups: Any = None, **more: Any
) -> Answers:
    error, trained = np.asarray(error, bool), np.asarray(trained, bool)
    split = Groups(np.where(trained, 0, 1).astype(np.int32), ("train", "test"))
    samples = Samples(
        np.arange(len(error)),
        (~error).astype(float),
        error,
        {"split": split, **(groups or {})},
        numbers or {},
    )
    return Answers(samples, **more)


def halves(train_errors: int, errors: int, rows: int = 1000) -> Answers:
    """As many training rows as evaluation rows, with so many errors each."""
    place = np.arange(rows)
    return answers(np.r_[place < train_errors, place < errors], np.arange(2 * rows) < rows)


def everywhere(run: Answers) -> np.ndarray:
    return np.ones(len(run.samples), dtype=bool)


def test_a_gap_of_thirty_points_at_a_fitted_training_is_tested() -> None:
    run = halves(10, 310)

    gap = train_test(run, everywhere(run), DEFAULT)

    assert gap is not None
    assert gap.test is not None
    assert gap.points == pytest.approx(0.3)
    assert gap.test.share == pytest.approx(300 / 310)
    # Points minus the convention over the error of a difference, with one more of each kind.
    spread = (11 / 1002 * 991 / 1002 / 1000 + 311 / 1002 * 691 / 1002 / 1000) ** 0.5
    assert gap.test.p == pytest.approx(scipy.stats.norm.sf(0.08 / spread))
    shown = gap.at(0.025)
    assert shown.low == pytest.approx(0.3 - 1.959964 * spread)
    assert shown.high == pytest.approx(0.3 + 1.959964 * spread)


def test_a_gap_is_shown_and_not_claimed_where_training_is_not_fitted() -> None:
    run = halves(100, 450)

    gap = train_test(run, everywhere(run), DEFAULT)

    assert gap is not None
    assert gap.test is not None
    assert gap.points == pytest.approx(0.35)
    assert gap.test.p == 1.0


def test_there_is_no_gap_without_training_rows() -> None:
    run = answers(np.ones(50), np.zeros(50))

    assert train_test(run, everywhere(run), DEFAULT) is None
    assert coverage(run, everywhere(run), DEFAULT) is None


def wide(rare_error: float, seed: int = 0) -> Answers:
    """Twenty references, the last of them rare in training; errors at rare ones in evaluation."""
    rng = np.random.default_rng(seed)
    chances = 1 / np.arange(1, 21)
    reference = rng.choice(20, 6000, p=chances / chances.sum())
    trained = np.arange(6000) < 3000
    rate = np.where(trained, 0.05, np.where(reference >= 8, rare_error, 0.1))
    groups = {"answer": Groups(reference.astype(np.int32), tuple("abcdefghijklmnopqrst"))}
    return answers(rng.random(6000) < rate, trained, groups=groups)


def test_errors_at_rare_answers_are_claimed_beyond_those_at_common_ones() -> None:
    run = wide(0.6)
    rare, known = rare_references(run)

    found = coverage(run, everywhere(run), DEFAULT)

    assert known.all()
    assert 0.2 < rare[run.evaluated].mean() < 0.5
    assert found is not None
    assert found.test is not None
    assert found.test.p < 1e-6
    assert found.points > 0.3


def test_rare_answers_that_err_like_common_ones_are_not_claimed() -> None:
    run = wide(0.1)

    found = coverage(run, everywhere(run), DEFAULT)

    assert found is not None
    assert found.test is not None
    assert found.test.p > 0.5


def test_few_different_answers_have_no_rare_ones() -> None:
    groups = {"answer": Groups(np.arange(100, dtype=np.int32) % 2, ("no", "yes"))}
    run = answers(np.zeros(100), np.arange(100) < 50, groups=groups)

    assert not rare_references(run)[1].any()


def sure_model(wrong: float, seed: int = 1, lasting: bool = True) -> Answers:
    """Training rows with margins; contradictions fall anywhere, or only where it is unsure."""
    rng = np.random.default_rng(seed)
    trained = np.arange(4000) < 2000
    logs = rng.exponential(3.0, 4000)
    top = scipy.special.expit(logs)
    error = rng.random(4000) < (wrong if lasting else 2 * wrong * np.exp(-logs))
    error |= ~trained & (rng.random(4000) < 0.1)
    return answers(error, trained, {"top_probability": top, "top_margin": 2 * top - 1})


def test_wrong_references_are_what_the_sure_contradict() -> None:
    run = sure_model(0.08)

    found = wrong_references(run, everywhere(run), DEFAULT)

    assert found is not None
    assert found.p < 1e-6
    low, high = found.limits(0.025)
    # Of all evaluation errors, 8 % of rows and their 90 % of otherwise right answers.
    true = 0.08 * 0.9 / run.samples.error[run.evaluated].mean()
    assert low < true < high
    sure = surer(run, everywhere(run), 0.5)
    k = int(run.samples.error[sure].sum())
    expected = scipy.stats.binomtest(k, int(sure.sum()), DEFAULT.noise, alternative="greater")
    assert found.p == pytest.approx(expected.pvalue)


def test_misreadings_that_fall_with_sureness_are_no_wrong_references() -> None:
    run = sure_model(0.4, lasting=False)

    found = wrong_references(run, everywhere(run), DEFAULT)

    assert found is not None
    assert found.p == 1.0


def test_noise_is_not_tested_without_training_candidates() -> None:
    run = answers(
        np.ones(200), np.zeros(200), {"top_probability": np.ones(200), "top_margin": np.ones(200)}
    )

    assert wrong_references(run, everywhere(run), DEFAULT) is None
    bare = halves(100, 100)
    assert wrong_references(bare, everywhere(bare), DEFAULT) is None


@pytest.mark.parametrize(("k", "n"), [(0, 10), (3, 10), (10, 10), (41, 500)])
def test_exact_limits_are_those_of_statsmodels(k: int, n: int) -> None:
    expected = proportion_confint(k, n, alpha=0.05, method="beta")

    assert clopper_pearson(k, n, 0.025) == pytest.approx(expected)


def test_words_are_hard_by_training_rows_alone() -> None:
    # Word 1 errs in training, word 2 in evaluation only, word 3 nowhere.
    word = np.tile([1, 2, 3], 400)
    trained = np.arange(1200) < 600
    error = np.where(trained, word == 1, word == 2)
    error[:600] &= np.arange(600) % 30 < 20
    run = answers(error, trained, words=Words(np.arange(1200), word))

    # Of training rows 22 % err; word 1 errs in two thirds of its own.
    shown = hard_words(run, DEFAULT)

    assert shown is not None
    assert set(word[shown]) == {1}
    assert (
        hard_words(answers(error, np.zeros(1200), words=Words(np.arange(1200), word)), DEFAULT)
        is None
    )
    assert hard_words(halves(1, 1), DEFAULT) is None


def test_the_attentions_centre_is_measured_from_the_box() -> None:
    grids = np.full((3, 4, 4), 0.2)
    grids[0, 0, 0] = grids[1, 3, 3] = 1.0
    boxes = np.tile([0.0, 0.0, 0.25, 0.25], (3, 1))

    found = off_box(grids, boxes)

    assert found[0] == pytest.approx(0.0)
    assert found[1] == pytest.approx(np.hypot(0.75, 0.75))
    # A flat grid looks nowhere.
    assert np.isnan(found[2])
    with pytest.raises(ValueError, match="grids"):
        off_box(grids, boxes[:2])


def alone(blind: float, seed: int = 2, stretch: float = 1.0) -> Answers:
    """Rows whose text-only answer is theirs; a share of the errors is as sure as without picture."""
    rng = np.random.default_rng(seed)
    text, own = rng.normal(0.5, 1.2, 3000), rng.normal(2.0, 1.2, 3000)
    error = rng.random(3000) > scipy.special.expit(own)
    taken = error & (rng.random(3000) < blind)
    own = np.where(taken, text + rng.normal(0, 0.1, 3000), own)
    numbers = {
        "confidence": scipy.special.expit(stretch * own),
        "text_confidence": scipy.special.expit(stretch * text),
        "text_only_same": np.ones(3000),
    }
    groups = {"prediction": Groups(np.zeros(3000, np.int32), ("yes",))}
    return answers(error, np.zeros(3000), numbers, groups)


@pytest.mark.parametrize("stretch", [1.0, 3.0])
def test_errors_without_effect_of_the_picture_are_found_however_stretched(stretch: float) -> None:
    run = alone(0.5, stretch=stretch)
    found = matched(run, DEFAULT)

    assert found is not None
    test = without_effect(run, found, DEFAULT)
    assert test is not None
    assert test.p < 1e-6
    assert 0.2 < test.share <= 0.55


def test_chance_matches_are_not_counted() -> None:
    run = alone(0.0)
    found = matched(run, DEFAULT)

    assert found is not None
    # By chance alone many match.
    assert found.match.mean() > 0.05
    test = without_effect(run, found, DEFAULT)
    assert test is not None
    assert abs(test.share) < 0.05
    assert test.p > 0.05
    assert matched(halves(1, 1), DEFAULT) is None
