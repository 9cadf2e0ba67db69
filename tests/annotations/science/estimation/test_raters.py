"""Agreement and consensus, against independent implementations and planted annotators."""

import math

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats import inter_rater

from annotations.science.estimation.raters import (
    cohens_kappa,
    dawid_skene,
    fleiss_kappa,
    krippendorff_alpha,
    lang_reiczigel_interval,
    majority,
)

KINDS = ["match", "mismatch", "ambiguous"]


def planted(
    rng: np.random.Generator, items: int, rates: list[tuple[float, float]], share: float = 0.3
) -> tuple[np.ndarray, list[tuple[int, str, str]]]:
    """Truth and votes of annotators with these sensitivities and specificities."""
    truth = rng.random(items) < share
    votes = []
    for number, (sensitivity, specificity) in enumerate(rates):
        said = rng.random(items) < np.where(truth, sensitivity, 1 - specificity)
        votes += [
            (item, f"a{number}", "mismatch" if noisy else "match")
            for item, noisy in enumerate(said)
        ]
    return truth, votes


def random_table(seed: int, items: int = 80) -> np.ndarray:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, items)
    return np.stack(
        [np.where(rng.random(items) < 0.7, truth, rng.integers(0, 3, items)) for _ in range(4)], 1
    )


def as_votes(table: np.ndarray) -> list[tuple[int, int, str]]:
    return [
        (item, annotator, KINDS[table[item, annotator]])
        for item in range(table.shape[0])
        for annotator in range(table.shape[1])
        if table[item, annotator] >= 0
    ]


