"""Background work of this room: curated exports."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _
from django_tasks import task

from annotations.exports.curated import ExportRefused, export_to_data_root
from annotations.science.curation.curation import Recipe
from triage.jobs import jobs
from triage.models import Job, Run, kinds

EXPORT = kinds.register(
    kinds.JobKind(
        "export",
        _("Export"),
        task=f"{__name__}.carry_out_export",
        formerly=("annotations.tasks.carry_out_export",),
    )
)


def start_export(
    run: Run, *, file_format: str, recipe: Recipe, user: Any, pictures: bool = True
) -> Job:
    """A job that writes a curated set of `run` into the data root."""
    return jobs.start(
        EXPORT,
        carry_out_export,
        project=run.project,
        run=run,
        user=user,
        request={
            "file_format": file_format,
            "recipe": recipe.as_dict(),
            "pictures": pictures,
        },
    )


@task()
def carry_out_export(job_uuid: str) -> None:
    """Do the work of an export job, once."""
    jobs.carry_out(job_uuid, _export, ExportRefused)


def _export(job: Job, progress: Callable[[float, str], None]) -> dict[str, Any]:
    assert job.run is not None
    curated = export_to_data_root(
        job.run,
        file_format=job.request["file_format"],
        recipe=Recipe.from_dict(job.request["recipe"]),
        user=job.created_by,
        progress=progress,
        # Jobs that were queued before pictures went into exports do not say.
        pictures=job.request.get("pictures", True),
    )
    return {"curated_set": curated.pk}
