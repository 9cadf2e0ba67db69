"""From a file to a run's folder: read, check, score, write; all of it or nothing."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from triage.science.progress import Progress
from triage.science.readers import Reader, UnreadableFile
from triage.science.readers.side_files import SideFile, beside, check_mapping, nothing_matched
from triage.science.record import values
from triage.science.record.mapping import ColumnMapping
from triage.science.record.records import REQUIRED, SCHEMA, RawBatch, Refusal, conform
from triage.science.record.scoring import ERROR_BELOW, RULES, missing_input, score
from triage.science.store.image_files import NotAPicture, read_header
from triage.science.store.store import RunFolder
from triage.science.words import Refused, Sentence
from triage.science.words import gettext_noop as _

REFUSED_SCHEMA = pa.schema([("row", pa.int64()), ("field", pa.string()), ("reason", pa.string())])
# Refusals kept word for word; beyond that only their number is.
MOST_REFUSALS = 1_000_000
# Fields that hold vectors, by the space that their lengths are compared in.
SPACES = {
    "image_embedding": "image_embedding",
    "text_embedding": "text_embedding",
    "region_embeddings": "regions",
    "word_embeddings": "regions",
    "hidden_state": "hidden_state",
}
_BEFORE = dict.fromkeys(SPACES.values(), "the rows") | {"regions": "regions and words"}


class NothingToImport(Refused):
    """No row could be taken; the message gives the first reasons."""


@dataclass(frozen=True)
class IngestResult:
    """What became of the file."""

    samples: int
    errors: int
    refused: int
    sha256: str
    splits: Mapping[str, int]
    images_missing: int
    first_refusals: tuple[Refusal, ...]
    sides: tuple[Mapping[str, Any], ...] = ()


@dataclass
class _Writing:
    """State of one import while its batches go by."""

    folder: RunFolder
    mapping: ColumnMapping
    rule: str
    default_split: str
    image_root: Path | None
    sides: Sequence[SideFile] = ()
    parts: int = 0
    samples: int = 0
    images_missing: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    lengths: dict[str, int] = field(default_factory=dict)


def ingest(
    reader: Reader,
    source: Path,
    folder: RunFolder,
    *,
    mapping: ColumnMapping,
    rule: str,
    default_split: str = "test",
    image_root: Path | None = None,
    sides: Sequence[SideFile] = (),
    progress: Progress = lambda share, step: None,
) -> IngestResult:
    """Write the file's rows into `folder` as samples with credit and error mark.

    `sides`: files whose fields are laid beside the rows. Raises UnreadableFile or NothingToImport;
    then, as after any other fault, the folder is gone.
    """
    absent = [name for name in REQUIRED if not mapping.columns_of(name)]
    if absent:
        raise NothingToImport(
            _("no column is mapped to {absent}; the file has: {columns}"),
            absent=" and ".join(absent),
            columns=", ".join(reader.columns()),
        )
    if not mapping.columns_of(RULES[rule].needs):
        raise NothingToImport(
            _("the scoring rule '{rule}' needs a column mapped to '{needs}'"),
            rule=rule,
            needs=RULES[rule].needs,
        )
    check_mapping(sides, mapping)
    writing = _Writing(folder, mapping, rule, default_split, image_root, sides)
    try:
        for raw in reader.batches():
            _take(writing, raw)
            share = 0.9 * raw.bytes_done / max(reader.total_bytes, 1)
            progress(share, Sentence(_("{n} rows read"), n=writing.samples))
        progress(0.92, _("Looking for duplicates"))
        _drop_duplicates(writing)
        progress(0.96, _("Finishing"))
        return _finish(writing, source)
    except BaseException:
        folder.delete()
        raise


def _take(writing: _Writing, raw: RawBatch) -> None:
    raw, bad_images = _own_images(writing, raw)
    raw, mapping = beside(raw, writing.mapping, writing.sides)
    conformed = conform(raw, mapping, writing.default_split)
    refusals = conformed.refusals + bad_images
    table = conformed.table
    if bad_images:
        refused_rows = pa.array([refusal.row for refusal in bad_images], pa.int64())
        table = table.filter(pc.invert(pc.is_in(table["row"], refused_rows)))
    for check in (_uneven_vectors, _unscorable, _boxes_outside):
        bad = check(writing, table)
        if bad:
            refusals += bad
            rows = pa.array([refusal.row for refusal in bad], pa.int64())
            table = table.filter(pc.invert(pc.is_in(table["row"], rows)))
    writing.refusals += refusals
    if table.num_rows:
        _write_part(writing, table)


def _write_part(writing: _Writing, table: pa.Table) -> None:
    credit = score(table, writing.rule)
    positions = np.arange(writing.samples, writing.samples + table.num_rows)
    table = (
        table.append_column("position", pa.array(positions, pa.int64()))
        .append_column("credit", pa.array(credit, pa.float32()))
        .append_column("is_error", pa.array(credit < ERROR_BELOW))
    )
    writing.images_missing += _count_missing_images(writing, table)
    writing.folder.write_table(
        table.select(SCHEMA.names).cast(SCHEMA), "samples", f"part-{writing.parts:05d}.parquet"
    )
    writing.parts += 1
    writing.samples += table.num_rows


def _own_images(writing: _Writing, raw: RawBatch) -> tuple[RawBatch, list[Refusal]]:
    """Images that came as bytes are kept as files; the column then holds their paths."""
    names = writing.mapping.columns_of("image")
    column = raw.columns.get(names[0]) if len(names) == 1 else None
    if column is None or not _holds_bytes(column):
        return raw, []
    paths: list[str | None] = []
    refusals: list[Refusal] = []
    listed = column.to_pylist() if isinstance(column, pa.Array) else column
    for row, value in zip(raw.rows, listed, strict=True):
        data = value.get("bytes") if isinstance(value, dict) else value
        path = value.get("path") if isinstance(value, dict) else None
        if data is None:
            paths.append(path)
            continue
        try:
            paths.append(writing.folder.put_image(data, read_header(data).suffix))
        except NotAPicture as problem:
            refusals.append(Refusal(int(row), "image", str(problem)))
            paths.append(None)
    columns = {**raw.columns, names[0]: paths}
    return RawBatch(columns, raw.rows, raw.refusals, raw.bytes_done), refusals


def _holds_bytes(column: Any) -> bool:
    if isinstance(column, pa.Array):
        kind = column.type
        binary = pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
        return bool(binary or pa.types.is_struct(kind))
    return any(isinstance(value, dict | bytes) for value in column)


def _uneven_vectors(writing: _Writing, table: pa.Table) -> list[Refusal]:
    """Embeddings of one run have one length: the first row's.

    Regions and words are compared with each other: they share theirs.
    """
    refusals: dict[int, Refusal] = {}
    for name, space in SPACES.items():
        lengths = _vector_lengths(table[name])
        known = np.flatnonzero(lengths)
        if not len(known):
            continue
        expected = writing.lengths.setdefault(space, int(lengths[known[0]]))
        for index in known[lengths[known] != expected].tolist():
            row = table["row"][index].as_py()
            reason = f"has {lengths[index]} numbers, {_BEFORE[space]} before it have {expected}"
            refusals.setdefault(row, Refusal(row, name, reason))
    return list(refusals.values())


def _vector_lengths(column: pa.ChunkedArray) -> np.ndarray:
    """Numbers (n) in each row's vector, or in the first of its vectors; 0 without any."""
    kind = column.type
    if pa.types.is_map(kind) or pa.types.is_list(kind.value_type):
        whole = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], kind)
        each = whole.items if pa.types.is_map(kind) else whole.values
        inner = np.asarray(pc.list_value_length(each).to_numpy(zero_copy_only=False))
        starts = whole.offsets.to_numpy()
        filled = np.flatnonzero((np.diff(starts) > 0) & np.asarray(whole.is_valid()))
        found = np.zeros(len(whole), dtype=np.int64)
        found[filled] = inner[starts[:-1][filled]]
        return found
    lengths = pc.fill_null(pc.list_value_length(column), 0)
    return np.asarray(lengths.to_numpy(), dtype=np.int64)


