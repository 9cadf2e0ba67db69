"""A lead's final word on items that the policy leaves open, every step kept."""

import uuid
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from annotations.models import Adjudication, Audit, Item, Verdict, VerdictKind
from annotations.standing.resolution import may_be_adjudicated


class NotToDecide(ValueError):
    """The item is not this person's to decide, or not now; the message says why."""


def adjudicate(
    item: Item,
    lead: Any,
    kind: str,
    *,
    corrected_answer: str = "",
    comment: str = "",
    submission: uuid.UUID | None = None,
) -> Adjudication:
    """Keep a lead's word on `item`, superseding the one before; a retry changes nothing.

    Raises NotToDecide for a verdict that the audit does not offer, a policy that leaves differences
    to the annotators, votes that are missing, somebody who voted on the item themselves, or another
    lead's word: two leads with the same item open must not overrule each other unseen.
    """
    known = Adjudication.objects.filter(submission=submission).first() if submission else None
    if known is not None:
        return known
    audit = item.audit
    if kind not in audit.choices:
        raise NotToDecide(_("“%(kind)s” is not a verdict of this audit.") % {"kind": kind})
    if corrected_answer and kind != VerdictKind.WRONG_ANSWER:
        raise NotToDecide(_("Only a wrong answer takes a corrected one."))
    _check_may(item, lead)
    _check_nobody_else_did(item, lead)
    return _append(
        item,
        lead,
        kind=kind,
        corrected_answer=corrected_answer.strip()[:1000],
        comment=comment.strip(),
        submission=submission or uuid.uuid4(),
    )


def take_back(item: Item, lead: Any, submission: uuid.UUID | None = None) -> Adjudication | None:
    """Let the votes count again; None where no word stands. Raises NotToDecide as above."""
    known = Adjudication.objects.filter(submission=submission).first() if submission else None
    if known is not None:
        return known
    last = standing_word(item)
    if last is None:
        return None
    _check_may(item, lead)
    _check_nobody_else_did(item, lead)
    return _append(item, lead, kind="", submission=submission or uuid.uuid4())


def standing_word(item: Item) -> Adjudication | None:
    """The adjudication that stands on `item`."""
    return _standing().filter(item=item).first()


def last_word(audit: Audit, lead: Any) -> Adjudication | None:
    """The lead's newest word that stands: what an undo takes back, further back each time."""
    return _standing().filter(item__audit=audit, adjudicator=lead).order_by("-pk").first()


def _standing() -> QuerySet[Adjudication]:
    return Adjudication.objects.newest().exclude(kind="")


def _check_may(item: Item, lead: Any) -> None:
    audit = item.audit
    if audit.policy == Audit.Policy.AGREEMENT:
        raise NotToDecide(
            _("By this audit’s policy an item counts when all agree: send it back instead.")
        )
    standing = Verdict.objects.standing().filter(item=item)
    if not may_be_adjudicated(audit, standing.count()):
        raise NotToDecide(_("Not all votes on this item are in yet."))
    if standing.filter(annotator=lead).exists():
        raise NotToDecide(_("You have voted on this item yourself: somebody else decides."))


def _check_nobody_else_did(item: Item, lead: Any) -> None:
    word = standing_word(item)
    if word is not None and word.adjudicator_id != lead.pk:
        raise _decided_by(word)


def _decided_by(word: Adjudication) -> NotToDecide:
    said = {"name": word.adjudicator.get_username(), "kind": word.get_kind_display()}
    return NotToDecide(
        _("%(name)s has decided this item meanwhile: “%(kind)s”. Yours was not kept.") % said
    )


def _append(item: Item, lead: Any, **said: Any) -> Adjudication:
    """A chain only grows at its end; the constraints refuse a second row after the same one."""
    last = Adjudication.objects.newest().filter(item=item).first()
    try:
        with transaction.atomic():
            return Adjudication.objects.create(
                item=item,
                adjudicator=lead,
                supersedes=last,
                saw_votes=item.audit.open_votes,
                **said,
            )
    except IntegrityError:
        # Somebody else's row, or this one sent twice, came between the look and the write.
        word = standing_word(item)
        if word is None:
            raise NotToDecide(_("Somebody else is at this item just now. Look again.")) from None
        if word.submission == said["submission"]:
            return word
        raise _decided_by(word) from None
