"""Rows that fit are taken, rows that do not are refused by field and reason."""

import datetime
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.science.readers.json_lines import parse_lines, parse_whole
from triage.science.readers.text_source import Block
from triage.science.record.mapping import propose
from triage.science.record.records import FIELDS, RawBatch, conform

GOOD = {"sample_id": "a", "question": "How many?", "prediction": "2", "answers": ["2"]}
NAMES = [field.name for field in FIELDS]


def conform_rows(rows: list[dict[str, Any]]) -> Any:
    names = dict.fromkeys(key for row in rows for key in row)
    columns = {name: [row.get(name) for row in rows] for name in names}
    raw = RawBatch(columns, np.arange(1, len(rows) + 1))
    return conform(raw, propose(list(names), NAMES), "test")


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("prediction", ["a", "b"], "is a list of 2: one text is needed"),
        ("prediction", {"a": 1, "b": 2}, "should be text, is an object"),
        ("sample_id", "  ", "is missing"),
        ("sample_id", "x" * 501, "has 501 characters: a name has at most 500"),
        ("question", {"a": 1, "b": 2}, "should be text, is an object"),
        ("question", "nul\x00", "NUL"),
        ("answers", [], "empty list"),
        ("answers", [str(i) for i in range(1001)], "holds 1001 answers: at most 1000"),
        ("answers", [["x", "y"]], "is a list of 2"),
        ("answers", 10**400, "is a number of more than 300 digits"),
        ("options", 7, "should be a list of choices"),
        ("confidence", 1.2, "a probability lies in 0..1"),
        ("confidence", -0.1, "a probability lies in 0..1"),
        ("confidence", math.nan, "only finite numbers"),
        ("confidence", math.inf, "only finite numbers"),
        ("confidence", "high", "should be a number"),
        ("correct", 3, "a probability lies in 0..1"),
        ("split", "holdout", "a split is train, val, test or ood"),
        ("image", {"name": "a.png"}, "is an object without 'path' or 'bytes'"),
        ("image", True, "should be the name of a picture, is true/false"),
        ("image", "x" * 501, "has 501 characters: the name of a picture has at most 500"),
        ("images", ["a.png"] * 65, "holds 65 pictures: at most 64 are taken"),
        ("candidates", [{"answer": "a", "probability": 0.8}, {"answer": "b", "probability": 0.4}], "sum to 1.2"),
        ("candidates", [{"answer": "a", "probability": 1.4}], "entry 1: is 1.4"),
        ("candidates", [{"probability": 0.4}], "entry 1 has no 'answer'"),
        ("boxes", [[0, 0, 1]], "entry 1: should be [x0, y0, x1, y1]"),
        ("boxes", [[5, 0, 5, 9]], "has no area"),
        ("boxes", [[-3, 0, 5, 9]], "begins outside the image"),
        ("predicted_box", [0, 0, math.nan, 1], "only finite numbers"),
        ("attention", [[1, 2], [3]], "rows of different lengths"),
        ("attention", [1, 2, 3], "should be a grid"),
        ("attention", [[0, 0], [0, 0]], "zero everywhere"),
        ("attention", [[0, -1]], "negative"),
        ("token_attention", {"how": [[1, 2]], "many": [[1], [2]]}, "different shapes"),
        ("image_embedding", [1.0, math.inf], "only finite numbers"),
        ("image_embedding", [], "should be a list of numbers"),
        ("image_embedding", [1e300], "beyond 3.4e+38"),
        ("region_embeddings", [[1.0, 2.0], [1.0]], "different lengths: [1, 2]"),
        ("region_embeddings", [[1.0], [math.nan]], "entry 2: is nan"),
        ("region_embeddings", [], "should be a list of vectors"),
        ("word_embeddings", [1.0], "should be {token: vector}, is a list"),
        ("word_embeddings", "cup", "should be JSON"),
        ("word_embeddings", {"cup": [1.0], "red": [1.0, 2.0]}, "different lengths: [1, 2]"),
        ("word_embeddings", {"cup": []}, "entry cup: should be a list of numbers"),
        ("hidden_state", [[1.0]], "should be a number"),
        ("loss", [0.1, "x"], "should be a number"),
        ("text_only", "yes", "should be JSON"),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_with_its_row_field_and_reason(
    field: str, value: Any, reason: str
) -> None:
    result = conform_rows([GOOD, {**GOOD, "sample_id": "b", field: value}])

    assert result.table.num_rows == 1
    (refusal,) = result.refusals
    assert (refusal.row, refusal.field) == (2, field)
    assert reason in refusal.reason


@pytest.mark.parametrize("written", [None, "", [], {}])
def test_nothing_written_is_an_answer_of_its_own(written: Any) -> None:
    result = conform_rows([{**GOOD, "prediction": written}])

    assert result.refusals == []
    assert result.table["prediction"].to_pylist() == [""]


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "a/../../b.png", "C:\\x.png", "https://example.org/x.png", "file:///d/1.png"],
)
def test_a_path_or_an_address_is_the_name_of_a_picture_and_no_more(name: str) -> None:
    (row,) = conform_rows([{**GOOD, "image": name}]).table.to_pylist()
    assert row["image"] == name


