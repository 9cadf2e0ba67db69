"""Readers: one for each kind of file, chosen by what the file holds, not by its name.

A reader yields raw batches (`records.RawBatch`). Faults of a value or a line refuse that row;
faults of the file (cut off, broken compression, too long a line) raise `UnreadableFile`, because
what is missing then cannot be known. `sources.py` opens several files, folders and archives.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from triage.science.readers.csv_file import CsvReader, layout_of
from triage.science.readers.encodings import is_binary
from triage.science.readers.faults import UnreadableFile
from triage.science.readers.folders import open_shard
from triage.science.readers.json_document import open_document
from triage.science.readers.json_lines import JsonLinesReader, is_json_lines
from triage.science.readers.parquet_file import ParquetReader
from triage.science.readers.spreadsheet import is_workbook, open_workbook
from triage.science.readers.text_source import TextSource
from triage.science.record.records import RawBatch, Refusal
from triage.science.words import gettext_noop as _

__all__ = ["Reader", "UnreadableFile", "open_reader"]


class Reader(Protocol):
    """What every reader offers."""

    # A marked text, or a Sentence: what kind of file it is.
    description: str
    # What was taken for granted: an encoding, that there is no line of names.
    assumed: list[str]
    total_bytes: int
    # What the last preview passed over: rows that hold no record.
    passed_over: list[Refusal]

    def columns(self) -> list[str]:
        """The names of the file's columns, in the order first seen."""
        ...

    def preview(self, count: int = 20) -> list[dict[str, Any]]:
        """The first rows, as found."""
        ...

    def batches(self) -> Iterator[RawBatch]:
        """All rows, in order."""
        ...


# Never opened: a pickle runs what it holds, the others are no tables.
_NEVER = {
    ".pkl": _("{name}: a pickle runs what is in it and is never opened; save a table instead"),
    ".pickle": _("{name}: a pickle runs what is in it and is never opened; save a table instead"),
    ".pt": _("{name}: a pickle runs what is in it and is never opened; save a table instead"),
    ".xls": _("{name}: the old Excel format is not read; save it as .xlsx"),
}
_TAR_MAGIC = slice(257, 262)


def open_reader(
    path: Path, original_name: str | None = None, encoding: str | None = None
) -> Reader:
    """The reader for one file. `encoding`: of a text, where a person says which it is in.

    Raises UnreadableFile for an empty file or one that is no table.
    """
    name = original_name or path.name
    if not path.exists():
        raise UnreadableFile(_("{name}: there is no such file"), name=name)
    if path.stat().st_size == 0:
        raise UnreadableFile(_("{name}: the file is empty"), name=name)
    with path.open("rb") as stream:
        start = stream.read(512)
    suffix = Path(name.lower().removesuffix(".gz")).suffix
    if suffix in _NEVER:
        raise UnreadableFile(_NEVER[suffix], name=name)
    if start.startswith(b"PAR1"):
        return ParquetReader(path, name)
    if suffix in (".parquet", ".pq"):
        raise UnreadableFile(
            _("{name}: not a Parquet file (it does not begin with PAR1)"), name=name
        )
    if start.startswith(b"PK") and is_workbook(path):
        return open_workbook(path, name)
    if start[_TAR_MAGIC] == b"ustar":
        return open_shard(path, name)
    return _open_text(path, name, encoding)


def _open_text(path: Path, name: str, encoding: str | None) -> Reader:
    source = TextSource(path, name, encoding)
    start = source.start()
    if not start.strip():
        raise UnreadableFile(_("{name}: the file is empty"), name=name)
    if is_binary(start):
        raise UnreadableFile(
            _(
                "{name}: unknown format; read are JSON, JSON Lines, CSV, TSV, Excel (.xlsx), "
                "Parquet, WebDataset and folders of them, also packed as .gz or .zip"
            ),
            name=name,
        )
    first = start.lstrip()[:1]
    if first == b"[":
        return open_document(source)
    if first == b"{":
        return JsonLinesReader(source) if is_json_lines(source) else open_document(source)
    return CsvReader(source, layout_of(start.decode("utf-8", "replace"), name))
