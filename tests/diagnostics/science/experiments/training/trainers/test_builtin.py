"""The built-in trainer, from material and arms to outcomes."""

from dataclasses import replace

import numpy as np
import pytest

from diagnostics.science.experiments.design.design import Arm
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.design.outcomes import Outcome, Stopped, TrainingRefused
from diagnostics.science.experiments.design.settings import Settings
from diagnostics.science.experiments.training.trainers.builtin import BuiltinTrainer
from diagnostics.science.experiments.training.trainers.registry import UnknownTrainer, trainer
from tests.diagnostics.science.experiments.material_factories import make_material

QUICK = BuiltinTrainer(epochs=2, least_steps=60)
# Long enough to learn the colour and the side of a mark.
ENOUGH = BuiltinTrainer(least_steps=400)
BASE = Arm("base", "the baseline")


def arm(name: str, **factors: object) -> Arm:
    """A treatment beside the baseline."""
    return Arm(name, name, Settings(**factors), "base")  # type: ignore[arg-type]


def run(
    material: Material,
    *arms: Arm,
    seeds: tuple[int, ...] = (0, 1, 2),
    by: BuiltinTrainer = QUICK,
) -> list[Outcome]:
    """Outcomes, unwatched."""
    return by.run(material, arms, seeds, lambda share, step: None)


def mean(outcomes: list[Outcome], name: str, kind: int | None = None) -> float:
    """Mean credit of an arm over its seeds, of one question type where it is said."""
    found = [each for each in outcomes if each.arm == name]
    kept = [each.rows % 2 == kind if kind is not None else slice(None) for each in found]
    return float(
        np.mean([each.credit[rows].mean() for each, rows in zip(found, kept, strict=True)])
    )


def identical(one: Outcome, other: Outcome) -> bool:
    """Whether two trials have the same bits, however long they took."""
    return (
        (one.arm, one.seed, one.state) == (other.arm, other.seed, other.state)
        and np.array_equal(one.rows, other.rows)
        and np.array_equal(one.credit, other.credit)
        and np.array_equal(one.predictions, other.predictions)
        and np.array_equal(one.confidence, other.confidence)
        and np.array_equal(np.array(one.curve), np.array(other.curve), equal_nan=True)
        and one.extra == other.extra
    )


@pytest.fixture(scope="module")
def material() -> Material:
    """Enough samples to learn from."""
    return make_material(train=600, test=120)


def test_it_learns_what_is_shown_and_where(material: Material) -> None:
    found = run(material, BASE, by=ENOUGH)
    assert [(each.arm, each.seed, each.state) for each in found] == [
        ("base", seed, "done") for seed in range(3)
    ]
    assert mean(found, "base", 0) > 0.95
    assert mean(found, "base", 1) > 0.95
    for each in found:
        assert each.extra["box_chance"] == pytest.approx(0.25)
        assert each.extra["box_hit"] > 0.9
        assert ((each.confidence > 0) & (each.confidence <= 1)).all()
        losses = [loss for loss, _ in each.curve]
        assert losses[-1] < losses[0]


def test_without_places_sides_are_guessed_and_relations_bring_them_back(
    material: Material,
) -> None:
    blind = arm("blind", placed=False)
    told = Arm("told", "told", Settings(placed=False, relations=True), "blind")
    found = run(material, BASE, blind, told, by=ENOUGH)
    assert mean(found, "blind", 0) > 0.9
    assert 0.3 < mean(found, "blind", 1) < 0.7
    assert mean(found, "told", 1) > 0.9


def test_the_same_trial_has_the_same_bits_alone_and_beside_others(material: Material) -> None:
    arms = (BASE, arm("noisy", injected=0.3), arm("attended", attended=True))
    both = run(material, *arms)
    by_trial = {(each.arm, each.seed): each for each in both}
    for each in run(material, arms[1], seeds=(2,)):
        assert identical(each, by_trial[each.arm, each.seed])
    threads = run(material, *arms, by=replace(QUICK, workers=3))
    assert all(identical(one, other) for one, other in zip(both, threads, strict=True))


def test_arms_that_train_alike_are_trained_once_and_tested_each(material: Material) -> None:
    steps: set[str] = set()
    blank = arm("blank", blanked_image=1.0)
    found = ENOUGH.run(
        material, [BASE, blank], (0, 1, 2), lambda share, step: steps.add(step.split(",")[0])
    )
    assert {step for step in steps if step.startswith("Training")} == {"Training “the baseline”"}
    assert mean(found, "base") > 0.9
    assert mean(found, "blank") < 0.7
    assert "box_hit" not in found[-1].extra


