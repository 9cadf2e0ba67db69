"""The attributable excess and the corrections for many tests, against statsmodels and scipy."""

import numpy as np
import pytest
import scipy
import statsmodels.api as sm
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.multitest import multipletests

from diagnostics.science.causes.excess.answers import joined, logit
from diagnostics.science.causes.excess.attributable import attributable, strata_of
from diagnostics.science.causes.excess.simultaneous import above, holm, normal_limits


def drawn(seed: int, effect: float, rows: int = 3000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sign, error and stratum of rows; strata differ in how common sign and error are."""
    rng = np.random.default_rng(seed)
    strata = rng.integers(0, 4, rows)
    sign = rng.random(rows) < 0.05 + 0.1 * strata
    error = rng.random(rows) < 0.1 + 0.08 * strata + effect * sign
    return sign, error, strata


def test_the_excess_is_the_standardised_difference_of_a_saturated_model() -> None:
    sign, error, strata = drawn(1, 0.2)
    dummies = np.eye(4)[strata]
    design = np.column_stack([dummies, dummies * sign[:, None]])
    model = sm.OLS(error.astype(float), design).fit()
    without = np.column_stack([dummies, np.zeros_like(dummies)])
    expected = (model.predict(design) - model.predict(without))[sign].sum() / error.sum()

    found = attributable(sign, error, strata, int(error.sum()))

    assert found is not None
    assert found.share == pytest.approx(expected)
    assert found.count == pytest.approx(expected * error.sum())


def test_the_common_odds_are_those_of_mantel_and_haenszel() -> None:
    sign, error, strata = drawn(2, 0.15)
    tables = [
        np.array(
            [
                [(here & sign & error).sum(), (here & sign & ~error).sum()],
                [(here & ~sign & error).sum(), (here & ~sign & ~error).sum()],
            ]
        )
        for here in (strata == s for s in range(4))
    ]

    found = attributable(sign, error, strata, int(error.sum()))

    assert found is not None
    assert found.odds == pytest.approx(StratifiedTable(tables).oddsratio_pooled)


def test_a_sign_that_only_sits_in_harder_strata_has_no_excess() -> None:
    shares = []
    for seed in range(40):
        sign, error, strata = drawn(seed, 0.0)
        found = attributable(sign, error, strata, int(error.sum()))
        assert found is not None
        shares.append(found.share / found.error)

    assert abs(np.mean(shares)) < 0.5
    # Standardised, they vary by about 1: the standard error is right.
    assert 0.7 < np.std(shares) < 1.3
    # Without strata the same sign would be claimed.
    sign, error, _ = drawn(0, 0.0)
    pooled = attributable(sign, error, np.zeros(len(sign), int), int(error.sum()))
    assert pooled is not None
    assert pooled.share / pooled.error > 3


def test_the_limits_hold_the_true_excess_as_often_as_they_say() -> None:
    held = 0
    for seed in range(200):
        sign, error, strata = drawn(seed, 0.2, 800)
        found = attributable(sign, error, strata, int(error.sum()))
        assert found is not None
        low, high = normal_limits(found.share, found.error)(0.025)
        held += low <= 0.2 * sign.sum() / error.sum() <= high

    assert held >= 184


def test_strata_without_both_kinds_are_left_out() -> None:
    sign = np.array([True] * 10 + [False] * 10)
    error = np.ones(20, dtype=bool)

    assert attributable(sign, error, np.repeat([0, 1], 10), 20) is None
    assert attributable(sign[:0], error[:0], np.zeros(0, int), 20) is None


def test_a_share_of_no_errors_is_refused() -> None:
    with pytest.raises(ValueError, match="no errors"):
        attributable(np.ones(1, bool), np.zeros(1, bool), np.zeros(1, int), 0)


def test_a_weight_is_the_excess_for_each_signed_error() -> None:
    sign = np.repeat([True, False], 20)
    error = np.r_[np.ones(10), np.zeros(10), np.ones(5), np.zeros(15)].astype(bool)

    found = attributable(sign, error, np.zeros(40, int), 15)

    assert found is not None
    assert found.weight == pytest.approx(0.5)
    assert found.points == pytest.approx(0.25)
    assert found.share == pytest.approx(5 / 15)


def test_templates_are_strata_where_both_kinds_are_many() -> None:
    types = np.zeros(40, int)
    templates = np.repeat([1, 2, 3], [20, 10, 10])
    sign = np.zeros(40, bool)
    sign[:8] = True
    sign[20:22] = True

    strata = strata_of(types, templates, sign)

    # Template 1 has 8 and 12; the others are thin and stay together.
    assert len(set(strata[:20])) == 1
    assert len(set(strata[20:])) == 1
    assert strata[0] != strata[20]


def test_holm_is_that_of_statsmodels() -> None:
    p = np.array([0.001, 0.04, 0.03, 0.9, 0.01, 0.01])

    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])
    assert holm([]).shape == (0,)
    assert holm([0.2]).tolist() == [0.2]


def test_p_and_limits_agree() -> None:
    assert above(0.2, 0.05, 0.2) == pytest.approx(0.5)
    assert above(0.2, 0.0, 0.0) == 1.0
    low, high = normal_limits(0.2, 0.05)(0.025)
    assert low == pytest.approx(0.2 - 1.959964 * 0.05)
    assert above(0.2, 0.05, low) == pytest.approx(0.025)
    assert normal_limits(0.01, 1.0)(0.05) == (0.0, 1.0)
    assert high == pytest.approx(0.2 + 1.959964 * 0.05)


def test_pairs_of_numbers_become_one() -> None:
    found = joined(np.array([0, 0, 1, 0]), np.array([5, 6, 5, 5]))

    assert found[0] == found[3]
    assert len(set(found.tolist())) == 3


def test_logits_are_scipys_and_finite() -> None:
    assert logit(np.array([0.2, 0.9])) == pytest.approx(scipy.special.logit([0.2, 0.9]))
    assert np.isfinite(logit(np.array([0.0, 1.0]))).all()
