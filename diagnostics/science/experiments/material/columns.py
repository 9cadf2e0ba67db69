"""The columns of a run's files that experiments train and test on, drawn and joined."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from PIL import Image

from diagnostics.science.columns.gathering import group_of
from diagnostics.science.measures.samples import Bools, Floats
from triage.science.record.grids import Boxes, boxes_of
from triage.science.store.store import RunFolder

_COLUMNS = [
    "sample_id", "position", "split", "question", "context", "answers", "image", "question_type",
    "category", "domain", "difficulty",
]  # fmt: skip


@dataclass(frozen=True)
class RunSource:
    """Where a run lies and how its pictures are read; `rule` and `checksum` are the run's.

    `image_size`: width and height in pixels; asked only of pictures that have boxes. `pictured`:
    whether any picture that is named was there when the run was imported.
    """

    folder: RunFolder
    rule: str
    checksum: str = ""
    load_image: Callable[[str], Image.Image | None] = lambda path: None
    image_size: Callable[[str], tuple[int, int] | None] = lambda path: None
    pictured: bool = True


@dataclass(frozen=True)
class Columns:
    """A run's drawn samples before their pictures are described.

    `picture` (n): number in `paths`, -1 without a path. `vectors`: rows (k) and values (k, e) of
    the embeddings that the file brought.
    """

    source: RunSource
    table: pa.Table
    of: int
    picture: np.ndarray
    paths: tuple[str, ...]
    vectors: tuple[np.ndarray, np.ndarray]
    boxes: Boxes
    loss: Floats | None

    @property
    def trained(self) -> Bools:
        """Which samples (n) are of the training split."""
        return np.asarray(texts_of(self.table["split"], "test") == "train")


def read_columns(source: RunSource, seed: int, most: int) -> Columns:
    """Read the samples, part by part; of a run that is too large a seeded draw."""
    folder = source.folder
    count = sum(part.num_rows for part in folder.read_samples(["position"]))
    drawn = np.sort(np.random.default_rng(seed).permutation(count)[:most])
    parts, vectors, boxes, losses = [], [], [], []
    first, kept = 0, 0
    for part in folder.read_samples([*_COLUMNS, "boxes", "loss", "image_embedding"]):
        here = drawn[(drawn >= first) & (drawn < first + part.num_rows)] - first
        first += part.num_rows
        rows = part.take(pa.array(here))
        parts.append(rows.select(_COLUMNS))
        vectors.append(_vectors(rows["image_embedding"], kept))
        found = boxes_of(rows["boxes"], _sizes(rows, source))
        boxes.append(Boxes(found.owner + kept, found.values))
        losses.append(_mean_loss(rows["loss"]))
        kept += rows.num_rows
    table = pa.concat_tables(parts)
    picture, paths = _paths(table["image"])
    loss = np.concatenate([np.zeros(0), *losses])
    return Columns(
        source=source,
        table=table,
        of=count,
        picture=picture,
        paths=paths,
        vectors=_joined(vectors),
        boxes=Boxes(
            np.concatenate([np.zeros(0, dtype=np.int64), *(each.owner for each in boxes)]),
            np.concatenate([np.zeros((0, 4)), *(each.values for each in boxes)]),
        ),
        loss=loss if np.isfinite(loss).any() else None,
    )


def _paths(column: pa.ChunkedArray) -> tuple[np.ndarray, tuple[str, ...]]:
    group = group_of(column)
    return group.codes.astype(np.int64), group.labels


def _sizes(rows: pa.Table, source: RunSource) -> Floats:
    """Pixels (n, 2) of each picture that has boxes, NaN where unknown."""
    sizes = np.full((rows.num_rows, 2), np.nan)
    known: dict[str, tuple[int, int] | None] = {}
    boxed = pc.fill_null(pc.greater(pc.list_value_length(rows["boxes"]), 0), False)
    for row in np.flatnonzero(boxed.to_numpy(zero_copy_only=False)).tolist():
        path = rows["image"][row].as_py()
        if path is None:
            continue
        if path not in known:
            known[path] = source.image_size(path)
        size = known[path]
        if size is not None:
            sizes[row] = size
    return sizes


def _vectors(column: pa.ChunkedArray, first: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Embeddings of the samples that have one, by their length: rows from `first`, and values."""
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy()
    found = []
    for length in np.unique(lengths[lengths > 0]).tolist():
        rows = np.flatnonzero(lengths == length)
        flat = column.take(pa.array(rows)).combine_chunks().flatten().to_numpy()
        found.append((rows + first, flat.reshape(len(rows), length).astype(np.float32)))
    return found


def _joined(
    parts: Sequence[Sequence[tuple[np.ndarray, np.ndarray]]],
) -> tuple[np.ndarray, np.ndarray]:
    """All embeddings of the commonest length; one of another length is no embedding of these."""
    every = [each for part in parts for each in part]
    counts: dict[int, int] = {}
    for rows, values in every:
        counts[values.shape[1]] = counts.get(values.shape[1], 0) + len(rows)
    if not counts:
        return np.zeros(0, dtype=np.int64), np.zeros((0, 0), dtype=np.float32)
    length = max(counts, key=lambda each: (counts[each], each))
    kept = [each for each in every if each[1].shape[1] == length]
    return np.concatenate([rows for rows, _ in kept]), np.concatenate([v for _, v in kept])


def _mean_loss(column: pa.ChunkedArray) -> Floats:
    """Mean over the recorded epochs (n), NaN without any."""
    counts = pc.fill_null(pc.list_value_length(column), 0).to_numpy().astype(np.int64)
    values = pc.list_flatten(column).to_numpy().astype(np.float64)
    owner = np.repeat(np.arange(len(counts)), counts)
    known = np.isfinite(values)
    sums = np.bincount(owner[known], values[known], minlength=len(counts))
    seen = np.bincount(owner[known], minlength=len(counts))
    return np.where(seen > 0, sums / np.maximum(seen, 1), np.nan)


def texts_of(column: pa.ChunkedArray, default: str = "") -> "np.ndarray":
    """A column as an array (n) of texts."""
    return np.array(pc.fill_null(column, default).to_pylist(), dtype=np.str_)