def test_training_with_all_that_a_person_may_ask_for_runs(material: Material) -> None:
    varied = np.stack([material.regions * 0.9, material.regions * 1.1])
    full = replace(material, varied=varied, glossary={"mark": ("spot", "dot")})
    arms = [
        BASE,
        arm("augmented", augmented=True),
        arm("knowing", knowledge=True),
        arm("contrasted", contrastive=True),
        arm("dropped", dropped_image=0.5),
        arm("unread", dropped_text=0.5),
        arm("deleted", deleted="attribute"),
        arm("imputed", imputed=True),
    ]
    found = run(full, *arms)
    assert {each.state for each in found} == {"done"}
    assert [each.arm for each in found] == [each.name for each in arms for _ in range(3)]


def test_other_words_are_understood_after_training_with_them(material: Material) -> None:
    plain = {"red": ("crimson",), "mark": ("blob",), "colour": ("hue",)}
    asked = tuple(
        text.replace("colour", "hue").replace("left", "port") if split == "test" else text
        for text, split in zip(material.question, material.split, strict=True)
    )
    other = replace(material, question=asked, glossary=plain)
    found = run(other, BASE, arm("knowing", knowledge=True), by=ENOUGH)
    assert mean(found, "knowing", 0) > 0.9


def test_a_run_with_one_embedding_a_picture_is_trained_on_too(material: Material) -> None:
    flat = material.regions.max(axis=1, keepdims=True)
    plain = replace(material, regions=flat, grid=None, looked_at=None)
    found = run(plain, BASE, by=ENOUGH)
    assert mean(found, "base", 0) > 0.95
    assert found[0].extra == {}


def test_pictures_may_be_missing_and_so_may_words(material: Material) -> None:
    image = np.where(np.arange(len(material)) % 5 == 0, -1, material.image)
    question = tuple("" if n % 7 == 0 else text for n, text in enumerate(material.question))
    found = run(replace(material, image=image, question=question), BASE)
    assert {each.state for each in found} == {"done"}


def test_a_loss_that_is_no_number_is_said_and_gives_no_credit(material: Material) -> None:
    found = run(material, BASE, by=replace(QUICK, learning_rate=1e30))
    assert {each.state for each in found} == {"diverged"}
    assert all("no longer a number" in each.why and not len(each.credit) for each in found)


@pytest.mark.parametrize("workers", [1, 2])
def test_stopping_ends_all_arms_and_is_let_through(material: Material, workers: int) -> None:
    calls: list[float] = []

    def stop(share: float, step: str) -> None:
        calls.append(share)
        if len(calls) > 4:
            raise Stopped("by hand")

    with pytest.raises(Stopped, match="by hand"):
        replace(QUICK, epochs=20, workers=workers).run(
            material, [BASE, arm("attended", attended=True)], (0, 1, 2), stop
        )


def test_progress_rises_to_the_end(material: Material) -> None:
    seen: list[float] = []
    for workers in (1, 2):
        seen.clear()
        replace(QUICK, workers=workers).run(
            material,
            [BASE, arm("attended", attended=True)],
            (0, 1, 2),
            lambda share, step: seen.append(share),
        )
        assert seen == sorted(seen)
        assert 0.9 < seen[-1] <= 1


@pytest.mark.parametrize(
    ("factors", "why"),
    [
        ({"attended": True}, "no boxes"),
        ({"relations": True}, "no boxes"),
        ({"augmented": True}, "no varied pictures"),
    ],
)
@pytest.mark.parametrize("workers", [1, 2])
def test_material_that_lacks_something_is_refused(
    material: Material, factors: dict[str, object], why: str, workers: int
) -> None:
    plain = replace(material, looked_at=None)
    with pytest.raises(TrainingRefused, match=why):
        run(plain, BASE, arm("more", **factors), by=replace(QUICK, workers=workers))


def test_a_run_without_pictures_is_refused(material: Material) -> None:
    nothing = replace(material, regions=np.zeros((0, 1, 1), dtype=np.float32))
    with pytest.raises(TrainingRefused, match="no pictures"):
        run(nothing, BASE)


def test_another_run_described_in_another_way_is_refused(material: Material) -> None:
    target = replace(material, regions=material.regions[:, :, :5])
    away = arm("away", tested_on="other")
    with pytest.raises(TrainingRefused, match="different ways"):
        run(replace(material, target=target), BASE, away)


def test_another_run_is_tested_on_with_its_own_pictures(material: Material) -> None:
    target = make_material(train=5, test=60)
    target = replace(target, sample_id=np.char.add("o", target.sample_id))
    found = run(replace(material, target=target), BASE, arm("away", tested_on="other"), by=ENOUGH)
    assert mean(found, "away") > 0.9
    assert len(found[-1].rows) == 60


def test_its_configuration_says_what_bits_depend_on_and_can_be_stored() -> None:
    stored = BuiltinTrainer(width=48, workers=2).configuration()
    assert stored["width"] == 48
    assert {"epochs", "batch", "learning_rate", "torch", "device", "layers"} <= set(stored)
    assert "workers" not in stored


def test_trainers_are_known_by_name() -> None:
    assert trainer("builtin", width=16) == BuiltinTrainer(width=16)
    with pytest.raises(UnknownTrainer, match="builtin"):
        trainer("guesswork")
