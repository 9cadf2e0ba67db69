"""Background work of this room: imports."""

from pathlib import Path
from typing import Any

from django_tasks import task

from triage.imports.importing import ImportRefused, import_run
from triage.imports.staging import discard
from triage.jobs import jobs
from triage.models import Job
from triage.science.progress import Progress
from triage.science.record.mapping import ColumnMapping


@task()
def carry_out_import(job_uuid: str) -> None:
    """Import the file of a job."""
    jobs.carry_out(job_uuid, _import, ImportRefused)


def _import(job: Job, progress: Progress) -> dict[str, Any]:
    asked = job.request
    run = import_run(
        job.project,
        Path(asked["path"]),
        source_name=asked["source_name"],
        name=asked["name"],
        mapping=ColumnMapping.from_dict(asked["mapping"]),
        rule=asked["rule"],
        default_split=asked["split"],
        images=Path(asked["images"]) if asked["images"] else None,
        # Jobs that were queued before there were side files have none.
        sides=[(Path(each["path"]), each["name"]) for each in asked.get("sides", [])],
        user=job.created_by,
        progress=progress,
    )
    job.run = run
    discard(job)
    return {
        "run": run.pk,
        "samples": run.samples,
        "errors": run.errors,
        "refused": run.refused,
        "images_missing": run.images_missing,
    }
