"""What is checked of rows that are right one by one: lengths of vectors, boxes within pictures."""

from collections.abc import Callable
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from triage.science.record import shapes
from triage.science.record.records import Refusal
from triage.science.store.image_files import NotAPicture, read_header

# Fields that hold vectors, by the space that their lengths are compared in.
SPACES = {
    "image_embedding": "image_embedding",
    "text_embedding": "text_embedding",
    "region_embeddings": "regions",
    "word_embeddings": "regions",
    "hidden_state": "hidden_state",
}
_BEFORE = dict.fromkeys(SPACES.values(), "the rows") | {"regions": "regions and words"}


def uneven_vectors(table: pa.Table, known_lengths: dict[str, int]) -> list[Refusal]:
    """Embeddings of one run have one length: the first row's.

    Regions and words are compared with each other: they share theirs. `known_lengths` holds, and
    is given, the length of each space.
    """
    refusals: dict[int, Refusal] = {}
    for name, space in SPACES.items():
        lengths = _vector_lengths(table[name])
        known = np.flatnonzero(lengths)
        if not len(known):
            continue
        expected = known_lengths.setdefault(space, int(lengths[known[0]]))
        for index in known[lengths[known] != expected].tolist():
            row = table["row"][index].as_py()
            reason = f"has {lengths[index]} numbers, {_BEFORE[space]} before it have {expected}"
            refusals.setdefault(row, Refusal(row, name, reason))
    return list(refusals.values())


def _vector_lengths(column: pa.ChunkedArray) -> np.ndarray:
    """Numbers (n) in each row's vector, or in the first of its vectors; 0 without any."""
    kind = column.type
    if pa.types.is_map(kind) or pa.types.is_list(kind.value_type):
        whole = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], kind)
        each = whole.items if pa.types.is_map(kind) else whole.values
        inner = np.asarray(pc.list_value_length(each).to_numpy(zero_copy_only=False))
        starts = whole.offsets.to_numpy()
        filled = np.flatnonzero((np.diff(starts) > 0) & np.asarray(whole.is_valid()))
        found = np.zeros(len(whole), dtype=np.int64)
        found[filled] = inner[starts[:-1][filled]]
        return found
    lengths = pc.fill_null(pc.list_value_length(column), 0)
    return np.asarray(lengths.to_numpy(), dtype=np.int64)


def boxes_outside(table: pa.Table, opened: Callable[[str], IO[bytes] | None]) -> list[Refusal]:
    """Boxes in pixels are held against the image where its size can be read.

    `opened(name)`: the picture of that name, or None.
    """
    if all(table[name].null_count == table.num_rows for name in ("boxes", "predicted_box")):
        return []
    refusals = []
    columns = (table[name].to_pylist() for name in ("row", "image", "boxes", "predicted_box"))
    for row, image, boxes, predicted in zip(*columns, strict=True):
        given = [*(boxes or []), *([predicted] if predicted else [])]
        pixels = [one for one in given if max(one) > 1]
        if not pixels or image is None:
            continue
        try:
            stream = opened(image)
            if stream is None:
                continue
            with stream:
                header = read_header(stream)
        except (OSError, NotAPicture):
            continue
        try:
            for one in pixels:
                shapes.check_box_inside(one, header.width, header.height)
        except ValueError as problem:
            refusals.append(Refusal(row, "boxes", str(problem)))
    return refusals
