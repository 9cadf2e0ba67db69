"""Who judges what next: leases on seats, verdicts that are taken once, undo, sending back.

The database is the queue. A seat is claimed by a conditional update whose row count is checked;
the constraints on `Seat` and `Verdict` hold whatever two requests do at once, and a request that
loses such a race looks again. Nothing here reads a file: an item carries its snapshot.
"""

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from annotations.models import CHOICES, TOP_FIVE_CHOICES, Audit, Item, Seat, Verdict, VerdictKind
from annotations.review import seats
from annotations.standing.stopping import stop_when_settled

# How often a request that lost a race looks again before it gives up.
ATTEMPTS = 6
# A lease is renewed once this share of it has passed, not with every request.
_FRESH = 0.2
LONGEST_ANSWER = 1000
LONGEST_COMMENT = 10_000
MOST_CANDIDATES = 5


class VerdictRefused(ValueError):
    """The verdict is not taken; the message is for the person who sent it."""

    field = "verdict"


class AuditClosed(VerdictRefused):
    """The audit takes no more verdicts."""

    field = "audit"


class NoSeat(VerdictRefused):
    """As many people as the audit asks for have this item already."""

    field = "sample_id"


class SubmissionReused(VerdictRefused):
    """The same submission came before, with another content, item or person."""

    field = "submission"


class BadVerdict(VerdictRefused):
    """A kind that nobody can choose, or text that does not belong or is too long."""

    def __init__(self, message: Any, field: str = "verdict") -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Tally:
    """How far an audit is, in judgements: items × overlap.

    `mine` are this person's; `remaining` are not judged yet, of which `elsewhere` are being shown
    to other people right now.
    """

    total: int
    judged: int
    mine: int
    elsewhere: int

    @property
    def remaining(self) -> int:
        """Judgements still to be made, by anybody."""
        return self.total - self.judged


