"""A JSON file that is one document: a list, an object, or objects one behind the other."""

import json
from typing import Any

import orjson

from triage.science.readers.faults import UnreadableFile
from triage.science.readers.rows import RowsReader
from triage.science.readers.tabular import table_in
from triage.science.readers.text_source import TextSource
from triage.science.words import gettext_noop as _

MAX_BYTES = 1024**3
# Objects and lists of a document: each costs far more in memory than the two bytes that make it.
MOST_NODES = 30_000_000
_BOM = b"\xef\xbb\xbf"


def open_document(source: TextSource) -> RowsReader:
    """The rows of a JSON document, held in memory.

    Raises UnreadableFile for what is no JSON, for a document without rows, and for one too large
    to be held.
    """
    data = _whole(source)
    document = _parsed(source.name, data)
    found = table_in(document)
    if found is None:
        raise UnreadableFile(
            _("{name}: holds no list of objects, and no object of objects; it holds {what}"),
            name=source.name,
            what=_shape(document),
        )
    return RowsReader(
        found.rows, found.described, total_bytes=source.total_bytes, assumed=source.assumed
    )


def _whole(source: TextSource) -> bytes:
    data = bytearray()
    for chunk in source.chunks():
        data += chunk
        if len(data) > MAX_BYTES:
            raise UnreadableFile(
                _(
                    "{name}: a JSON document of more than 1 GB; save it as JSON Lines "
                    "(one object a line) instead"
                ),
                name=source.name,
            )
    whole = bytes(data).removeprefix(_BOM)
    nodes = whole.count(b"{") + whole.count(b"[")
    if nodes > MOST_NODES:
        raise UnreadableFile(
            _("{name}: holds {nodes} objects and lists: at most {most} are read at once"),
            name=source.name,
            nodes=nodes,
            most=MOST_NODES,
        )
    source.check_text(whole, 1)
    return whole


def _parsed(name: str, data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as problem:
        fault = problem
    # Objects set apart by commas, or by nothing; NaN; numbers beyond 64 bits.
    for text in (data, b"[" + data.strip().rstrip(b",") + b"]"):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            continue
    rows = _one_behind_the_other(data)
    if rows is not None:
        return rows
    raise UnreadableFile(
        _("{name}, line {line}: not valid JSON ({problem}); the file may be cut off"),
        name=name,
        line=str(fault.lineno),
        problem=fault.msg,
    )


def _one_behind_the_other(data: bytes) -> list[Any] | None:
    """Objects with nothing but white space or commas between them; None for anything else."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    decoder = json.JSONDecoder()
    rows: list[Any] = []
    at = 0
    while True:
        while at < len(text) and (text[at].isspace() or text[at] == ","):
            at += 1
        if at == len(text):
            return rows if len(rows) > 1 else None
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return None
        rows.append(value)


def _shape(document: Any) -> str:
    if isinstance(document, dict):
        return "{" + ", ".join(list(document)[:8]) + "}"
    return type(document).__name__
