"""Bringing a file in: look at it, say how it is to be read, import it whole or not at all."""

import glob
import json
import platform
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from triage.imports.outcome import outcome_of
from triage.models import Project, Run
from triage.said import reason, translated
from triage.science.ingest.apart import Tried, bring_in, try_out
from triage.science.ingest.ingesting import IngestResult, NeedsWord, NothingToImport
from triage.science.ingest.planning import Plan, plans
from triage.science.ingest.planning import rule_for as likeliest_rule
from triage.science.progress import Progress
from triage.science.readers import UnreadableFile
from triage.science.readers.side_files import SideFile
from triage.science.readers.sources import gather, stem_of
from triage.science.record.mapping import ColumnMapping
from triage.science.record.records import FIELDS, Refusal
from triage.science.record.scoring import RULES
from triage.science.store.images_archive import BadArchive
from triage.science.store.store import DataRoot, RunFolder
from triage.science.words import Refused, Sentence

FIELD_NAMES = [field.name for field in FIELDS]
SPLITS = ("train", "val", "test", "ood")
# What a person may say yes to: many refused rows; a run that looks wrong.
LEAVES = frozenset({"refused", "doubtful"})


class ImportRefused(Refused):
    """The file cannot be imported as asked; the message is for the person who asked."""


class SideFileRefused(ImportRefused):
    """The file may be right; what was to be laid beside it is not."""


class WordNeeded(ImportRefused):
    """The import would be doubtful; `flag` names the leave that a person may give."""

    def __init__(self, problem: NeedsWord) -> None:
        super().__init__(problem.sentence)
        self.flag = problem.flag


@dataclass(frozen=True)
class Trial:
    """Rows as they would be read under a mapping, and what the whole would come to.

    `rows_tried` is None where the whole file was read, else how many of its rows were.
    """

    taken: list[dict[str, Any]]
    refusals: list[Refusal]
    problem: str = ""
    result: IngestResult | None = None
    rows_tried: int | None = None


def look(
    files: Sequence[tuple[Path, str]],
    unpack_into: Path,
    *,
    settled: frozenset[str] = frozenset(),
    encoding: str | None = None,
) -> list[Plan]:
    """The runs that files, folders, patterns and archives will be. Raises ImportRefused.

    `settled`: fields that a person maps; what is told apart by them is then left together.
    """
    try:
        return plans(gather(files, unpack_into, encoding=encoding), settled)
    except UnreadableFile as problem:
        raise ImportRefused(problem.sentence) from problem


def preview(path: Path, source_name: str) -> Plan:
    """Look at one file that will be one run. Raises ImportRefused where it cannot be read."""
    with tempfile.TemporaryDirectory() as folder:
        return look([(path, source_name)], Path(folder), settled=_ALL)[0]


_ALL = frozenset({"prediction", "model", "sample_id"})


def rule_for(plan: Plan, mapping: ColumnMapping) -> str:
    """The likeliest scoring rule for the first rows, read under `mapping`."""
    if mapping == plan.mapping and plan.rule:
        return plan.rule
    return likeliest_rule(plan.columns, plan.rows, mapping)


def trial(
    plan: Plan,
    mapping: ColumnMapping,
    rule: str,
    default_split: str,
    sides: Sequence[SideFile] = (),
) -> Trial:
    """Read the file under `mapping` as an import would, and keep nothing of it.

    Of a long file only the first rows are read.
    """
    return tried_by(lambda: try_out(plan, mapping, rule, default_split, sides))


def tried_by(work: Callable[[], Tried]) -> Trial:
    """What `work` found, or why it found nothing."""
    try:
        found = work()
    except (UnreadableFile, NothingToImport) as problem:
        return Trial([], [], reason(problem))
    refusals = list(found.result.first_refusals)
    return Trial(found.taken, refusals, "", found.result, found.rows_tried)


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
    leave: frozenset[str] = LEAVES,
    progress: Progress = lambda share, step: None,
) -> Run:
    """Import one file as one run of `project`; see `import_plan`."""
    with tempfile.TemporaryDirectory() as folder:
        plan = look([(source, source_name)], Path(folder), settled=_ALL)[0]
        return import_plan(
            project,
            replace(plan, mapping=mapping, rule=rule),
            name=name,
            source_name=source_name,
            default_split=default_split,
            images=images,
            sides=sides,
            user=user,
            leave=leave,
            progress=progress,
        )


