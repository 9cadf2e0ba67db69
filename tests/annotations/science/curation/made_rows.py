"""A small run for tests of exports: pictures, choices, a meta of many shapes, two corrections."""

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
from PIL import Image

from annotations.science.curation.curation import Judgement, decide, decided_schema
from annotations.science.curation.export_files import Exported, write_export
from annotations.science.curation.pictures import Pictures

ROWS: list[dict[str, Any]] = [
    {
        "sample_id": "1", "image": "猫/cat one.png", "question": "How many cats?",
        "answers": ["two"], "prediction": "three", "confidence": 0.25,
        "meta": {"seen": 1, "boxes": [[1, 2]]}, "question_type": "counting",
    },
    {
        "sample_id": "2", "image": "猫/cat one.png", "question": "What is it?",
        "answers": ["dog", "dog", "cat"], "prediction": "cat", "confidence": None,
        "meta": {"seen": "twice"}, "options": ["cat", "dog"],
    },
    {
        "sample_id": "3.b", "image": "bird.jpg", "question": "Is it a bird?",
        "answers": ["no"], "prediction": "yes", "images": ["bird.jpg", "猫/cat one.png"],
    },
    {
        "sample_id": "4", "image": "gone.png", "question": "Where?", "answers": ["here"],
        "prediction": "there", "meta": {"deep": {"er": [None, {"x": 1}]}},
    },
    {
        "sample_id": "5", "image": None, "question": "Nothing to see?", "answers": None,
        "prediction": "", "context": "A dark night.",
    },
    {
        "sample_id": "6", "image": "bird.jpg", "question": "Dropped?", "answers": ["yes"],
        "prediction": "no",
    },
]  # fmt: skip
VERDICTS = {
    "3.b": Judgement("wrong_answer", "yes"),
    "2": Judgement("ambiguous"),
    "6": Judgement("mismatch"),
}
_SCHEMA = pa.schema(
    [
        ("sample_id", pa.string()),
        ("image", pa.string()),
        ("images", pa.list_(pa.string())),
        ("question", pa.string()),
        ("context", pa.string()),
        ("answers", pa.list_(pa.string())),
        ("options", pa.list_(pa.string())),
        ("prediction", pa.string()),
        ("confidence", pa.float64()),
        ("question_type", pa.string()),
        ("meta", pa.string()),
    ]
)


def picture(kind: str = "PNG", size: tuple[int, int] = (8, 6), colour: str = "red") -> bytes:
    """An image file."""
    sink = io.BytesIO()
    Image.new("RGB", size, colour).save(sink, kind)
    return sink.getvalue()


FILES = {
    "猫/cat one.png": picture(),
    "bird.jpg": picture("JPEG", (16, 9), "blue"),
    "page.html": b"<html></html>",
}


def read_made(name: str) -> bytes:
    """The bytes of a made picture."""
    try:
        return FILES[name]
    except KeyError:
        raise FileNotFoundError(name) from None


def made_table(rows: list[dict[str, Any]] = ROWS) -> pa.Table:
    """The rows as a run has them."""
    texts = [
        {**row, "meta": json.dumps(row["meta"], ensure_ascii=False) if row.get("meta") else None}
        for row in rows
    ]
    return pa.Table.from_pylist(texts, schema=_SCHEMA)


def export_made(
    target: Path,
    file_format: str,
    *,
    rows: list[dict[str, Any]] = ROWS,
    pictures: Pictures | None = None,
) -> Exported:
    """The rows, decided and written in two batches."""
    table = made_table(rows)
    batches = (decide(table.slice(start, 4), VERDICTS) for start in range(0, table.num_rows, 4))
    return write_export(
        target,
        batches,
        decided_schema(table.schema),
        file_format,
        {},
        pictures=pictures or Pictures(read_made),
        title="Cats & <birds>",
    )
