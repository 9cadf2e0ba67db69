"""Shares, coefficients with reasons, and rates without gold: against oracles and planted people."""

import math

import numpy as np
import pytest
from statsmodels.stats import inter_rater
from statsmodels.stats.proportion import proportion_confint

from annotations.science.estimation import agreement_intervals as agreeing
from annotations.science.estimation import latent_rates as latent
from annotations.science.estimation.raters import dawid_skene, observed_agreement

KINDS = ["match", "mismatch", "ambiguous"]


def table_of(seed: int, items: int = 60, people: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, items)
    given = [
        np.where(rng.random(items) < 0.7, truth, rng.integers(0, 3, items)) for _ in range(people)
    ]
    return np.stack(given, axis=1)


def votes_of(table: np.ndarray) -> list[tuple[int, str, str]]:
    return [
        (row, f"p{column}", KINDS[value])
        for row, given in enumerate(table)
        for column, value in enumerate(given)
    ]


def noise_votes(
    seed: int, rates: list[tuple[float, float]], items: int = 200, each: int = 3
) -> list[tuple[int, str, bool]]:
    """`each` of the annotators with these sensitivities and specificities judge each item."""
    rng = np.random.default_rng(seed)
    truth = rng.random(items) < 0.35
    votes = []
    for item in range(items):
        for person in rng.permutation(len(rates))[:each]:
            sensitivity, specificity = rates[person]
            chance = sensitivity if truth[item] else 1 - specificity
            votes.append((item, f"p{person}", bool(rng.random() < chance)))
    return votes


@pytest.mark.parametrize(("part", "whole"), [(0, 7), (7, 7), (3, 20), (76, 120)])
def test_exact_shares_are_those_of_statsmodels(part: int, whole: int) -> None:
    found = agreeing.exact_share(part, whole)
    assert (found.low, found.high) == pytest.approx(
        proportion_confint(part, whole, method="beta"), abs=1e-9
    )
    assert found.share == part / whole


def test_a_share_of_nothing_is_none() -> None:
    assert agreeing.exact_share(0, 0) == agreeing.Share(0, 0, None, None, None)


@pytest.mark.parametrize("seed", range(3))
def test_fleiss_kappa_of_the_most_usual_number_of_votes_is_that_of_statsmodels(seed: int) -> None:
    table = table_of(seed)
    two_on_these = [(item, who, kind) for item, who, kind in votes_of(table) if who != "p2"][:20]
    shifted = [(item + 1000, who, kind) for item, who, kind in two_on_these]
    found = agreeing.fleiss([*votes_of(table), *shifted])
    counts, _ = inter_rater.aggregate_raters(table)
    assert found.votes == 3
    assert found.kappa.value == pytest.approx(inter_rater.fleiss_kappa(counts), abs=1e-12)
    assert found.kappa.items == 60


def test_observed_agreement_counts_pairs() -> None:
    votes = [
        (1, "a", "x"),
        (1, "b", "x"),
        (1, "c", "y"),
        (2, "a", "x"),
        (2, "b", "x"),
        (3, "a", "y"),
    ]
    found = observed_agreement(votes)
    assert found.value == pytest.approx(2 / 4)
    assert (found.items, found.votes) == (2, 5)
    assert math.isnan(observed_agreement([]).value)


def test_where_nobody_disagrees_there_is_no_interval_and_a_reason() -> None:
    votes = [(item, who, KINDS[item % 2]) for item in range(30) for who in "ab"]
    found = agreeing.alpha(votes)
    assert (found.value, found.low, found.note) == (pytest.approx(1.0), None, agreeing.ALL_AGREE)
    one = [(item, who, "match") for item in range(30) for who in "ab"]
    assert agreeing.alpha(one) == agreeing.Coefficient(None, None, None, 30, agreeing.ONE_VERDICT)
    alone = [(item, "a", "match") for item in range(30)]
    assert agreeing.alpha(alone).note == agreeing.NOBODY_OVERLAPS
    assert agreeing.fleiss(alone).kappa.note == agreeing.NOBODY_OVERLAPS
    few = [(1, "a", "match"), (1, "b", "mismatch"), (2, "a", "match"), (2, "b", "match")]
    assert agreeing.alpha(few).note == agreeing.FEW_ITEMS


