"""Bringing a file in: look at it, say how it is to be read, import it whole or not at all."""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from triage.models import Project, Run
from triage.said import reason
from triage.science.progress import Progress
from triage.science.readers import UnreadableFile, open_reader
from triage.science.readers.ingest import NothingToImport, ingest
from triage.science.readers.side_files import KEY, SideFile, check_mapping, open_side_file
from triage.science.record.mapping import ColumnMapping, propose
from triage.science.record.records import FIELDS, RawBatch, Refusal, conform, texts_of
from triage.science.record.scoring import ERROR_BELOW, RULES, missing_input, propose_rule, score
from triage.science.store.images_archive import BadArchive, extract_images
from triage.science.store.store import DataRoot, RunFolder
from triage.science.words import Refused

FIELD_NAMES = [field.name for field in FIELDS]
SPLITS = ("train", "val", "test", "ood")
PREVIEW_ROWS = 20
# Enough rows to tell what an answer looks like.
PROPOSAL_ROWS = 200


class ImportRefused(Refused):
    """The file cannot be imported as asked; the message is for the person who asked."""


class SideFileRefused(ImportRefused):
    """The file may be right; what was to be laid beside it is not."""


@dataclass(frozen=True)
class Preview:
    """A file before it is imported: how it looks, and how it would probably be read."""

    description: str
    columns: list[str]
    rows: list[dict[str, Any]]
    mapping: ColumnMapping
    # Among them, what holds no record: cut, ragged, no object.
    refusals: list[Refusal]


@dataclass(frozen=True)
class Trial:
    """The first rows as they would be read under a mapping: taken with credit, or refused."""

    taken: list[dict[str, Any]]
    refusals: list[Refusal]
    problem: str = ""


def preview(path: Path, source_name: str) -> Preview:
    """Look at the first 200 rows of a file. Raises ImportRefused where it cannot be read."""
    try:
        reader = open_reader(path, source_name)
        columns, rows = reader.columns(), reader.preview(PROPOSAL_ROWS)
    except UnreadableFile as problem:
        raise ImportRefused(problem.sentence) from problem
    mapping = propose(columns, FIELD_NAMES)
    return Preview(reader.description, columns, rows, mapping, reader.passed_over)


def side_file(path: Path, source_name: str) -> SideFile:
    """Look at a side file. Raises SideFileRefused where it is none."""
    try:
        return open_side_file(path, source_name)
    except UnreadableFile as problem:
        raise SideFileRefused(problem.sentence) from problem


def rule_for(shown: Preview, mapping: ColumnMapping) -> str:
    """The likeliest scoring rule for the previewed rows, read under `mapping`."""
    table = conform(_raw(shown.columns, shown.rows), mapping).table
    return propose_rule(table.select(["answers", "correct"]).to_pylist())


def trial(
    shown: Preview,
    mapping: ColumnMapping,
    rule: str,
    default_split: str,
    sides: Sequence[SideFile] = (),
) -> Trial:
    """Read the previewed rows under `mapping`; of side files, whether they go with it."""
    try:
        check_mapping(sides, mapping)
    except UnreadableFile as twice:
        return Trial([], [], reason(twice))
    first = _raw(shown.columns, shown.rows[:PREVIEW_ROWS], shown.refusals)
    conformed = conform(first, mapping, default_split)
    last = int(first.rows[-1]) if len(first.rows) >= PREVIEW_ROWS else None
    unread = [each for each in shown.refusals if last is None or each.row < last]
    table, refusals = conformed.table, sorted([*unread, *conformed.refusals], key=_row)
    needs = RULES[rule].needs
    if not mapping.columns_of(needs):
        problem = _("The scoring rule “%(rule)s” needs a column for %(field)s.")
        return Trial([], refusals, problem % {"rule": rule, "field": needs})
    lacking = missing_input(table, rule)
    refusals += [
        Refusal(
            int(row), needs, _("is missing: the scoring rule “%(rule)s” needs it") % {"rule": rule}
        )
        for row in np.asarray(table["row"])[lacking]
    ]
    table = table.filter(~lacking)
    rows = table.select(
        ["row", "sample_id", "question", "answers", "prediction", "split"]
    ).to_pylist()
    for row, credit in zip(rows, score(table, rule) if rows else [], strict=True):
        row["credit"], row["is_error"] = float(credit), bool(credit < ERROR_BELOW)
    return Trial(rows, sorted(refusals, key=_row))


