"""Background work of this room: diagnoses."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _
from django_tasks import task

from diagnostics.diagnosis.diagnosing import DiagnosisRefused, diagnose_run
from triage.jobs import jobs
from triage.models import Job, Run, kinds

DIAGNOSE = kinds.register(
    kinds.JobKind(
        "diagnose",
        _("Diagnosis"),
        task=f"{__name__}.carry_out_diagnosis",
        formerly=("diagnostics.tasks.carry_out_diagnosis",),
    )
)


def start_diagnosis(run: Run, *, user: Any, seed: int = 0) -> Job:
    """A job that takes every measure of `run`."""
    return jobs.start(
        DIAGNOSE,
        carry_out_diagnosis,
        project=run.project,
        run=run,
        user=user,
        request={"seed": seed},
    )


@task()
def carry_out_diagnosis(job_uuid: str) -> None:
    """Do the work of a diagnosis job, once."""
    jobs.carry_out(job_uuid, _diagnose, DiagnosisRefused)


def _diagnose(job: Job, progress: Callable[[float, str], None]) -> dict[str, Any]:
    assert job.run is not None
    diagnosis = diagnose_run(
        job.run, seed=int(job.request.get("seed", 0)), user=job.created_by, progress=progress
    )
    return {"diagnosis": diagnosis.pk}
