"""A sample's row, brought into the shape that its page draws."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from triage.models import Run
from triage.science.store.image_files import NotAPicture
from triage.science.store.pictures import read_run_image, size_of


def shown(run: Run, row: Mapping[str, Any]) -> dict[str, Any]:
    """Candidates with bars, overlays for the picture, the unmapped columns as pairs."""
    size = picture_size(run, row.get("image"))
    return {
        "candidates": [
            {**each, "percent": f"{100 * (each['probability'] or 0):.1f}"}
            for each in row.get("candidates") or []
        ],
        "overlays": overlays(row, size),
        "size": size,
        "meta": meta_pairs(row.get("meta")),
        "losses": row.get("loss") or [],
        "modalities": [
            (name, row[name])
            for name in ("image_only", "text_only")
            if row.get(name) and row[name].get("prediction") is not None
        ],
    }


def picture_size(run: Run, path: str | None) -> tuple[int, int] | None:
    """Width and height of the sample's image in pixels; None where it cannot be read."""
    if not path:
        return None
    try:
        return size_of(read_run_image(run.folder, run.image_root, path))
    except (OSError, NotAPicture):
        return None


def overlays(row: Mapping[str, Any], size: tuple[int, int] | None) -> dict[str, Any]:
    """What `overlays.js` draws: boxes as shares of the picture, attention 0..1."""
    boxes = [as_shares(box, size) for box in row.get("boxes") or []]
    predicted = row.get("predicted_box")
    return {
        "boxes": [box for box in boxes if box],
        "predicted": as_shares(predicted, size) if predicted else None,
        "attention": _scaled(row.get("attention")),
    }


def as_shares(box: Sequence[float], size: tuple[int, int] | None) -> list[float] | None:
    """The box with coordinates 0..1; None for one in pixels of a picture of unknown size."""
    if max(box) <= 1:
        return list(box)
    if size is None:
        return None
    return [edge / size[index % 2] for index, edge in enumerate(box)]


def _scaled(grid: Sequence[Sequence[float]] | None) -> dict[str, Any] | None:
    if not grid:
        return None
    cells = np.asarray(grid, dtype=float)
    if cells.ndim != 2 or not cells.size or not np.isfinite(cells).all() or cells.max() <= 0:
        return None
    return {
        "rows": cells.shape[0],
        "columns": cells.shape[1],
        "cells": (cells / cells.max()).clip(0, 1).round(3).ravel().tolist(),
    }


def meta_pairs(text: str | None) -> list[tuple[str, str]]:
    """The unmapped columns as (name, text)."""
    if not text:
        return []
    found = json.loads(text)
    return [
        (name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in found.items()
    ]
