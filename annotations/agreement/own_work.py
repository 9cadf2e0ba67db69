"""What annotators see of their own work: count and pace at any time, agreement once it is over.

While an audit is open nobody is told how others judged: it would sway the verdicts still to come.
"""

from statistics import median
from typing import Any

from annotations.agreement.agreement import vote_book
from annotations.models import Audit, Flag, Verdict
from annotations.science.estimation.agreement_intervals import exact_share
from annotations.standing import gold


def own_work(audit: Audit, user: Any) -> dict[str, Any]:
    """Count, pace and answered questions; agreement and gold only when the audit is closed."""
    standing = Verdict.objects.standing().filter(item__audit=audit, annotator=user)
    seconds = [each for each in standing.values_list("seconds", flat=True) if each is not None]
    context: dict[str, Any] = {
        "audit": audit,
        "project": audit.project,
        "count": standing.count(),
        "seconds": median(seconds) if seconds else None,
        "minutes": sum(seconds) / 60 if seconds else None,
        "flags": Flag.objects.filter(item__audit=audit, annotator=user).select_related(
            "item", "settled_by"
        ),
        "over": audit.state == Audit.State.CLOSED,
    }
    if context["over"]:
        name = user.get_username()
        work = next((each for each in vote_book(audit).work() if each.annotator == name), None)
        context["agreement"] = exact_share(work.same, work.compared) if work else None
        known = [each for each in gold.accuracies(audit) if each.annotator == name]
        context["gold"] = exact_share(known[0].same, known[0].judged) if known else None
    return context
