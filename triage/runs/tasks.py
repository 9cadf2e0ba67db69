"""Background work of this room: scoring a run anew."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django_tasks import task

from triage.jobs import jobs
from triage.models import Job, Run, kinds
from triage.runs.rescoring import rescore_run
from triage.science.ingest.rescoring import CannotRescore, check
from triage.science.progress import Progress
from triage.science.words import gettext_noop

RESCORE = kinds.register(
    kinds.JobKind("rescore", _("Scoring anew"), task=f"{__name__}.carry_out_rescoring")
)


def start_rescoring(run: Run, rule: str, user: Any) -> Job:
    """A job that scores `run` anew by `rule`.

    Raises CannotRescore where the rule cannot be used, and while other work reads the run.
    """
    check(run.folder, rule)
    if run.jobs.open().exists():
        raise CannotRescore(gettext_noop("Work on this run is under way: wait until it is done"))
    return jobs.start(
        RESCORE,
        carry_out_rescoring,
        project=run.project,
        run=run,
        user=user,
        request={"rule": rule},
    )


@task()
def carry_out_rescoring(job_uuid: str) -> None:
    """Do the work of such a job, once."""
    jobs.carry_out(job_uuid, _rescore, CannotRescore)


def _rescore(job: Job, progress: Progress) -> dict[str, Any]:
    assert job.run is not None
    made = rescore_run(job.run, job.request["rule"], user=job.created_by, progress=progress)
    return {
        "version": made.number,
        "errors": made.errors,
        "errors_gone": made.errors_gone,
        "errors_new": made.errors_new,
    }