def import_run(
    project: Project,
    source: Path,
    *,
    source_name: str,
    name: str,
    mapping: ColumnMapping,
    rule: str,
    default_split: str = "test",
    images: Path | None = None,
    sides: Sequence[tuple[Path, str]] = (),
    user: Any | None = None,
    progress: Progress = lambda share, step: None,
) -> Run:
    """Import `source` as a run of `project`.

    `images` is a folder that the run will point at, or a zip whose images it will carry; `sides`
    are side files with their names. Raises ImportRefused; then no file and no row of it is left.
    """
    name = name.strip() or free_name(project, source_name)
    if project.runs.filter(name=name).exists():
        raise ImportRefused(_("The project already has a run named “%(name)s”.") % {"name": name})
    run = Run(project=project, name=name, source_name=source_name[-255:], created_by=user)
    folder = DataRoot(settings.DATA_ROOT).run(run.uuid)
    try:
        image_root = _images(folder, images, progress)
        reader = open_reader(source, source_name)
        result = ingest(
            reader,
            source,
            folder,
            mapping=mapping,
            rule=rule,
            default_split=default_split,
            image_root=image_root,
            sides=[open_side_file(path, known_as) for path, known_as in sides],
            progress=progress,
        )
    except (UnreadableFile, NothingToImport, BadArchive) as problem:
        folder.delete()
        raise ImportRefused(problem.sentence) from problem
    run.image_root = "" if image_root is None or images is None or images.is_file() else str(images)
    run.source_sha256, run.mapping, run.scoring = result.sha256, mapping.to_dict(), rule
    run.samples, run.errors, run.refused = result.samples, result.errors, result.refused
    run.images_missing, run.splits = result.images_missing, dict(result.splits)
    run.side_files = list(result.sides)
    run.versions = versions()
    return _save(run, folder)


def side_matches(shown: Preview, mapping: ColumnMapping, side: SideFile) -> int:
    """How many of the previewed rows the side file has."""
    rows = shown.rows[:PREVIEW_ROWS]
    return side.known(texts_of(_raw(shown.columns, rows), mapping, KEY))


def free_name(project: Project, source_name: str) -> str:
    """A name for a run of `project` made of the file's name."""
    base = Path(source_name).name.removesuffix(".gz").rsplit(".", 1)[0][:180] or "run"
    name, number = base, 1
    while project.runs.filter(name=name).exists():
        number += 1
        name = f"{base} {number}"
    return name


def allowed_folder(typed: str) -> Path:
    """A path on the server that a lead typed, inside an import folder.

    Raises ImportRefused for anything outside (also by a link) or absent.
    """
    path = Path(typed.strip()).resolve()
    if not any(path.is_relative_to(folder) for folder in settings.IMPORT_FOLDERS):
        raise ImportRefused(_("“%(path)s” is not inside an import folder.") % {"path": typed})
    if not path.exists():
        raise ImportRefused(_("“%(path)s” is not there.") % {"path": typed})
    return path


def checked_rule(rule: str) -> str:
    """The scoring rule of that name; ImportRefused naming the known ones."""
    if rule not in RULES:
        known = ", ".join(RULES)
        raise ImportRefused(
            _("“%(rule)s” is no scoring rule (known: %(known)s).") % {"rule": rule, "known": known}
        )
    return rule


def versions() -> dict[str, str]:
    """What read the file, for the record."""
    packages = ("alignment-triage", "pyarrow", "duckdb", "numpy")
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}


def cell(value: Any, longest: int = 120) -> str:
    """A raw value as a short text for a preview."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        return _("%(count)s bytes") % {"count": len(value)}
    if isinstance(value, dict) and isinstance(value.get("bytes"), bytes):
        return _("%(count)s bytes") % {"count": len(value["bytes"])}
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= longest else f"{text[:longest]}…"


def _row(refusal: Refusal) -> int:
    return refusal.row


def _raw(
    columns: Sequence[str], rows: Sequence[Mapping[str, Any]], passed_over: Sequence[Refusal] = ()
) -> RawBatch:
    found = {column: [row.get(column) for row in rows] for column in columns}
    # Images as bytes become paths on import; a preview only has to know that they are there.
    for values in found.values():
        for index, value in enumerate(values):
            data = value.get("bytes") if isinstance(value, dict) else value
            if isinstance(data, bytes):
                values[index] = "image"
    # The numbers that the rows have in the file: those passed over are counted there.
    numbers = np.arange(1, len(rows) + len(passed_over) + 1)
    numbers = numbers[~np.isin(numbers, [each.row for each in passed_over])]
    return RawBatch(found, numbers[: len(rows)])


def _images(folder: RunFolder, images: Path | None, progress: Progress) -> Path | None:
    """The folder that image paths are held against while importing."""
    if images is None:
        return None
    if images.is_dir():
        return images.resolve()
    if not folder.root.is_local:
        raise ImportRefused(
            _("A zip of images needs a data root on this machine; give a folder instead.")
        )
    into = Path(folder.path("images"))
    into.mkdir(parents=True, exist_ok=True)
    extract_images(
        images, into, lambda share: progress(0.3 * share, gettext_noop("Unpacking images"))
    )
    return into


def _save(run: Run, folder: RunFolder) -> Run:
    try:
        with transaction.atomic():
            run.save(force_insert=True)
    except IntegrityError as problem:
        folder.delete()
        raise ImportRefused(
            _("The project already has a run named “%(name)s”.") % {"name": run.name}
        ) from problem
    except BaseException:
        folder.delete()
        raise
    return run
