"""Background work: put in the queue by a page, carried out by the worker, watched by the page."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop

from triage.models import Job, Project, Run
from triage.models.kinds import JobKind
from triage.science.words import Refused, Sentence

log = logging.getLogger(__name__)
# Progress is written at most this often; a page asks once a second.
SECONDS_BETWEEN_WORDS = 0.5


def enqueue(job: Job, task: Any) -> Job:
    """Hand `job` to the worker. Call it in the transaction that makes the job: the queue is a table
    of the same database, so both are there or neither."""
    task.enqueue(str(job.uuid))
    return job


def start(
    kind: JobKind,
    task: Any,
    *,
    project: Project,
    run: Run | None = None,
    user: Any | None = None,
    request: dict[str, Any] | None = None,
) -> Job:
    """A new job in the queue."""
    with transaction.atomic():
        job = Job.objects.create(
            kind=kind.name, project=project, run=run, created_by=user, request=request or {}
        )
        return enqueue(job, task)


def carry_out(
    job_uuid: str,
    work: Callable[[Job, Callable[[float, str], None]], dict[str, Any]],
    refusal: type[Exception],
) -> None:
    """Do `work` for the job, once; its result is stored, a `refusal` is shown to the person."""
    job = Job.objects.select_related("project", "run", "created_by").get(uuid=job_uuid)
    if not job.begin():
        return
    try:
        result = work(job, _throttled(job))
    except refusal as problem:
        job.fail(problem.sentence if isinstance(problem, Refused) else str(problem))
    except Exception:
        log.exception("job %s failed", job.uuid)
        job.fail(gettext_noop("Something went wrong on the server; its log says more."))
        raise
    else:
        job.finish(**result)


def _throttled(job: Job) -> Callable[[float, str], None]:
    """`job.advance`, but not a write for every row."""
    last = 0.0
    said = ""

    def advance(share: float, step: str) -> None:
        nonlocal last, said
        now = time.monotonic()
        key = step.words if isinstance(step, Sentence) else step.split(",")[0]
        if now - last >= SECONDS_BETWEEN_WORDS or key != said:
            last, said = now, key
            job.advance(share, step)

    return advance
