"""Who may take which seat: everybody, or an even share for each of the people named."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from annotations.models import Item, Seat, Verdict
from annotations.models.audits import AuditRefused
from triage.models import Project

# Keeps the assignment's random numbers apart from those of the draw with the same seed.
_STREAM = 2


def seats_of(items: Sequence[Item], overlap: int, people: Sequence[Any], seed: int) -> list[Seat]:
    """Unsaved seats of `items`: `overlap` each, reserved for `people` if there are any.

    Each item goes to those who have the fewest so far, ties by lot, so that shares differ by one
    at most and every pair of people meets. Gold items are shared out by themselves.
    """
    if not people:
        return [Seat(item=item, number=n) for item in items for n in range(overlap)]
    rng = np.random.default_rng([seed, _STREAM])
    seats: list[Seat] = []
    for group in ([each for each in items if not each.gold], [each for each in items if each.gold]):
        shares = np.zeros(len(people), dtype=np.int64)
        for item in group:
            order = np.lexsort((rng.random(len(people)), shares))
            chosen = order[:overlap]
            shares[chosen] += 1
            seats += [
                Seat(item=item, number=number, reserved_for=people[index])
                for number, index in enumerate(chosen)
            ]
    return seats


def members_named(project: Project, names: Sequence[str]) -> list[Any]:
    """The members of those names, in that order. Raises AuditRefused for anybody else."""
    users = get_user_model().objects.filter(memberships__project=project, username__in=names)
    found = {user.get_username(): user for user in users}
    if missing := [name for name in names if name not in found]:
        words = _("%(names)s cannot judge here: not in the project")
        raise AuditRefused(words % {"names": ", ".join(missing)})
    return [found[name] for name in names]


def release(audit: Any, person: Any) -> int:
    """Give the seats that `person` has not judged to whoever comes; how many they were.

    Seats on items that were sent back to them stay theirs.
    """
    sent_back = Verdict.objects.filter(
        annotator=person, superseded_by__isnull=True, sent_back_by__isnull=False
    )
    theirs = Seat.objects.filter(item__audit=audit, reserved_for=person)
    unjudged = theirs.filter(annotator__isnull=True) | theirs.filter(leased_until__isnull=False)
    return unjudged.exclude(item__in=sent_back.values("item")).update(reserved_for=None)
