"""Clopper–Pearson limits against SciPy's."""

import numpy as np
import pytest
from scipy.stats import binomtest

from triage.science.store.error_rates import clopper_pearson


@pytest.mark.parametrize(("k", "n"), [(0, 1), (1, 1), (0, 50), (50, 50), (7, 50), (191, 622)])
def test_limits_are_those_of_scipy(k: int, n: int) -> None:
    low, high = clopper_pearson(np.array([k]), np.array([n]))
    expected = binomtest(k, n).proportion_ci(method="exact")
    assert (low[0], high[0]) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_nothing_seen_says_nothing() -> None:
    low, high = clopper_pearson(np.array([0]), np.array([0]))
    assert (low[0], high[0]) == (0.0, 1.0)


def test_more_errors_than_samples_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="between 0 and samples"):
        clopper_pearson(np.array([3]), np.array([2]))
