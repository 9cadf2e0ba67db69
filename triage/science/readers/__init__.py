"""Readers: one small class per file format, chosen by the file's name and first bytes.

A reader yields raw batches (`records.RawBatch`). Faults of a value or a line refuse that row;
faults of the file (cut off, wrong encoding, broken compression, too long a line) raise
`UnreadableFile`, because what is missing then cannot be known.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from triage.science.readers.csv_file import CsvReader
from triage.science.readers.faults import UnreadableFile
from triage.science.readers.json_lines import JsonLinesReader
from triage.science.readers.json_list import JsonListReader
from triage.science.readers.parquet_file import ParquetReader
from triage.science.readers.text_source import TextSource
from triage.science.record.records import RawBatch, Refusal
from triage.science.words import gettext_noop as _

__all__ = ["Reader", "UnreadableFile", "open_reader"]


class Reader(Protocol):
    """What every reader offers."""

    description: str
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


_SUFFIXES = {".jsonl": 0, ".ndjson": 0, ".json": 0, ".csv": 2, ".tsv": 2, ".parquet": 3, ".pq": 3}


def open_reader(path: Path, original_name: str | None = None) -> Reader:
    """The reader for `path`; its format is judged by `original_name` and the first bytes.

    Raises UnreadableFile for an empty file or one of no known format.
    """
    name = original_name or path.name
    if not path.is_file():
        raise UnreadableFile(_("{name}: there is no such file"), name=name)
    if path.stat().st_size == 0:
        raise UnreadableFile(_("{name}: the file is empty"), name=name)
    with path.open("rb") as stream:
        start = stream.read(8)
    if start.startswith(b"PAR1"):
        return ParquetReader(path, name)
    stem = name.lower().removesuffix(".gz")
    kind = next((kind for suffix, kind in _SUFFIXES.items() if stem.endswith(suffix)), None)
    if kind == 3:
        raise UnreadableFile(
            _("{name}: not a Parquet file (it does not begin with PAR1)"), name=name
        )
    if kind is None:
        raise UnreadableFile(
            _(
                "{name}: unknown format; JSON Lines (.jsonl), CSV (.csv, .tsv), Parquet "
                "(.parquet) and their .gz are read"
            ),
            name=name,
        )
    source = TextSource(path, name)
    if kind == 2:
        return CsvReader(source, "\t" if stem.endswith(".tsv") else ",")
    return JsonListReader(source) if source.first_character() == "[" else JsonLinesReader(source)
