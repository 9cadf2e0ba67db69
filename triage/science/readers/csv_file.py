"""CSV and TSV."""

import csv
from collections.abc import Iterator
from typing import Any

import numpy as np

from triage.science.readers.faults import UnreadableFile
from triage.science.readers.text_source import MAX_LINE_BYTES, TextSource
from triage.science.record.records import RawBatch, Refusal
from triage.science.words import gettext_noop as _

ROWS_A_BATCH = 20_000


class CsvReader:
    """A header line, then one row a record; quoted as RFC 4180 says, comma or tab."""

    description = _("CSV: a header line, then one row a record")

    def __init__(self, source: TextSource, delimiter: str) -> None:
        self.source = source
        self.total_bytes = source.total_bytes
        self.passed_over: list[Refusal] = []
        self.delimiter = delimiter

    def columns(self) -> list[str]:
        """The header."""
        return self._header(next(self._records(), []))

    def preview(self, count: int = 20) -> list[dict[str, Any]]:
        """The first `count` rows that have as many cells as the header."""
        records = self._records()
        header = self._header(next(records, []))
        rows: list[dict[str, Any]] = []
        self.passed_over = []
        for number, cells in enumerate(records, start=1):
            if len(cells) == len(header):
                rows.append({n: c for n, c in zip(header, cells, strict=True) if c != ""})
            elif cells:
                self.passed_over.append(_ragged(number, cells, header))
            if len(rows) >= count:
                break
        return rows

    def batches(self) -> Iterator[RawBatch]:
        """Every record; row 1 is the first after the header. An empty cell is absent."""
        records = self._records()
        header = self._header(next(records, []))
        kept: list[list[str]] = []
        rows: list[int] = []
        refusals: list[Refusal] = []
        number = 0
        for number, cells in enumerate(records, start=1):
            if len(cells) == len(header):
                kept.append(cells)
                rows.append(number)
            elif cells:
                refusals.append(_ragged(number, cells, header))
            if number % ROWS_A_BATCH == 0:
                yield self._batch(header, kept, rows, refusals)
                kept, rows, refusals = [], [], []
        yield self._batch(header, kept, rows, refusals)

    def _batch(
        self, header: list[str], kept: list[list[str]], rows: list[int], refusals: list[Refusal]
    ) -> RawBatch:
        columns = {name: [r[i] or None for r in kept] for i, name in enumerate(header)}
        numbers = np.asarray(rows, dtype=np.int64)
        return RawBatch(columns, numbers, refusals, self._joined.bytes_done)

    def _records(self) -> Iterator[list[str]]:
        stream = self.source.text()
        self._joined = stream.buffer.raw  # type: ignore[attr-defined]
        csv.field_size_limit(MAX_LINE_BYTES)
        reader = csv.reader(stream, delimiter=self.delimiter, strict=True)
        try:
            yield from reader
        except csv.Error as problem:
            raise UnreadableFile(
                _("{name}, line {line}: {problem}; a quote may be open or the file cut off"),
                name=self.source.name,
                line=str(reader.line_num),
                problem=str(problem),
            ) from None

    def _header(self, cells: list[str]) -> list[str]:
        header = [cell.strip() for cell in cells]
        if not any(header):
            raise UnreadableFile(
                _("{name}: the first line holds no column names"), name=self.source.name
            )
        twice = {name for name in header if header.count(name) > 1}
        if twice:
            raise UnreadableFile(
                _("{name}: column names used twice: {twice}"),
                name=self.source.name,
                twice=str(sorted(twice)),
            )
        return header


def _ragged(number: int, cells: list[str], header: list[str]) -> Refusal:
    return Refusal(number, "", f"has {len(cells)} cells, the header has {len(header)}")
