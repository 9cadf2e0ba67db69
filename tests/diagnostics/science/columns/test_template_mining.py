"""Mined templates: hand-made questions, the testbed's, and those of real data sets."""

import json
import re
from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import adjusted_rand_score

from diagnostics.science.columns import template_mining
from diagnostics.science.columns.template_mining import (
    folded,
    framed,
    mined_templates,
    openings,
    words_of,
)
from diagnostics.science.testbed.planting import WORLDS, plant
from diagnostics.science.testbed.world import WorldConfig, make_world


def mined(texts: list[str | None]) -> list[str | None]:
    """The template of each question."""
    found = mined_templates(pa.chunked_array([pa.array(texts, pa.string())]))
    assert found is not None
    return [found.labels[code] if code >= 0 else None for code in found.codes]


def test_words_are_read_without_case_and_marks() -> None:
    assert words_of("Is there an Apple, or 3.5 dogs’ toys?") == (
        "is", "there", "a", "apple", "or", "3.5", "dogs", "toys",
    )  # fmt: skip
    assert words_of("Is this Denny's?") == ("is", "this", "denny's")
    assert words_of("???") == ()


def test_what_varies_in_one_place_is_a_slot() -> None:
    colours, shapes = ("red", "blue", "green", "orange"), ("circle", "square", "star")
    asked = [
        f"Is there a{'n' if c == 'orange' else ''} {c} {s}?" for c, s in product(colours, shapes)
    ]
    counted = [f"How many {s}s are there?" for s in shapes]

    found = mined([*asked, *counted, "Is it dark?", "Is it dark?"])

    assert set(found[:12]) == {"is there a …"}
    assert set(found[12:15]) == {"how many … are there"}
    assert found[15] == "is it dark"


def test_words_of_grammar_are_never_values() -> None:
    places = ("on", "under", "behind", "near", "above")
    asked = [
        f"Is the {a} {place} the {b}?"
        for a, b, place in product(("cat", "dog", "cow"), ("bed", "car", "box"), places)
    ]

    assert set(mined(asked)) == {f"is the … {place} the …" for place in places}


def test_numbers_and_rare_words_are_values() -> None:
    asked = [f"What is {n} plus {n + 1}?" for n in range(600)] + ["What is seven plus 2?"] * 2

    found = mined([*asked, "Who is it?"])

    assert set(found[:-1]) == {"what is … plus …"}


def test_a_value_of_several_words_is_folded_into_its_template() -> None:
    things = [f"thing{letter}" for letter in "abcdefghijklmn"]
    asked = [f"Is there a {thing} in the image?" for thing in things]

    table, light = "Is there a dining table in the image?", "Is there light in the image?"

    found = mined([*asked, *[table, light] * 5])

    # No article: another question.
    assert Counter(found) == {"is there a … in the image": 19, "is there light in the image": 5}


def test_a_frame_is_folded_over_a_slot_beside_its_value() -> None:
    frames = Counter({("a", "…", "in", "b"): 30, ("a", "hot", "…", "in", "b"): 2, ("a", "b"): 40})

    assert folded(frames) == {("a", "hot", "…", "in", "b"): ("a", "…", "in", "b")}


def test_many_odd_questions_are_read_by_their_openings() -> None:
    frames = [("what", "is", f"w{n}") for n in range(30)] + [("who", f"w{n}") for n in range(3)]

    found = openings([*frames, ("how", "far")], np.array([1] * 33 + [9_967]))

    assert {found[frame] for frame in frames[:30]} == {("what", "is", "…")}
    # Nobody begins so but these three.
    assert {found[frame] for frame in frames[30:]} == {("…",)}
    assert ("how", "far") not in found


def test_a_small_file_keeps_its_templates() -> None:
    assert openings([("who", "is", "it"), ("how", "far")], np.array([1, 1])) == {}


def test_values_between_fixed_words_are_one_slot() -> None:
    assert framed(("is", "big", "red", "it"), {"is", "it"}) == ("is", "…", "it")
    assert framed((), {"is"}) == ()


def test_characters_of_unspaced_scripts_are_words() -> None:
    asked = [f"图中有{c}色的{s}吗？" for c, s in product("红蓝绿黄", "圆方星")]

    assert set(mined([*asked, *["有几个圆？"] * 2])) == {"图中有…色的…吗", "有几个…"}


def test_a_question_that_is_not_there_has_no_template() -> None:
    found = mined(["Is it red?", None, "", "???", "Is it red", "Who is it?"])

    assert found == ["is it red", None, "…", "…", "is it red", "who is it"]


@pytest.mark.parametrize("texts", [[], [None, None], ["Is it red?"] * 3])
def test_one_template_or_none_tells_nothing(texts: list[str | None]) -> None:
    assert mined_templates(pa.chunked_array([pa.array(texts, pa.string())])) is None


def test_what_was_not_learnt_from_is_read_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(template_mining, "MOST_LEARNT", 300)
    asked = [
        f"Is there a x{a}{b} in it?" for a, b in product("abcdefghijklmnopqrstuvwxyz", repeat=2)
    ]

    found = mined([*asked, "Who is it?"])

    assert set(found[:-1]) == {"is there a … in it"}


def test_the_seed_fixes_what_is_mined() -> None:
    texts = pa.chunked_array(
        [[s.question.text for s in make_world(WorldConfig(train=300)).samples]]
    )

    first, again = (mined_templates(texts, seed=3) for _ in range(2))

    assert first is not None
    assert again is not None
    assert first.labels == again.labels
    assert first.codes.tolist() == again.codes.tolist()


@pytest.mark.parametrize("seed", range(3))
def test_the_testbeds_templates_are_found(seed: int) -> None:
    world = make_world(WorldConfig(seed=seed, train=2000, val=200, test=600, ood=200))
    questions = [sample.question for sample in world.samples]

    found = mined([each.text for each in questions])

    truth = [each.template for each in questions]
    assert adjusted_rand_score(truth, found) > 0.98  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "least"), [("clean", 0.98), ("semantic", 0.98), ("mixed", 0.9)])
def test_planted_worlds_templates_are_found(name: str, least: float) -> None:
    """Words that training never used change no template; a question cut to one word loses its."""
    samples = plant(WORLDS[name]).samples

    found = mined([sample.text for sample in samples])

    assert adjusted_rand_score([s.question.template for s in samples], found) > least  # type: ignore[arg-type]


@pytest.mark.realdata
def test_templates_of_easy_vqa_are_found(real_data: Path) -> None:
    asked = [each[0] for each in json.loads((real_data / "easy_vqa/questions.json").read_text())]
    colour = re.compile(r"\b(black|blue|brown|gray|green|red|teal|yellow)\b")
    shape = re.compile(r"\b(circle|rectangle|triangle)\b")

    found = mined(asked)

    truth = [colour.sub("c", shape.sub("s", text)) for text in asked]
    assert adjusted_rand_score(truth, found) > 0.95  # type: ignore[arg-type]


@pytest.mark.realdata
def test_captions_of_vsr_are_told_by_their_relation(real_data: Path) -> None:
    lines = (real_data / "vsr_votes/all_vsr_raw_data.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]

    found = mined([row["caption"] for row in rows])

    assert adjusted_rand_score([row["relation"] for row in rows], found) > 0.75  # type: ignore[arg-type]
