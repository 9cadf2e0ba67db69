"""Load-and-authorise helpers for experiments."""

from typing import Any

from django.http import Http404

from diagnostics.models import Experiment
from triage.models import Role
from triage.projects.access import require


def experiment_for(user: Any, pk: int, role: Role = Role.LEAD) -> Experiment:
    """The experiment with key `pk`, for a member of its project with at least `role`."""
    rows = Experiment.objects.select_related(
        "run__project", "job", "curated_set__run", "score__run", "target", "created_by"
    )
    chosen = rows.filter(pk=pk).first()
    if chosen is None:
        raise Http404
    require(user, chosen.run.project, role)
    return chosen