@pytest.mark.parametrize("seed", range(3))
def test_cohens_kappa_and_its_interval_are_those_of_statsmodels(seed: int) -> None:
    table = random_table(seed)
    found = cohens_kappa([KINDS[v] for v in table[:, 0]], [KINDS[v] for v in table[:, 1]])
    # Verdicts in the same (alphabetical) order as ours do not matter to kappa.
    cross = np.zeros((3, 3))
    np.add.at(cross, (table[:, 0], table[:, 1]), 1)
    oracle = inter_rater.cohens_kappa(cross)
    assert found.value == pytest.approx(oracle.kappa, abs=1e-12)
    assert (found.low, found.high) == pytest.approx((oracle.kappa_low, oracle.kappa_upp), abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_fleiss_kappa_is_that_of_statsmodels(seed: int) -> None:
    table = random_table(seed)
    counts, _ = inter_rater.aggregate_raters(table)
    found = fleiss_kappa(as_votes(table))
    assert found.value == pytest.approx(inter_rater.fleiss_kappa(counts), abs=1e-12)
    assert found.low < found.value < found.high


def test_alpha_of_krippendorffs_own_example() -> None:
    # Krippendorff (2011), section C: four observers, twelve units, missing data; alpha = 0.743.
    rows = [
        "1 2 3 3 2 1 4 1 2 . . .",
        "1 2 3 3 2 2 4 1 2 5 . 3",
        ". 3 3 3 2 3 4 2 2 5 1 .",
        "1 2 3 3 2 4 4 1 2 5 1 .",
    ]
    votes = [
        (unit, observer, value)
        for observer, row in enumerate(rows)
        for unit, value in enumerate(row.split())
        if value != "."
    ]
    found = krippendorff_alpha(votes)
    assert found.value == pytest.approx(0.743, abs=5e-4)
    assert found.low < found.value < found.high
    assert (found.items, found.votes) == (11, 40)


def test_alpha_is_nearly_fleiss_kappa_for_many_items() -> None:
    table = random_table(9, items=4000)
    assert krippendorff_alpha(as_votes(table)).value == pytest.approx(
        fleiss_kappa(as_votes(table)).value, abs=1e-3
    )


def test_the_bootstrap_interval_of_alpha_covers_about_as_often_as_it_says() -> None:
    truth = krippendorff_alpha(as_votes(random_table(1234, items=40_000)), resamples=10).value
    held = 0
    for seed in range(200):
        found = krippendorff_alpha(as_votes(random_table(seed, items=100)), resamples=400)
        held += found.low <= truth <= found.high
    assert held >= 180  # 95 % of 200, less three standard errors


def test_agreement_that_is_not_defined_is_nan() -> None:
    for votes in ([], [(1, "a", "match")], [(1, "a", "match"), (2, "b", "mismatch")]):
        assert math.isnan(krippendorff_alpha(votes).value)
    one_verdict = [(item, person, "match") for item in range(5) for person in "ab"]
    assert math.isnan(krippendorff_alpha(one_verdict).value)
    assert math.isnan(fleiss_kappa(one_verdict).value)
    assert math.isnan(cohens_kappa([], []).value)
    assert math.isnan(cohens_kappa(["match"], ["match"]).value)


def test_full_agreement_is_one_and_opposition_is_negative() -> None:
    same = [(item, person, KINDS[item % 3]) for item in range(30) for person in "ab"]
    assert krippendorff_alpha(same).value == pytest.approx(1.0)
    assert fleiss_kappa(same).value == pytest.approx(1.0)
    assert cohens_kappa(["match", "mismatch"] * 9, ["mismatch", "match"] * 9).value == -1.0


def test_dawid_skene_finds_the_truth_and_the_annotators() -> None:
    rates = [(0.95, 0.95), (0.8, 0.9), (0.6, 0.7), (0.9, 0.6), (0.55, 0.95)]
    truth, votes = planted(np.random.default_rng(0), 3000, rates)
    found = dawid_skene(votes)
    assert found.converged
    for number, (sensitivity, specificity) in enumerate(rates):
        assert found.sensitivity(f"a{number}", ["mismatch"]) == pytest.approx(sensitivity, abs=0.05)
        assert found.specificity(f"a{number}", ["mismatch"]) == pytest.approx(specificity, abs=0.05)
    resolved, votes_won = found.resolved(), majority(votes)
    right = np.mean([(resolved[item] == "mismatch") == noisy for item, noisy in enumerate(truth)])
    by_votes = np.mean(
        [(votes_won[item] == "mismatch") == noisy for item, noisy in enumerate(truth)]
    )
    assert right > by_votes
    assert right > 0.95
    assert found.prevalence[found.verdicts.index("mismatch")] == pytest.approx(0.3, abs=0.03)


def test_dawid_skene_sees_through_an_annotator_who_always_says_the_opposite() -> None:
    rates = [(0.9, 0.9), (0.9, 0.9), (0.9, 0.9), (0.05, 0.05)]
    truth, votes = planted(np.random.default_rng(1), 500, rates)
    resolved = dawid_skene(votes).resolved()
    assert np.mean([(resolved[i] == "mismatch") == noisy for i, noisy in enumerate(truth)]) > 0.96


def test_dawid_skene_with_missing_votes_and_three_verdicts() -> None:
    table = random_table(3, items=400)
    table[np.random.default_rng(3).random(table.shape) < 0.4] = -1
    found = dawid_skene(as_votes(table))
    assert found.probabilities.sum(axis=1) == pytest.approx(1.0)
    assert found.confusion.sum(axis=2) == pytest.approx(1.0)
    assert found.verdicts == sorted(KINDS)


def test_one_vote_and_one_verdict_resolve_to_it() -> None:
    assert dawid_skene([("i", "a", "match")]).resolved() == {"i": "match"}
    consensus = dawid_skene([(item, "a", "match") for item in range(3)])
    assert set(consensus.resolved().values()) == {"match"}
    assert math.isnan(consensus.sensitivity("a", ["mismatch"]))


def test_majority_leaves_ties_open() -> None:
    votes = [(1, "a", "match"), (1, "b", "mismatch"), (2, "a", "match"), (2, "b", "match")]
    assert majority(votes) == {1: None, 2: "match"}
    assert majority([]) == {}


def test_votes_that_cannot_be_are_refused() -> None:
    twice = [(1, "a", "match"), (1, "a", "mismatch")]
    for coefficient in (krippendorff_alpha, fleiss_kappa, dawid_skene, majority):
        with pytest.raises(ValueError, match="two votes on one item"):
            coefficient(twice)
    with pytest.raises(ValueError, match="no votes"):
        dawid_skene([])
    with pytest.raises(ValueError, match="same number of votes"):
        fleiss_kappa([(1, "a", "match"), (1, "b", "match"), (2, "a", "match")])
    with pytest.raises(ValueError, match="2 verdicts against 1"):
        cohens_kappa(["match", "match"], ["match"])
    with pytest.raises(ValueError, match="level"):
        cohens_kappa(["match"], ["match"], level=1.0)


@pytest.mark.parametrize(
    "row", [("match",), (1, "match"), (1, "a", "match", 2), "match", [1, 1, None, 2]]
)
def test_what_is_no_vote_is_named(row: object) -> None:
    for consumer in (krippendorff_alpha, dawid_skene):
        with pytest.raises(ValueError, match=r"a vote is \(item, annotator, verdict\)"):
            consumer([row])  # type: ignore[list-item]


def test_verdicts_of_two_kinds_are_refused() -> None:
    with pytest.raises(ValueError, match="all be text, or all numbers"):
        krippendorff_alpha([(1, "a", "match"), (1, "b", 3)])  # type: ignore[list-item]


def test_votes_may_be_triples_a_mapping_or_a_table() -> None:
    _, votes = planted(np.random.default_rng(5), 40, [(0.9, 0.9), (0.8, 0.95)])
    forms = [
        tuple(votes),
        [list(vote) for vote in votes],
        {(item, annotator): kind for item, annotator, kind in votes},
        pd.DataFrame(votes, columns=["item", "annotator", "verdict"]),
    ]
    for form in forms:
        assert krippendorff_alpha(form) == krippendorff_alpha(votes)
        assert dawid_skene(form).resolved() == dawid_skene(votes).resolved()


def test_a_vote_without_a_verdict_is_a_missing_vote() -> None:
    votes = [(1, "a", "x"), (1, "b", "x"), (2, "a", "y"), (2, "b", "x")]
    holes = [*votes, (3, "a", None), (2, "c", float("nan"))]
    assert krippendorff_alpha(holes) == krippendorff_alpha(votes)  # type: ignore[arg-type]
    assert dawid_skene(holes).annotators == ["a", "b"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sensitivity", "specificity", "width"),
    [(0.95, 0.98, 0.160), (0.85, 0.95, 0.209), (0.75, 0.90, 0.280)],
)
@pytest.mark.parametrize("share", [0.05, 0.2, 0.4])
def test_the_corrected_interval_covers(
    share: float, sensitivity: float, specificity: float, width: float
) -> None:
    rng = np.random.default_rng(0)
    apparent = share * sensitivity + (1 - share) * (1 - specificity)
    held, total, runs = 0, 0.0, 2000
    for _ in range(runs):
        found = lang_reiczigel_interval(
            rng.binomial(200, apparent),
            200,
            rng.binomial(50, sensitivity),
            50,
            rng.binomial(50, specificity),
            50,
        )
        held += found.low <= share <= found.high
        total += found.high - found.low
    assert held / runs >= 0.935  # 95 %, less three standard errors
    if share == 0.2:
        assert total / runs == pytest.approx(width, rel=0.05)


def test_perfect_annotators_need_little_correction() -> None:
    found = lang_reiczigel_interval(40, 200, 500, 500, 500, 500)
    assert found.point == pytest.approx(0.2)
    assert found.low < 0.2 < found.high


def test_correction_needs_gold_and_annotators_better_than_chance() -> None:
    with pytest.raises(ValueError, match="do no better than chance"):
        lang_reiczigel_interval(40, 200, 25, 50, 25, 50)
    for counts in ((1, 0, 5, 5, 5, 5), (1, 5, 0, 0, 5, 5), (6, 5, 5, 5, 5, 5), (1, 5, 5, 5, -1, 5)):
        with pytest.raises(ValueError, match="counts must be"):
            lang_reiczigel_interval(*counts)
