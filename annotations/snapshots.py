"""What an annotator will see of a drawn sample, as one JSON object.

It is made once, when the audit is drawn: the queue never reads Parquet again, and what people
judged can be shown years later, whatever has become of the run.
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

# What the snapshot takes as it stands; the samples' columns have the same names.
TEXT_COLUMNS = (
    "sample_id",
    "question",
    "context",
    "prediction",
    "split",
    "question_type",
    "category",
    "difficulty",
    "template",
    "domain",
)
COLUMNS = (
    *TEXT_COLUMNS,
    "position",
    "image",
    "answers",
    "candidates",
    "confidence",
    "credit",
    "boxes",
    "predicted_box",
    "attention",
    "meta",
)
# An attention grid is shown as an overlay; beyond this many rows or columns nobody sees more.
ATTENTION_SIDE = 48
META_CHARACTERS = 4000


def _finite(value: Any) -> float | None:
    """A number that JSON can hold, or None."""
    return float(value) if value is not None and math.isfinite(value) else None


def normalised_box(
    box: Sequence[float] | None, width: int | None, height: int | None
) -> list[float] | None:
    """[x0, y0, x1, y1] as shares of the image; None when it is in pixels and the size is unknown.

    A box with no coordinate above 1 is taken to be in shares already, as the record says.
    """
    if box is None or len(box) != 4 or not all(math.isfinite(edge) for edge in box):
        return None
    edges = [float(edge) for edge in box]
    if max(edges) > 1.0:
        if not width or not height:
            return None
        edges = [edges[0] / width, edges[1] / height, edges[2] / width, edges[3] / height]
    return [round(min(max(edge, 0.0), 1.0), 5) for edge in edges]


def scaled_attention(grid: Sequence[Sequence[float]] | None) -> dict[str, Any] | None:
    """{rows, columns, cells}: the grid over its maximum, row by row; None when it is not one."""
    if grid is None or len(grid) == 0 or len({len(row) for row in grid}) != 1:
        return None
    cells = np.asarray([list(row) for row in grid], dtype=float)
    if cells.size == 0 or not np.isfinite(cells).all() or cells.max() <= 0:
        return None
    for axis in (0, 1):
        step = math.ceil(cells.shape[axis] / ATTENTION_SIDE)
        if step > 1:
            edges = np.arange(0, cells.shape[axis], step)
            counts = np.diff([*edges, cells.shape[axis]])
            sums = np.add.reduceat(cells, edges, axis=axis)
            cells = sums / (counts[:, None] if axis == 0 else counts)
    cells = np.clip(cells / cells.max(), 0.0, 1.0).round(3)
    return {"rows": cells.shape[0], "columns": cells.shape[1], "cells": cells.ravel().tolist()}


def _meta(text: str | None) -> dict[str, Any]:
    """The unmapped columns; what is too long to be read beside an image is left out."""
    if not text or len(text) > META_CHARACTERS:
        return {}
    try:
        meta = json.loads(text)
    except ValueError:
        return {}
    return meta if isinstance(meta, dict) else {}


def snapshot_of(row: Mapping[str, Any], image: Mapping[str, Any]) -> dict[str, Any]:
    """The snapshot of one sample.

    `row` has the columns of `COLUMNS` (any may be missing or null); `image` is what became of its
    picture: {status, width, height, reason}.
    """
    width, height = image.get("width"), image.get("height")
    boxes = [normalised_box(box, width, height) for box in row.get("boxes") or []]
    candidates = [
        {"answer": candidate["answer"], "probability": _finite(candidate["probability"])}
        for candidate in row.get("candidates") or []
    ]
    return {
        **{name: row.get(name) for name in TEXT_COLUMNS},
        "answers": list(row.get("answers") or []),
        "candidates": candidates,
        "confidence": _finite(row.get("confidence")),
        "correct_credit": _finite(row.get("credit")),
        "boxes": [box for box in boxes if box is not None],
        "predicted_box": normalised_box(row.get("predicted_box"), width, height),
        "attention": scaled_attention(row.get("attention")),
        "image": dict(image),
        "meta": _meta(row.get("meta")),
    }
