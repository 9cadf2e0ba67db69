"""Ending a planned audit as soon as the question is settled.

Items that people hold at that moment are still judged; they change nothing any more.
"""

from annotations.models import Audit
from annotations.standing.standing import standing_of


def stop_when_settled(audit_pk: int) -> bool:
    """Hand out no more items of an open planned audit that has crossed a boundary; whether it had.

    Two verdicts that arrive at once may each miss the other: the next one sees both.
    """
    audit = Audit.objects.select_related("run", "score").get(pk=audit_pk)
    planned = standing_of(audit).ratio.planned
    if planned is None or planned.stopped is None:
        return False
    still_open = Audit.objects.filter(pk=audit_pk, state=Audit.State.OPEN)
    return bool(still_open.update(state=Audit.State.STOPPED))
