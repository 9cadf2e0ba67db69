"""Planted worlds: where each cause lies, by choice."""

from dataclasses import replace

from diagnostics.science.testbed.planting import EVERYWHERE, WORLDS, PlantedConfig, plant

SMALL = {"train": 90, "val": 30, "test": 60}


def causes_in(config: PlantedConfig, split: str) -> set[str]:
    return {each.cause for each in plant(config).samples if each.split == split} - {"none"}


def test_a_cause_can_be_planted_in_evaluation_alone() -> None:
    config = replace(WORLDS["missing_modality"], **SMALL)
    spared = replace(config, everywhere=EVERYWHERE - {"missing_modality"})

    assert causes_in(config, "train") == {"missing_modality"}
    assert causes_in(spared, "train") == set()
    assert causes_in(spared, "test") == causes_in(config, "test") == {"missing_modality"}


def test_where_nothing_is_said_worlds_are_as_they_were() -> None:
    for name in ("noise", "ambiguity", "missing_modality"):
        assert causes_in(replace(WORLDS[name], **SMALL), "train") == {name}
    for name in ("semantic", "generalisation"):
        assert causes_in(replace(WORLDS[name], **SMALL), "train") == set()
