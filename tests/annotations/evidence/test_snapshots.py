"""What an item shows: grids made small enough, and a question's words with their own attention."""

from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from PIL import Image

from annotations.audits.drawing import draw_audit
from annotations.evidence.images import keep_further_images, keep_images
from annotations.evidence.snapshots import (
    MOST_TOKENS,
    TOKEN_SIDE,
    scaled_attention,
    snapshot_of,
    spans_of,
    token_grids,
)
from tests.annotations.audit_factories import error_rows, ingest_run, make_project_of
from tests.factories import make_run, write_lines
from tests.triage.science.store.test_pictures import jpeg
from triage.science.store.store import DataRoot, evidence_path


def words(question: str, tokens: list[str]) -> list[str]:
    return [text for text, index in spans_of(question, tokens) if index is not None]


def test_words_are_found_whatever_their_case_and_never_inside_others() -> None:
    assert words("Is the cat a CAT, catalogue or cat's?", ["cat"]) == ["cat", "CAT", "cat"]
    assert words("How many?", ["many", "HOW", "?"]) == ["How", "many", "?"]
    assert words("a cat-flap on a flap", ["cat-flap", "flap"]) == ["cat-flap", "flap"]


def test_scripts_without_spaces_are_cut_at_their_tokens() -> None:
    assert words("图中有几只猫？", ["几只", "猫", "图"]) == ["图", "几只", "猫"]


@pytest.mark.parametrize(
    "tokens", [[], [""], ["none"], [".*", "(", "\\"], ["<b>"], ["many", "MANY"], ["İ"], ["\n"]]
)
def test_the_pieces_joined_are_the_question(tokens) -> None:
    for question in ["", "How many <b>.*( there?", "İstanbul", "many"]:
        assert "".join(text for text, _ in spans_of(question, tokens)) == question


def test_the_first_of_two_equal_tokens_counts() -> None:
    assert spans_of("Many", ["many", "MANY"]) == [("Many", 0)]


def test_tokenizers_marks_are_taken_off_and_unused_tokens_left_out() -> None:
    pairs = [("[CLS]", [[1]]), ("Ġhow", [[1, 0]]), ("▁many", [[0, 4]]), ("cats</w>", [[1, 1]])]
    found = token_grids("How many cats", [*pairs, ("?", [[1]]), ("##ing", [[1]])])
    assert [each["token"] for each in found] == ["how", "many", "cats"]
    assert found[1] == {"token": "many", "rows": 1, "columns": 2, "cells": [0.0, 1.0]}


def test_grids_of_words_are_bounded_in_number_and_size() -> None:
    names = [f"w{number}" for number in range(60)]
    grid = np.random.default_rng(1).random((50, 90)).tolist()
    found = token_grids(" ".join(names), [(name, grid) for name in names])
    assert len(found) == MOST_TOKENS
    assert max(found[0]["rows"], found[0]["columns"]) <= TOKEN_SIDE
    assert len(found[0]["cells"]) == found[0]["rows"] * found[0]["columns"]
    assert max(found[0]["cells"]) == 1.0


@pytest.mark.parametrize("grid", [None, [], [[]], [[0, 0]], [[1], [1, 2]], [[float("nan")]]])
def test_what_is_no_grid_is_left_out(grid) -> None:
    assert scaled_attention(grid) is None
    assert token_grids("a b", [("a", grid), ("b", [[1.0]])])[0]["token"] == "b"


def test_a_sample_without_token_attention_has_none() -> None:
    shown = snapshot_of({"question": "How many?"}, {"status": "none"})
    assert shown["token_attention"] == []
    assert token_grids(None, [("a", [[1]])]) == []


@pytest.mark.django_db
def test_an_item_carries_the_attention_of_its_questions_words() -> None:
    grids = {"How": [[1, 0], [0, 0]], "shapes": [[0, 0], [0, 2]], "elsewhere": [[1, 1], [1, 1]]}
    run = ingest_run(make_project_of(), error_rows(2, token_attention=grids))
    audit = draw_audit(run, protocol="custom", size=2, seed=3)
    shown = audit.items.first().snapshot["token_attention"]
    assert [each["token"] for each in shown] == ["How", "shapes"]
    assert shown[1]["cells"] == [0.0, 0.0, 0.0, 1.0]


@pytest.mark.django_db
def test_a_snapshot_holds_what_was_read_and_the_options(tmp_path: Path) -> None:
    more = {"options": ["a hat", "a cat"], "answers": ["B"], "prediction": "It is \\boxed{A}"}
    source = write_lines(tmp_path / "x.jsonl", error_rows(1, **more))
    run = make_run(make_project_of(), source, rule="choice")
    shown = draw_audit(run, protocol="custom", size=1, seed=3).items.get().snapshot
    assert shown["options"] == ["a hat", "a cat"]
    assert (shown["chosen_option"], shown["right_option"]) == (0, 1)
    assert (shown["answered"], shown["answer_state"]) == ("A", "answered")
    assert shown["steps"] == ["boxed", "option"]
    assert shown["near_border"] is None


def test_a_row_of_an_older_run_has_a_snapshot_without_them() -> None:
    shown = snapshot_of({"question": "How many?", "prediction": "two"}, {"status": "none"})
    assert (shown["options"], shown["steps"], shown["images"]) == ([], [], [])
    assert shown["answered"] is shown["answer_state"] is shown["chosen_option"] is None
    assert shown["more_images"] is None


@pytest.mark.django_db
def test_further_pictures_are_kept_and_cut_ones_are_known(tmp_path: Path) -> None:
    Image.new("RGB", (40, 30), "red").save(tmp_path / "a.png")
    (tmp_path / "cut.jpg").write_bytes(jpeg()[:-2])
    run = ingest_run(make_project_of(), error_rows(1), image_root=tmp_path)

    kept = keep_further_images(run, ["a.png", "cut.jpg", "a.png", "nothing.png"])

    assert [(each["status"], each["cut"]) for each in kept] == [
        ("ok", True),
        ("ok", False),
        ("missing", False),
    ]
    root = DataRoot(settings.DATA_ROOT)
    assert [root.has(evidence_path(each["sha256"])) for each in kept[:2]] == [True, True]
    assert kept[2]["sha256"] == ""
    assert keep_images(run, ["cut.jpg"])[0].note["cut"] is True
    assert keep_further_images(run, None) == keep_further_images(run, ["a.png"]) == []