def _unscorable(writing: _Writing, table: pa.Table) -> list[Refusal]:
    needs = RULES[writing.rule].needs
    mask = missing_input(table, writing.rule)
    rows = np.asarray(table["row"])[mask]
    reason = f"is missing: the scoring rule '{writing.rule}' needs it"
    return [Refusal(int(row), needs, reason) for row in rows]


def _boxes_outside(writing: _Writing, table: pa.Table) -> list[Refusal]:
    """Boxes in pixels are held against the image where its size can be read."""
    if writing.image_root is None or table["boxes"].null_count == table.num_rows:
        return []
    refusals = []
    columns = (table[name].to_pylist() for name in ("row", "image", "boxes", "predicted_box"))
    for row, image, boxes, predicted in zip(*columns, strict=True):
        given = [*(boxes or []), *([predicted] if predicted else [])]
        pixels = [one for one in given if max(one) > 1]
        if not pixels or image is None:
            continue
        try:
            with (writing.image_root / image).open("rb") as stream:
                header = read_header(stream)
        except (OSError, NotAPicture):
            continue
        try:
            for one in pixels:
                values.check_box_inside(one, header.width, header.height)
        except ValueError as problem:
            refusals.append(Refusal(row, "boxes", str(problem)))
    return refusals


def _count_missing_images(writing: _Writing, table: pa.Table) -> int:
    """Images that are named but not there; the rows are kept and the pages say so."""
    names = pc.unique(table["image"].drop_null()).to_pylist()
    if writing.image_root is not None:
        absent = {name for name in names if not (writing.image_root / name).is_file()}
    else:
        absent = {name for name in names if not writing.folder.has("images", name)}
    if not absent:
        return 0
    found = pc.is_in(table["image"], pa.array(sorted(absent), pa.string()))
    return int(pc.sum(found).as_py() or 0)


