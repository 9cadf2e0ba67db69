"""Background work of this room: analyses."""

from typing import Any

from django_tasks import task

from triage.clusters.analysing import AnalysisRefused, analyse_run, summary
from triage.jobs import jobs
from triage.models import Job
from triage.science.progress import Progress


@task()
def carry_out_analysis(job_uuid: str) -> None:
    """Analyse the run of a job."""
    jobs.carry_out(job_uuid, _analyse, AnalysisRefused)


def _analyse(job: Job, progress: Progress) -> dict[str, Any]:
    assert job.run is not None
    clustering = analyse_run(
        job.run,
        seed=job.request.get("seed", 0),
        encoder=job.request.get("encoder"),
        progress=progress,
    )
    return summary(clustering)
