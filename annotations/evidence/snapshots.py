"""What an annotator will see of a drawn sample, as one JSON object.

It is made once, when the audit is drawn: the queue never reads Parquet again, and what people
judged can be shown years later, whatever has become of the run.
"""

import json
import math
import re
import unicodedata
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
    "answered",
    "answer_state",
    "near_border",
)
# The same, for lists of texts (nothing is an empty list) and for indices into `options`.
LIST_COLUMNS = ("answers", "options", "steps", "images")
INDEX_COLUMNS = ("chosen_option", "right_option")
COLUMNS = (
    *TEXT_COLUMNS,
    *LIST_COLUMNS,
    *INDEX_COLUMNS,
    "position",
    "image",
    "candidates",
    "confidence",
    "credit",
    "boxes",
    "predicted_box",
    "attention",
    "token_attention",
    "meta",
)
# An attention grid is shown as an overlay; beyond this many rows or columns nobody sees more.
ATTENTION_SIDE = 48
# The same for one word's attention, and how many words of a question have one.
TOKEN_SIDE = 24
MOST_TOKENS = 40
# What tokenizers put on a token to say where a word begins or ends.
_TOKEN_MARKS = re.compile(r"^(?:[\sĠ▁]+)|(?:\s+|</w>)$")
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


def scaled_attention(
    grid: Sequence[Sequence[float]] | None, *, side: int = ATTENTION_SIDE, digits: int = 3
) -> dict[str, Any] | None:
    """{rows, columns, cells}: the grid over its maximum, row by row; None when it is not one.

    More than `side` rows or columns are averaged down; the cells have `digits` decimals.
    """
    if grid is None or len(grid) == 0 or len({len(row) for row in grid}) != 1:
        return None
    cells = np.asarray([list(row) for row in grid], dtype=float)
    if cells.size == 0 or not np.isfinite(cells).all() or cells.max() <= 0:
        return None
    for axis in (0, 1):
        step = math.ceil(cells.shape[axis] / side)
        if step > 1:
            edges = np.arange(0, cells.shape[axis], step)
            counts = np.diff([*edges, cells.shape[axis]])
            sums = np.add.reduceat(cells, edges, axis=axis)
            cells = sums / (counts[:, None] if axis == 0 else counts)
    cells = np.clip(cells / cells.max(), 0.0, 1.0).round(digits)
    return {"rows": cells.shape[0], "columns": cells.shape[1], "cells": cells.ravel().tolist()}


def spans_of(question: str, tokens: Sequence[str]) -> list[tuple[str, int | None]]:
    """`question` cut into (text, index of its token or None); the texts joined are the question.

    A token stands for a word that is the same but for its case: never for a part of one, but where
    a script puts no spaces between words.
    """
    index_of: dict[str, int] = {}
    for index, token in enumerate(tokens):
        index_of.setdefault(token.casefold(), index)
    index_of.pop("", None)
    if not index_of or not question:
        return [(question, None)] if question else []
    longest = sorted(index_of, key=len, reverse=True)
    words = re.compile("|".join(_whole(token) for token in longest), re.IGNORECASE)
    spans: list[tuple[str, int | None]] = []
    end = 0
    for found in words.finditer(question):
        word = found[0].casefold()
        if word not in index_of:
            continue
        if found.start() > end:
            spans.append((question[end : found.start()], None))
        spans.append((found[0], index_of[word]))
        end = found.end()
    return [*spans, (question[end:], None)] if end < len(question) else spans


def _whole(token: str) -> str:
    """A pattern for `token` as a word of its own."""
    spaced = [unicodedata.east_asian_width(end) not in "WF" and end.isalnum() for end in token]
    before, after = (r"(?<!\w)" if spaced[0] else ""), (r"(?!\w)" if spaced[-1] else "")
    return f"{before}{re.escape(token)}{after}"


def token_grids(
    question: str | None, pairs: Sequence[tuple[str, Any]] | None
) -> list[dict[str, Any]]:
    """[{token, rows, columns, cells}] of the tokens that are words of `question`, at most 40.

    What tokenizers add to a token (Ġ, ▁, </w>) is taken off. Tokens that the question does not
    have are left out: there is nothing to point at.
    """
    grids: dict[str, Any] = {}
    for token, grid in pairs or []:
        word = _TOKEN_MARKS.sub("", token or "")
        if any(letter.isalnum() for letter in word):
            grids.setdefault(word, grid)
    words = list(grids)
    used = {index for _, index in spans_of(question or "", words)} - {None}
    found = []
    for index in range(len(words)):
        if index not in used:
            continue
        shown = scaled_attention(grids[words[index]], side=TOKEN_SIDE, digits=2)
        if shown is not None:
            found.append({"token": words[index], **shown})
    return found[:MOST_TOKENS]


def _meta(text: str | None) -> dict[str, Any]:
    """The unmapped columns; what is too long to be read beside an image is left out."""
    if not text or len(text) > META_CHARACTERS:
        return {}
    try:
        meta = json.loads(text)
    except ValueError:
        return {}
    return meta if isinstance(meta, dict) else {}


def snapshot_of(
    row: Mapping[str, Any],
    image: Mapping[str, Any],
    more_images: Sequence[Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """The snapshot of one sample.

    `row` has the columns of `COLUMNS` (any may be missing or null); `image` is what became of its
    picture: {status, width, height, reason, cut}. `more_images` says the same of its second and
    further pictures, with the `sha256` of each copy; None where no copies were made.
    """
    width, height = image.get("width"), image.get("height")
    boxes = [normalised_box(box, width, height) for box in row.get("boxes") or []]
    candidates = [
        {"answer": candidate["answer"], "probability": _finite(candidate["probability"])}
        for candidate in row.get("candidates") or []
    ]
    return {
        **{name: row.get(name) for name in TEXT_COLUMNS},
        **{name: list(row.get(name) or []) for name in LIST_COLUMNS},
        **{name: row.get(name) for name in INDEX_COLUMNS},
        "candidates": candidates,
        "confidence": _finite(row.get("confidence")),
        "correct_credit": _finite(row.get("credit")),
        "boxes": [box for box in boxes if box is not None],
        "predicted_box": normalised_box(row.get("predicted_box"), width, height),
        "attention": scaled_attention(row.get("attention")),
        "token_attention": token_grids(row.get("question"), row.get("token_attention")),
        "image": dict(image),
        "more_images": None if more_images is None else [dict(each) for each in more_images],
        "meta": _meta(row.get("meta")),
    }
