"""Load-and-authorise helpers for audits and curated sets."""

from typing import Any

from django.http import Http404

from annotations.models import Audit, CuratedSet
from triage.models import Role
from triage.projects.access import require


def audit_for(user: Any, pk: int, role: Role) -> Audit:
    """The audit with key `pk`, for a member of its project with at least `role`."""
    audits = Audit.objects.select_related("project", "run", "run__project", "created_by")
    audit = audits.filter(pk=pk).first()
    if audit is None:
        raise Http404
    require(user, audit.project, role)
    return audit


def audit_to_judge(user: Any, pk: int) -> Audit:
    """The audit with key `pk`, for any member of its project: one question, asked 200 times."""
    audits = Audit.objects.order_by().filter(pk=pk, project__memberships__user=user)
    audits = audits.only("name", "state", "question", "overlap", "project_id")
    audit = audits.first() if user.is_active else None
    if audit is None:
        raise Http404
    return audit


def curated_set_for(user: Any, pk: int, role: Role = Role.LEAD) -> CuratedSet:
    """The curated set with key `pk`, for a member of its project with at least `role`."""
    chosen = CuratedSet.objects.select_related("run__project").filter(pk=pk).first()
    if chosen is None:
        raise Http404
    require(user, chosen.run.project, role)
    return chosen
