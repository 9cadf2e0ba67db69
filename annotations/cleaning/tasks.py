"""Background work of this room: mismatch scores."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _
from django_tasks import task

from annotations.cleaning.scoring_runs import ScoreRefused, score_run
from triage.jobs import jobs
from triage.models import Job, Run, kinds

SCORE = kinds.register(
    kinds.JobKind(
        "score",
        _("Mismatch score"),
        task=f"{__name__}.carry_out_scoring",
        formerly=("annotations.tasks.carry_out_scoring",),
    )
)


def start_scoring(run: Run, *, label_free: bool, user: Any) -> Job:
    """A job that scores the samples of `run` and freezes the result."""
    return jobs.start(
        SCORE,
        carry_out_scoring,
        project=run.project,
        run=run,
        user=user,
        request={"label_free": label_free},
    )


@task()
def carry_out_scoring(job_uuid: str) -> None:
    """Do the work of a scoring job, once."""
    jobs.carry_out(job_uuid, _score, ScoreRefused)


def _score(job: Job, progress: Callable[[float, str], None]) -> dict[str, Any]:
    assert job.run is not None
    score = score_run(
        job.run,
        label_free=bool(job.request["label_free"]),
        user=job.created_by,
        progress=progress,
    )
    return {"score": score.pk, "method": score.method}
