"""What a trainer is shown: each factor does what it says, and nothing that is tested is trained on."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.design.outcomes import TrainingRefused
from diagnostics.science.experiments.design.settings import Settings
from diagnostics.science.experiments.material import treatment
from diagnostics.science.experiments.material.reserve import reserve
from diagnostics.science.experiments.material.training_rows import Leak, refuse_leak
from diagnostics.science.measures.samples import Groups
from tests.diagnostics.science.experiments.material_factories import curated, make_material


def trained(material: Material, seed: int = 0, **settings: Any):
    return treatment.training_examples(material, Settings(**settings), seed)


def asked(material: Material, seed: int = 0, **settings: Any):
    return treatment.tested_examples(material, Settings(**settings), seed)


def test_a_baseline_trains_on_all_of_training_and_tests_on_all_of_the_test() -> None:
    material = make_material()

    shown, held = trained(material), asked(material)

    assert shown.row.tolist() == list(range(60))
    assert shown.answers == material.answers[:60]
    assert shown.questions[0] == (material.question[0],)
    assert shown.weight.tolist() == [1.0] * 60
    assert held.row.tolist() == list(range(72, 96))
    assert not held.text_blank.any()


@pytest.mark.parametrize("split", ["train", ""])
def test_a_run_without_one_side_is_refused_in_words(split: str) -> None:
    material = make_material(split=np.full(96, split))

    with pytest.raises(TrainingRefused, match=r"no sample is left"):
        asked(material) if split == "train" else trained(material)


def test_samples_without_a_reference_are_neither_trained_nor_tested_on() -> None:
    material = make_material()
    answers = list(material.answers)
    answers[3] = answers[80] = ()
    material = replace(material, answers=tuple(answers))

    assert 3 not in trained(material).row
    assert 80 not in asked(material).row


def test_cleaning_drops_corrects_and_weights() -> None:
    material = make_material()
    chosen = curated(material, (0, 1, 2), {4: "red"}, {5: 0.5})
    material = replace(material, curated=chosen)

    shown = trained(material, curation="curated")

    assert shown.row.tolist() == list(range(3, 60))
    assert shown.answers[1] == ("red",)
    assert shown.weight[:4].tolist() == [1.0, 1.0, 0.5, 1.0]
    assert trained(material).answers == material.answers[:60]


def test_the_control_of_cleaning_drops_as_many_at_random_by_the_seed() -> None:
    material = make_material()
    material = replace(material, curated=curated(material, tuple(range(7)), {50: "red"}))

    first, again, other = (trained(material, seed, curation="random") for seed in (0, 0, 1))

    assert len(first) == 53
    assert first.row.tolist() == again.row.tolist() != other.row.tolist()


def test_without_a_curated_set_cleaning_is_refused() -> None:
    with pytest.raises(TrainingRefused, match="curated set"):
        trained(make_material(), curation="curated")


def test_a_curated_set_changes_what_the_test_is_held_to_in_every_arm_alike() -> None:
    material = make_material()
    material = replace(material, curated=curated(material, (72, 73), {74: "violet"}))
    arms = [{}, {"curation": "random"}, {"curation": "curated"}, {"weighting": "none"}]

    held = [asked(material, **arm) for arm in arms]

    assert all(each.row.tolist() == list(range(74, 96)) for each in held)
    assert all(each.answers[0] == ("violet",) for each in held)


def test_a_correction_of_a_tested_sample_does_not_bring_it_into_training() -> None:
    material = make_material()
    material = replace(material, curated=curated(material, (), {80: "red"}))

    for settings in ({"curation": "curated"}, {"audited_only": True}, {"shots": -1}):
        assert not np.isin(trained(material, **settings).row, asked(material).row).any()


def test_a_tested_sample_among_the_training_rows_is_a_leak() -> None:
    material = make_material()

    refuse_leak(material, np.arange(60))
    with pytest.raises(Leak, match="1 tested samples"):
        refuse_leak(material, np.array([0, 72]))


def test_weights_by_mismatch_have_mean_one_and_fall_with_suspicion() -> None:
    suspicion = np.full(96, 0.1)
    suspicion[0], suspicion[1] = 0.9, np.nan
    material = make_material(suspicion=suspicion)

    weight = trained(material, weighting="mismatch").weight

    assert weight.mean() == pytest.approx(1)
    assert weight[0] == pytest.approx(weight[2] / 9)
    assert weight[0] < weight[1] < weight[2]


def test_weights_by_loss_spare_the_middle_and_press_the_far_end() -> None:
    loss = np.full(96, np.nan)
    loss[:60] = np.arange(60)

    weight = trained(make_material(loss=loss), weighting="loss").weight

    assert weight.mean() == pytest.approx(1)
    assert (np.diff(weight) < 0).all()
    assert weight[59] == 0
    assert weight[30] / weight[0] == pytest.approx(0.93, abs=0.01)


@pytest.mark.parametrize(("weighting", "words"), [("mismatch", "mismatch"), ("loss", "'loss'")])
def test_weights_without_their_column_are_refused(weighting: str, words: str) -> None:
    with pytest.raises(TrainingRefused, match=words):
        trained(make_material(), weighting=weighting)


def test_injected_answers_are_others_of_training_and_a_larger_share_holds_the_smaller() -> None:
    material = make_material()
    clean = material.answers[:60]

    less, more, every = (trained(material, injected=share).answers for share in (0.1, 0.4, 1.0))

    wrong = [{n for n in range(60) if each[n] != clean[n]} for each in (less, more, every)]
    assert [len(each) for each in wrong] == [6, 24, 60]
    assert wrong[0] < wrong[1] < wrong[2]
    assert all(less[n] == more[n] for n in wrong[0])
    assert {each[0] for each in every} <= {each[0] for each in clean}
    assert trained(material, injected=0.0).answers == clean


def test_injection_differs_by_seed_and_needs_a_second_answer() -> None:
    material = make_material()
    assert trained(material, 0, injected=0.4).answers != trained(material, 1, injected=0.4).answers
    with pytest.raises(TrainingRefused, match="all training answers are the same"):
        trained(make_material(answers=(("yes",),) * 96), injected=0.1)


def test_training_on_what_people_found_clean_falls_back_to_what_a_set_lets_stand() -> None:
    found = np.zeros(96, dtype=bool)
    found[:10] = found[80] = True
    material = make_material(found_clean=found)
    assert trained(material, audited_only=True).row.tolist() == list(range(10))

    material = replace(material, curated=curated(material, (0,), {20: "blue"}))
    shown = trained(material, audited_only=True)
    assert shown.row.tolist() == list(range(1, 60))
    assert shown.answers[19] == ("blue",)

    with pytest.raises(TrainingRefused, match="clean"):
        trained(make_material(), audited_only=True)


def test_knowledge_says_training_questions_in_other_words_and_leaves_tested_ones() -> None:
    material = make_material(glossary={"dot": ("mark", "spot")})

    shown = trained(material, knowledge=True)

    assert shown.questions[0][0] == material.question[0]
    assert set(shown.questions[0][1:]) == {
        "What colour is the dot?",
        "What colour is the spot?",
    }
    assert asked(material, knowledge=True).questions == asked(material).questions
    with pytest.raises(TrainingRefused, match="glossary"):
        trained(make_material(), knowledge=True)


def test_one_answer_is_the_commonest_and_all_hold_what_people_accepted() -> None:
    material = make_material()
    answers = list(material.answers)
    answers[0] = ("Two", "three", "3")
    accepted = list(answers)
    accepted[1] = (*answers[1], "up")
    material = replace(material, answers=tuple(answers), accepted=tuple(accepted))

    assert trained(material).answers[:2] == (("three",), answers[1])
    assert trained(material, answers="all").answers[:2] == (answers[0], (*answers[1], "up"))


def test_shots_come_from_validation_and_more_hold_fewer() -> None:
    material = make_material()

    few, many, every = (trained(material, shots=count).row[60:] for count in (3, 8, -1))

    assert set(few) < set(many) < set(every)
    assert every.tolist() == list(range(60, 72))
    assert asked(material, shots=3).row.tolist() == asked(material, reserved=True).row.tolist()


def test_shots_are_of_the_target_domain_where_it_is_known() -> None:
    domain = np.zeros(96, dtype=np.int32)
    domain[66:84] = 1
    material = make_material(strata={"domain": Groups(domain, ("photo", "sketch"))})

    assert reserve(material).tolist() == list(range(66, 72))


def test_without_validation_half_of_what_lies_out_of_domain_is_kept_out_of_every_test() -> None:
    split = np.repeat(["train", "ood"], [60, 36])
    image = np.arange(96)
    image[60:] = 60 + np.arange(36) // 3
    material = make_material(split=split, image=image)

    spare = reserve(material)

    assert len(spare) == 18
    held = asked(material, reserved=True)
    assert np.union1d(spare, held.row).tolist() == list(range(60, 96))
    # A picture is on one side alone.
    assert not set(material.image[spare]) & set(material.image[held.row])
    assert asked(material, shots=5).row.tolist() == held.row.tolist()
    assert set(trained(material, shots=-1).row[60:]) == set(spare)
    assert len(asked(material)) == 36


def test_shots_that_cannot_be_spared_are_refused() -> None:
    material = make_material(split=np.repeat(["train", "test"], [60, 36]))
    with pytest.raises(TrainingRefused, match="target domain"):
        trained(material, shots=5)


def test_a_picture_that_is_tested_is_no_shot() -> None:
    image = np.arange(96)
    image[60] = 90
    assert 60 not in reserve(make_material(image=image))


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_blanked_shares_of_the_test_are_drawn_by_the_seed(share: float) -> None:
    material = make_material()

    first, other = (
        asked(material, seed, blanked_image=share, blanked_text=share) for seed in (0, 1)
    )

    assert (first.image < 0).sum() == first.text_blank.sum() == round(24 * share)
    assert first.row.tolist() == other.row.tolist()
    if 0 < share < 1:
        assert (first.image < 0).tolist() != (other.image < 0).tolist()
        assert (first.image < 0).tolist() != first.text_blank.tolist()


def test_deleted_words_are_gone_and_a_question_of_nothing_else_is_blank() -> None:
    material = make_material()
    texts = list(material.question)
    texts[72] = "Left?"
    material = replace(material, question=tuple(texts))

    held = asked(material, deleted="place")

    assert held.text_blank.tolist() == [True] + [False] * 23
    assert held.questions[1] == ("Is the mark the or the ?",)
    with pytest.raises(ValueError, match="no role"):
        asked(material, deleted="verb")


def test_a_missing_picture_is_that_of_a_training_sample_with_the_same_question() -> None:
    image = np.arange(96)
    image[80] = -1
    material = make_material(image=image)

    assert asked(material).image[8] == -1
    found = int(asked(material, imputed=True).image[8])
    assert found < 60
    assert material.question[found] == material.question[80]
    assert asked(material, imputed=True).image[0] == 72


def test_a_question_that_asks_nothing_is_that_of_the_most_alike_picture() -> None:
    material = make_material()
    texts, regions = list(material.question), material.regions.copy()
    texts[72], texts[73], texts[74] = "", "What", "Is the"
    for row, like in ((72, 5), (73, 10), (74, 11)):
        regions[row] = regions[like]
    material = replace(material, question=tuple(texts), regions=regions)

    held = asked(material, imputed=True)

    assert [each[0] for each in held.questions[:3]] == [
        material.question[5],
        material.question[10],
        material.question[11],
    ]
    assert not held.text_blank.any()
    assert asked(material).text_blank.tolist() == [True] + [False] * 23


def test_what_lacks_both_stays_so_and_all_can_be_blanked_and_filled() -> None:
    material = make_material()
    both = asked(material, blanked_image=1.0, blanked_text=1.0, imputed=True)
    assert (both.image == -1).all()
    assert both.text_blank.all()
    assert (asked(material, blanked_image=1.0, imputed=True).image >= 0).all()


def test_another_run_is_tested_on_without_samples_that_training_has() -> None:
    target = make_material()
    names = target.sample_id.copy()
    names[72] = "s0"
    target = replace(target, sample_id=names, rule="yes_no")
    material = make_material(target=target)

    held = asked(material, tested_on="other")

    # s0 asks for a colour in both: it is the same sample.
    assert held.row.tolist() == list(range(73, 96))
    with pytest.raises(TrainingRefused, match="no other run"):
        asked(make_material(), tested_on="other")


@pytest.mark.parametrize(
    ("rule", "answers", "said", "credit"),
    [
        ("exact", ("Red",), "red.", 1.0),
        ("vqa", ("2", "2", "3", "2", "4"), "two", pytest.approx(0.8)),
        ("yes_no", ("yes",), "Yes, it is", 1.0),
        ("choice", ("B",), "(b) blue", 1.0),
        ("given", ("left",), "left", 1.0),
        ("given", ("left",), "right", 0.0),
    ],
)
def test_predictions_are_held_to_the_rule_of_the_run(
    rule: str, answers: tuple[str, ...], said: str, credit: Any
) -> None:
    material = make_material(answers=(answers,) * 96, rule=rule)

    found = treatment.credits(material, asked(material), np.full(24, said), Settings())

    assert found.tolist() == [credit] * 24


@pytest.mark.parametrize("rule", ["exact", "vqa"])
def test_an_answer_that_people_accepted_is_right_only_where_an_arm_says_so(rule: str) -> None:
    accepted = [("red",)] * 96
    accepted[72] = ("red", "crimson")
    material = make_material(answers=(("red",),) * 96, accepted=tuple(accepted), rule=rule)
    held, said = asked(material), np.array(["crimson"] * 23 + ["red"])

    plain = treatment.credits(material, held, said, Settings())
    wide = treatment.credits(material, held, said, Settings(scored="accepted"))

    assert plain.tolist() == [0.0] * 23 + [1.0]
    assert wide.tolist() == [1.0] + [0.0] * 22 + [1.0]
