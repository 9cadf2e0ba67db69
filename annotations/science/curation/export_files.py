"""Writes a curated set: kept, dropped and corrected samples, weights, and a manifest.

One folder with `kept`, `dropped`, `corrected` and `weights` as JSON Lines, Parquet or CSV, and
`manifest.json`. In `corrected`, `answers` is the corrected answer and `original_answers` what it
replaced. `weights` has one line for every sample: sample_id, decision, weight (0 for dropped).

Everything is written into a sibling folder and renamed at the end: the target is there whole or
not at all. Rows are streamed, so memory does not grow with the run.

The CSV rule. A spreadsheet runs a cell that begins with = + - @, a tab or a line end as a formula
(OWASP, "CSV injection"), also behind quotes, spaces or in full width. Every text cell, column
names included, in which only quotes and blanks come before such a character is written with one
apostrophe in front; `restore_cell` takes it off again and leaves all other cells as they are, so
nothing is lost. Number and boolean columns are not touched: a negative number stays a number. All
text is quoted, so that no other separator a spreadsheet may assume can split a cell. Lists and
structs are cells of JSON.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from annotations.science.curation.curation import CORRECTED, DECISIONS, DROPPED, KEPT, Counts, count
from triage.science.record.csv_cells import CSV_RULE, guard_cell, guarded_column
from triage.science.words import Refused
from triage.science.words import gettext_noop as _

FORMATS = ("jsonl", "parquet", "csv")
PARTS = (KEPT, DROPPED, CORRECTED, "weights")
MANIFEST = "manifest.json"
WEIGHT_COLUMNS = ("sample_id", "decision", "weight")
# Rows that are turned into Python objects at once.
ROWS_AT_ONCE = 8192


class ExportRefused(Refused):
    """The export cannot be written there, or not in this form."""


@dataclass(frozen=True)
class FileRecord:
    """One written file; `sha256` of its bytes."""

    name: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Exported:
    """What was written."""

    folder: Path
    counts: Counts
    files: list[FileRecord]
    manifest: dict[str, Any]


class _Writer(Protocol):
    def write(self, table: pa.Table) -> None: ...

    def close(self) -> None: ...


def write_export(
    target: Path | str,
    batches: Iterable[pa.Table],
    schema: pa.Schema,
    file_format: str,
    manifest: Mapping[str, Any],
) -> Exported:
    """Write decided samples (`curation.decide`) to the folder `target`.

    `batches` are tables of `schema` (`curation.decided_schema`); `manifest` says where they came
    from (source checksum, audits, seeds, recipe, verdict counts, versions) and is written with the
    counts and each file's rows, bytes and SHA-256 added.
    Raises ExportRefused for an unknown format, a target that is not an empty or absent folder, a
    missing parent, a column that has no place in a text file, and manifest keys of our own.
    """
    folder = Path(target).absolute()
    _check(folder, schema, file_format, manifest)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".part", dir=folder.parent))
    try:
        rows = _write_parts(temporary, batches, schema, file_format)
        counts = Counts(*(rows[decision] for decision in DECISIONS))
        files = [_record(temporary / f"{part}.{file_format}", rows[part]) for part in PARTS]
        whole = {
            **manifest,
            "format": file_format,
            "counts": {**asdict(counts), "total": counts.total},
            "files": [asdict(record) for record in files],
        }
        if file_format == "csv":
            whole["csv_rule"] = CSV_RULE
        text = json.dumps(whole, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
        (temporary / MANIFEST).write_text(text, encoding="utf-8")
        temporary.chmod(0o755)
        _put_in_place(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return Exported(folder, counts, files, whole)


def _check(folder: Path, schema: pa.Schema, file_format: str, manifest: Mapping[str, Any]) -> None:
    if file_format not in FORMATS:
        raise ExportRefused(
            _("unknown format {file_format}; there are {formats}"),
            file_format=repr(file_format),
            formats=", ".join(FORMATS),
        )
    if missing := set(WEIGHT_COLUMNS) - set(schema.names):
        raise ExportRefused(
            _("undecided samples: no column {missing}"), missing=", ".join(sorted(missing))
        )
    if taken := {"format", "counts", "files", "csv_rule"} & set(manifest):
        raise ExportRefused(_("the manifest writes {taken} itself"), taken=", ".join(sorted(taken)))
    if file_format != "parquet":
        for column in schema:
            if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
                raise ExportRefused(
                    _("the column {name} holds bytes; export it as parquet"), name=column.name
                )
    if not folder.parent.is_dir():
        raise ExportRefused(_("there is no folder {parent}"), parent=str(folder.parent))
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise ExportRefused(_("{folder} is not a folder"), folder=str(folder))
    if folder.is_dir() and any(folder.iterdir()):
        raise ExportRefused(_("{folder} is not empty; nothing was written"), folder=str(folder))


def _put_in_place(temporary: Path, folder: Path) -> None:
    try:
        # Replaces an absent or empty folder in one step; one filled meanwhile makes it fail.
        os.rename(temporary, folder)
    except OSError as error:
        raise ExportRefused(
            _("{folder} could not be put in place: {strerror}"),
            folder=str(folder),
            strerror=str(error.strerror),
        ) from error


def _write_parts(
    folder: Path, batches: Iterable[pa.Table], schema: pa.Schema, file_format: str
) -> dict[str, int]:
    schemas = {part: _part_schema(part, schema) for part in PARTS}
    writers: dict[str, _Writer] = {}
    rows = dict.fromkeys(PARTS, 0)
    try:
        for part in PARTS:
            writers[part] = WRITERS[file_format](folder / f"{part}.{file_format}", schemas[part])
        for batch in batches:
            if sum(asdict(count(batch)).values()) != batch.num_rows:
                raise ExportRefused(_("a sample is neither kept, dropped nor corrected"))
            for part in PARTS:
                table = _part(part, batch, schemas[part])
                rows[part] += table.num_rows
                if table.num_rows:
                    writers[part].write(table)
    finally:
        for writer in writers.values():
            writer.close()
    return rows


def _part_schema(part: str, schema: pa.Schema) -> pa.Schema:
    if part == "weights":
        return pa.schema([schema.field(name) for name in WEIGHT_COLUMNS])
    if part != CORRECTED:
        return schema
    answers = pa.field("answers", pa.list_(pa.string()))
    columns = [column for column in schema if column.name not in ("answers", "original_answers")]
    if "answers" in schema.names:
        columns.append(schema.field("answers").with_name("original_answers"))
    return pa.schema([*columns, answers])


def _part(part: str, batch: pa.Table, schema: pa.Schema) -> pa.Table:
    if part == "weights":
        return batch.select(WEIGHT_COLUMNS).cast(schema)
    chosen = batch.filter(pc.equal(batch["decision"], part))
    if part != CORRECTED:
        return chosen.cast(schema)
    columns = {name: chosen[name] for name in chosen.column_names}
    if "answers" in columns:
        columns["original_answers"] = columns["answers"]
    corrected = pc.fill_null(chosen["corrected_answer"].combine_chunks(), "")
    offsets = pa.array(range(len(corrected) + 1), pa.int32())
    columns["answers"] = pa.ListArray.from_arrays(offsets, corrected)
    return pa.table({name: columns[name] for name in schema.names}).cast(schema)


def _record(path: Path, rows: int) -> FileRecord:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileRecord(path.name, rows, path.stat().st_size, digest)


class _JsonLines:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.file = path.open("wb")

    def write(self, table: pa.Table) -> None:
        for batch in table.to_batches(max_chunksize=ROWS_AT_ONCE):
            self.file.writelines(_json(row) + b"\n" for row in _rows(batch))

    def close(self) -> None:
        self.file.close()


class _Parquet:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.writer = pq.ParquetWriter(path, schema, compression="zstd")

    def write(self, table: pa.Table) -> None:
        self.writer.write_table(table)

    def close(self) -> None:
        self.writer.close()


class _Csv:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        columns = [
            pa.field(guard_cell(column.name), _cell_type(column.type), column.nullable)
            for column in schema
        ]
        self.schema = pa.schema(columns)
        self.writer = pa_csv.CSVWriter(
            str(path), self.schema, write_options=pa_csv.WriteOptions(quoting_style="needed")
        )

    def write(self, table: pa.Table) -> None:
        for batch in table.to_batches(max_chunksize=ROWS_AT_ONCE):
            cells = [_cells(column) for column in batch.columns]
            self.writer.write_batch(pa.record_batch(cells, schema=self.schema))

    def close(self) -> None:
        self.writer.close()


WRITERS: dict[str, Callable[[Path, pa.Schema], _Writer]] = {
    "jsonl": _JsonLines,
    "parquet": _Parquet,
    "csv": _Csv,
}


def _rows(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = batch.to_pylist(maps_as_pydicts="lossy")
    return rows


def _json(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z, default=str)


def _is_plain(kind: pa.DataType) -> bool:
    """Number, boolean or time: nothing a spreadsheet runs."""
    types = pa.types
    tests = (types.is_integer, types.is_floating, types.is_boolean, types.is_temporal)
    return any(test(kind) for test in tests)


def _cell_type(kind: pa.DataType) -> pa.DataType:
    return kind if _is_plain(kind) else pa.string()


def _cells(column: pa.Array) -> pa.Array:
    """A column as CSV cells: numbers as they are, text guarded, all else as guarded JSON."""
    if _is_plain(column.type):
        return column
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_null(column.type):
        return column.cast(pa.string())
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        values = column.to_pylist(maps_as_pydicts="lossy")
        column = pa.array([None if v is None else _json(v).decode() for v in values], pa.string())
    return guarded_column(column.cast(pa.string()))
