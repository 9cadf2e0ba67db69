"""Lists of audits: what there is to judge in a project, and for leads where each one stands."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from annotations.models import Audit, Seat, WarmUp
from annotations.ratio.page import AuditRow, audit_row
from triage.models import Membership, Project, Role


@dataclass(frozen=True)
class ToJudge:
    """An audit as an annotator sees it: no estimate that could sway a verdict."""

    audit: Audit
    mine: int
    judged: int
    total: int

    @property
    def left(self) -> int:
        """Judgements still to come, by anybody."""
        return self.total - self.judged


def project_audits(project: Project, membership: Membership) -> dict[str, Any]:
    """For annotators the audits to judge or judged by them; for leads all, with estimates."""
    audits = project.audits.select_related("run", "project", "score")
    seats = _seats_by_audit(project, membership.user)
    if not membership.may(Role.LEAD):
        judged = [audit for audit, (mine, *_) in seats.items() if mine]
        audits = audits.filter(Q(state=Audit.State.OPEN) | Q(pk__in=judged))
    rows = [ToJudge(audit, *seats.get(audit.pk, (0, 0, 0))) for audit in audits]
    standings: dict[int, AuditRow] = {}
    if membership.may(Role.LEAD):
        standings = {audit.pk: audit_row(audit) for audit in audits}
    return {
        "leads": membership.may(Role.LEAD),
        "rows": [(row, standings.get(row.audit.pk)) for row in rows],
        "has_runs": project.runs.exists(),
        "warm": WarmUp.objects.filter(user=membership.user).exists(),
    }


def _seats_by_audit(project: Project, user: Any) -> dict[int, tuple[int, int, int]]:
    """(mine, judged, total) of every audit, in one query."""
    taken = Q(annotator__isnull=False, leased_until__isnull=True)
    found = (
        Seat.objects.filter(item__audit__project=project)
        .values("item__audit")
        .annotate(
            mine=Count("pk", filter=taken & Q(annotator=user)),
            judged=Count("pk", filter=taken),
            total=Count("pk"),
        )
    )
    return {row["item__audit"]: (row["mine"], row["judged"], row["total"]) for row in found}
