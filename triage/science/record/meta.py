"""What no field takes, kept beside each row as a JSON object."""

from collections.abc import Mapping, Sequence, Set
from typing import Any, TypeAlias

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

Column: TypeAlias = "pa.Array | list[Any]"
# As deep as any meta is shown.
_DEEPEST_META = 100


def meta_column(columns: Mapping[str, Column], count: int, used: Set[str]) -> pa.Array:
    """What is not `used` of `count` rows, as one JSON object a row; null where there is nothing."""
    rest = [name for name in columns if name not in used]
    if not rest:
        return pa.nulls(count, pa.string())
    few = _few_combinations([columns[name] for name in rest])
    if few is not None:
        rows, which = few
        made = [_meta_of(rest, parts) for parts in rows]
        return pa.array(made, pa.string()).take(pa.array(which))
    listed = [_listed(columns[name]) for name in rest]
    objects = [_meta_of(rest, parts) for parts in zip(*listed, strict=True)]
    return pa.array(objects, pa.string())


def _few_combinations(
    columns: Sequence[Column],
) -> tuple[list[tuple[Any, ...]], np.ndarray] | None:
    """The distinct rows of plain columns, and which of them each row is; None where most differ."""
    if not all(isinstance(column, pa.Array) and _is_plain(column.type) for column in columns):
        return None
    codes = np.zeros(len(columns[0]), dtype=np.int64)
    values: list[list[Any]] = []
    for column in columns:
        coded = column.dictionary_encode()  # type: ignore[union-attr]
        listed = [*coded.dictionary.to_pylist(), None]
        places = pc.fill_null(coded.indices, len(listed) - 1).to_numpy(zero_copy_only=False)
        distinct, codes = np.unique(codes * len(listed) + places, return_inverse=True)
        if len(distinct) > len(codes) // 4:
            return None
        # Each distinct code stands for what was told apart before, and this column's place.
        before = distinct // len(listed)
        values = [[each[at] for at in before] for each in values]
        values.append([listed[at] for at in distinct % len(listed)])
    return list(zip(*values, strict=True)), codes


def _is_plain(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind))


def _meta_of(names: Sequence[str], parts: Sequence[Any]) -> str | None:
    known = {name: each for name, each in zip(names, parts, strict=True) if each is not None}
    if isinstance(meta := _object(known.get("meta")), dict):
        known = {**meta, **{name: each for name, each in known.items() if name != "meta"}}
    return _json(known) if known else None


def _object(value: Any) -> Any:
    """An object that was written as JSON text, as CSV and Parquet keep it, as the object."""
    if isinstance(value, str) and value[:1] == "{":
        try:
            return orjson.loads(value)
        except ValueError:
            return value
    return value


def _json(value: Mapping[str, Any]) -> str:
    """JSON text; what JSON cannot say (bytes, dates) in words. NaN becomes null."""
    options = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY
    try:
        return orjson.dumps(value, default=_in_words, option=options).decode()
    except TypeError:
        # Halves of characters, numbers beyond 64 bits, nesting without end: as text.
        return orjson.dumps(_tame(value, 0), default=_in_words, option=options).decode()


def _tame(value: Any, depth: int) -> Any:
    if depth > _DEEPEST_META:
        return "…"
    if isinstance(value, Mapping):
        return {str(_tame(str(k), depth)): _tame(v, depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_tame(each, depth + 1) for each in value]
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 63:
        return str(value) if value.bit_length() < 1000 else "…"
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _in_words(value: Any) -> Any:
    return f"<{len(value)} bytes>" if isinstance(value, bytes) else str(value)


def _listed(column: Column) -> list[Any]:
    return list(column.to_pylist()) if isinstance(column, pa.Array) else column