def import_plan(
    project: Project,
    plan: Plan,
    *,
    name: str,
    source_name: str,
    default_split: str = "test",
    images: Path | None = None,
    sides: Sequence[tuple[Path, str]] = (),
    user: Any | None = None,
    leave: frozenset[str] = frozenset(),
    progress: Progress = lambda share, step: None,
    by: Callable[..., IngestResult] = bring_in,
) -> Run:
    """Import what `plan` says as a run of `project`.

    `images` is a folder that the run will point at, or a zip whose images it will carry; `sides`
    are side files with their names; `leave` is what a person has already said yes to; `by` reads
    and writes, here or elsewhere. Raises ImportRefused (WordNeeded where leave is lacking); then no
    file and no row of it is left.
    """
    name = name.strip() or free_name(project, plan.name)
    if project.runs.filter(name=name).exists():
        raise ImportRefused(_("The project already has a run named “%(name)s”.") % {"name": name})
    run = Run(project=project, name=name, source_name=source_name[-255:], created_by=user)
    folder = DataRoot(settings.DATA_ROOT).run(run.uuid)
    carry = images is None and plan.pictures is not None and plan.unpacked
    images = images or plan.pictures
    pointed_at = images is not None and images.is_dir() and not carry
    if images is not None and not images.is_dir() and not folder.root.is_local:
        raise ImportRefused(
            _("A zip of images needs a data root on this machine; give a folder instead.")
        )
    try:
        result = by(
            plan, folder, default_split=default_split, images=images, sides=sides, leave=leave,
            carry=carry, progress=progress,
        )  # fmt: skip
    except NeedsWord as problem:
        folder.delete()
        raise WordNeeded(problem) from problem
    except (UnreadableFile, NothingToImport, BadArchive) as problem:
        folder.delete()
        raise ImportRefused(problem.sentence) from problem
    except BaseException:
        folder.delete()
        raise
    run.image_root = str(images.resolve()) if images is not None and pointed_at else ""
    run.source_sha256, run.mapping, run.scoring = result.sha256, plan.mapping.to_dict(), plan.rule
    run.samples, run.errors, run.refused = result.samples, result.errors, result.refused
    run.images_missing, run.splits = result.images_missing, dict(result.splits)
    run.side_files = list(result.sides)
    run.model, run.profile = plan.model[:200], plan.profile_name
    earlier = project.runs.filter(source_sha256=result.sha256, model=run.model).first()
    if earlier is not None:
        same = Sentence(gettext_noop("the same file as the run {name}"), name=earlier.name)
        plan = replace(plan, notes=(*plan.notes, same))
    run.accuracy, run.outcome = result.accuracy, outcome_of(plan, result)
    run.versions = versions()
    return _save(run, folder)


def free_name(project: Project, source_name: str) -> str:
    """A name for a run of `project` made of the file's name."""
    base = stem_of(source_name)[:180] or "run"
    name, number = base, 1
    while project.runs.filter(name=name).exists():
        number += 1
        name = f"{base} {number}"
    return name


def allowed_folder(typed: str) -> Path:
    """A path or pattern on the server that a lead typed, inside an import folder.

    Raises ImportRefused for anything outside (also by a link) or absent.
    """
    path = Path(typed.strip()).resolve()
    pattern = glob.has_magic(typed) and not path.exists()
    meant = [Path(each).resolve() for each in glob.glob(str(path))] if pattern else [path]
    for each in meant or [path]:
        if not any(each.is_relative_to(folder) for folder in settings.IMPORT_FOLDERS):
            raise ImportRefused(_("“%(path)s” is not inside an import folder.") % {"path": typed})
        if not each.exists():
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
    if isinstance(value, dict) and isinstance(value.get("bytes"), Sentence):
        return translated(value["bytes"])
    if isinstance(value, Sentence):
        return translated(value)
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= longest else f"{text[:longest]}…"


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
