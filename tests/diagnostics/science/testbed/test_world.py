"""The demonstration world: what is planted is exactly what is there, and true."""

import dataclasses
import re
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from diagnostics.science.testbed.questions import ANSWERS, LIKE, ask, right_answers, true_answer
from diagnostics.science.testbed.scenes import COLOURS, KINDS, SIDE, UNSEEN, Scene, draw, make_scene
from diagnostics.science.testbed.world import SMALL, SPLITS, World, WorldConfig, make_world

NOISY = dataclasses.replace(SMALL, share_mismatched=0.1, share_wrong_answers=0.07)


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(NOISY)


def reread(text: str, scene: Scene) -> str | None:
    """The answer to a question, worked out from the scene by other means than the world's own."""
    looks = Counter((shape.colour, shape.kind) for shape in scene.shapes)
    if found := re.fullmatch(r"How many (\w+)s are there\?", text):
        return str(sum(n for (_, kind), n in looks.items() if kind == found[1]))
    if found := re.fullmatch(r"Is there an? (\w+) (\w+)\?", text):
        return "yes" if looks[found[1], found[2]] else "no"
    if found := re.fullmatch(r"Is the (\w+) (\w+) (?:on|in) the (left|top) .*\?", text):
        if looks[found[1], found[2]] != 1:
            return None
        shape = next(s for s in scene.shapes if (s.colour, s.kind) == (found[1], found[2]))
        x, y = shape.centre
        return (
            ("left" if x < 64 else "right")
            if found[3] == "left"
            else ("top" if y < 64 else "bottom")
        )
    if text == "What colour is the shape that could roll?":
        colours = [shape.colour for shape in scene.shapes if shape.kind == "circle"]
        return colours[0] if len(colours) == 1 else None
    found = re.fullmatch(r"Which shape has the colour of (\w+)\?", text)
    assert found, text
    kinds = [shape.kind for shape in scene.shapes if shape.colour == LIKE[found[1]]]
    return kinds[0] if len(kinds) == 1 else None


def test_the_same_seed_makes_the_same_world_and_another_does_not(world: World) -> None:
    assert make_world(NOISY) == world
    assert make_world(dataclasses.replace(NOISY, seed=1)).samples != world.samples


def test_each_split_has_its_size_and_ids_are_unique(world: World) -> None:
    counts = Counter(sample.split for sample in world.samples)

    assert counts == {name: NOISY.size(name) for name in SPLITS}
    assert len({sample.sample_id for sample in world.samples}) == len(world.samples)


@pytest.mark.parametrize("split", SPLITS)
def test_the_planted_shares_are_exact_in_every_split(world: World, split: str) -> None:
    counts = Counter(sample.kind for sample in world.of(split))
    size = NOISY.size(split)

    assert counts["mismatch"] == round(0.1 * size)
    assert counts["wrong_answer"] == round(0.07 * size)
    assert counts["clean"] == size - counts["mismatch"] - counts["wrong_answer"]


def test_a_world_without_noise_is_clean() -> None:
    made = make_world(dataclasses.replace(SMALL, share_mismatched=0, share_wrong_answers=0))

    assert {sample.kind for sample in made.samples} == {"clean"}


def test_clean_samples_are_answered_truly(world: World) -> None:
    for sample in world.samples:
        if sample.kind == "clean":
            truth = reread(sample.question.text, world.scenes[sample.scene])
            assert truth == sample.answer == sample.true_answer


def test_the_answer_of_a_mismatched_pair_is_false_on_the_scene_that_is_shown(world: World) -> None:
    mismatched = [sample for sample in world.samples if sample.kind == "mismatch"]

    assert mismatched
    for sample in mismatched:
        truth = reread(sample.question.text, world.scenes[sample.scene])
        assert truth != sample.answer
        assert truth == sample.true_answer
        # The question and its answer are of another scene, on which they are true.
        assert sample.answer == sample.question.answer


def test_a_wrong_answer_differs_from_the_truth_and_is_of_its_kind(world: World) -> None:
    wrong = [sample for sample in world.samples if sample.kind == "wrong_answer"]
    families = [
        {"yes", "no"},
        {"left", "right"},
        {"top", "bottom"},
        set("012345"),
        set(KINDS),
        set(COLOURS),
    ]

    assert wrong
    for sample in wrong:
        truth = reread(sample.question.text, world.scenes[sample.scene])
        assert truth == sample.true_answer != sample.answer
        assert any({truth, sample.answer} <= family for family in families)


