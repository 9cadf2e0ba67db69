"""Intervals against SciPy, statsmodels and published examples."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from diagnostics.science.measures.values import (
    difference_of,
    mean_difference,
    mean_of,
    named,
    share_of,
    shares_of,
    wilson,
)


@pytest.mark.parametrize(("found", "total"), [(0, 10), (3, 10), (10, 10), (81, 263)])
def test_shares_have_the_exact_and_the_score_interval(found: int, total: int) -> None:
    value = share_of(found, total)

    assert (value.low, value.high) == pytest.approx(
        proportion_confint(found, total, method="beta"), abs=1e-9
    )
    assert wilson(found, total) == pytest.approx(
        proportion_confint(found, total, method="wilson"), abs=1e-9
    )


# Newcombe (1998), Statistics in Medicine 17: 873-890, table II, method 10.
@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0000),
    ],
)
def test_differences_are_those_of_the_published_table(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    value = difference_of(first, second)

    assert value.low == pytest.approx(low, abs=6e-5)
    assert value.high == pytest.approx(high, abs=6e-5)
    assert (value.low, value.high) == pytest.approx(
        confint_proportions_2indep(*first, *second, method="newcomb"), abs=1e-6
    )


def test_means_have_students_and_differences_welchs_interval() -> None:
    rng = np.random.default_rng(1)
    one, two = rng.normal(size=30), rng.normal(0.3, 2, size=17)

    mean, gap = mean_of(np.append(one, np.nan)), mean_difference(one, np.append(two, np.nan))

    assert (mean.low, mean.high) == pytest.approx(
        stats.t.interval(0.95, 29, one.mean(), stats.sem(one))
    )
    expected = stats.ttest_ind(one, two, equal_var=False).confidence_interval()
    assert (gap.low, gap.high) == pytest.approx((expected.low, expected.high))
    assert (mean.count, gap.count) == (30, 47)


def test_nothing_has_no_value() -> None:
    assert share_of(0, 0).value is None
    assert difference_of((0, 0), (1, 2)).value is None
    assert mean_of(np.array([np.nan])).value is None
    assert mean_difference(np.array([1.0]), np.array([1.0, 2.0])).value is None
    assert shares_of(np.array([0, 1]), np.array([0, 2]))[0].value is None


def test_the_most_telling_samples_come_first() -> None:
    chosen = np.array([True, False, True, True])

    found = named(np.array([10, 11, 12, 13]), chosen, np.array([0.1, 9.0, np.nan, 0.5]))

    assert found.positions == (13, 10, 12)
    assert named(np.arange(4), chosen).positions == (0, 2, 3)


def test_shares_of_zeros_and_ones_are_exact_and_equal_differences_are_not_certain() -> None:
    none = mean_of(np.zeros(36), "share")
    same = mean_of(np.zeros(36), "points")

    assert (none.low, none.how) == (0.0, "Clopper–Pearson")
    assert none.high == pytest.approx(1 - 0.025 ** (1 / 36))
    assert same.high == pytest.approx(none.high)
    assert same.low == pytest.approx(-none.high)
    assert mean_of(np.full(5, 0.6), "share").how == "Student’s t"
    assert mean_of(np.array([0.9, 1.0, 1.0, 1.0, 0.6]), "share").high <= 1.0
