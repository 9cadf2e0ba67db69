"""CSV and TSV."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from triage.science.readers.faults import UnreadableFile
from triage.science.readers.text_source import MAX_LINE_BYTES, TextSource
from triage.science.record.csv_cells import restore_cell
from triage.science.record.records import RawBatch, Refusal
from triage.science.words import Sentence
from triage.science.words import gettext_noop as _

ROWS_A_BATCH = 20_000


# More columns than this are not those of a table of answers.
MOST_COLUMNS = 2_000
SEPARATORS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}
# Lines that are looked at for separator and header.
_LOOKED_AT = 50
_DATA = re.compile(
    r"^(?:[+-]?\d+(?:\.\d+)?|yes|no|true|false|.*\.(?:jpe?g|png|webp|gif|bmp))$", re.IGNORECASE
)


@dataclass(frozen=True)
class Layout:
    """How a table of text is laid out: its separator, and whether its first line names columns."""

    separator: str
    header: bool


def layout_of(start: str, name: str) -> Layout:
    """The layout that the first lines of a file suggest; `name` decides where they say nothing."""
    by_name = "\t" if name.lower().removesuffix(".gz").endswith(".tsv") else ","
    best, most = by_name, (0.0, 0)
    for separator in sorted(SEPARATORS, key=lambda each: each != by_name):
        widths = [len(cells) for cells in _first_cells(start, separator)]
        if not widths or widths[0] < 2:
            continue
        same = sum(width == widths[0] for width in widths) / len(widths)
        if (same, widths[0]) > most and same >= 0.5:
            best, most = separator, (same, widths[0])
    return Layout(best, _has_header(_first_cells(start, best)))


def _first_cells(start: str, separator: str) -> list[list[str]]:
    """The cells of the first lines; of a cut last line nothing."""
    rows: list[list[str]] = []
    try:
        for cells in csv.reader(io.StringIO(start), delimiter=separator):
            if cells:
                rows.append(cells)
            if len(rows) > _LOOKED_AT:
                break
    except csv.Error:
        return rows
    return rows[:-1] if len(rows) > 2 else rows


def _has_header(rows: list[list[str]]) -> bool:
    """Whether the first line names columns: distinct texts that are no data."""
    if not rows:
        return True
    first = [cell.strip() for cell in rows[0]]
    if any(_DATA.match(cell) for cell in first) or len(set(first)) < len(first):
        return all(cell == "" or not _DATA.match(cell) for cell in first)
    # A long sentence is a question, and the name of nothing.
    return not any(len(cell) > 100 or cell.endswith(("?", "？")) for cell in first)


class CsvReader:
    """One row a record, quoted as RFC 4180 says; separator and header are told by the lines."""

    def __init__(self, source: TextSource, layout: Layout) -> None:
        self.source = source
        self.total_bytes = source.total_bytes
        self.passed_over: list[Refusal] = []
        self.layout = layout
        self.delimiter = layout.separator
        self.assumed = list(source.assumed)
        self.description: str = _("CSV: a header line, then one row a record")
        if layout.separator != ",":
            separator = SEPARATORS.get(layout.separator, layout.separator)
            self.description = Sentence(_("Table set apart by {separator}"), separator=separator)
        if not layout.header:
            self.assumed.append(_("no line of column names"))

    def columns(self) -> list[str]:
        """The header."""
        return self._opened()[0]

    def preview(self, count: int = 20) -> list[dict[str, Any]]:
        """The first `count` rows that have as many cells as the header."""
        header, records = self._opened()
        rows: list[dict[str, Any]] = []
        self.passed_over = []
        for number, cells in enumerate(records, start=1):
            if len(cells) == len(header):
                pairs = zip(header, map(_cell, cells), strict=True)
                rows.append({name: cell for name, cell in pairs if cell is not None})
            elif cells:
                self.passed_over.append(_ragged(number, cells, header))
            if len(rows) >= count:
                break
        return rows

    def batches(self) -> Iterator[RawBatch]:
        """Every record; row 1 is the first after the header. An empty cell is absent."""
        header, records = self._opened()
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
        columns = {name: [_cell(r[i]) for r in kept] for i, name in enumerate(header)}
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

    def _opened(self) -> tuple[list[str], Iterator[list[str]]]:
        """The names of the columns, and the records behind them."""
        records = self._records()
        first = next(records, [])
        if self.layout.header:
            return self._header(first), records
        return [f"column {n}" for n in range(1, len(first) + 1)], chain([first], records)

    def _header(self, cells: list[str]) -> list[str]:
        if len(cells) > MOST_COLUMNS:
            raise UnreadableFile(
                _("{name}: has {n} columns: at most {most} are read"),
                name=self.source.name,
                n=len(cells),
                most=MOST_COLUMNS,
            )
        header = [cell.strip() for cell in cells]
        # The column of row numbers that data frames are saved with has no name.
        header = [cell or f"column {n}" for n, cell in enumerate(header, 1)] if any(header) else []
        if not header:
            raise UnreadableFile(
                _("{name}: the first line holds no column names"), name=self.source.name
            )
        twice = [name for name, count in Counter(header).items() if count > 1]
        if twice:
            raise UnreadableFile(
                _("{name}: column names used twice: {twice}"),
                name=self.source.name,
                twice=str(sorted(twice)),
            )
        return header


def _cell(cell: str) -> str | None:
    """What a cell says: nothing for an empty one, without the mark that tames a formula."""
    return restore_cell(cell) if cell else None


def _ragged(number: int, cells: list[str], header: list[str]) -> Refusal:
    return Refusal(number, "", f"has {len(cells)} cells, the header has {len(header)}")
