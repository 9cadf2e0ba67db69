"""Evidence and rules: what each condition says, which cause wins, and that absence names nothing."""

from typing import Any

import numpy as np
import pytest

from diagnostics.science.causes import catalogue, rules
from diagnostics.science.causes.evidence import NAMES, Evidence, evidence_of
from diagnostics.science.measures.samples import Groups, Samples


def evidence(**columns: Any) -> Evidence:
    """Evidence on as many samples as the longest column has."""
    count = max((len(np.atleast_1d(each)) for each in columns.values()), default=1)
    unknown = {name: np.full(count, np.nan) for name in NAMES}
    given = {name: np.asarray(np.atleast_1d(each), float) for name, each in columns.items()}
    return Evidence(np.arange(count), {**unknown, **given})


def test_a_sample_without_evidence_is_undetermined() -> None:
    named = rules.name_causes(evidence(confidence=[np.nan, np.nan]))

    assert named.causes.tolist() == [catalogue.UNDETERMINED] * 2
    assert named.strengths.tolist() == [0, 0]
    assert named.rules.tolist() == ["", ""]


@pytest.mark.parametrize(
    ("cause", "columns"),
    [
        ("noise", {"training_margin": -3, "type_train_error": 0.05}),
        ("noise", {"confidence": 0.95, "sureness": 0.6, "reference_probability": 0.01}),
        ("noise", {"neighbour_agreement": 0.02, "confidence": 0.9}),
        ("generalisation", {"train_freq_of_template": 1}),
        ("generalisation", {"out_of_domain": 1}),
        ("generalisation", {"domain_ood_score": 99.8}),
        ("semantic", {"question_novelty": 0.3}),
        ("spatial", {"asks_for_place": 1, "top_margin": 0.1}),
        ("spatial", {"asks_for_place": 1, "localization_iou": 0.0}),
        ("missing_modality", {"image_effect": 0.0005}),
        ("missing_modality", {"text_effect": 0.0005}),
        ("missing_modality", {"words_left": 0.3}),
        ("ambiguity", {"top_margin": 0.2, "reference_rank": 2, "reference_probability": 0.3}),
        ("ambiguity", {"people_agree": 0.4}),
    ],
)
def test_each_kind_of_evidence_names_its_cause(cause: str, columns: dict[str, float]) -> None:
    named = rules.name_causes(evidence(**columns))

    assert named.causes.tolist() == [cause]
    assert rules.BY_NAME[str(named.rules[0])].cause == cause
    assert 0 < named.strengths[0] < 1


def test_a_condition_that_fails_silences_its_rule() -> None:
    whole = {"confidence": 0.95, "sureness": 0.6, "reference_probability": 0.01}
    rule = rules.BY_NAME["sure_of_another"]

    assert rules.fires(rule, evidence(**whole)).all()
    for name, other in (
        ("confidence", 0.5),
        ("sureness", 0.01),
        ("reference_probability", 0.4),
        ("reference_probability", np.nan),
    ):
        assert not rules.fires(rule, evidence(**{**whole, name: other})).any()


def test_rules_of_one_cause_strengthen_each_other() -> None:
    one = rules.name_causes(evidence(out_of_domain=1))
    both = rules.name_causes(evidence(out_of_domain=1, train_freq_of_template=0))

    first = rules.BY_NAME["another_domain"].strength
    second = rules.BY_NAME["rare_template"].strength
    assert one.strengths[0] == pytest.approx(first)
    assert both.strengths[0] == pytest.approx(1 - (1 - first) * (1 - second))
    assert both.rules[0] == "another_domain"


def test_the_stronger_evidence_wins() -> None:
    named = rules.name_causes(
        evidence(question_novelty=[0.3, 0], out_of_domain=[1, 1], top_margin=[0.1, 0.1])
    )

    assert named.causes.tolist() == ["semantic", "generalisation"]


def test_a_lead_can_move_a_threshold() -> None:
    seen = evidence(train_freq_of_template=10)
    strict = {**rules.DEFAULTS, "rare": 20.0}

    assert rules.name_causes(seen).causes.tolist() == [catalogue.UNDETERMINED]
    assert rules.name_causes(seen, strict).causes.tolist() == ["generalisation"]


def test_the_table_of_rules_is_sound() -> None:
    known = {threshold.name for threshold in rules.THRESHOLDS}
    used = {condition.threshold for rule in rules.RULES for condition in rule.conditions}
    assert used == known
    for rule in rules.RULES:
        assert rule.cause in catalogue.BY_NAME
        assert 0 < rule.strength < 1
        assert {condition.column for condition in rule.conditions} <= set(NAMES)
    assert {rule.cause for rule in rules.RULES} == set(catalogue.NAMES)
    assert all(each.low <= each.default <= each.high for each in rules.THRESHOLDS)


def test_no_error_has_no_cause() -> None:
    named = rules.name_causes(Evidence(np.zeros(0, np.int64), {n: np.zeros(0) for n in NAMES}))

    assert len(named.causes) == len(named.strengths) == len(named.rules) == 0


def a_run() -> Samples:
    """Forty training and forty test samples of two types; places are wrong everywhere."""
    count = 80
    types = np.tile([0, 1], count // 2).astype(np.int32)
    split = np.repeat([0, 1], count // 2).astype(np.int32)
    error = types == 0
    error[1] = True
    return Samples(
        position=np.arange(count) + 100,
        credit=1.0 - error,
        error=error,
        groups={
            "question_type": Groups(types, ("position", "counting")),
            "split": Groups(split, ("train", "test")),
        },
        numbers={
            "confidence": np.full(count, 0.7),
            "text_confidence": np.full(count, 0.69),
            "text_only_same": np.tile([1.0, 0.0], count // 2),
        },
        losses=np.where(split == 0, 2.0, np.nan)[:, None],
        reference_counts=np.tile([[2.0, 1.0], [1.0, 0.0]], (count // 2, 1)),
    )


def test_evidence_is_of_errors_and_knows_the_types_around_them() -> None:
    found = evidence_of(a_run())

    assert len(found) == 41
    assert found.table().shape == (41, len(NAMES))
    places = found.rows % 2 == 0
    assert found.columns["type_error"][places] == pytest.approx(1.0)
    assert found.columns["type_train_error"][places] == pytest.approx(1.0)
    assert found.columns["other_types_error"][places] == pytest.approx(0.0)
    assert found.columns["asks_for_place"].tolist() == places.astype(float).tolist()
    assert found.columns["image_effect"][places] == pytest.approx(0.01)
    assert found.columns["image_effect"][~places] == pytest.approx(1.0)
    assert np.isnan(found.columns["text_effect"]).all()
    assert found.columns["people_agree"][places] == pytest.approx(2 / 3)
    assert np.isnan(found.columns["people_agree"][~places]).all()
    assert found.columns["training_margin"][0] == pytest.approx(
        np.log(np.exp(-2) / (1 - np.exp(-2)))
    )


def test_a_bare_run_has_no_evidence() -> None:
    bare = Samples(np.arange(3), np.zeros(3), np.ones(3, dtype=bool))

    found = evidence_of(bare)

    assert len(found) == 3
    assert np.isnan(found.table()).all()
    assert set(rules.name_causes(found).causes) == {catalogue.UNDETERMINED}