def test_noise_stays_within_its_split(world: World) -> None:
    homes: dict[int, set[str]] = {}
    for sample in world.samples:
        homes.setdefault(sample.scene, set()).add(sample.split)

    assert all(len(splits) == 1 for splits in homes.values())


def test_every_answer_is_one_that_the_model_can_give(world: World) -> None:
    assert {sample.answer for sample in world.samples} <= set(ANSWERS)
    assert len(set(ANSWERS)) == len(ANSWERS)


def test_the_worlds_own_answers_agree_with_another_reading_of_any_scene(world: World) -> None:
    rng = np.random.default_rng(0)
    for sample in world.samples[::7]:
        scene = world.scenes[int(rng.integers(len(world.scenes)))]
        assert true_answer(sample.question, scene) == reread(sample.question.text, scene)


def test_all_four_question_types_are_asked_everywhere(world: World) -> None:
    for split in SPLITS:
        kinds = {sample.question.question_type for sample in world.of(split)}
        assert kinds == {"counting", "existence", "position", "common sense"}


def test_unseen_combinations_and_backgrounds_are_in_the_ood_split_only(world: World) -> None:
    for sample in world.samples:
        scene = world.scenes[sample.scene]
        looks = {(shape.colour, shape.kind) for shape in scene.shapes}
        if sample.split == "ood":
            assert looks & UNSEEN
            assert scene.background in {"stripes", "dark"}
        else:
            assert not looks & UNSEEN
            assert scene.background in {"plain", "gradient"}


def test_boxes_lie_in_the_image_and_shapes_do_not_overlap(world: World) -> None:
    for scene in world.scenes:
        boxes = [shape.box for shape in scene.shapes]
        for number, (x0, y0, x1, y1) in enumerate(boxes):
            assert 0 <= x0 < x1 <= SIDE
            assert 0 <= y0 < y1 <= SIDE
            for u0, v0, u1, v1 in boxes[:number]:
                assert x1 <= u0 or u1 <= x0 or y1 <= v0 or v1 <= y0


def test_what_a_question_is_about_lies_in_the_scene_it_was_asked_of() -> None:
    rng = np.random.default_rng(3)
    for _ in range(200):
        scene = make_scene(rng)
        assert set(ask(rng, scene).about) <= set(scene.shapes)


@pytest.mark.parametrize("unseen", [False, True])
def test_a_shape_is_painted_in_its_colour_inside_its_box_and_nowhere_else(unseen: bool) -> None:
    rng = np.random.default_rng(11)
    for _ in range(20):
        scene = make_scene(rng, unseen)
        empty = np.asarray(draw(dataclasses.replace(scene, shapes=())), dtype=int)
        drawn = np.asarray(draw(scene), dtype=int)
        changed = (drawn != empty).any(axis=2)
        for shape in scene.shapes:
            x, y = (round(each) for each in shape.centre)
            assert drawn[y, x].tolist() == list(COLOURS[shape.colour])
            x0, y0, x1, y1 = shape.box
            changed[int(y0) - 1 : int(y1) + 2, int(x0) - 1 : int(x1) + 2] = False
        assert not changed.any()


def test_a_picture_has_its_size_and_mode() -> None:
    image = draw(make_scene(np.random.default_rng(0)))

    assert isinstance(image, Image.Image)
    assert (image.mode, image.size) == ("RGB", (SIDE, SIDE))


def test_the_smallest_world_is_made_too() -> None:
    made = make_world(WorldConfig(train=1, val=0, test=2, ood=1))

    assert Counter(sample.split for sample in made.samples) == {"train": 1, "test": 2, "ood": 1}


def test_ambiguous_questions_have_their_share_and_several_right_answers() -> None:
    config = dataclasses.replace(NOISY, share_ambiguous=0.05)
    made = make_world(config)

    for split in SPLITS:
        kinds = Counter(sample.kind for sample in made.of(split))
        assert kinds["ambiguous"] == round(0.05 * config.size(split))
        assert kinds["mismatch"] == round(0.1 * config.size(split))
    for sample in made.samples:
        right = right_answers(sample.question, made.scenes[sample.scene])
        if sample.kind == "ambiguous":
            assert len(right) > 1
            assert sample.answer in right
        elif sample.kind == "clean":
            assert right == (sample.answer,)
