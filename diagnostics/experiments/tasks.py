"""Background work of this room: experiments."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _
from django_tasks import task

from diagnostics.experiments import carrying_out
from diagnostics.experiments.designing import ExperimentRefused
from diagnostics.experiments.page import title_of
from diagnostics.models import Experiment
from triage.jobs import jobs
from triage.models import Job, kinds

EXPERIMENT = kinds.register(
    kinds.JobKind(
        "experiment",
        _("Experiment"),
        task=f"{__name__}.carry_out_experiment",
        formerly=("diagnostics.tasks.carry_out_experiment",),
    )
)


def start_experiment(experiment: Experiment, *, user: Any) -> Job:
    """A job that carries out a waiting experiment."""
    job = jobs.start(
        EXPERIMENT,
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
    jobs.carry_out(job_uuid, _experiment, ExperimentRefused)


def _experiment(job: Job, progress: Callable[[float, str], None]) -> dict[str, Any]:
    rows = Experiment.objects.select_related("run", "target", "curated_set", "score")
    experiment = rows.get(pk=job.request["experiment"])
    carrying_out.carry_out(experiment, progress)
    return {"experiment": experiment.pk}
