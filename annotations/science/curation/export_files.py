"""Writes a curated set: the training file in one of many formats, and its record beside it.

One folder that a consumer opens without code: kept and corrected samples together in `train.*`
(or what the format calls it), their pictures, and a data set card. What was decided lies in
`__record`, where no loader looks by itself (Hugging Face passes over names that begin with two
underscores, Arrow and Spark with one): `dropped`, `corrected` and `weights` of every sample,
`votes.jsonl` with what each person said, and `manifest.json`.

Everything is written into a sibling folder and renamed at the end: the target is there whole or
not at all. Rows are streamed, so memory does not grow with the run.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from annotations.science.curation.curation import DECISIONS, KEPT, Counts, count
from annotations.science.curation.data_card import CARD, data_card
from annotations.science.curation.formats import FORMATS, Format
from annotations.science.curation.formats.base import ExportRefused, Place, Writer
from annotations.science.curation.formats.csv_table import CsvFile
from annotations.science.curation.formats.parquet import flat, flat_schema
from annotations.science.curation.pictures import Pictures
from annotations.science.curation.train_rows import (
    json_bytes,
    objects_of,
    record_rows,
    record_schemas,
    train_rows,
    train_schema,
)
from triage.science.record.csv_cells import CSV_RULE
from triage.science.words import gettext_noop as _

RECORD = "__record"
MANIFEST = f"{RECORD}/manifest.json"
VOTES = f"{RECORD}/votes.jsonl"
NEEDED = ("sample_id", "decision", "weight", "corrected_answer", "verdict", "why")
_ABOUT = {
    "manifest.json": "where everything comes from: run, recipe, audits with their seeds",
    "weights": "decision and weight of every sample",
    "corrected": "the corrections, with what they replaced",
    "dropped": "the samples that were dropped, with why",
    "votes.jsonl": "what each person said of each sample, with comments",
}
# What is written with the rows themselves, or made of them; the manifest of a caller may not.
_OURS = {"format", "counts", "files", "csv_rule", "pictures", "left_out"}

__all__ = ["FORMATS", "MANIFEST", "RECORD", "ExportRefused", "Exported", "write_export"]


@dataclass(frozen=True)
class FileRecord:
    """One written file, named from the folder; `rows` where it has a row a sample."""

    name: str
    rows: int | None
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Exported:
    """What was written."""

    folder: Path
    counts: Counts
    files: list[FileRecord]
    manifest: dict[str, Any]


def write_export(
    target: Path | str,
    batches: Iterable[pa.Table],
    schema: pa.Schema,
    file_format: str,
    manifest: Mapping[str, Any],
    *,
    pictures: Pictures | None = None,
    votes: Iterable[Mapping[str, Any]] = (),
    title: str = "curated",
) -> Exported:
    """Write decided samples (`curation.decide`) to the folder `target`.

    `batches` are tables of `schema` (`curation.decided_schema`); `manifest` says where they came
    from (source checksum, audits, seeds, recipe, verdict counts, versions) and is written with the
    counts, the pictures, and each file's rows, bytes and SHA-256 added. `title` names the run.
    Raises ExportRefused for an unknown format, a target that is not an empty or absent folder, a
    missing parent, a column that has no place in a text file, and manifest keys of our own.
    """
    folder = Path(target).absolute()
    form = _checked(folder, schema, file_format, manifest)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".part", dir=folder.parent))
    try:
        place = Place(
            temporary, train_schema(schema), pictures if pictures else Pictures(there=False), title
        )
        rows = _write_rows(place, form, batches, schema)
        counts = Counts(*(rows[decision] for decision in DECISIONS))
        rows["votes"] = _write_votes(temporary / VOTES, votes)
        _write_card(place, form, counts)
        files = _files(place, form, rows)
        whole = _manifest(manifest, form, counts, files, place)
        text = json.dumps(whole, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
        (temporary / MANIFEST).write_text(text, encoding="utf-8")
        temporary.chmod(0o755)
        _put_in_place(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return Exported(folder, counts, files, whole)


def _checked(
    folder: Path, schema: pa.Schema, file_format: str, manifest: Mapping[str, Any]
) -> Format:
    form = format_named(file_format)
    if missing := set(NEEDED) - set(schema.names):
        raise ExportRefused(
            _("undecided samples: no column {missing}"), missing=", ".join(sorted(missing))
        )
    if taken := _OURS & set(manifest):
        raise ExportRefused(_("the manifest writes {taken} itself"), taken=", ".join(sorted(taken)))
    for column in schema:
        if not form.takes_bytes and _is_bytes(column.type):
            raise ExportRefused(
                _("the column {name} holds bytes; export it as parquet"), name=column.name
            )
    if not folder.parent.is_dir():
        raise ExportRefused(_("there is no folder {parent}"), parent=str(folder.parent))
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise ExportRefused(_("{folder} is not a folder"), folder=str(folder))
    if folder.is_dir() and any(folder.iterdir()):
        raise ExportRefused(_("{folder} is not empty; nothing was written"), folder=str(folder))
    return form


def format_named(name: str) -> Format:
    """The format of that name. Raises ExportRefused, naming the known ones."""
    if name not in FORMATS:
        raise ExportRefused(
            _("unknown format {file_format}; there are {formats}"),
            file_format=repr(name),
            formats=", ".join(FORMATS),
        )
    return FORMATS[name]


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


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


def _write_rows(
    place: Place, form: Format, batches: Iterable[pa.Table], schema: pa.Schema
) -> dict[str, int]:
    """Write the training file and its record; the number of rows of each, and of those kept."""
    schemas = record_schemas(schema)
    rows = dict.fromkeys((KEPT, "train", *schemas), 0)
    (place.folder / RECORD).mkdir()
    with ExitStack() as open_files:
        records: dict[str, Writer] = {}
        for part, its_schema in schemas.items():
            path = place.folder / RECORD / f"{part}.{form.suffix}"
            records[part] = _RECORDS[form.suffix](path, its_schema)
            open_files.callback(records[part].close)
        train = form.writer(place)
        open_files.callback(train.close)
        for batch in batches:
            here = count(batch)
            if here.total != batch.num_rows:
                raise ExportRefused(_("a sample is neither kept, dropped nor corrected"))
            rows[KEPT] += here.kept
            for part, table in record_rows(batch).items():
                rows[part] += table.num_rows
                if table.num_rows:
                    records[part].write(table)
            table = train_rows(batch)
            rows["train"] += table.num_rows
            if table.num_rows:
                train.write(table)
    return rows


def _write_votes(path: Path, votes: Iterable[Mapping[str, Any]]) -> int:
    """Write what people said; no file where nobody said anything."""
    lines = [json_bytes(dict(vote)) + b"\n" for vote in votes]
    if lines:
        path.write_bytes(b"".join(lines))
    return len(lines)


def _write_card(place: Place, form: Format, counts: Counts) -> None:
    names = {path.name for path in (place.folder / RECORD).iterdir()} | {"manifest.json"}
    about = {
        f"{RECORD}/{name}": _ABOUT[name if name in _ABOUT else name.split(".")[0]]
        for name in sorted(names)
    }
    card = data_card(form, place, counts, about)
    (place.folder / CARD).write_text(card, encoding="utf-8")


def _files(place: Place, form: Format, rows: Mapping[str, int]) -> list[FileRecord]:
    """Every file but the pictures, of which there may be very many: they are counted apart."""
    found = []
    copied = set(place.pictures.copies)
    for path in sorted(place.folder.rglob("*")):
        name = path.relative_to(place.folder).as_posix()
        if not path.is_file() or name in copied:
            continue
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        stem = path.name.split(".")[0]
        found.append(FileRecord(name, rows.get(stem), path.stat().st_size, digest))
    return found


def _manifest(
    given: Mapping[str, Any], form: Format, counts: Counts, files: list[FileRecord], place: Place
) -> dict[str, Any]:
    whole = {
        **given,
        "format": form.name,
        "counts": {**asdict(counts), "total": counts.total},
        "files": [asdict(record) for record in files],
        "pictures": place.pictures.summary(),
        "left_out": dict(place.left_out),
    }
    return {**whole, "csv_rule": CSV_RULE} if form.suffix == "csv" else whole


class _JsonLinesFile:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._file = path.open("wb")

    def write(self, table: pa.Table) -> None:
        self._file.writelines(json_bytes(row) + b"\n" for row in objects_of(table))

    def close(self) -> None:
        self._file.close()


class _ParquetFile:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(path, flat_schema(schema), compression="zstd")

    def write(self, table: pa.Table) -> None:
        self._writer.write_table(flat(table))

    def close(self) -> None:
        self._writer.close()


_RECORDS: dict[str, Callable[[Path, pa.Schema], Writer]] = {
    "jsonl": _JsonLinesFile,
    "parquet": _ParquetFile,
    "csv": CsvFile,
}
