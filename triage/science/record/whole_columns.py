"""Columns that are taken at once: those whose type, and a look at all values, settles everything.

Each function gives the column in the record's type with the reasons by row, or None where values
have to be looked at one by one (`values.py`), which says what is wrong where. Both ways give the
same result; this one is only faster.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from triage.science.record import shapes, values

Whole = tuple[pa.Array, dict[int, str]]
SPLITS = {"train", "val", "test", "ood"}


def whole_column(
    column: pa.Array, check: Callable[[Any], Any], wanted: pa.DataType
) -> Whole | None:
    """The column as `wanted`, if it can be taken whole; `check`: how one value would be read."""
    if pa.types.is_null(column.type):
        return pa.nulls(len(column), wanted), {}
    whole = _WHOLE.get(check)
    found = whole(column) if whole is not None else None
    if found is None:
        return None
    array, bad = found
    return (array if array.type == wanted else array.cast(wanted)), bad


def _texts(column: pa.Array) -> Whole | None:
    if pa.types.is_integer(column.type):
        return column.cast(pa.string()), {}
    if pa.types.is_string(column.type) and not _any(pc.match_substring(column, "\x00")):
        return column, {}
    return None


def _names(column: pa.Array) -> Whole | None:
    taken = _texts(column)
    if taken is None or pa.types.is_integer(column.type):
        return taken
    longest = pc.max(pc.utf8_length(column)).as_py() or 0
    tidy = pc.all(pc.equal(pc.utf8_trim_whitespace(column), column)).as_py()
    return taken if longest <= values.LONGEST_NAME and tidy is not False else None


def _answers(column: pa.Array) -> Whole | None:
    if pa.types.is_list(column.type) and pa.types.is_string(column.type.value_type):
        return _answer_lists(column)
    if not pa.types.is_string(column.type):
        return None
    if _any(pc.match_substring_regex(column, r"^\s*\[|\x00")):
        return None
    offsets = np.arange(len(column) + 1, dtype=np.int32)
    absent = pc.fill_null(pc.equal(column, ""), True)
    return pa.ListArray.from_arrays(offsets, column, mask=absent), {}


def _answer_lists(column: pa.Array) -> Whole | None:
    """Lists of texts: none empty, none longer than is taken, no NUL, no null inside."""
    flat = column.flatten()
    lengths = _lengths(column)[np.asarray(column.is_valid())]
    if flat.null_count or _any(pc.match_substring(flat, "\x00")):
        return None
    fits = bool(((lengths > 0) & (lengths <= values.MOST_ANSWERS)).all())
    return (column, {}) if fits else None


def _image_names(column: pa.Array) -> Whole | None:
    """Each distinct name is looked at once."""
    if not pa.types.is_string(column.type):
        return None
    coded = column.dictionary_encode()
    try:
        names = [values.image_path(name) if name else None for name in coded.dictionary.to_pylist()]
    except ValueError:
        return None
    return pa.array(names, pa.string()).take(coded.indices), {}


def _splits(column: pa.Array) -> Whole | None:
    if not pa.types.is_string(column.type):
        return None
    unique = {each for each in pc.unique(column).to_pylist() if each is not None}
    return (column, {}) if unique <= SPLITS else None


def _probabilities(column: pa.Array) -> Whole | None:
    if not pa.types.is_floating(column.type):
        return None
    array = column.cast(pa.float64())
    numbers = array.to_numpy(zero_copy_only=False)
    outside = ~((numbers >= 0) & (numbers <= 1)) & ~array.is_null().to_numpy(zero_copy_only=False)
    bad: dict[int, str] = {}
    for index in np.flatnonzero(outside):
        try:
            values.probability(float(numbers[index]))
        except ValueError as problem:
            bad[int(index)] = str(problem)
    return array, bad


def _vectors(column: pa.Array) -> Whole | None:
    """Lists of finite numbers, none of them empty."""
    numbers, lengths = _flat(column)
    if numbers is None or not lengths[column.is_valid()].all() or not _small(numbers):
        return None
    return column, {}


def _losses(column: pa.Array) -> Whole | None:
    numbers, _lengths = _flat(column)
    return (column, {}) if numbers is not None and np.isfinite(numbers).all() else None


def _grids(column: pa.Array) -> Whole | None:
    """Grids of one width: finite numbers, none negative, no grid all zero."""
    inner, heights = _inner(column)
    if inner is None:
        return None
    numbers, widths = _flat(inner)
    filled = heights[column.is_valid()]
    if numbers is None or not len(filled) or not filled.all() or len(np.unique(widths)) != 1:
        return None
    width = int(widths[0])
    if not width or filled.max() * width > shapes.MOST_GRID_CELLS:
        return None
    if not np.isfinite(numbers).all() or numbers.min() < 0:
        return None
    starts = np.concatenate(([0], np.cumsum(filled)[:-1])) * width
    return (column, {}) if np.maximum.reduceat(numbers, starts).all() else None


def _inner(column: pa.Array) -> tuple[pa.Array | None, np.ndarray]:
    """The lists within the lists, and how many each row has; None where it has none."""
    kind = column.type
    if not _is_list(kind) or not _is_list(kind.value_type):
        return None, np.zeros(0, dtype=np.int64)
    inner = column.flatten()
    return (None if inner.null_count else inner), _lengths(column)


def _flat(column: pa.Array) -> tuple[np.ndarray | None, np.ndarray]:
    """The numbers of all lists, and how many each row has; None where they are not all numbers."""
    kind = column.type
    if not _is_list(kind) or not pa.types.is_floating(kind.value_type):
        return None, np.zeros(0, dtype=np.int64)
    flat = column.flatten()
    numbers = None if flat.null_count else np.asarray(flat.to_numpy(zero_copy_only=False))
    return numbers, _lengths(column)


def _is_list(kind: pa.DataType) -> bool:
    lists = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return any(each(kind) for each in lists)


def _lengths(column: pa.Array) -> np.ndarray:
    lengths = pc.fill_null(pc.list_value_length(column), 0)
    return np.asarray(lengths.to_numpy(zero_copy_only=False), dtype=np.int64)


def _small(numbers: np.ndarray) -> bool:
    """All finite, and none beyond what single precision holds."""
    return bool((np.abs(numbers) <= shapes.LARGEST).all())


def _any(mask: pa.Array) -> bool:
    return bool(pc.any(mask).as_py())


_WHOLE: dict[Callable[[Any], Any], Callable[[pa.Array], Whole | None]] = {
    values.text: _texts,
    values.written: _texts,
    values.name: _names,
    values.answers: _answers,
    values.split: _splits,
    values.image_path: _image_names,
    values.probability: _probabilities,
    shapes.vector: _vectors,
    shapes.losses: _losses,
    shapes.grid: _grids,
}
