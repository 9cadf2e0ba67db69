"""Rows of a JSON document, wherever its tool put them."""

from typing import Any

import pytest

from triage.science.readers.tabular import table_in

ROWS = [{"id": n, "question": "q", "prediction": f"p{n}"} for n in range(3)]


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (ROWS, ""),
        ({"results": ROWS}, "results"),
        ({"results": {"version": 3, "results": ROWS}}, "results.results"),
        ({"val": ROWS, "info": {"year": 2026}}, "val"),
        ({"categories": [{"id": 1, "name": "x"}], "annotations": ROWS}, "annotations"),
        ([["id", "question", "prediction"], *[list(row.values()) for row in ROWS]], ""),
        ({name: [row[name] for row in ROWS] for name in ROWS[0]}, ""),
        ({name: {str(n): row[name] for n, row in enumerate(ROWS)} for name in ROWS[0]}, ""),
    ],
)
def test_rows_are_found_where_they_are(document: Any, path: str) -> None:
    table = table_in(document)
    assert table is not None
    assert (table.rows, table.path) == (ROWS, path)


def test_keys_of_an_object_become_names_of_rows() -> None:
    table = table_in({f"00{n}": {"question": "q", "prediction": "p"} for n in range(3)})
    assert table is not None
    assert [row["id"] for row in table.rows] == ["000", "001", "002"]
    inside = table_in({"x1": {"id": 7, "pred": "a", "gold": "b"}, "x2": {"id": 8, "pred": "a"}})
    assert inside is not None
    assert [(row["key"], row["id"]) for row in inside.rows] == [("x1", 7), ("x2", 8)]


def test_answers_keyed_by_id_are_rows() -> None:
    table = table_in({f"q{n}": f"a{n}" for n in range(6)})
    assert table is not None
    assert table.rows[1] == {"id": "q1", "prediction": "a1"}


def test_what_the_document_says_of_all_rows_stands_in_each() -> None:
    table = table_in({"eval": {"model": "m", "task": "t", "config": {}}, "samples": ROWS})
    assert table is not None
    assert [(row["model"], row["task"]) for row in table.rows] == [("m", "t")] * 3


def test_the_names_of_pictures_that_coco_keeps_apart_are_joined() -> None:
    document = {
        "images": [{"id": 5, "file_name": "five.jpg"}],
        "annotations": [{"id": n, "image_id": 5, "caption": "c"} for n in range(2)],
    }
    table = table_in(document)
    assert table is not None
    assert [row["file_name"] for row in table.rows] == ["five.jpg"] * 2


@pytest.mark.parametrize("document", [{}, [], 7, "x", [1, 2], {"a": 1}, {"a": {"b": "c"}}])
def test_a_document_without_rows_has_none(document: Any) -> None:
    assert table_in(document) is None