@pytest.mark.parametrize(
    ("name", "given", "taken"),
    [
        ("answers", [str(i) for i in range(12)], [str(i) for i in range(12)]),
        ("answers", [{"answer": "red", "answer_id": 1}, {"answer": "blue", "answer_id": 2}], ["red", "blue"]),
        ("answers", "[2, 3]", ["[2, 3]"]),
        ("answers", "['dakota', 'dakota digital']", ["dakota", "dakota digital"]),
        ("prediction", ["B"], "B"),
        ("prediction", [["B"]], "B"),
        ("prediction", {"content": "B", "role": "assistant"}, "B"),
        ("prediction", 3.0, "3"),
        ("prediction", "a\ud83d", "a\ufffd"),
        ("prediction", Decimal("2.50"), "2.5"),
        ("prediction", Decimal("100"), "100"),
        ("question", datetime.date(2026, 1, 2), "2026-01-02"),
        ("options", {"A": "cat", "B": "dog", "C": None}, ["cat", "dog"]),
        ("options", "['cat', 'dog']", ["cat", "dog"]),
        ("options", "cat; dog", ["cat", "dog"]),
        ("image", {"path": "a.png", "bytes": None}, "a.png"),
        ("image", ["./a.png"], "a.png"),
        ("image", "['a.png']", "a.png"),
        ("images", ["a.png", "b.png"], ["a.png", "b.png"]),
        ("correct", "C", 1.0),
        ("correct", "I", 0.0),
        ("correct", {"score": 0.25, "prediction": "x"}, 0.25),
        ("correct", "✓", 1.0),
    ],
)  # fmt: skip
def test_what_tools_wrap_a_value_in_is_taken_off(name: str, given: Any, taken: Any) -> None:
    result = conform_rows([{**GOOD, name: given}])

    assert result.refusals == []
    assert result.table[name].to_pylist() == [taken]


def test_a_row_needs_neither_a_name_nor_a_question() -> None:
    (row,) = conform_rows([{"prediction": "a small dog"}]).table.to_pylist()
    assert (row["question"], row["prediction"]) == (None, "a small dog")


def test_everything_a_record_may_hold_comes_through() -> None:
    full = {
        **GOOD,
        "sample_id": 12,
        "candidates": [{"answer": "3", "probability": 0.2}, {"answer": "2", "probability": 0.7}],
        "correct": True,
        "split": "Validation",
        "boxes": [0, 0, 10, 10],
        "attention": [[0.25, 0.75]],
        "token_attention": {"how": [[1.0, 0.0]], "many": [[0.0, 1.0]]},
        "image_only": {"prediction": "1", "confidence": 0.4},
        "region_embeddings": [[1.0, 0.0], [0.5, 0.5]],
        "word_embeddings": {"cups": [0.0, 1.0], "many": None},
        "hidden_state": [0.25, -1.0],
        "loss": 0.5,
        "extra": {"deep": [1]},
        "note": "kept",
    }

    (row,) = conform_rows([full]).table.to_pylist()

    assert row["sample_id"] == "12"
    assert [each["answer"] for each in row["candidates"]] == ["2", "3"]
    assert (row["correct"], row["split"], row["loss"]) == (1.0, "val", [0.5])
    assert row["boxes"] == [[0, 0, 10, 10]]
    assert [token for token, _ in row["token_attention"]] == ["how", "many"]
    assert row["meta"] == '{"extra":{"deep":[1]},"note":"kept"}'
    assert row["text_only"] is None
    assert row["region_embeddings"] == [[1.0, 0.0], [0.5, 0.5]]
    assert row["word_embeddings"] == [("cups", [0.0, 1.0])]
    assert row["hidden_state"] == [0.25, -1.0]


def test_a_csv_cell_may_spell_a_list_in_json_or_as_python_prints_it() -> None:
    rows = [
        {**GOOD, "answers": '["a", "b"]'},
        {**GOOD, "answers": "['a', 'b']"},
        {**GOOD, "answers": "[not a list"},
    ]
    found = conform_rows(rows).table["answers"].to_pylist()
    assert found == [["a", "b"], ["a", "b"], ["[not a list"]]


def test_no_rows_are_no_rows() -> None:
    result = conform_rows([])
    assert (result.table.num_rows, result.refusals) == (0, [])


scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.floats(-1, 2), st.text(max_size=5)
)
anything = st.one_of(
    scalars,
    st.lists(scalars, max_size=3),
    st.dictionaries(st.text(max_size=3), scalars, max_size=2),
)
lines = st.lists(
    st.fixed_dictionaries(
        {"sample_id": st.text(max_size=4), "question": st.just("q"), "prediction": scalars},
        optional={"answers": anything, "confidence": anything, "split": anything, "x": anything},
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(lines)
def test_the_fast_path_says_exactly_what_the_slow_path_says(rows: list[dict[str, Any]]) -> None:
    import json

    data = "\n".join(json.dumps(row) for row in rows).encode() + b"\n"
    block = Block(data, 1, True, len(data))
    fast, slow = parse_whole(block), parse_lines("x", block)
    if fast is None:
        return
    mapping = propose(
        ["sample_id", "question", "prediction", "answers", "confidence", "split"], NAMES
    )

    left, right = conform(fast, mapping), conform(slow, mapping)

    # A column that has one fraction holds fractions: Arrow quotes a 0 beside it as 0.0.
    assert [str(each).replace(".0", "") for each in left.refusals] == [
        str(each).replace(".0", "") for each in right.refusals
    ]
    keep = [name for name in left.table.column_names if name != "meta"]
    assert left.table.select(keep).equals(right.table.select(keep))


def test_a_whole_column_of_good_values_needs_no_second_look() -> None:
    columns = {
        "sample_id": pa.array([1, 2]),
        "question": pa.array(["q", "q"]),
        "prediction": pa.array(["a", "b"]),
        "confidence": pa.array([0.5, 7.0]),
    }
    result = conform(RawBatch(columns, np.array([1, 2])), propose(list(columns), NAMES))
    assert result.table["sample_id"].to_pylist() == ["1"]
    assert [str(refusal) for refusal in result.refusals] == [
        "row 2, confidence: is 7: a probability lies in 0..1"
    ]
