"""The registry: every experiment can be designed, explains itself, and says what it lacks."""

from dataclasses import replace

import numpy as np
import pytest

from diagnostics.science.causes.catalogue import BY_NAME as CAUSES
from diagnostics.science.experiments.catalogue.experiment import ExperimentKind
from diagnostics.science.experiments.catalogue.registry import (
    BY_NAME,
    EXPERIMENTS,
    design,
    expectations,
    missing,
)
from diagnostics.science.experiments.design.design import Design
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.design.settings import Settings
from tests.diagnostics.science.experiments.material_factories import curated, make_material


def with_everything() -> Material:
    """A material that lacks nothing that any experiment needs."""
    material = make_material(
        suspicion=np.full(96, 0.1),
        loss=np.linspace(0, 1, 96),
        found_clean=np.ones(96, dtype=bool),
        glossary={"mark": ("dot",)},
        varied=np.zeros((2, 96, 4, 6), dtype=np.float32),
        target=make_material(),
    )
    image = material.image.copy()
    image[80] = -1
    accepted = tuple((*each, "both") for each in material.answers)
    return replace(
        material, image=image, accepted=accepted, curated=curated(material, (0,), {1: "red"})
    )


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda each: each.name)
def test_every_experiment_can_be_designed_with_every_option(experiment: ExperimentKind) -> None:
    chosen = [{}] + [{each.name: value} for each in experiment.options for value in each.choices]
    for options in chosen:
        found = design(experiment, Settings(), options, (0, 1, 2))
        expected = expectations(experiment, Settings(), options)

        assert isinstance(found, Design)
        assert all(found.factor(arm) for arm in found.arms[1:])
        assert set(expected) <= {arm.name for arm in found.arms[1:]}
        assert expected
        assert all(name == each.arm and each.words for name, each in expected.items())


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda each: each.name)
def test_every_experiment_explains_itself(experiment: ExperimentKind) -> None:
    assert experiment.cause in CAUSES
    words = [experiment.title, experiment.why, experiment.factor, experiment.expect]
    assert all(words)
    assert experiment.why.count(". ") == 0
    assert len({arm.words for arm in experiment.arms(Settings())}) == len(
        experiment.arms(Settings())
    )


def test_every_cause_has_an_experiment() -> None:
    assert {each.cause for each in EXPERIMENTS} == set(CAUSES)
    assert len(BY_NAME) == len(EXPERIMENTS)


def test_one_arm_decides_and_is_read_first() -> None:
    for experiment in EXPERIMENTS:
        deciding = [each.arm.name for each in experiment.planned(Settings()) if each.decides]
        assert len(deciding) == 1
        assert next(iter(expectations(experiment))) == deciding[0]


def test_the_baseline_carries_the_settings_it_was_given() -> None:
    base = Settings(placed=False)
    for name in ("cleaning", "relations", "several_answers"):
        assert all(not arm.settings.placed for arm in design(BY_NAME[name], base).arms)


def test_arms_of_the_learning_curve_are_tested_on_the_same_samples() -> None:
    assert all(arm.settings.reserved for arm in design(BY_NAME["few_shots"]).arms)


def test_an_option_that_is_not_offered_is_refused() -> None:
    with pytest.raises(ValueError, match="no such option: depth"):
        design(BY_NAME["reweighting"], Settings(), {"depth": 3})
    with pytest.raises(ValueError, match="weighting is one of mismatch, loss, not both"):
        design(BY_NAME["reweighting"], Settings(), {"weighting": "both"})


def test_a_run_with_everything_lacks_nothing() -> None:
    material = with_everything()
    assert {each.name: missing(each, material) for each in EXPERIMENTS} == {
        each.name: () for each in EXPERIMENTS
    }


@pytest.mark.parametrize(
    ("name", "lacks"),
    [
        ("cleaning", ["curated"]),
        ("reweighting", ["suspicion"]),
        ("cleaning_and_reweighting", ["curated", "suspicion"]),
        ("noise_injection", ["clean"]),
        ("control_group", ["curated"]),
        ("contrastive", []),
        ("knowledge", ["glossary"]),
        ("context_ablation", []),
        ("several_answers", ["accepted"]),
        ("localization_probe", []),
        ("relations", []),
        ("attention", []),
        ("dropped_modality", []),
        ("imputation", ["missing"]),
        ("other_run", ["target"]),
        ("augmentation", ["varied"]),
        ("few_shots", []),
    ],
)
def test_a_plain_run_says_what_it_lacks_and_how_to_get_it(name: str, lacks: list[str]) -> None:
    found = missing(BY_NAME[name], make_material())
    assert [each.name for each in found] == lacks
    assert all(each.words and each.mend for each in found)


def test_weights_by_loss_need_losses_and_no_mismatch_score() -> None:
    experiment, options = BY_NAME["reweighting"], {"weighting": "loss"}
    assert [each.name for each in missing(experiment, make_material(), options)] == ["loss"]
    assert missing(experiment, make_material(loss=np.zeros(96)), options) == ()


def test_a_spatial_experiment_without_boxes_or_regions_says_so() -> None:
    flat = np.zeros((96, 1, 6), dtype=np.float32)
    embedded = make_material(regions=flat, grid=None, looked_at=None)
    assert [each.name for each in missing(BY_NAME["relations"], embedded)] == ["regions", "boxes"]
    training = make_material()
    assert training.looked_at is not None
    boxes = training.looked_at.copy()
    boxes[60:] = 0
    probe = missing(BY_NAME["localization_probe"], replace(training, looked_at=boxes))
    assert [each.name for each in probe] == ["tested_boxes"]


def test_a_curated_set_that_changes_evaluation_alone_cleans_nothing() -> None:
    material = make_material()
    material = replace(material, curated=curated(material, (80,)))
    assert [each.name for each in missing(BY_NAME["cleaning"], material)] == ["curated"]


def test_a_run_without_training_or_without_pictures_says_so() -> None:
    untrained = make_material(split=np.full(96, "test"))
    assert "train" in [each.name for each in missing(BY_NAME["knowledge"], untrained)]
    blind = make_material(image=np.full(96, -1))
    assert [each.name for each in missing(BY_NAME["dropped_modality"], blind)] == ["image"]


def test_the_builtin_trainer_needs_pictures_whatever_is_tried() -> None:
    material = make_material()
    blind = replace(material, image=np.full(len(material), -1), curated=curated(material, (0,)))

    assert missing(BY_NAME["cleaning"], blind) == ()
    assert missing(BY_NAME["cleaning"], blind, trainer="command") == ()
    found = missing(BY_NAME["cleaning"], blind, trainer="builtin")
    assert [each.name for each in found] == ["image"]
    # Named once where the experiment needs them too.
    twice = missing(BY_NAME["dropped_modality"], blind, trainer="builtin")
    assert [each.name for each in twice] == ["image"]
