"""Intervals of experiments against SciPy and statsmodels, and where they end."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from diagnostics.science.experiments.design import statistics
from diagnostics.science.experiments.design.statistics import holm, paired_bootstrap, paired_t


@pytest.mark.parametrize("count", [3, 4, 5])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_the_paired_t_is_what_scipy_computes(count: int, level: float) -> None:
    rng = np.random.default_rng(count)
    control, treated = rng.normal(0.7, 0.02, count), rng.normal(0.72, 0.02, count)

    found = paired_t(treated - control, level)

    expected = stats.ttest_rel(treated, control)
    limits = expected.confidence_interval(level)
    assert (found.low, found.high) == pytest.approx((limits.low, limits.high), abs=1e-12)
    assert found.p == pytest.approx(expected.pvalue, abs=1e-12)
    assert found.mean == pytest.approx(treated.mean() - control.mean())
    assert found.count == count


def test_identical_arms_differ_by_exactly_nothing() -> None:
    for step in (0.0, 0.05):
        found = paired_t([0.0] * 3, step=step)

        assert (found.mean, found.low, found.high, found.p) == (0.0, 0.0, 0.0, 1.0)


def test_differences_that_are_all_alike_are_their_own_interval() -> None:
    found = paired_t([0.1] * 5)

    assert (found.mean, found.low, found.high, found.p) == (0.1, 0.1, 0.1, 0.0)


def test_fewer_than_three_pairs_have_a_mean_and_no_interval() -> None:
    two, none = paired_t([0.1, 0.3]), paired_t([])

    assert two.mean == pytest.approx(0.2)
    assert (two.low, two.high, two.p, two.count) == (None, None, None, 2)
    assert (none.mean, none.low, none.p, none.count) == (None, None, None, 0)


def test_what_is_no_number_has_no_interval() -> None:
    with pytest.raises(ValueError, match="finite"):
        paired_t([0.1, np.nan, 0.2])


def test_differences_counted_in_whole_samples_are_never_taken_for_certain() -> None:
    # Every seed gained one sample of 25.
    plain, counted = paired_t([0.04] * 3), paired_t([0.04] * 3, step=0.04)

    assert plain.p == 0
    error = 0.04 / np.sqrt(12 * 3)
    assert counted.p == pytest.approx(2 * stats.t.sf(0.04 / error, 2))
    assert counted.high - 0.04 == pytest.approx(stats.t.ppf(0.975, 2) * error)


def test_rounding_matters_little_where_seeds_scatter() -> None:
    gaps = [0.02, 0.05, -0.01]

    plain, counted = paired_t(gaps), paired_t(gaps, step=1 / 500)

    assert counted.low < plain.low
    assert counted.low == pytest.approx(plain.low, abs=2e-4)


def credits(rng: np.random.Generator, k: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    control = (rng.random((k, m)) < 0.6).astype(float)
    treated = np.where(rng.random((k, m)) < 0.2, 1.0, control)
    return control, treated


def test_a_bootstrap_of_single_samples_is_scipys_within_monte_carlo_error() -> None:
    rng = np.random.default_rng(3)
    control, treated = credits(rng, 3, 300)

    found = paired_bootstrap(control, treated, np.arange(300), rng, draws=20_000)

    expected = stats.bootstrap(
        (treated.mean(axis=0), control.mean(axis=0)),
        lambda a, b, axis: (a - b).mean(axis=axis),
        paired=True,
        vectorized=True,
        n_resamples=20_000,
        method="percentile",
        rng=np.random.default_rng(4),
    )
    error = expected.standard_error
    # A quantile of 20,000 draws scatters by about a fiftieth of the standard error.
    assert found is not None
    assert found.low == pytest.approx(expected.confidence_interval.low, abs=0.1 * error)
    assert found.high == pytest.approx(expected.confidence_interval.high, abs=0.1 * error)


def test_whole_clusters_are_drawn() -> None:
    """A plain loop that draws images, then every sample on them, scatters the same."""
    rng = np.random.default_rng(5)
    control, treated = credits(rng, 3, 120)
    image = rng.integers(0, 15, 120)
    gap = (treated - control).mean(axis=0)
    images = np.unique(image)
    means = []
    for _ in range(5000):
        rows = np.concatenate([np.flatnonzero(image == i) for i in rng.choice(images, len(images))])
        means.append(gap[rows].mean())

    found = paired_bootstrap(control, treated, image, rng, draws=20_000)

    assert found is not None
    assert (found.low, found.high) == pytest.approx(
        tuple(np.quantile(means, [0.025, 0.975])), abs=0.1 * np.std(means)
    )


def test_clusters_of_copies_are_as_wide_as_what_was_copied() -> None:
    control, treated = credits(np.random.default_rng(6), 3, 100)
    copied = (np.repeat(control, 7, axis=1), np.repeat(treated, 7, axis=1))

    once = paired_bootstrap(control, treated, np.arange(100), np.random.default_rng(7))
    seven = paired_bootstrap(*copied, np.repeat(np.arange(100), 7), np.random.default_rng(7))

    assert once is not None
    assert seven is not None
    assert (once.low, once.high) == pytest.approx((seven.low, seven.high), abs=1e-8)


def test_two_clusters_have_the_three_means_that_they_can_have() -> None:
    # Draws are (0, 0), (0, 1) or (1, 1) with chances 1/4, 1/2, 1/4: the limits are the ends.
    control, treated = np.zeros((3, 2)), np.tile([0.0, 1.0], (3, 1))

    found = paired_bootstrap(control, treated, np.array([8, 3]), np.random.default_rng(0))
    middle = paired_bootstrap(
        control, treated, np.array([8, 3]), np.random.default_rng(0), level=0.4
    )

    assert found == statistics.Interval(0.0, 1.0)
    assert middle == statistics.Interval(0.5, 0.5)


def test_identical_credits_have_an_interval_of_nothing() -> None:
    control, _ = credits(np.random.default_rng(1), 3, 50)

    found = paired_bootstrap(control, control, np.arange(50), np.random.default_rng(1))

    assert found == statistics.Interval(0.0, 0.0)


@pytest.mark.parametrize("m", [0, 4])
def test_one_cluster_or_none_cannot_be_resampled(m: int) -> None:
    nothing = np.zeros((3, m))

    assert paired_bootstrap(nothing, nothing, np.zeros(m, int), np.random.default_rng(0)) is None


def test_credits_of_different_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="same samples"):
        paired_bootstrap(np.zeros((3, 4)), np.zeros((3, 5)), np.arange(4), np.random.default_rng(0))


def test_many_different_clusters_are_drawn_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    control, treated = rng.random((3, 200)), rng.random((3, 200))
    whole = paired_bootstrap(control, treated, np.arange(200), np.random.default_rng(9), draws=100)
    monkeypatch.setattr(statistics, "_AT_ONCE", 1000)

    parts = paired_bootstrap(control, treated, np.arange(200), np.random.default_rng(9), draws=100)

    assert parts == whole


@pytest.mark.parametrize("count", [1, 2, 7, 30])
def test_holm_is_what_statsmodels_computes(count: int) -> None:
    p = np.random.default_rng(count).random(count) ** 2

    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])


def test_there_is_no_bootstrap_over_seeds() -> None:
    rng = np.random.default_rng(0)
    control, treated = np.zeros((3, 40)), np.zeros((3, 40))
    # The seeds differ widely, the samples of a seed do not: what resamples samples sees one number.
    treated += np.array([[0.0], [0.1], [0.8]])

    found = paired_bootstrap(control, treated, np.arange(40), rng)

    assert found is not None
    assert found.low == pytest.approx(0.3)
    assert found.high == pytest.approx(0.3)
    assert paired_t(treated.mean(axis=1)).low < 0


def test_ten_strata_of_few_changed_samples_are_rarely_claimed() -> None:
    """Three seeds, 25 samples a stratum, of which one or two turn by chance, either way."""
    rng = np.random.default_rng(8)
    gaps = (rng.poisson(1.0, (300, 10, 3)) - rng.poisson(1.0, (300, 10, 3))) / 25

    def claimed(step: float) -> float:
        found = [[paired_t(each, step=step).p for each in family] for family in gaps]
        return float(np.mean([holm(family).min() < 0.05 for family in found]))

    assert claimed(0.0) > 0.12
    assert claimed(1 / 25) <= 0.05
