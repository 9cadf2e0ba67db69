"""The rows of the training file: kept and corrected samples together, in one schema.

What a trainer needs stands in columns of its own: `answer` (the corrected answer, else the first
reference), `weight`, `corrected`. `answers` holds the references to train on, the corrected one
alone where there is one; `original_answers` what they were in the run.
"""

from collections.abc import Iterator
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from annotations.science.curation.curation import CORRECTED, DECISION_FIELDS, DROPPED

TEXTS = pa.list_(pa.string())
ADDED_FIELDS = [
    pa.field("answer", pa.string()),
    pa.field("weight", pa.float64(), nullable=False),
    pa.field("corrected", pa.bool_(), nullable=False),
    pa.field("original_answers", TEXTS),
    # Not `verdict`: evaluation tools call so whether an answer is right.
    pa.field("review_verdict", pa.string(), nullable=False),
    pa.field("why", pa.string(), nullable=False),
]
_OURS = {field.name for field in (*ADDED_FIELDS, *DECISION_FIELDS)}
# Rows that are turned into Python objects at once.
ROWS_AT_ONCE = 8192
# The one record column that holds JSON text.
META = "meta"


def train_schema(decided: pa.Schema) -> pa.Schema:
    """The schema of `train_rows` for decided samples of that schema."""
    columns = [column for column in decided if column.name not in _OURS]
    if "answers" not in decided.names:
        columns.append(pa.field("answers", TEXTS))
    return pa.schema([*columns, *ADDED_FIELDS])


def train_rows(decided: pa.Table) -> pa.Table:
    """What is trained on: the samples that were not dropped, in order."""
    kept = decided.filter(pc.not_equal(decided["decision"], DROPPED))
    schema = train_schema(decided.schema)
    corrected = pc.equal(kept["decision"], CORRECTED).to_pylist()
    new = kept["corrected_answer"].to_pylist()
    had = "answers" in kept.column_names
    originals = kept["answers"].to_pylist() if had else [None] * kept.num_rows
    answers = [
        [answer or ""] if fixed else original
        for fixed, answer, original in zip(corrected, new, originals, strict=True)
    ]
    columns: dict[str, Any] = {
        **{name: kept[name] for name in kept.column_names},
        "answers": pa.array(answers, schema.field("answers").type),
        "answer": pa.array([each[0] if each else None for each in answers], pa.string()),
        "corrected": pa.array(corrected, pa.bool_()),
        "original_answers": pa.array(originals, TEXTS),
        "review_verdict": kept["verdict"],
    }
    return pa.table({name: columns[name] for name in schema.names}).cast(schema)


def record_rows(decided: pa.Table) -> dict[str, pa.Table]:
    """What is kept beside the training file: the dropped samples, the corrections, the weights."""
    dropped = decided.filter(pc.equal(decided["decision"], DROPPED))
    corrected = decided.filter(pc.equal(decided["decision"], CORRECTED))
    found = {"dropped": dropped, "corrected": corrected, "weights": decided}
    schemas = record_schemas(decided.schema)
    return {part: found[part].select(schemas[part].names).cast(schemas[part]) for part in found}


def record_schemas(decided: pa.Schema) -> dict[str, pa.Schema]:
    """The schemas of `record_rows`, by part."""
    corrections = ("sample_id", "question", "answers", "corrected_answer", "verdict", "why")
    weights = ("sample_id", "decision", "weight")
    present = [decided.field(name) for name in corrections if name in decided.names]
    return {
        "dropped": decided,
        "corrected": pa.schema(present),
        "weights": pa.schema([decided.field(name) for name in weights]),
    }


def objects_of(table: pa.Table) -> Iterator[dict[str, Any]]:
    """Every row as an object: `meta` as the object that its text spells, maps as objects."""
    for batch in table.to_batches(max_chunksize=ROWS_AT_ONCE):
        rows: list[dict[str, Any]] = batch.to_pylist(maps_as_pydicts="lossy")
        for row in rows:
            if isinstance(row.get(META), str):
                row[META] = _spelled(row[META])
            yield row


def json_bytes(value: Any) -> bytes:
    """A value as JSON."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z, default=str)


def json_texts(column: pa.Array) -> pa.Array:
    """Values that a flat table cannot hold, each as JSON text; nulls stay."""
    values = column.to_pylist(maps_as_pydicts="lossy")
    texts = [None if value is None else json_bytes(value).decode() for value in values]
    return pa.array(texts, pa.string())


def _spelled(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