def _looking_again(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Run `verb` in a transaction, again when another request won a race for the same rows."""

    @wraps(verb)
    def repeated(*given: Any, **named: Any) -> Any:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with transaction.atomic():
                    return verb(*given, **named)
            except IntegrityError:
                if attempt == ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    return repeated


@_looking_again
def hand_out(audit: Audit, annotator: Any, *, skip: Collection[int] = ()) -> Item | None:
    """The next item for this person, its seat leased to them; None when there is none for now.

    The person's own open leases come first, then, in the order of the draw, any item with a seat
    that is free or whose lease ran out, and that they have neither judged nor hold. `skip` are
    places (in the draw) not to hand out: what the page holds already. Leases on those are renewed,
    so that what somebody is looking at does not run out under them.
    """
    if audit.state != Audit.State.OPEN:
        return None
    now = timezone.now()
    length = timedelta(seconds=settings.LEASE_SECONDS)
    own = seats.held_by(annotator.pk, audit.pk, now + (1 - _FRESH) * length)
    if any(worn for _item, _place, worn in own):
        leased = Seat.objects.filter(annotator=annotator, leased_until__isnull=False)
        leased.filter(item__audit=audit).update(leased_until=now + length)
    for item, place, _worn in own:
        if place not in skip:
            return Item.objects.get(pk=item)
    for _attempt in range(ATTEMPTS):
        free = seats.free_for(annotator.pk, audit.pk, now, skip)
        if free is None:
            return None
        seat, item = free
        if seats.claim(seat, annotator.pk, now, now + length):
            return Item.objects.get(pk=item)
    return None


@_looking_again
def record(
    item: Item,
    annotator: Any,
    kind: str,
    *,
    submission: uuid.UUID,
    comment: str = "",
    corrected_answer: str = "",
    candidate: int | None = None,
    seconds: float | None = None,
) -> Verdict:
    """Keep one verdict and take the person's seat for good; the verdict that is kept.

    A retry with the same `submission` and content changes nothing and returns what was kept. A
    change of mind supersedes the person's earlier verdict. Raises SubmissionReused, BadVerdict,
    AuditClosed or NoSeat; a lease that ran out is no reason as long as a seat is still free.
    """
    comment, corrected_answer = comment.strip(), corrected_answer.strip()
    theirs = Q(item=item, annotator=annotator)
    found = list(Verdict.objects.filter(theirs | Q(submission=submission)).order_by("pk"))
    for earlier in found:
        if earlier.submission == submission:
            wanted = (item.pk, annotator.pk, kind, comment, corrected_answer, candidate)
            return _same(earlier, wanted)
    question, design = _open(item.audit_id)
    _check_kind(kind, question)
    _check_words(kind, comment, corrected_answer)
    _check_candidate(kind, candidate)
    _take_seat(item, annotator, until=None)
    verdict = Verdict.objects.create(
        item=item,
        annotator=annotator,
        kind=kind,
        comment=comment,
        corrected_answer=corrected_answer,
        candidate=candidate,
        submission=submission,
        # A chain only grows at its end: its last row is the newest.
        supersedes=found[-1] if found else None,
        seconds=seconds,
    )
    if design == Audit.Design.PLANNED_STOP:
        stop_when_settled(item.audit_id)
    return verdict


@_looking_again
def undo(audit: Audit, annotator: Any, *, submission: uuid.UUID | None = None) -> Item | None:
    """Take back this person's latest standing verdict in the audit; its item, leased to them again.

    None when there is nothing (more) to take back. Asked again, it goes one verdict further back;
    asked again with the same `submission` it changes nothing. Raises AuditClosed.
    """
    if submission is not None:
        done = Verdict.objects.filter(submission=submission).select_related("item").first()
        if done is not None:
            wanted = (done.item_id, annotator.pk, VerdictKind.WITHDRAWN.value, "", "", None)
            return _same(done, wanted).item
    _open(audit.pk)
    standing = Verdict.objects.standing().filter(item__audit=audit, annotator=annotator)
    latest = standing.select_related("item").order_by("-pk").first()
    if latest is None:
        return None
    Verdict.objects.create(
        item=latest.item,
        annotator=annotator,
        kind=VerdictKind.WITHDRAWN,
        supersedes=latest,
        submission=submission or uuid.uuid4(),
    )
    _take_seat(latest.item, annotator, until=_lease_end())
    return latest.item


@_looking_again
def send_back(item: Item, annotator: Any, lead: Any, note: str) -> Verdict:
    """Withdraw a person's standing verdict on `item` and ask them again; the withdrawal.

    Their seat stays reserved for them, so that nobody else takes the item in their place. Raises
    VerdictRefused when they have no verdict that stands, BadVerdict for a note that is too long,
    AuditClosed.
    """
    _open(item.audit_id)
    _check_words(VerdictKind.WITHDRAWN, note, "")
    last = Verdict.objects.standing().filter(item=item, annotator=annotator).first()
    if last is None:
        raise VerdictRefused(
            _("%(name)s has no verdict on this item to send back.") % {"name": annotator}
        )
    withdrawn = Verdict.objects.create(
        item=item,
        annotator=annotator,
        kind=VerdictKind.WITHDRAWN,
        comment=note.strip(),
        sent_back_by=lead,
        supersedes=last,
    )
    theirs = Seat.objects.filter(item=item, annotator=annotator)
    theirs.update(annotator=None, leased_until=None, reserved_for=annotator)
    return withdrawn


def note_on(item: Item, annotator: Any) -> str | None:
    """What the lead wrote who sent the item back to this person; None when nobody did."""
    sent = Verdict.objects.newest().filter(item=item, annotator=annotator)
    return sent.filter(sent_back_by__isnull=False).values_list("comment", flat=True).first()


def put_back(audit: Audit, annotator: Any, place: int) -> bool:
    """Give up the lease on the item at `place`, for others or for later; whether there was one."""
    held = Seat.objects.filter(
        item__audit=audit, item__place=place, annotator=annotator, leased_until__isnull=False
    )
    return bool(held.update(annotator=None, leased_until=None))


def tally(audit: Audit, annotator: Any) -> Tally:
    """How far the audit is, for this person, in one query."""
    return Tally(*seats.counts(audit.pk, annotator.pk, timezone.now()))


def _lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)


def _claim(seat: Seat, annotator: Any, until: datetime | None) -> bool:
    """Make a seat this person's if it is still as it was read."""
    unchanged = Seat.objects.filter(
        pk=seat.pk, annotator_id=seat.annotator_id, leased_until=seat.leased_until
    )
    return unchanged.update(annotator=annotator, leased_until=until) == 1


def _take_seat(item: Item, annotator: Any, until: datetime | None) -> None:
    """The person's own seat, or else one that is free: theirs for good, or until `until`."""
    if seats.keep(item.pk, annotator.pk, until):
        return
    open_now = Q(annotator__isnull=True) | Q(leased_until__lt=timezone.now())
    theirs = Q(reserved_for__isnull=True) | Q(reserved_for=annotator)
    for _attempt in range(ATTEMPTS):
        free = Seat.objects.filter(open_now, theirs, item=item)
        free = free.order_by(F("reserved_for").asc(nulls_last=True), "number")
        seat = free.select_for_update(skip_locked=True).first()
        if seat is None:
            break
        if _claim(seat, annotator, until):
            return
    raise NoSeat(_("As many people as this audit asks for have this item already."))


def _same(kept: Verdict, wanted: tuple[Any, ...]) -> Verdict:
    said = (kept.kind, kept.comment, kept.corrected_answer, kept.candidate)
    found = (kept.item_id, kept.annotator_id, *said)
    if found != wanted:
        raise SubmissionReused(
            _("This form was sent before with something else in it. Undo takes the first one back.")
        )
    return kept


def _check_kind(kind: str, question: str) -> None:
    choices = TOP_FIVE_CHOICES if question == Audit.Question.TOP_FIVE else CHOICES
    if kind not in choices:
        known = ", ".join(choices)
        raise BadVerdict(
            _("“%(kind)s” is not a verdict (known: %(known)s).") % {"kind": kind, "known": known}
        )


def _check_candidate(kind: str, candidate: int | None) -> None:
    if candidate is None:
        return
    if kind != VerdictKind.AMONG:
        raise BadVerdict(_("Only a right reading names its candidate."), field="candidate")
    if not 1 <= candidate <= MOST_CANDIDATES:
        words = _("The candidate is given by its rank, 1 to %(most)s.")
        raise BadVerdict(words % {"most": MOST_CANDIDATES}, field="candidate")


def _check_words(kind: str, comment: str, corrected_answer: str) -> None:
    if corrected_answer and kind != VerdictKind.WRONG_ANSWER:
        raise BadVerdict(_("Only a wrong answer takes a corrected one."), field="corrected_answer")
    if len(corrected_answer) > LONGEST_ANSWER:
        raise BadVerdict(_("The corrected answer is too long."), field="corrected_answer")
    if len(comment) > LONGEST_COMMENT:
        raise BadVerdict(_("The comment is too long."), field="comment")
    if "\x00" in comment + corrected_answer:
        raise BadVerdict(_("The text has a null character."), field="comment")


def _open(audit_pk: int) -> tuple[str, str]:
    """What the audit asks, and its design. Raises AuditClosed."""
    state, question, design = seats.state_of(audit_pk)
    if state == Audit.State.CLOSED:
        raise AuditClosed(_("The audit is closed: it takes no more verdicts."))
    return question, design