def _drop_duplicates(writing: _Writing) -> None:
    """Refuse every later row of a sample_id; parts are rewritten only if there are any."""
    if not writing.samples:
        return
    parts = writing.folder.sample_parts()
    local = writing.folder.root.is_local
    db = duckdb.connect(":memory:")
    if not local:
        db.register_filesystem(writing.folder.root.fs)
    names = parts if local else [writing.folder.root.fs.unstrip_protocol(p) for p in parts]
    # Hashes first: a set of a million 8-byte numbers instead of a million names.
    later = db.execute(
        "WITH named AS (SELECT sample_id, row FROM read_parquet($names)), "
        "twice AS (SELECT hash(sample_id) AS h FROM named GROUP BY 1 HAVING count(*) > 1) "
        "SELECT row, sample_id, first FROM (SELECT row, sample_id, "
        "min(row) OVER (PARTITION BY sample_id) AS first FROM named "
        "WHERE hash(sample_id) IN (FROM twice)) WHERE row > first ORDER BY row",
        {"names": names},
    ).fetchall()
    if not later:
        return
    for row, sample_id, first in later:
        writing.refusals.append(
            Refusal(row, "sample_id", f"'{sample_id[:80]}' is already used in row {first}")
        )
    _rewrite_without(writing, {row for row, _, _ in later}, parts)


def _rewrite_without(writing: _Writing, rows: set[int], parts: list[str]) -> None:
    dropped = pa.array(sorted(rows), pa.int64())
    writing.samples = 0
    for number, part in enumerate(parts):
        name = part.rsplit("/", 1)[1]
        table = writing.folder.read_table("samples", name)
        table = table.filter(pc.invert(pc.is_in(table["row"], dropped)))
        positions = np.arange(writing.samples, writing.samples + table.num_rows)
        place = table.schema.get_field_index("position")
        table = table.set_column(place, "position", pa.array(positions, pa.int64()))
        writing.folder.write_table(table, "samples", f"part-{number:05d}.parquet")
        writing.samples += table.num_rows


def _finish(writing: _Writing, source: Path) -> IngestResult:
    refusals = sorted(writing.refusals, key=lambda refusal: (refusal.row, refusal.field))
    if not writing.samples:
        shown = "; ".join(str(refusal) for refusal in refusals[:3]) or "the file holds no rows"
        raise NothingToImport(_("no row could be taken: {shown}"), shown=shown)
    for side in writing.sides:
        if not side.matched:
            first = next(writing.folder.read_samples(["sample_id"]))["sample_id"][0].as_py()
            raise NothingToImport(nothing_matched(side, first))
    kept = refusals[:MOST_REFUSALS]
    table = pa.table(
        {
            "row": pa.array([r.row for r in kept], pa.int64()),
            "field": pa.array([r.field for r in kept], pa.string()),
            "reason": pa.array([r.reason for r in kept], pa.string()),
        },
        schema=REFUSED_SCHEMA,
    )
    writing.folder.write_table(table, "refused.parquet")
    errors, splits = 0, dict[str, int]()
    for part in writing.folder.read_samples(["split", "is_error"]):
        errors += int(pc.sum(part["is_error"]).as_py() or 0)
        for entry in pc.value_counts(part["split"].combine_chunks()).to_pylist():
            splits[entry["values"]] = splits.get(entry["values"], 0) + entry["counts"]
    return IngestResult(
        samples=writing.samples,
        errors=errors,
        refused=len(refusals),
        sha256=checksum(source),
        splits=splits,
        images_missing=writing.images_missing,
        first_refusals=tuple(refusals[:20]),
        sides=tuple(_side(each) for each in writing.sides),
    )


def _side(side: SideFile) -> dict[str, Any]:
    """What a run remembers of a side file."""
    return {
        "name": side.name,
        "sha256": checksum(side.path),
        "fields": list(side.fields),
        "rows": len(side.rows),
        "matched": side.matched,
    }


def checksum(path: Path) -> str:
    """SHA-256 of a file, hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


__all__ = ["IngestResult", "NothingToImport", "UnreadableFile", "checksum", "ingest"]
