"""Background work of the conclusions."""

from collections.abc import Callable
from typing import Any

from django_tasks import task

from diagnostics import experimenting
from diagnostics.models import Experiment
from triage.jobs import jobs
from triage.models import Job


def start_experiment(experiment: Experiment, *, user: Any) -> Job:
    """A job that carries out a waiting experiment."""
    from diagnostics.experiments_page import title_of

    job = jobs.start(
        Job.Kind.EXPERIMENT,
        carry_out_experiment,
        project=experiment.run.project,
        run=experiment.run,
        user=user,
        request={"experiment": experiment.pk, "name": title_of(experiment.name)},
    )
    Experiment.objects.filter(pk=experiment.pk).update(job=job)
    return job


@task()
def carry_out_experiment(job_uuid: str) -> None:
    """Do the work of an experiment job, once."""
    jobs.carry_out(job_uuid, _experiment, experimenting.ExperimentRefused)


def _experiment(job: Job, progress: Callable[[float, str], None]) -> dict[str, Any]:
    rows = Experiment.objects.select_related("run", "target", "curated_set", "score")
    experiment = rows.get(pk=job.request["experiment"])
    experimenting.carry_out(experiment, progress)
    return {"experiment": experiment.pk}
