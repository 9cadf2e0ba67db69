"""Words of questions: in a glossary's words, and by their role."""

import numpy as np
import pytest

from diagnostics.science.columns.words_by_role import (
    ROLES,
    accuracy_by_role,
    accuracy_by_word,
    has_content,
    role_of,
    without,
)
from diagnostics.science.experiments.material.glossary import Rewording, both_ways


def test_a_glossary_holds_in_every_direction() -> None:
    found = both_ways({"Circle": ("disc", "round"), "lonely": ()})
    assert found == {
        "circle": ("disc", "round"),
        "disc": ("circle", "round"),
        "round": ("circle", "disc"),
    }


def test_two_entries_with_a_word_in_common_are_not_joined() -> None:
    found = both_ways({"bank": ("shore",), "till": ("bank",)})
    assert found["bank"] == ("shore", "till")
    assert "till" not in found["shore"]


def test_variants_are_whole_words_of_any_case_and_all_differ() -> None:
    words = Rewording(
        {"traffic light": ("signal",), "light": ("lamp",), "red": ("crimson", "ruby")}
    )
    rng = np.random.default_rng(0)

    found = words.variants("Is the Traffic light red or lightred?", rng)

    assert set(found) == {
        "Is the signal crimson or lightred?",
        "Is the signal ruby or lightred?",
    }
    assert words.variants("Who is there?", rng) == ()
    assert words.knows("RED!")


def test_an_empty_glossary_knows_nothing() -> None:
    words = Rewording({})
    assert not words.knows("anything")
    assert words.variants("anything", np.random.default_rng(0)) == ()


@pytest.mark.parametrize(
    ("word", "role"),
    [
        ("What", "question"),
        ("tomato", "content"),
        ("RED", "attribute"),
        ("between", "place"),
        ("3", "number"),
        ("three", "number"),
        ("the", "other"),
        ("图片", "content"),
    ],
)
def test_words_have_roles(word: str, role: str) -> None:
    assert role_of(word) == role


def test_words_of_each_role_can_be_taken_out() -> None:
    text = "How many red cars are on the left?"
    assert [without(text, role) for role in ROLES] == [
        "red cars are on the left?",
        "How many red are on the left?",
        "How many cars are on the left?",
        "How many red cars are the ?",
        text,
    ]


def test_a_question_of_function_words_has_no_content() -> None:
    assert not has_content("What is the")
    assert not has_content("")
    assert has_content("What colour")


def test_accuracy_is_read_by_role_and_by_word() -> None:
    texts = ["Which star is red?"] * 20 + ["How many stars?"] * 20 + ["Left star?"] * 5
    credit = np.array([1.0] * 20 + [0.5] * 20 + [0.0] * 5)

    by_role = {each.role: each for each in accuracy_by_role(texts, credit)}
    by_word = accuracy_by_word(texts, credit)

    assert (by_role["attribute"].count, by_role["attribute"].credit) == (20, 1.0)
    assert by_role["question"].credit == pytest.approx(0.75)
    assert np.isnan(by_role["number"].credit)
    assert [(each.word, each.count) for each in by_word][:2] == [("how", 20), ("many", 20)]
    assert accuracy_by_word([], np.zeros(0)) == ()