def test_pairs_and_verdicts_are_counted() -> None:
    votes = [
        (1, "ana", "match"),
        (1, "bo", "mismatch"),
        (2, "ana", "match"),
        (2, "bo", "match"),
        (2, "cy", "match"),
        (3, "cy", "match"),
    ]
    pairs = {(each.first, each.second): each.differ for each in agreeing.by_pair(votes)}
    assert {key: (share.part, share.whole) for key, share in pairs.items()} == {
        ("ana", "bo"): (1, 2),
        ("ana", "cy"): (0, 1),
        ("bo", "cy"): (0, 1),
    }
    assert agreeing.confusions(votes) == {("match", "mismatch"): 1, ("match", "match"): 3}
    verdicts = agreeing.by_verdict(votes, ["match", "mismatch"])
    assert (verdicts["match"].by_all.part, verdicts["match"].by_all.whole) == (1, 2)
    assert (verdicts["mismatch"].by_all.part, verdicts["mismatch"].votes) == (0, 1)


def test_rates_are_those_of_the_slower_fit() -> None:
    votes = noise_votes(0, [(0.9, 0.95), (0.8, 0.9), (0.7, 0.8), (0.95, 0.6)])
    found = latent.latent_rates(votes, resamples=50)
    oracle = dawid_skene([(item, who, "noise" if noisy else "not") for item, who, noisy in votes])
    assert [each.annotator for each in found.annotators] == ["p0", "p1", "p2", "p3"]
    for each in found.annotators:
        assert each.sensitivity.value == pytest.approx(
            oracle.sensitivity(each.annotator, ["noise"]), abs=2e-3
        )
        assert each.specificity.value == pytest.approx(
            oracle.specificity(each.annotator, ["noise"]), abs=2e-3
        )


def test_intervals_of_rates_hold_the_planted_ones_about_as_often_as_they_say() -> None:
    rates = [(0.9, 0.95), (0.8, 0.9), (0.7, 0.8), (0.95, 0.6)]
    held, asked = 0, 0
    for seed in range(30):
        found = latent.latent_rates(noise_votes(seed, rates), resamples=200)
        for each, planted in zip(found.annotators, rates, strict=True):
            for rate, truth in zip((each.sensitivity, each.specificity), planted, strict=True):
                asked += 1
                held += rate.low <= truth <= rate.high
    assert held >= 0.9 * asked


def test_too_little_to_say_is_said() -> None:
    good = [(0.9, 0.9)] * 3
    assert latent.latent_rates([]).note == latent.FEW_PEOPLE
    assert latent.latent_rates([(1, "a", True)]).note == latent.FEW_PEOPLE
    assert latent.latent_rates(noise_votes(1, good[:2], each=2)).note == latent.FEW_PEOPLE
    # Three people in a chain: the two at its ends share nothing.
    chain = [(item, who, item % 3 == 0) for item in range(30) for who in "ab"]
    chain += [(item + 30, who, item % 3 == 0) for item in range(30) for who in "bc"]
    assert latent.latent_rates(chain).note == latent.FEW_PEOPLE
    assert latent.latent_rates(noise_votes(1, good, items=15)).note == latent.FEW_ITEMS
    same = [(item, who, False) for item in range(30) for who in "abc"]
    assert latent.latent_rates(same).note == latent.ONE_KIND


def test_a_rate_from_fewer_than_five_items_is_not_given() -> None:
    votes = [(item, who, item < 3) for item in range(40) for who in "abc"]
    found = latent.latent_rates(votes, resamples=50)
    assert {each.sensitivity.value for each in found.annotators} == {None}
    assert all(each.specificity.value > 0.99 for each in found.annotators)
    # Nobody erred, yet the interval does not pretend to certainty.
    assert all(each.specificity.low < 0.95 for each in found.annotators)
