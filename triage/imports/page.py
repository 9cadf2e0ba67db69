"""What the import pages do between a form and the verbs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from triage.imports import apart, staging
from triage.imports.forms import FileForm, MappingForm
from triage.imports.importing import (
    FIELD_NAMES,
    ImportRefused,
    cell,
    checked_rule,
    free_name,
    rule_for,
)
from triage.imports.tasks import carry_out_import
from triage.jobs import jobs
from triage.models import Job, Project, Run
from triage.models.kinds import IMPORT
from triage.said import translated
from triage.science.ingest.apart import PREVIEW_ROWS
from triage.science.ingest.ingesting import checksum
from triage.science.ingest.planning import Plan
from triage.science.record.mapping import ColumnMapping, merged, parse_assignments
from triage.science.record.paths import paths_in
from triage.science.record.scoring import RULES

# Raw columns that a preview shows; a file may have hundreds.
MOST_COLUMNS = 40


def draft(project: Project, form: FileForm, user: Any) -> Job:
    """An import that still has to be described; uploads are staged.

    Raises ImportRefused where the files cannot be read; then nothing is kept.
    """
    given = form.cleaned_data
    return _draft(
        project,
        user,
        uploads=given.get("upload") or [],
        path=given.get("path", ""),
        images=given.get("images_upload"),
        images_path=given.get("images_path", ""),
        side=given.get("side_upload"),
        side_path=given.get("side_path", ""),
    )


def _draft(
    project: Project,
    user: Any,
    *,
    uploads: Sequence[Any] = (),
    path: str = "",
    images: Any = None,
    images_path: str = "",
    side: Any = None,
    side_path: str = "",
) -> Job:
    folder = staging.new_folder()
    try:
        files = [
            {"path": str(staging.stage(each, folder)), "name": Path(each.name).name}
            for each in uploads
        ] or [{"path": path, "name": Path(path).name}]
        request = {
            "files": files,
            "source_name": ", ".join(each["name"] for each in files),
            "images": str(staging.stage(images, folder)) if images else images_path,
            "sides": [],
            "staged": str(folder),
        }
        apart.planned(request)
        if side or side_path:
            beside = staging.stage(side, folder) if side else Path(side_path)
            name = Path(side.name if side else side_path).name
            request["sides"] = [{"path": str(beside), "name": name}]
            apart.look_at_sides(request)
    except BaseException:
        staging.throw_away(folder)
        raise
    return Job.objects.create(
        kind=IMPORT.name,
        state=Job.State.DRAFT,
        project=project,
        created_by=user,
        request=request,
    )


def import_at_once(project: Project, wishes: dict[str, Any], user: Any) -> Job:
    """Stage, describe and queue in one go, as the API does.

    Raises ImportRefused or MappingError; then nothing is kept.
    """
    job = _draft(
        project,
        user,
        uploads=wishes["file"],
        images=wishes.get("images"),
        side=wishes.get("side"),
    )
    try:
        found = apart.planned(job.request)
        looked = found[0]
        asks = dict.fromkeys(ask for plan in found for ask in plan.asks)
        if asks and not wishes.get("confirm"):
            # On the page a person sees these before the import; here they must say so.
            raise ImportRefused("; ".join(translated(ask) for ask in asks))
        changes = parse_assignments(wishes["map"], looked.columns, FIELD_NAMES)
        mapping = merged(looked.mapping, changes)
        rule = checked_rule(wishes["scoring"] or rule_for(looked, mapping))
        apart.check_sides(job.request, mapping)
    except BaseException:
        give_up(job)
        raise
    name = wishes["name"] or free_name(project, looked.name)
    leave = [flag for flag, asked in _LEAVES.items() if wishes.get(asked)]
    _queue(
        job,
        {
            "name": name,
            "mapping": mapping,
            "rule": rule,
            "split": wishes["split"],
            "each_model": True,
            "leave": leave,
        },
    )
    job.refresh_from_db()
    return job


# Which wish of the API gives which leave.
_LEAVES = {"refused": "accept_refused", "doubtful": "confirm"}


def shown(job: Job) -> list[Plan]:
    """The runs that the files of a draft will be. Raises ImportRefused."""
    return apart.planned(job.request)


def mapping_form(job: Job, looked: Plan, data: Any | None) -> MappingForm:
    """The form of a draft: as typed, as tried before, or as proposed."""
    asked = job.request
    known = asked.get("mapping")
    mapping = ColumnMapping.from_dict(known) if known else looked.mapping
    return MappingForm(
        data,
        columns=paths_in(looked.columns, looked.rows[:50]),
        mapping=mapping,
        initial={
            "name": asked.get("name") or free_name(job.project, looked.name),
            "rule": asked.get("rule") or rule_for(looked, mapping),
            "split": asked.get("split") or "test",
            "each_model": asked.get("each_model", True),
        },
    )


def context(job: Job, found: list[Plan], form: MappingForm) -> dict[str, Any]:
    """The page of a draft."""
    looked = found[0]
    return {
        "job": job,
        "project": job.project,
        "looked": looked,
        "planned": found,
        "form": form,
        "field_names": FIELD_NAMES,
        "raw_columns": looked.columns[:MOST_COLUMNS],
        "columns_left": max(0, len(looked.columns) - MOST_COLUMNS),
        "raw_rows": [
            [cell(row.get(column)) for column in looked.columns[:MOST_COLUMNS]]
            for row in looked.rows[:PREVIEW_ROWS]
        ],
        "imported_before": _imported_before(job.project, looked),
        **trial_context(job, looked, form),
    }


def _imported_before(project: Project, looked: Plan) -> Run | None:
    """A run of the same file, if the project has one."""
    if not looked.source.is_file():
        return None
    return project.runs.filter(source_sha256=checksum(looked.source)).first()


def trial_context(job: Job, looked: Plan, form: MappingForm) -> dict[str, Any]:
    """The rows as they would be read under the form as filled in."""
    if form.is_bound:
        form.is_valid()
        given = form.cleaned_data
        mapping, rule, split = given["mapping"], given.get("rule"), given.get("split")
    else:
        mapping = looked.mapping
        rule, split = form.initial["rule"], form.initial["split"]
    tried, sides = apart.trial(job.request, mapping, rule or "exact", split or "test")
    return {
        "tried": tried,
        "rule": rule,
        "chips": chips(mapping, rule or ""),
        "sides": [(side, side.known) for side in sides],
        "previewed": len(looked.rows[:PREVIEW_ROWS]),
    }


@dataclass(frozen=True)
class Chip:
    """One thing that an import needs: whether it is there, and from which column."""

    name: str
    column: str
    there: bool


def chips(mapping: ColumnMapping, rule: str) -> list[Chip]:
    """What is needed: a prediction, and what the rule needs; and what is better to have."""
    needs = ["prediction", RULES[rule].needs if rule in RULES else "answers"]
    wanted = dict.fromkeys([*needs, "question", "sample_id"])
    columns = {name: " + ".join(mapping.columns_of(name)) for name in wanted}
    return [Chip(name, columns[name], bool(columns[name])) for name in wanted]


def confirm(job: Job, form: MappingForm) -> None:
    """The person has said how the file is read: hand it to the worker."""
    _queue(job, form.cleaned_data)


def import_anyway(job: Job) -> bool:
    """Give the leave that a failed import asked for and queue it again; False for any other job."""
    flag = job.request.get("needs")
    if job.state != Job.State.FAILED or flag not in _LEAVES:
        return False
    leave = [*job.request.get("leave", []), flag]
    with transaction.atomic():
        moved = Job.objects.filter(pk=job.pk, state=Job.State.FAILED).update(
            state=Job.State.WAITING,
            error="",
            share=0.0,
            step="",
            started_at=None,
            finished_at=None,
            request={**job.request, "leave": leave, "needs": ""},
        )
        if moved:
            jobs.enqueue(job, carry_out_import)
    return bool(moved)


def _queue(job: Job, given: dict[str, Any]) -> None:
    with transaction.atomic():
        moved = Job.objects.filter(pk=job.pk, state=Job.State.DRAFT).update(
            state=Job.State.WAITING,
            request={
                **job.request,
                "name": given["name"],
                "mapping": given["mapping"].to_dict(),
                "rule": given["rule"],
                "split": given["split"],
                "each_model": given.get("each_model", False),
                "leave": given.get("leave", []),
                "needs": "",
            },
        )
        if moved:
            jobs.enqueue(job, carry_out_import)


def reopen(job: Job) -> None:
    """After a failure: back to the description, with what was typed."""
    Job.objects.filter(pk=job.pk, state=Job.State.FAILED).update(
        state=Job.State.DRAFT, error="", share=0.0, step="", started_at=None, finished_at=None
    )


def give_up(job: Job) -> None:
    """Throw a draft or a failed import away, with its uploads."""
    if job.state in (Job.State.DRAFT, Job.State.FAILED):
        staging.discard(job)
        job.delete()
