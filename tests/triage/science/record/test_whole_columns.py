"""What is taken at once is what would be taken value by value."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.science.record import shapes
from triage.science.record.mapping import propose
from triage.science.record.records import BY_NAME, RawBatch, conform
from triage.science.record.whole_columns import whole_column

numbers = st.one_of(
    st.floats(-2, 2, width=32), st.sampled_from([0.0, float("nan"), float("inf"), 3.41e38])
)
few = st.one_of(st.none(), st.lists(st.one_of(numbers, st.none()), max_size=3))
grids = st.one_of(
    st.none(), st.lists(st.one_of(st.none(), st.lists(numbers, max_size=3)), max_size=3)
)


def one_by_one(column: list[Any], check: Callable[[Any], Any]) -> tuple[list[Any], set[int]]:
    clean, bad = [], set()
    for index, value in enumerate(column):
        try:
            clean.append(None if value is None else check(value))
        except ValueError:
            clean.append(None)
            bad.add(index)
    return clean, bad


@pytest.mark.parametrize("name", ["image_embedding", "loss", "attention"])
@given(data=st.data())
def test_what_is_taken_at_once_is_what_would_be_taken_one_by_one(name: str, data: Any) -> None:
    field = BY_NAME[name]
    rows = data.draw(st.lists(grids if name == "attention" else few, max_size=5))
    kind = pa.list_(pa.list_(pa.float64())) if name == "attention" else pa.list_(pa.float64())

    whole = whole_column(pa.array(rows, kind), field.check, field.arrow)

    clean, bad = one_by_one(rows, field.check)
    if whole is not None:
        assert not bad
        assert whole[1] == {}
        assert whole[0].equals(pa.array(clean, field.arrow))


def good(name: str) -> list[Any]:
    return {
        "image_embedding": [[0.5, 1.5], None, [2.5, -1.0]],
        "loss": [[0.5, 0.25], None, [0.125, 0.0]],
        "attention": [[[0.0, 1.0], [0.5, 0.0]], None, [[1.0, 0.0], [0.0, 0.0]]],
    }[name]


@pytest.mark.parametrize("name", ["image_embedding", "loss", "attention"])
@pytest.mark.parametrize("fixed", [False, True], ids=["list", "fixed size"])
def test_good_numbers_are_taken_at_once(name: str, fixed: bool) -> None:
    field = BY_NAME[name]
    inner = pa.list_(pa.float64(), 2) if fixed else pa.list_(pa.float64())
    kind = (pa.list_(inner, 2) if fixed else pa.list_(inner)) if name == "attention" else inner

    found = whole_column(pa.array(good(name), kind), field.check, field.arrow)

    assert found is not None
    assert found[0].type == field.arrow
    assert found[0].to_pylist() == good(name)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("attention", [[0.0, 0.0], [0.0, 0.0]], "is zero everywhere"),
        ("attention", [[0.0, -1.0], [0.0, 0.0]], "holds a negative number"),
        ("attention", [[1.0], [1.0, 2.0]], "has rows of different lengths"),
        ("image_embedding", [], "should be a list of numbers"),
        ("image_embedding", [1.0, None], "should be a number"),
        ("loss", [float("inf")], "only finite numbers are taken"),
    ],
)
def test_one_bad_value_is_named_and_the_others_are_taken(
    name: str, value: Any, reason: str
) -> None:
    rows = [*good(name), value]
    kind = pa.list_(pa.list_(pa.float64())) if name == "attention" else pa.list_(pa.float64())
    texts = pa.array(["a", "b", "c", "d"])
    columns = {"sample_id": texts, "question": texts, "prediction": texts}
    columns[name] = pa.array(rows, kind)

    found = conform(RawBatch(columns, np.arange(1, 5)), propose(list(columns), list(BY_NAME)))

    assert found.table[name].to_pylist() == good(name)
    (refusal,) = found.refusals
    assert (refusal.row, refusal.field) == (4, name)
    assert reason in refusal.reason


def test_a_column_of_nothing_is_null() -> None:
    found = whole_column(pa.nulls(3), shapes.grid, BY_NAME["attention"].arrow)
    assert found is not None
    assert found[0].null_count == 3
