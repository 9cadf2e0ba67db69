"""Names of pictures as the files they mean, once all rows are there; what became of the names."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from triage.science.store.image_index import ImageIndex, Matches, common_prefix
from triage.science.store.store import RunFolder

# Names that were not found, for telling what they have in common.
_MOST_LOST = 1000


def find_pictures(folder: RunFolder, index: ImageIndex | None) -> dict[str, Any]:
    """Write the names of pictures as the paths they mean; count what became of them.

    `index`: of the folder that the run points at; None where it carries its pictures.

    Counted over the samples that were taken: refused rows have no pictures to miss.
    """
    matches = Matches()
    if index is None:
        index = ImageIndex(folder.image_names())
    lost: dict[str, None] = {}
    for path in folder.sample_parts():
        name = path.rsplit("/", 1)[1]
        part = folder.read_table("samples", name, columns=["image", "images"])
        columns = {
            "image": _found_names(part["image"], part["images"], index, matches, lost),
            "images": _found_lists(part["images"], index, matches, lost),
        }
        changed = {key: each for key, each in columns.items() if each is not None}
        if changed:
            _put_columns(folder, name, changed)
    return {**matches.to_dict(), "common_prefix": common_prefix(list(lost))}


def _found_names(
    ones: pa.ChunkedArray,
    severals: pa.ChunkedArray,
    index: ImageIndex,
    matches: Matches,
    lost: dict[str, None],
) -> pa.Array | None:
    """Names as paths, each distinct one looked up once; None where nothing changes.

    A row with several pictures counts them there, and not its first one here too.
    """
    coded = pa.chunked_array(ones).combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = pa.concat_arrays(coded.chunks)
    names = coded.dictionary.to_pylist()
    if not names:
        return None
    alone = coded.indices.filter(severals.is_null().combine_chunks()).drop_null()
    counts = np.bincount(alone.to_numpy(zero_copy_only=False), minlength=len(names))
    found = [index.find(each) for each in names]
    for each, match, count in zip(names, found, counts.tolist(), strict=True):
        if count:
            matches.add(each, match, count)
        if match.path is None and len(lost) < _MOST_LOST:
            lost.setdefault(each)
    paths = [match.path or _harmless(each) for each, match in zip(names, found, strict=True)]
    return None if paths == names else pa.array(paths, pa.string()).take(coded.indices)


def _found_lists(
    severals: pa.ChunkedArray, index: ImageIndex, matches: Matches, lost: dict[str, None]
) -> pa.Array | None:
    """Lists of names as lists of paths; None where there are none."""
    if severals.null_count == len(severals):
        return None
    rows: list[list[str] | None] = []
    for names in severals.to_pylist():
        found = [index.find(each) for each in names or ()]
        for each, match in zip(names or (), found, strict=True):
            matches.add(each, match)
            if match.path is None and len(lost) < _MOST_LOST:
                lost.setdefault(each)
        pairs = zip(names or (), found, strict=True)
        rows.append(None if names is None else [m.path or _harmless(n) for n, m in pairs])
    return pa.array(rows, severals.type)


def _harmless(name: str) -> str:
    """A name that was not found, as one that no folder can be left by."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", "..", ".")]
    return "/".join(parts)


def _put_columns(folder: RunFolder, name: str, columns: Mapping[str, pa.Array]) -> None:
    table = folder.read_table("samples", name)
    for column, values in columns.items():
        place = table.schema.get_field_index(column)
        table = table.set_column(place, table.schema.field(column), values)
    folder.write_table(table, "samples", name)
