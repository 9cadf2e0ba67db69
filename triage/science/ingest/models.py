"""Several models in one file: in a column that names them, or in a column each."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from triage.science.readers import Reader
from triage.science.record.paths import column_at
from triage.science.record.records import RawBatch, Refusal

# Beginnings of columns that hold one model's predictions each.
_PREFIXES = ("pred_", "prediction_", "pred-", "response_", "output_", "answer_by_")
# Objects {model: prediction} go by these names.
_OBJECTS = ("predictions", "responses", "outputs", "answers", "models", "model_answers")
MOST_MODELS = 100
# Names of columns with such beginnings that are of no model.
_NO_MODELS = {
    "box",
    "label",
    "id",
    "conf",
    "confidence",
    "prob",
    "score",
    "name",
    "index",
    "answer",
}


class OnlyRows:
    """A reader held to the rows that one column calls by one name."""

    def __init__(self, reader: Reader, column: str, value: str) -> None:
        self.reader, self.column, self.value = reader, column, value
        self.description = reader.description
        self.assumed = reader.assumed
        self.total_bytes = reader.total_bytes
        self.passed_over: list[Refusal] = []

    def columns(self) -> list[str]:
        """Those of the whole file."""
        return self.reader.columns()

    def preview(self, count: int = 20) -> list[dict[str, Any]]:
        """The first of its rows."""
        rows = self.reader.preview(count * 20)
        self.passed_over = self.reader.passed_over
        return [row for row in rows if str(_value(row, self.column)) == self.value][:count]

    def batches(self) -> Iterator[RawBatch]:
        """Its rows, numbered as in the file; what the reader refuses is the first model's too."""
        for raw in self.reader.batches():
            named = _listed(column_at(raw.columns, self.column), len(raw.rows))
            here = np.asarray([str(each) == self.value for each in named], dtype=bool)
            columns = {name: _taken(column, here) for name, column in raw.columns.items()}
            yield RawBatch(columns, raw.rows[here], raw.refusals, raw.bytes_done)


class FirstRows:
    """A reader that stops after the batch in which it has given so many rows."""

    def __init__(self, reader: Reader, most: int) -> None:
        self.reader, self.most = reader, most
        self.description = reader.description
        self.assumed = reader.assumed
        self.total_bytes = reader.total_bytes
        self.passed_over: list[Refusal] = []
        self.rows_read = 0
        # Whether there was more.
        self.cut = False

    def columns(self) -> list[str]:
        """Those of the whole file."""
        return self.reader.columns()

    def preview(self, count: int = 20) -> list[dict[str, Any]]:
        """The first rows."""
        return self.reader.preview(count)

    def batches(self) -> Iterator[RawBatch]:
        """The first rows."""
        for raw in self.reader.batches():
            if self.rows_read >= self.most:
                self.cut = True
                return
            self.rows_read += len(raw.rows)
            yield raw


def split_by_model(reader: Reader, column: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The models that a column names, in the order first seen.

    One model in the first rows is taken for one in all, unless a name comes twice among the rows.
    """
    first = list(dict.fromkeys(str(v) for row in rows if (v := _value(row, column)) is not None))
    if len(first) < 2:
        return first
    found: Counter[str] = Counter()
    for raw in reader.batches():
        named = _listed(column_at(raw.columns, column), len(raw.rows))
        found.update(str(each) for each in named if each is not None)
    return list(found) if len(found) <= MOST_MODELS else []


def wide_models(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Column (or path) of each model's predictions, where there are at least two of them."""
    for prefix in _PREFIXES:
        own = {name[len(prefix) :]: name for name in columns if name.lower().startswith(prefix)}
        own = {model: name for model, name in own.items() if model.lower() not in _NO_MODELS}
        if len(own) > 1:
            return own
    for name in columns:
        if name.lower() not in _OBJECTS:
            continue
        objects = [row[name] for row in rows if isinstance(row.get(name), Mapping)]
        if len(objects) < max(1, len(rows) // 2):
            continue
        keys = set(objects[0]).intersection(*objects[1:50])
        plain = all(isinstance(objects[0][key], str | int | float) for key in keys)
        if len(keys) > 1 and plain and all("." not in str(key) for key in keys):
            return {str(key): f"{name}.{key}" for key in objects[0] if key in keys}
    return {}


def _value(row: Mapping[str, Any], path: str) -> Any:
    found = column_at({name: [value] for name, value in row.items()}, path)
    return None if found is None else found[0]


def _listed(column: Any, count: int) -> list[Any]:
    if column is None:
        return [None] * count
    return list(column.to_pylist()) if isinstance(column, pa.Array) else column


def _taken(column: Any, here: np.ndarray) -> Any:
    if isinstance(column, pa.Array):
        return column.filter(pa.array(here))
    return [value for value, taken in zip(column, here, strict=True) if taken]
