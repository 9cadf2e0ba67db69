"""One factor at a time, three to five seeds, and a control: or the design is refused."""

import json
from dataclasses import replace

import pytest

from diagnostics.science.experiments.design.design import Arm, Design, DesignRefused
from diagnostics.science.experiments.design.settings import FACTORS, TESTING, Settings, differences

BASE = Arm("base", "As it is")


def arm(name: str = "treated", control: str = "base", **settings: object) -> Arm:
    return Arm(name, f"The {name} arm", Settings(**settings), control)


def test_an_arm_that_changes_two_factors_is_refused_with_the_factors_named() -> None:
    with pytest.raises(DesignRefused, match="curation and attended at once") as refused:
        Design((BASE, arm(curation="curated", attended=True)))

    assert "“treated”" in str(refused.value)
    assert "“base”" in str(refused.value)


def test_an_arm_that_changes_nothing_is_refused() -> None:
    with pytest.raises(DesignRefused, match="does not differ from its control “base”"):
        Design((BASE, arm()))


def test_both_treatments_are_reached_in_steps_of_one_factor() -> None:
    design = Design(
        (
            BASE,
            arm("attention", attended=True),
            arm("cleaned", curation="curated"),
            arm("both", "attention", attended=True, curation="curated"),
        )
    )

    assert [design.factor(each) for each in design.arms] == ["", "attended", "curation", "curation"]


@pytest.mark.parametrize(
    ("arms", "why"),
    [
        ((BASE,), "a control and at least one treatment"),
        ((), "a control and at least one treatment"),
        ((BASE, arm("base", attended=True)), "the same name"),
        ((arm(), arm("other", attended=True)), "is the baseline: it has no control"),
        ((BASE, arm(control="", attended=True)), "no control among the arms before it"),
        ((BASE, arm(control="nobody", attended=True)), "no control among the arms before it"),
        (
            (BASE, arm("late", "later", attended=True), arm("later", curation="curated")),
            "no control among the arms before it",
        ),
    ],
)
def test_a_design_without_a_control_for_each_arm_is_refused(arms: tuple, why: str) -> None:
    with pytest.raises(DesignRefused, match=why):
        Design(arms)


@pytest.mark.parametrize("seeds", [(), (0, 1), (0, 1, 2, 3, 4, 5), (0, 1, 1)])
def test_fewer_than_three_more_than_five_or_repeated_seeds_are_refused(seeds: tuple) -> None:
    with pytest.raises(DesignRefused, match="seed"):
        Design((BASE, arm(attended=True)), seeds)


@pytest.mark.parametrize("seeds", [(7, 8, 9), (0, 1, 2, 3), (5, 4, 3, 2, 1)])
def test_every_arm_is_trained_with_every_seed(seeds: tuple) -> None:
    design = Design((BASE, arm(attended=True)), seeds)

    assert design.trials == tuple((name, s) for name in ("base", "treated") for s in seeds)


def test_an_arm_is_found_by_its_name_alone() -> None:
    design = Design((BASE, arm(attended=True)))

    assert design.arm("treated").settings.attended
    with pytest.raises(KeyError):
        design.arm("nobody")


def test_an_arm_survives_its_being_stored() -> None:
    stored = json.loads(json.dumps(arm(deleted="colour", blanked_image=0.3).as_dict()))

    assert Arm.from_dict(stored) == arm(deleted="colour", blanked_image=0.3)


def test_a_factor_that_there_is_not_cannot_be_read_back() -> None:
    with pytest.raises(TypeError):
        Settings.from_dict({"moonlight": True})


@pytest.mark.parametrize("share", [-0.1, 1.01, float("nan")])
def test_a_share_outside_nought_to_one_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="injected is a share"):
        Settings(injected=share)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_none_and_all_are_shares(share: float) -> None:
    assert Settings(dropped_image=share).dropped_image == share


def test_factors_that_change_the_test_alone_train_alike() -> None:
    tested_otherwise = {
        "reserved": True,
        "scored": "accepted",
        "deleted": "colour",
        "blanked_image": 0.5,
        "blanked_text": 1.0,
        "tested_on": "other",
    }
    assert set(tested_otherwise) == set(TESTING)

    for name, value in tested_otherwise.items():
        other = replace(Settings(), **{name: value})
        assert differences(Settings(), other) == (name,)
        assert other.for_training() == Settings()

    assert Settings(attended=True, deleted="colour").for_training() == Settings(attended=True)
    assert set(TESTING) < set(FACTORS)
