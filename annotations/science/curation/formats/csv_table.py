"""CSV: a table for spreadsheets, in which no cell can be run as a formula.

A spreadsheet runs a cell that begins with = + - @, a tab or a line end as a formula (OWASP, "CSV
injection"), also behind quotes, spaces or in full width. Every text cell, column names included,
in which only quotes and blanks come before such a character is written with one apostrophe in
front; `restore_cell` takes it off again and leaves all other cells as they are, so nothing is
lost. Number and boolean columns are not touched: a negative number stays a number. All text is
quoted, so that no other separator a spreadsheet may assume can split a cell. Lists and structs are
cells of JSON.
"""

import codecs
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv

from annotations.science.curation.formats.base import Format, Place
from annotations.science.curation.hugging_face import card_features
from annotations.science.curation.train_rows import ROWS_AT_ONCE, json_texts
from triage.science.record.csv_cells import guard_cell, guarded_column
from triage.science.words import gettext_noop as _


class CsvFile:
    """A guarded CSV file; with `bom` it begins with a byte order mark, as Excel wants UTF-8."""

    def __init__(self, path: Path, schema: pa.Schema, bom: bool = False) -> None:
        self.schema = cell_schema(schema)
        self._file = path.open("wb")
        if bom:
            self._file.write(codecs.BOM_UTF8)
        options = pa_csv.WriteOptions(quoting_style="needed")
        self._writer = pa_csv.CSVWriter(self._file, self.schema, write_options=options)

    def write(self, table: pa.Table) -> None:
        """Write these rows after those before."""
        for batch in table.to_batches(max_chunksize=ROWS_AT_ONCE):
            cells = [cells_of(column) for column in batch.columns]
            self._writer.write_batch(pa.record_batch(cells, schema=self.schema))

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()
        self._file.close()


class Csv:
    """Writes `train.csv`."""

    def __init__(self, place: Place, bom: bool = False) -> None:
        self.place = place
        place.features.extend(card_features(cell_schema(place.schema)))
        self._file = CsvFile(place.folder / "train.csv", place.schema, bom)

    def write(self, table: pa.Table) -> None:
        """Write these rows after those before."""
        self._file.write(self.place.with_paths(table))

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


def cells_of(column: pa.Array) -> pa.Array:
    """A column as CSV cells: numbers as they are, text guarded, all else as guarded JSON."""
    if _is_plain(column.type):
        return column
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_null(column.type):
        return column.cast(pa.string())
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        column = json_texts(column)
    return guarded_column(column.cast(pa.string()))


def _is_plain(kind: pa.DataType) -> bool:
    """Number, boolean or time: nothing a spreadsheet runs."""
    types = pa.types
    tests = (types.is_integer, types.is_floating, types.is_boolean, types.is_temporal)
    return any(test(kind) for test in tests)


def cell_schema(schema: pa.Schema) -> pa.Schema:
    """The columns as CSV has them: numbers, and text under guarded names."""
    return pa.schema(
        [
            pa.field(guard_cell(c.name), c.type if _is_plain(c.type) else pa.string(), c.nullable)
            for c in schema
        ]
    )


FORMAT = Format(
    name="csv",
    title="CSV",
    about=_("a table, pictures beside; lists as JSON"),
    writer=Csv,
    loads="train.csv",
    opening='pandas.read_csv("{folder}/train.csv")',
    suffix="csv",
)
WITH_BOM = Format(
    name="csv-bom",
    title=_("CSV for Excel"),
    about=_("with the mark that Excel needs for Unicode"),
    writer=partial(Csv, bom=True),
    loads="train.csv",
    opening='pandas.read_csv("{folder}/train.csv", encoding="utf-8-sig")',
    suffix="csv",
)
