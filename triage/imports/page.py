"""What the import pages do between a form and the verbs."""

from pathlib import Path
from typing import Any

from django.db import transaction

from triage.imports import staging
from triage.imports.forms import FileForm, MappingForm
from triage.imports.importing import (
    FIELD_NAMES,
    PREVIEW_ROWS,
    ImportRefused,
    Preview,
    cell,
    checked_rule,
    free_name,
    preview,
    rule_for,
    side_file,
    side_matches,
    trial,
)
from triage.imports.tasks import carry_out_import
from triage.jobs import jobs
from triage.models import Job, Project
from triage.models.kinds import IMPORT
from triage.science.readers import UnreadableFile
from triage.science.readers.side_files import SideFile, check_mapping
from triage.science.record.mapping import ColumnMapping, merged, parse_assignments
from triage.science.record.scoring import RULES

# Raw columns that a preview shows; a file may have hundreds.
MOST_COLUMNS = 40


def draft(project: Project, form: FileForm, user: Any) -> Job:
    """An import that still has to be described; uploads are staged.

    Raises ImportRefused where the file cannot be read; then nothing is kept.
    """
    given = form.cleaned_data
    return _draft(
        project,
        user,
        upload=given.get("upload"),
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
    upload: Any = None,
    path: str = "",
    images: Any = None,
    images_path: str = "",
    side: Any = None,
    side_path: str = "",
) -> Job:
    folder = staging.new_folder()
    try:
        source = staging.stage(upload, folder) if upload else Path(path)
        source_name = Path(upload.name if upload else path).name
        pictures = str(staging.stage(images, folder)) if images else images_path
        preview(source, source_name)
        sides = []
        if side or side_path:
            beside = staging.stage(side, folder) if side else Path(side_path)
            sides = [{"path": str(beside), "name": Path(side.name if side else side_path).name}]
            side_file(beside, sides[0]["name"])
    except BaseException:
        staging.throw_away(folder)
        raise
    return Job.objects.create(
        kind=IMPORT.name,
        state=Job.State.DRAFT,
        project=project,
        created_by=user,
        request={
            "path": str(source),
            "source_name": source_name,
            "images": pictures,
            "sides": sides,
            "staged": str(folder),
        },
    )


def import_at_once(project: Project, wishes: dict[str, Any], user: Any) -> Job:
    """Stage, describe and queue in one go, as the API does.

    Raises ImportRefused or MappingError; then nothing is kept.
    """
    job = _draft(
        project, user, upload=wishes["file"], images=wishes.get("images"), side=wishes.get("side")
    )
    try:
        looked = shown(job)
        changes = parse_assignments(wishes["map"], looked.columns, FIELD_NAMES)
        mapping = merged(looked.mapping, changes)
        rule = checked_rule(wishes["scoring"] or rule_for(looked, mapping))
        _check_sides(job, mapping)
    except BaseException:
        give_up(job)
        raise
    name = wishes["name"] or free_name(project, job.request["source_name"])
    _queue(job, {"name": name, "mapping": mapping, "rule": rule, "split": wishes["split"]})
    job.refresh_from_db()
    return job


def shown(job: Job) -> Preview:
    """The file of a draft. Raises ImportRefused."""
    return preview(Path(job.request["path"]), job.request["source_name"])


def sides_of(job: Job) -> list[SideFile]:
    """The side files of a draft. Raises ImportRefused."""
    return [side_file(Path(each["path"]), each["name"]) for each in job.request.get("sides", [])]


def _check_sides(job: Job, mapping: ColumnMapping) -> None:
    try:
        check_mapping(sides_of(job), mapping)
    except UnreadableFile as problem:
        raise ImportRefused(problem.sentence) from problem


def mapping_form(job: Job, looked: Preview, data: Any | None) -> MappingForm:
    """The form of a draft: as typed, as tried before, or as proposed."""
    asked = job.request
    known = asked.get("mapping")
    mapping = ColumnMapping.from_dict(known) if known else looked.mapping
    return MappingForm(
        data,
        columns=looked.columns,
        mapping=mapping,
        initial={
            "name": asked.get("name") or free_name(job.project, asked["source_name"]),
            "rule": asked.get("rule") or rule_for(looked, mapping),
            "split": asked.get("split") or "test",
        },
    )


def context(job: Job, looked: Preview, form: MappingForm) -> dict[str, Any]:
    """The page of a draft."""
    return {
        "job": job,
        "project": job.project,
        "looked": looked,
        "form": form,
        "rules": RULES.values(),
        "raw_columns": looked.columns[:MOST_COLUMNS],
        "columns_left": max(0, len(looked.columns) - MOST_COLUMNS),
        "raw_rows": [
            [cell(row.get(column)) for column in looked.columns[:MOST_COLUMNS]]
            for row in looked.rows[:PREVIEW_ROWS]
        ],
        **trial_context(job, looked, form),
    }


def trial_context(job: Job, looked: Preview, form: MappingForm) -> dict[str, Any]:
    """The first rows as they would be read under the form as filled in."""
    if form.is_bound:
        form.is_valid()
        given = form.cleaned_data
        mapping, rule, split = given["mapping"], given.get("rule"), given.get("split")
    else:
        mapping = looked.mapping
        rule, split = form.initial["rule"], form.initial["split"]
    sides = sides_of(job)
    return {
        "tried": trial(looked, mapping, rule or "exact", split or "test", sides),
        "rule": rule,
        "sides": [(side, side_matches(looked, mapping, side)) for side in sides],
        "previewed": len(looked.rows[:PREVIEW_ROWS]),
    }


def confirm(job: Job, form: MappingForm) -> None:
    """The person has said how the file is read: hand it to the worker."""
    _queue(job, form.cleaned_data)


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
