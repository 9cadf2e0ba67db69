"""Background work of the people's side."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop
from django_tasks import task

from annotations.curated import ExportRefused, export_to_data_root
from annotations.curation import Recipe
from triage.models import Job, Run


def start_export(run: Run, *, file_format: str, recipe: Recipe, user: Any) -> Job:
    """A job that writes a curated set of `run` into the data root."""
    request = {"file_format": file_format, "recipe": recipe.as_dict()}
    with transaction.atomic():
        job = Job.objects.create(
            kind=Job.Kind.EXPORT,
            project=run.project,
            run=run,
            request=request,
            created_by=user,
        )
        carry_out_export.enqueue(str(job.uuid))
    return job


@task()
def carry_out_export(job_uuid: str) -> None:
    """Do the work of an export job, once."""
    job = Job.objects.select_related("run", "created_by").get(uuid=job_uuid)
    if job.run is None or not job.begin():
        return
    try:
        curated = export_to_data_root(
            job.run,
            file_format=job.request["file_format"],
            recipe=Recipe.from_dict(job.request["recipe"]),
            user=job.created_by,
            progress=job.advance,
        )
    except ExportRefused as reason:
        job.fail(str(reason))
    except Exception:
        job.fail(gettext_noop("The export failed; the server's log says more."))
        raise
    else:
        job.finish(curated_set=curated.pk)
