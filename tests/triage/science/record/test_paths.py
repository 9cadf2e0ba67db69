"""Fields inside fields, by path."""

from typing import Any

import pyarrow as pa
import pytest

from triage.science.record.paths import column_at, paths_in

DEEP = {"a": {"b": [{"c": 1}, {"c": 2}], "k": {"first": {"v": "x"}}}, "t": '{"in": {"text": 5}}'}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b[0].c", 1),
        ("a.b[1].c", 2),
        ("a.b[2].c", None),
        ("a.b.c", None),
        ("a.b.*.c", 1),
        ("a.k.*.v", "x"),
        ("a.none.c", None),
        ("t.in.text", 5),
    ],
)
def test_a_path_leads_inside(path: str, value: Any) -> None:
    columns = {name: [each, None] for name, each in DEEP.items()}
    assert column_at(columns, path) == [value, None]


def test_a_column_whose_name_has_dots_is_meant_before_a_path() -> None:
    assert column_at({"a.b": [7], "a": [{"b": 8}]}, "a.b") == [7]
    assert column_at({"a.b": [{"c": 9}]}, "a.b.c") == [9]


def test_columns_of_arrow_are_entered_too() -> None:
    assert column_at({"doc": pa.array([{"q": "x"}, None])}, "doc.q") == ["x", None]


@pytest.mark.parametrize("path", ["none", "none.b", "a[", "a..b", ""])
def test_a_path_to_nothing_is_no_column(path: str) -> None:
    found = column_at({"a": [1]}, path)
    assert found is None or found == [None]


def test_paths_are_listed_as_far_as_they_help() -> None:
    row = {"doc": {"q": "x", "more": {"deep": 1}}, "say": [["p", {}]], "odd": {"a.b": 1, "ok": 2}}
    assert paths_in(list(row), [row]) == [
        "doc", "say", "odd", "doc.q", "doc.more", "doc.more.deep", "say[0][0]", "odd.ok",
    ]  # fmt: skip
    many = {"m": {f"k{n}": n for n in range(50)}}
    assert len(paths_in(["m"], [many] * 3)) == 51
