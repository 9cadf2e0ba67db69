"""From a file to a run's folder: read, check, score, write; all of it or nothing."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from triage.science.ingest.checks import boxes_outside, uneven_vectors
from triage.science.ingest.doubts import NeedsWord, check_doubtful, check_refused
from triage.science.ingest.duplicates import later_rows, rewrite_without
from triage.science.ingest.finding_pictures import find_pictures
from triage.science.ingest.row_images import with_pictures
from triage.science.ingest.tally import RuleTrial, best_without_judge, reasons, tally, trials
from triage.science.ingest.tally import Tally as Counts
from triage.science.progress import Progress
from triage.science.readers import Reader, UnreadableFile
from triage.science.readers.side_files import SideFile, beside, check_mapping, nothing_matched
from triage.science.record.mapping import ColumnMapping
from triage.science.record.records import SCHEMA, RawBatch, Refusal, conform
from triage.science.record.scoring import ERROR_BELOW, RULES, missing_input, scored
from triage.science.store.image_index import ImageIndex, index_folder
from triage.science.store.store import RunFolder
from triage.science.words import Refused, Sentence
from triage.science.words import gettext_noop as _

REFUSED_SCHEMA = pa.schema([("row", pa.int64()), ("field", pa.string()), ("reason", pa.string())])
# Refusals kept word for word; beyond that only their number is.
MOST_REFUSALS = 1_000_000


class NothingToImport(Refused):
    """No row could be taken; the message gives the first reasons."""


@dataclass(frozen=True)
class IngestResult:
    """What became of the file.

    `rules`: every rule that could be tried; `judge_agreement`: the share of rows in which the rule
    that would be taken without the file's own verdict says the same as that verdict.
    """

    samples: int
    errors: int
    refused: int
    sha256: str
    splits: Mapping[str, int]
    images_missing: int
    first_refusals: tuple[Refusal, ...]
    sides: tuple[Mapping[str, Any], ...] = ()
    counts: Counts = field(default_factory=Counts)
    accuracy: float = 0.0
    rules: tuple[RuleTrial, ...] = ()
    judge_agreement: float | None = None
    reasons: tuple[Mapping[str, Any], ...] = ()
    images: Mapping[str, Any] = field(default_factory=dict)
    numbered: bool = False


@dataclass
class _Writing:
    """State of one import while its batches go by."""

    folder: RunFolder
    mapping: ColumnMapping
    rule: str
    default_split: str
    image_root: Path | None
    sides: Sequence[SideFile] = ()
    leave: frozenset[str] = frozenset()
    parts: int = 0
    samples: int = 0
    credit: float = 0.0
    refusals: list[Refusal] = field(default_factory=list)
    lengths: dict[str, int] = field(default_factory=dict)
    index: ImageIndex | None = None


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
    leave: frozenset[str] = frozenset({"refused", "doubtful"}),
    progress: Progress = lambda share, step: None,
) -> IngestResult:
    """Write the file's rows into `folder` as samples with credit and error mark.

    `sides`: files whose fields are laid beside the rows. `leave`: what a person has already said
    yes to, of 'refused' (many rows are refused) and 'doubtful' (nearly all are errors, or rule and
    judge contradict each other). Raises UnreadableFile, NothingToImport, or NeedsWord; then, as
    after any other fault, the folder is gone.
    """
    _check_fields(reader, mapping, rule)
    check_mapping(sides, mapping)
    writing = _Writing(folder, mapping, rule, default_split, image_root, sides, leave)
    try:
        if image_root is not None:
            progress(0.0, _("Looking for pictures"))
            writing.index = index_folder(image_root)
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


def _check_fields(reader: Reader, mapping: ColumnMapping, rule: str) -> None:
    if not mapping.columns_of("prediction"):
        raise NothingToImport(
            _("no column is mapped to {absent}; the file has: {columns}"),
            absent="prediction",
            columns=", ".join(reader.columns()),
        )
    if not mapping.columns_of(RULES[rule].needs):
        if rule == "given" and not mapping.columns_of("answers"):
            raise NothingToImport(
                _(
                    "there is no reference answer and no verdict in the file, so no prediction "
                    "can be called right or wrong; the file has: {columns}"
                ),
                columns=", ".join(reader.columns()),
            )
        raise NothingToImport(
            _("the scoring rule '{rule}' needs a column mapped to '{needs}'"),
            rule=rule,
            needs=RULES[rule].needs,
        )


def _take(writing: _Writing, raw: RawBatch) -> None:
    mapping = writing.mapping
    raw, mapping, bad_images = with_pictures(raw, mapping, writing.folder.put_image)
    raw, mapping = _with_names(raw, mapping)
    raw, mapping = beside(raw, mapping, writing.sides)
    conformed = conform(raw, mapping, writing.default_split)
    table, refusals = conformed.table, conformed.refusals
    checks = (
        lambda rows: _of_rows(bad_images, rows),
        lambda rows: uneven_vectors(rows, writing.lengths),
        lambda rows: _unscorable(writing.rule, rows),
        lambda rows: boxes_outside(rows, lambda name: _opened(writing, name)),
    )
    for check in checks:
        bad = check(table)
        if bad:
            refusals += bad
            rows = pa.array([refusal.row for refusal in bad], pa.int64())
            table = table.filter(pc.invert(pc.is_in(table["row"], rows)))
    writing.refusals += refusals
    if table.num_rows:
        _write_part(writing, table)


def _with_names(raw: RawBatch, mapping: ColumnMapping) -> tuple[RawBatch, ColumnMapping]:
    """Rows without a name of their own are called by their number in the file."""
    if mapping.columns_of("sample_id"):
        return raw, mapping
    columns = {**raw.columns, NUMBERED: pa.array(raw.rows, pa.int64())}
    named = ColumnMapping({**mapping.columns, "sample_id": (NUMBERED,)})
    return RawBatch(columns, raw.rows, raw.refusals, raw.bytes_done), named


# The column of row numbers; no file has a column of this name.
NUMBERED = "\x00row"


def _of_rows(refusals: Sequence[Refusal], table: pa.Table) -> list[Refusal]:
    """Those refusals whose rows are still there: a row is refused once."""
    here = set(table["row"].to_pylist())
    return [each for each in refusals if each.row in here]


def _opened(writing: _Writing, name: str) -> IO[bytes] | None:
    """The picture of that name, where it is in the image folder."""
    if writing.index is None or writing.image_root is None:
        return None
    path = writing.index.find(name).path
    return None if path is None else (writing.image_root / path).open("rb")


def _write_part(writing: _Writing, table: pa.Table) -> None:
    read = scored(table, writing.rule)
    positions = np.arange(writing.samples, writing.samples + table.num_rows)
    table = (
        table.append_column("position", pa.array(positions, pa.int64()))
        .append_column("credit", pa.array(read.credit, pa.float32()))
        .append_column("is_error", pa.array(read.credit < ERROR_BELOW))
    )
    for name in read.table.column_names:
        table = table.append_column(name, read.table.column(name))
    writing.credit += float(read.credit.sum(dtype=np.float64))
    writing.folder.write_table(
        table.select(SCHEMA.names).cast(SCHEMA), "samples", f"part-{writing.parts:05d}.parquet"
    )
    writing.parts += 1
    writing.samples += table.num_rows


def _unscorable(rule: str, table: pa.Table) -> list[Refusal]:
    needs = RULES[rule].needs
    rows = np.asarray(table["row"])[missing_input(table, rule)]
    reason = f"is missing: the scoring rule '{rule}' needs it"
    return [Refusal(int(row), needs, reason) for row in rows]


def _drop_duplicates(writing: _Writing) -> None:
    """Refuse every later row of a sample_id; parts are rewritten only if there are any."""
    if not writing.samples:
        return
    later = later_rows(writing.folder)
    if later:
        writing.refusals += later
        writing.samples = rewrite_without(writing.folder, {each.row for each in later})


def _finish(writing: _Writing, source: Path) -> IngestResult:
    refusals = sorted(writing.refusals, key=lambda refusal: (refusal.row, refusal.field))
    if not writing.samples:
        shown = "; ".join(str(refusal) for refusal in refusals[:3]) or "the file holds no rows"
        raise NothingToImport(_("no row could be taken: {shown}"), shown=shown)
    why = tuple(reasons(refusals))
    if "refused" not in writing.leave:
        check_refused(refusals, why, writing.samples)
    for side in writing.sides:
        if not side.matched:
            first = next(writing.folder.read_samples(["sample_id"]))["sample_id"][0].as_py()
            raise NothingToImport(nothing_matched(side, first))
    _write_refusals(writing.folder, refusals[:MOST_REFUSALS])
    images = find_pictures(writing.folder, writing.index)
    counts = tally(writing.folder.read_samples([*_READ_AGAIN]))
    rules = tuple(trials(counts.tried))
    if "doubtful" not in writing.leave:
        check_doubtful(writing.rule, counts, rules)
    plain = best_without_judge(counts.tried)
    return IngestResult(
        samples=writing.samples,
        errors=counts.errors,
        refused=len(refusals),
        sha256=checksum(source),
        splits=counts.splits,
        images_missing=images["missing"],
        first_refusals=tuple(refusals[:20]),
        sides=tuple(_side(each) for each in writing.sides),
        counts=counts,
        accuracy=_mean_credit(writing.folder),
        rules=rules,
        judge_agreement=next((each.agrees for each in rules if each.rule == plain), None),
        reasons=why,
        images=images,
        numbered=not writing.mapping.columns_of("sample_id"),
    )


_READ_AGAIN = (
    "sample_id", "prediction", "answered", "answers", "options", "correct", "split", "is_error",
    "answer_state", "near_border", "group",
)  # fmt: skip


def _mean_credit(folder: RunFolder) -> float:
    total, count = 0.0, 0
    for part in folder.read_samples(["credit"]):
        total += float(pc.sum(part["credit"].cast(pa.float64())).as_py() or 0.0)
        count += part.num_rows
    return total / count if count else 0.0


def _write_refusals(folder: RunFolder, kept: Sequence[Refusal]) -> None:
    columns = {
        "row": pa.array([r.row for r in kept], pa.int64()),
        "field": pa.array([r.field for r in kept], pa.string()),
        "reason": pa.array([r.reason for r in kept], pa.string()),
    }
    folder.write_table(pa.table(columns, schema=REFUSED_SCHEMA), "refused.parquet")


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
    """SHA-256, hex, of a file; of a folder that of its files' names and sizes."""
    if path.is_dir():
        known = hashlib.sha256()
        for each in sorted(path.rglob("*")):
            known.update(f"{each.relative_to(path)} {each.stat().st_size}\n".encode())
        return known.hexdigest()
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


__all__ = [
    "IngestResult", "NeedsWord", "NothingToImport", "UnreadableFile", "checksum", "ingest",
]  # fmt: skip
