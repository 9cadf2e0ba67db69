"""What the import pages do between a form and the verbs."""

from pathlib import Path
from typing import Any

from django.db import transaction

from triage import jobs, staging
from triage.forms import FileForm, MappingForm
from triage.imports import (
    PREVIEW_ROWS,
    Preview,
    cell,
    free_name,
    preview,
    rule_for,
    trial,
)
from triage.mapping import ColumnMapping
from triage.models import Job, Project
from triage.scoring import RULES
from triage.tasks import carry_out_import

# Raw columns that a preview shows; a file may have hundreds.
MOST_COLUMNS = 40


def draft(project: Project, form: FileForm, user: Any) -> Job:
    """An import that still has to be described; uploads are staged.

    Raises ImportRefused where the file cannot be read; then nothing is kept.
    """
    given = form.cleaned_data
    folder = staging.new_folder()
    try:
        upload, images = given.get("upload"), given.get("images_upload")
        path = staging.stage(upload, folder) if upload else Path(given["path"])
        source_name = Path(upload.name if upload else path).name
        pictures = str(staging.stage(images, folder)) if images else given.get("images_path", "")
        preview(path, source_name)
    except BaseException:
        staging.throw_away(folder)
        raise
    return Job.objects.create(
        kind=Job.Kind.IMPORT,
        state=Job.State.DRAFT,
        project=project,
        created_by=user,
        request={
            "path": str(path),
            "source_name": source_name,
            "images": pictures,
            "staged": str(folder),
        },
    )


def shown(job: Job) -> Preview:
    """The file of a draft. Raises ImportRefused."""
    return preview(Path(job.request["path"]), job.request["source_name"])


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
        **trial_context(looked, form),
    }


def trial_context(looked: Preview, form: MappingForm) -> dict[str, Any]:
    """The first rows as they would be read under the form as filled in."""
    if form.is_bound:
        form.is_valid()
        given = form.cleaned_data
        mapping, rule, split = given["mapping"], given.get("rule"), given.get("split")
    else:
        mapping = looked.mapping
        rule, split = form.initial["rule"], form.initial["split"]
    return {"tried": trial(looked, mapping, rule or "exact", split or "test"), "rule": rule}


def confirm(job: Job, form: MappingForm) -> None:
    """The person has said how the file is read: hand it to the worker."""
    given = form.cleaned_data
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
