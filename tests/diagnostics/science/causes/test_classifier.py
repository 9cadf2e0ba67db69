"""The classifier of causes: tried when enough is confirmed, used only when it beats the rules."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from diagnostics.science.causes import classifier
from diagnostics.science.causes.evidence import NAMES, Evidence
from diagnostics.science.causes.rules import DEFAULTS, name_causes


def evidence_where(spatial: np.ndarray, seed: int = 0) -> Evidence:
    """Errors whose cause shows in a column that no rule reads: how spread the attention is."""
    rng = np.random.default_rng(seed)
    count = len(spatial)
    columns = {name: np.full(count, np.nan) for name in NAMES}
    columns["attention_entropy"] = np.where(spatial, 0.9, 0.1) + rng.normal(0, 0.05, count)
    columns["reference_rank"] = np.full(count, np.inf)
    return Evidence(np.arange(count), columns)


def test_too_little_is_not_learnt_from() -> None:
    assert not classifier.enough(np.array(["noise"] * 200))
    assert not classifier.enough(np.array(["noise", "spatial"] * 20))
    assert classifier.enough(np.array(["noise", "spatial"] * 40))


def test_it_wins_where_rules_see_nothing_and_is_judged_out_of_fold() -> None:
    spatial = np.arange(120) % 2 == 0
    causes = np.where(spatial, "spatial", "noise").astype(object)
    evidence = evidence_where(spatial)

    found = classifier.compare(evidence, np.arange(100), causes[:100], DEFAULTS)
    named = classifier.classify(evidence, np.arange(100), causes[:100])

    assert found.classifier_wins
    assert found.classifier_right > 0.95
    assert found.rules_right == 0
    assert found.low <= found.classifier_right <= found.high
    assert (named.causes == causes)[100:].mean() > 0.9
    assert (named.strengths[100:] > 0.4).all()


def test_it_loses_where_causes_are_chance() -> None:
    rng = np.random.default_rng(1)
    causes = rng.choice(["spatial", "noise"], 100).astype(object)
    evidence = evidence_where(np.zeros(100, bool))
    evidence.columns["out_of_domain"][:] = 1.0

    found = classifier.compare(evidence, np.arange(100), causes, DEFAULTS)

    assert found.classifier_right < 0.7


def test_rules_that_are_right_are_kept() -> None:
    causes = np.array(["generalisation", "semantic"] * 40, dtype=object)
    evidence = evidence_where(np.zeros(80, bool))
    evidence.columns["out_of_domain"][::2] = 1.0
    evidence.columns["question_novelty"][1::2] = 0.5

    found = classifier.compare(evidence, np.arange(80), causes, DEFAULTS)

    assert found.rules_right == 1.0
    assert not found.classifier_wins
    by_rules = name_causes(evidence).causes
    assert found.rules_macro_f1 == pytest.approx(
        f1_score(causes.astype(str), by_rules, average="macro")
    )


def test_a_rare_cause_is_never_guessed() -> None:
    causes = np.array(["spatial", "noise"] * 40 + ["ambiguity"] * 3, dtype=object)
    spatial = causes == "spatial"

    named = classifier.classify(evidence_where(spatial), np.arange(83), causes)

    assert "ambiguity" not in set(named.causes)
