"""Claims about single clusters: exact, and held to how many clusters there are."""

from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import hypergeom
from statsmodels.stats.multitest import multipletests

from annotations.science.estimation.claims import GroupCount, claims, holm

FIFTH = Fraction(1, 5)


@pytest.mark.parametrize("count", [1, 2, 7, 40])
def test_holm_is_what_statsmodels_computes(count: int) -> None:
    rng = np.random.default_rng(count)
    for p_values in (rng.random(count), rng.random(count) ** 6, np.repeat(0.01, count)):
        expected = multipletests(p_values, method="holm")[1]
        assert holm(p_values.tolist()) == pytest.approx(expected)


def test_one_group_is_tested_exactly() -> None:
    found = claims([GroupCount(15, 30, 100)], FIFTH, strict=False)[0]

    # 20 of 100 meets 'at least a fifth': the hardest null has 19, for 'below' 20.
    assert found.p_at_least == pytest.approx(min(1, 2 * hypergeom.sf(14, 100, 19, 30)))
    assert found.p_below == pytest.approx(1.0)
    assert found.claim == "at_least"


def test_strict_and_not_strict_differ_where_the_threshold_is_hit() -> None:
    census = [GroupCount(20, 100, 100)]

    assert claims(census, FIFTH, strict=False)[0].claim == "at_least"
    assert claims(census, FIFTH, strict=True)[0].claim == "below"


def test_what_one_group_shows_is_not_claimed_among_many() -> None:
    striking = GroupCount(6, 12, 60)
    alone = claims([striking], FIFTH, strict=False)
    among = claims([striking, *[GroupCount(2, 12, 60)] * 30], FIFTH, strict=False)

    assert alone[0].claim == "at_least"
    assert among[0].claim == "none"


def test_groups_that_nobody_judged_claim_nothing() -> None:
    assert claims([GroupCount(0, 0, 50)], FIFTH, strict=False)[0].claim == "none"
    assert claims([], FIFTH, strict=False) == []


def test_a_census_claims_the_truth() -> None:
    groups = [GroupCount(noisy, 40, 40) for noisy in range(41)]
    for strict in (False, True):
        for group, found in zip(groups, claims(groups, FIFTH, strict), strict=True):
            meets = group.noisy > 8 if strict else group.noisy >= 8
            assert found.claim == ("at_least" if meets else "below")


@pytest.mark.parametrize("counts", [(3, 2, 5), (0, 6, 5), (-1, 2, 5)])
def test_counts_that_cannot_be_are_refused(counts: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        GroupCount(*counts)


def test_an_alpha_outside_its_range_is_refused() -> None:
    with pytest.raises(ValueError, match="alpha"):
        claims([GroupCount(1, 2, 3)], FIFTH, strict=False, alpha=1.0)


def test_false_claims_are_as_rare_as_promised() -> None:
    """20 clusters of 50 errors with 19 % or 20 % noise each, 12 judged: over 2,000 audits at most 5 %
    (and what chance adds) make even one false claim."""
    rng = np.random.default_rng(3)
    truths = np.where(np.arange(20) % 2, 10, 9)
    wrong = 0
    for _ in range(500):
        noisy = rng.hypergeometric(truths, 50 - truths, 12)
        found = claims([GroupCount(int(n), 12, 50) for n in noisy], FIFTH, strict=False)
        wrong += any(
            (each.claim == "at_least" and truth < 10) or (each.claim == "below" and truth >= 10)
            for each, truth in zip(found, truths, strict=True)
        )
    assert wrong / 500 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 500)
