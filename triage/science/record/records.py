"""The record: what one row of a run may hold, and how a raw batch is brought into that shape.

A raw batch is columns as a reader found them. Columns that are certainly right are taken whole
(`whole_columns.py`); any other column goes value by value through `values.py`, which says what is
wrong where.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from triage.science.record import shapes, values
from triage.science.record.mapping import ColumnMapping
from triage.science.record.meta import meta_column
from triage.science.record.paths import column_at
from triage.science.record.whole_columns import whole_column
from triage.science.words import gettext_noop as _

GRID = pa.list_(pa.list_(pa.float32()))
CANDIDATE = pa.struct([("answer", pa.string()), ("probability", pa.float64())])
MODALITY = pa.struct([("prediction", pa.string()), ("confidence", pa.float64())])
VECTOR = pa.list_(pa.float32())
VECTORS = pa.list_(VECTOR)


@dataclass(frozen=True)
class Field:
    """One field of the record."""

    name: str
    arrow: pa.DataType
    check: Callable[[Any], Any]
    description: str
    required: bool = False


FIELDS: tuple[Field, ...] = (
    Field(
        "sample_id",
        pa.string(),
        values.name,
        _("a name that no other row of the file has; without one, rows are numbered"),
    ),
    Field(
        "image",
        pa.string(),
        values.image_path,
        _("name of the picture, or its bytes"),
    ),
    Field(
        "images",
        pa.list_(pa.string()),
        values.image_paths,
        _("names of several pictures"),
    ),
    Field(
        "question",
        pa.string(),
        values.text,
        _("the question or text put to the model"),
    ),
    Field("context", pa.string(), values.text, _("text that came with the question")),
    Field("answers", pa.list_(pa.string()), values.answers, _("the reference answers")),
    Field(
        "options",
        pa.list_(pa.string()),
        values.options,
        _("the choices of a multiple-choice question, in order"),
    ),
    Field("prediction", pa.string(), values.written, _("what the model wrote"), True),
    Field(
        "candidates",
        pa.list_(CANDIDATE),
        shapes.candidates,
        _("[{answer, probability}]"),
    ),
    Field(
        "confidence",
        pa.float64(),
        values.probability,
        _("probability of the prediction, 0..1"),
    ),
    Field("correct", pa.float64(), values.credit, _("true/false, or a credit in 0..1")),
    Field("split", pa.string(), values.split, _("train, val, test or ood")),
    Field("group", pa.string(), values.name, _("rows that are one question asked several times")),
    Field("model", pa.string(), values.name, _("which model answered")),
    Field(
        "domain",
        pa.string(),
        values.text,
        _("the data set or domain the sample is from"),
    ),
    Field("question_type", pa.string(), values.text, _("counting, existence, position, …")),
    Field("category", pa.string(), values.text, _("what the image or question is about")),
    Field("difficulty", pa.string(), values.text, _("how hard it is meant to be")),
    Field(
        "template",
        pa.string(),
        values.text,
        _("the template the question was made from"),
    ),
    Field(
        "boxes",
        pa.list_(pa.list_(pa.float64())),
        shapes.boxes,
        _("true boxes [x0, y0, x1, y1]"),
    ),
    Field("predicted_box", pa.list_(pa.float64()), shapes.box, _("the model's box")),
    Field("attention", GRID, shapes.grid, _("H×W grid of attention over the image")),
    Field(
        "token_attention",
        pa.map_(pa.string(), GRID),
        shapes.token_grids,
        _("{token: H×W grid}"),
    ),
    Field(
        "image_only",
        MODALITY,
        shapes.modality,
        _("{prediction, confidence}, text blanked"),
    ),
    Field(
        "text_only",
        MODALITY,
        shapes.modality,
        _("{prediction, confidence}, image blanked"),
    ),
    Field("image_embedding", VECTOR, shapes.vector, _("embedding of the image")),
    Field("text_embedding", VECTOR, shapes.vector, _("embedding of the text")),
    Field("region_embeddings", VECTORS, shapes.vectors, _("an embedding per box or region")),
    Field(
        "word_embeddings",
        pa.map_(pa.string(), VECTOR),
        shapes.word_vectors,
        _("{token: vector}"),
    ),
    Field("hidden_state", VECTOR, shapes.vector, _("what the model's answer layer reads")),
    Field(
        "loss",
        pa.list_(pa.float64()),
        shapes.losses,
        _("training loss, or one per epoch"),
    ),
)
BY_NAME: Mapping[str, Field] = {field.name: field for field in FIELDS}
REQUIRED = tuple(field.name for field in FIELDS if field.required)
# Computed when the run is imported.
COMPUTED = (
    ("meta", pa.string()),
    ("row", pa.int64()),
    ("position", pa.int64()),
    ("credit", pa.float32()),
    ("is_error", pa.bool_()),
    # What was read of the prediction: the answer, its state, the steps to it.
    ("answered", pa.string()),
    ("answer_state", pa.string()),
    ("steps", pa.list_(pa.string())),
    # Options by index: the one that was chosen, the one that is right.
    ("chosen_option", pa.int16()),
    ("right_option", pa.int16()),
    # How a wrong answer lies near the scorer's border; null where it does not.
    ("near_border", pa.string()),
)
CONFORMED = pa.schema(
    [(field.name, field.arrow) for field in FIELDS] + [("meta", pa.string()), ("row", pa.int64())]
)
SCHEMA = pa.schema([(field.name, field.arrow) for field in FIELDS] + list(COMPUTED))

# An Arrow array, or a list of values as a reader found them.
Column: TypeAlias = "pa.Array | list[Any]"


# Columns of text that pages show as they are: nothing is an empty text there.
_NEVER_NULL = ("sample_id", "question", "prediction")
_TEXTS = (values.text, values.name, values.written)


@dataclass(frozen=True)
class Refusal:
    """A row that was not taken: which row, which field, why."""

    row: int
    field: str
    reason: str

    def __str__(self) -> str:
        where = f"row {self.row}" + (f", {self.field}" if self.field else "")
        return f"{where}: {self.reason}"


@dataclass(frozen=True)
class RawBatch:
    """Rows as a reader found them: columns of equal length, and their row numbers (from 1)."""

    columns: Mapping[str, Column]
    rows: np.ndarray
    refusals: Sequence[Refusal] = ()
    bytes_done: int = 0


@dataclass(frozen=True)
class Conformed:
    """The rows that were taken, in the shape of `CONFORMED`, and those that were not."""

    table: pa.Table
    refusals: list[Refusal]


def conform(raw: RawBatch, mapping: ColumnMapping, default_split: str | None = None) -> Conformed:
    """Bring a raw batch into the record's shape, refusing rows that do not fit.

    A row is refused once, for its first bad field in the record's order.
    """
    count = len(raw.rows)
    problems: dict[int, tuple[str, str]] = {}
    arrays: list[pa.Array] = []
    for field in FIELDS:
        constant = mapping.constant(field.name)
        if constant is not None:
            array, bad = _one_by_one([constant] * count, field)
        else:
            array, bad = _field_column(raw, mapping.columns_of(field.name), field)
        if field.name in _NEVER_NULL and mapping.columns_of(field.name):
            array, bad = pc.fill_null(array, ""), {**_missing(array, field), **bad}
        for index, reason in bad.items():
            problems.setdefault(index, (field.name, reason))
        if field.name == "split" and default_split is not None:
            array = pc.fill_null(array, default_split)
        arrays.append(array)
    arrays.append(meta_column(raw.columns, len(raw.rows), mapping.used(alone=True)))
    arrays.append(pa.array(raw.rows, pa.int64()))
    table = pa.Table.from_arrays(arrays, schema=CONFORMED)
    refusals = list(raw.refusals)
    if problems:
        keep = np.ones(count, dtype=bool)
        keep[list(problems)] = False
        table = table.filter(pa.array(keep))
        refusals += [
            Refusal(int(raw.rows[index]), name, reason)
            for index, (name, reason) in sorted(problems.items())
        ]
    return Conformed(table, refusals)


def texts_of(raw: RawBatch, mapping: ColumnMapping, name: str) -> list[str | None]:
    """A text field of every row as it would be read; None where it cannot be."""
    array, _bad = _field_column(raw, mapping.columns_of(name), BY_NAME[name])
    return list(array.to_pylist())


def _field_column(
    raw: RawBatch, sources: Sequence[str], field: Field
) -> tuple[pa.Array, dict[int, str]]:
    count = len(raw.rows)
    found = [c for source in sources if (c := column_at(raw.columns, source)) is not None]
    if not found:
        return pa.nulls(count, field.arrow), {}
    if field.name == "options" and (len(found) > 1 or len(sources) > 1):
        return _one_by_one(_lettered(found), field)
    if len(found) > 1:
        return _one_by_one(_joined(found), field)
    column = found[0]
    whole = whole_column(column, field.check, field.arrow) if isinstance(column, pa.Array) else None
    return whole if whole is not None else _one_by_one(_listed(column), field)


def _one_by_one(column: list[Any], field: Field) -> tuple[pa.Array, dict[int, str]]:
    bad: dict[int, str] = {}
    clean: list[Any] = []
    for index, value in enumerate(column):
        if _absent(value, field):
            clean.append(None)
            continue
        try:
            clean.append(field.check(value))
        except (ValueError, TypeError, RecursionError, OverflowError) as problem:
            bad[index] = str(problem)
            clean.append(None)
    return pa.array(clean, field.arrow), bad


def _absent(value: Any, field: Field) -> bool:
    """Null is absent everywhere; an empty cell is absent wherever it cannot be a text."""
    if value is None or (isinstance(value, float) and np.isnan(value) and field.arrow == "string"):
        return field.check is not values.written
    return isinstance(value, str) and value == "" and field.check not in _TEXTS


def _missing(array: pa.Array, field: Field) -> dict[int, str]:
    """Rows without a name: null, or nothing but white space."""
    if field.name != "sample_id":
        return {}
    empty = pc.fill_null(pc.equal(pc.utf8_length(pc.utf8_trim_whitespace(array)), 0), True)
    if not pc.any(empty).as_py():
        return {}
    reason = f"is missing: {field.description}"
    return {int(index): reason for index in np.flatnonzero(empty.to_numpy(zero_copy_only=False))}


def _lettered(columns: Sequence[Column]) -> list[Any]:
    """Columns A, B, C … as one list a row, without the empty ones at its end."""
    rows: list[Any] = []
    for parts in zip(*(_listed(column) for column in columns), strict=True):
        listed = ["" if part is None or part == "" else part for part in parts]
        while listed and listed[-1] in ("", "nan"):
            listed.pop()
        rows.append(listed or None)
    return rows


def _joined(columns: Sequence[Column]) -> list[Any]:
    """Several columns as one text, joined with '-'; null where any of them is."""
    joined: list[Any] = []
    for parts in zip(*(_listed(column) for column in columns), strict=True):
        try:
            whole = None if any(p is None for p in parts) else "-".join(map(values.text, parts))
        except ValueError:
            whole = None
        joined.append(whole)
    return joined


def _listed(column: Column) -> list[Any]:
    return list(column.to_pylist()) if isinstance(column, pa.Array) else column
