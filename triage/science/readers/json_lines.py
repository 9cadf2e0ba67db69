"""JSON Lines: one object a line."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.json as pj

from triage.science.readers.faults import UnreadableFile
from triage.science.readers.text_source import MAX_LINE_BYTES, Block, TextSource
from triage.science.record.records import RawBatch, Refusal
from triage.science.words import gettext_noop as _

# Arrow's parser takes time with the square of the depth; some thousands end the process.
DEEPEST = 64
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}\n"))


class JsonLinesReader:
    """One JSON object a line (.jsonl, .ndjson, or .json as many evaluation tools write it)."""

    description = _("JSON Lines: one JSON object a line")

    def __init__(self, source: TextSource) -> None:
        self.source = source
        self.total_bytes = source.total_bytes
        self.passed_over: list[Refusal] = []
        self.assumed = list(source.assumed)

    def columns(self) -> list[str]:
        """Keys of the first 200 objects, in the order first seen."""
        return list(dict.fromkeys(key for row in self.preview(200) for key in row))

    def preview(self, count: int = 20) -> list[dict[str, Any]]:
        """The first `count` objects; lines that are none are passed over."""
        rows: list[dict[str, Any]] = []
        self.passed_over = []
        for block in self.source.blocks(256 * 1024):
            batch = parse_lines(self.source.name, block)
            self.passed_over += batch.refusals
            found = zip(*(_listed(c) for c in batch.columns.values()), strict=True)
            for parts in islice(found, count - len(rows)):
                pairs = zip(batch.columns, parts, strict=True)
                rows.append({name: value for name, value in pairs if value is not None})
            if len(rows) >= count:
                break
        return rows

    def batches(self) -> Iterator[RawBatch]:
        """Every line, in order."""
        for block in self.source.blocks():
            if not block.data.isspace():
                yield parse_whole(block) or parse_lines(self.source.name, block)


def is_json_lines(source: TextSource) -> bool:
    """Whether a text that begins with '{' has one object a line.

    A single object on the only line is a document, and so is one that goes over several lines.
    """
    size = MAX_LINE_BYTES
    start = source.start(size)
    lines = [line for line in start[: 256 * 1024].split(b"\n") if line.strip()]
    whole = len(start) <= 256 * 1024
    if not whole:
        # The last of them may be cut: unless it is the only one, it is left out.
        lines = lines[:-1] if len(lines) > 1 else start.split(b"\n", 1)[:1]
    sound = sum(_is_object(line) for line in lines[:20])
    if len(lines) == 1 and b"\n" not in start.strip():
        return bool(sound) and not _wraps_rows(lines[0])
    return _is_object(lines[0]) or sound > len(lines[:20]) / 2


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(_loads(line), dict)
    except ValueError:
        return False


def _wraps_rows(line: bytes) -> bool:
    """Whether an object on the only line holds rows: a list of them, or answers keyed by id."""
    value = _loads(line)
    keyed = len(value) >= 5 and all(any(mark.isdigit() for mark in key) for key in value)
    if keyed and all(isinstance(each, str | int | float) for each in value.values()):
        return True
    return any(isinstance(each, list | dict) and len(each) > 1 for each in value.values()) and (
        not any(key in value for key in ("prediction", "pred", "response", "answer"))
    )


def parse_whole(block: Block) -> RawBatch | None:
    """The block through Arrow's parser; None where it would not say exactly what the lines say.

    Arrow reads text that looks like a time stamp as one and makes one wide struct of objects with
    arbitrary keys, so blocks with either go line by line.
    """
    if _deepest(block.data) > DEEPEST:
        return None
    lines = block.data.count(b"\n") + (not block.data.endswith(b"\n"))
    options = pj.ReadOptions(use_threads=True, block_size=len(block.data) + 1)
    try:
        table = pj.read_json(pa.BufferReader(block.data), read_options=options)
    except pa.ArrowInvalid:
        return None
    if table.num_rows != lines or not all(_plain(field.type) for field in table.schema):
        return None
    if len(set(table.column_names)) != len(table.column_names):
        return None
    try:
        columns = {name: table.column(name).combine_chunks() for name in table.column_names}
    except pa.ArrowException:
        # Arrow trips over lists that hold nothing but nulls.
        return None
    rows = np.arange(block.first_line, block.first_line + lines)
    return RawBatch(columns, rows, bytes_done=block.bytes_done)


def _deepest(data: bytes) -> int:
    """At most how deep the objects and lists of a line are nested; brackets in texts count too."""
    marks = np.frombuffer(data.translate(None, _NO_BRACKETS), dtype=np.uint8)
    if not len(marks):
        return 0
    ends = marks == ord("\n")
    opening = (marks == ord("[")) | (marks == ord("{"))
    depth = np.cumsum(np.where(ends, 0, np.where(opening, 1, -1)), dtype=np.int64)
    before = np.concatenate(([0], depth[ends]))
    return int((depth - before[np.cumsum(ends) - ends]).max())


def parse_lines(name: str, block: Block) -> RawBatch:
    """The block line by line, refusing lines that hold no JSON object.

    Raises UnreadableFile when the last line of the file is cut off.
    """
    objects: list[dict[str, Any]] = []
    rows: list[int] = []
    refusals: list[Refusal] = []
    lines = block.data.split(b"\n")
    for offset, line in enumerate(lines):
        row = block.first_line + offset
        if not line.strip():
            continue
        try:
            value = _loads(line)
        except ValueError as problem:
            if block.last and offset == len(lines) - 1:
                raise UnreadableFile(
                    _(
                        "{name}, row {row}: the last line is cut off; the file was not written or "
                        "copied to its end"
                    ),
                    name=name,
                    row=str(row),
                ) from None
            refusals.append(Refusal(row, "", f"is not valid JSON ({problem})"))
            continue
        if not isinstance(value, dict):
            refusals.append(Refusal(row, "", "is not a JSON object"))
            continue
        objects.append(value)
        rows.append(row)
    names = dict.fromkeys(key for each in objects for key in each)
    columns = {key: [each.get(key) for each in objects] for key in names}
    return RawBatch(columns, np.asarray(rows, dtype=np.int64), refusals, block.bytes_done)


def _loads(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        # NaN and Infinity are no JSON, but files hold them: read them, so that the field is named.
        try:
            return json.loads(line)
        except RecursionError:
            raise ValueError("nested too deeply") from None


def _plain(kind: pa.DataType) -> bool:
    if pa.types.is_list(kind):
        return _plain(kind.value_type)
    scalar = (pa.types.is_string, pa.types.is_integer, pa.types.is_floating)
    return any(is_kind(kind) for is_kind in (*scalar, pa.types.is_boolean, pa.types.is_null))


def _listed(column: pa.Array | list[Any]) -> list[Any]:
    return column.to_pylist() if isinstance(column, pa.Array) else column
