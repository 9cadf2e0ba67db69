"""The pictures of rows: names, bytes, base64 and data addresses, one or several a row."""

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from triage.science.record import values
from triage.science.record.mapping import ColumnMapping
from triage.science.record.paths import column_at
from triage.science.record.records import RawBatch, Refusal
from triage.science.store.image_files import NotAPicture, read_header

# Columns that hold what was made of a row's pictures; no file has columns of these names.
ONE, SEVERAL = "\x00image", "\x00images"
_DATA_ADDRESS = re.compile(r"^data:[\w/+.-]*;base64,", re.I)
# No name is as long as this; text that long is a picture's bytes in base64, or nothing.
_LONGEST_NAME = values.LONGEST_NAME
_BASE64 = re.compile(r"^[A-Za-z0-9+/\s_-]+={0,2}\s*$")


def with_pictures(
    raw: RawBatch, mapping: ColumnMapping, put: Callable[[bytes, str], str]
) -> tuple[RawBatch, ColumnMapping, list[Refusal]]:
    """The batch with each row's pictures as names, and a mapping that takes them.

    `put(data, suffix)` keeps a picture that came as bytes and returns its name. Only bytes, and
    text that is base64 of a picture, are ever decoded: a text is never opened as a path.
    """
    columns = {name: _column(raw, mapping, name) for name in ("image", "images")}
    if all(column is None for column in columns.values()):
        return raw, mapping, []
    if columns["images"] is None and _are_plain_names(columns["image"]):
        return raw, mapping, []
    listed = [_listed(column, len(raw.rows)) for column in columns.values()]
    ones: list[str | None] = []
    severals: list[list[str] | None] = []
    refusals: list[Refusal] = []
    for row, image, images in zip(raw.rows, *listed, strict=True):
        try:
            names = _names(images if images is not None else image, put)
        except (ValueError, TypeError, RecursionError) as problem:
            field = "image" if images is None else "images"
            refusals.append(Refusal(int(row), field, str(problem)))
            names = []
        ones.append(names[0] if names else None)
        severals.append(names if len(names) > 1 else None)
    mapped = {k: v for k, v in mapping.columns.items() if k not in ("image", "images")}
    mapped |= {"image": (ONE,), "images": (SEVERAL,)}
    made = {
        name: column for name, column in raw.columns.items() if name not in _sources(mapping)
    } | {ONE: ones, SEVERAL: severals}
    return (
        RawBatch(made, raw.rows, raw.refusals, raw.bytes_done),
        ColumnMapping(mapped),
        refusals,
    )


def _sources(mapping: ColumnMapping) -> set[str]:
    return {c for name in ("image", "images") for c in mapping.columns_of(name)}


def _column(raw: RawBatch, mapping: ColumnMapping, name: str) -> Any:
    sources = mapping.columns_of(name)
    return column_at(raw.columns, sources[0]) if len(sources) == 1 else None


def _are_plain_names(column: Any) -> bool:
    if isinstance(column, pa.Array):
        return bool(pa.types.is_null(column.type) or _is_short_text(column))
    return all(
        value is None
        or (
            (isinstance(value, str) and len(value) <= _LONGEST_NAME and value[:5] != "data:")
            and not value.lstrip().startswith(("[", "{"))
        )
        for value in column
    )


def _is_short_text(column: pa.Array) -> bool:
    if not pa.types.is_string(column.type):
        return False
    longest = pc.max(pc.utf8_length(column)).as_py() or 0
    other = pc.any(pc.match_substring_regex(column, r"^\s*[\[{]|^data:")).as_py()
    return longest <= _LONGEST_NAME and not other


def _listed(column: Any, count: int) -> list[Any]:
    if column is None:
        return [None] * count
    return list(column.to_pylist()) if isinstance(column, pa.Array) else column


def _names(value: Any, put: Callable[[bytes, str], str]) -> list[str]:
    """The names of a row's pictures, in order."""
    if value is None or value == "":
        return []
    if isinstance(value, str) and value.lstrip().startswith(("[", "{")):
        value = values.parsed(value)
    if isinstance(value, list | tuple):
        if len(value) > values.MOST_IMAGES:
            raise ValueError(f"holds {len(value)} pictures: at most {values.MOST_IMAGES} are taken")
        return [name for each in value if each is not None for name in _names(each, put)]
    if isinstance(value, dict):
        data = value.get("bytes")
        if data is None:
            return [values.image_path(value)]
        return [_kept(data if isinstance(data, bytes) else _decoded(data), put)]
    if isinstance(value, bytes):
        return [_kept(value, put)]
    if isinstance(value, str) and (_DATA_ADDRESS.match(value) or len(value) > _LONGEST_NAME):
        return [_kept(_decoded(value), put)]
    return [values.image_path(value)]


def _decoded(text: Any) -> bytes:
    """The bytes that base64 text stands for."""
    if not isinstance(text, str):
        raise ValueError("its bytes are neither bytes nor base64")
    plain = _DATA_ADDRESS.sub("", text, count=1)
    if not _BASE64.match(plain):
        raise ValueError("is neither a name, nor bytes, nor base64 of a picture")
    try:
        return base64.b64decode(plain.translate(str.maketrans("-_", "+/")), validate=False)
    except (binascii.Error, ValueError):
        raise ValueError("is cut base64") from None


def _kept(data: bytes, put: Callable[[bytes, str], str]) -> str:
    try:
        return put(data, read_header(data).suffix)
    except NotAPicture as problem:
        raise ValueError(str(problem)) from None
