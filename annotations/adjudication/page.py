"""What leads see of one item: the evidence, everything said of it, and what they may do."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from annotations.adjudication import adjudicating
from annotations.models import Audit, Item, Verdict, VerdictKind
from annotations.review.page import MEANINGS
from annotations.standing.resolution import ResolvedItem, resolved_items


@dataclass(frozen=True)
class Step:
    """One line of an item's history."""

    at: datetime
    who: str
    words: str
    kind: str = ""
    comment: str = ""
    stands: bool = False


@dataclass(frozen=True)
class Decision:
    """One verdict button of a lead."""

    kind: str
    label: Any
    letter: str
    meaning: Any


def decisions(audit: Audit) -> list[Decision]:
    """The verdicts that the audit offers, with the keys of the review page."""
    return [Decision(kind.value, kind.label, *MEANINGS[kind]) for kind in audit.choices]


def evidence_context(item: Item) -> dict[str, Any]:
    """The item as it was shown to annotators."""
    shown = item.snapshot
    return {
        "item": item,
        "shown": shown,
        "place_words": item.place + 1,
        "overlays": {
            "boxes": shown.get("boxes") or [],
            "predicted": shown.get("predicted_box"),
            "attention": shown.get("attention"),
        },
        "candidates": (shown.get("candidates") or [])[:6],
    }


def item_context(audit: Audit, item: Item) -> dict[str, Any]:
    """The item page."""
    found = next((each for each in resolved_items(audit) if each.item == item.pk), None)
    standing = Verdict.objects.standing().filter(item=item).select_related("annotator")
    places = audit.items.order_by("place").values_list("place", flat=True)
    return {
        **evidence_context(item),
        "audit": audit,
        "run": audit.run,
        "resolved": found,
        "resolution_words": _resolution_words(item, found),
        "steps": history(item),
        "votes": list(standing),
        "flags": list(item.flags.filter(settled_at__isnull=True).select_related("annotator")),
        "gold_label": VerdictKind(item.gold).label if item.gold else "",
        "before": item.place - 1 if item.place - 1 in places else None,
        "after": item.place + 1 if item.place + 1 in places else None,
    }


def history(item: Item) -> list[Step]:
    """Everything that was said of the item, in the order it was said."""
    steps = [*_verdict_steps(item), *_adjudication_steps(item), *_flag_steps(item)]
    return sorted(steps, key=lambda step: step.at)


def _verdict_steps(item: Item) -> list[Step]:
    said = item.verdicts.select_related("annotator", "sent_back_by", "superseded_by")
    steps = []
    for verdict in said:
        stands = not hasattr(verdict, "superseded_by") and verdict.kind != VerdictKind.WITHDRAWN
        who, words = str(verdict.annotator), str(verdict.get_kind_display())
        if verdict.sent_back_by is not None:
            words = _("sent back to %(name)s") % {"name": who}
            who = str(verdict.sent_back_by)
        elif verdict.kind == VerdictKind.WITHDRAWN:
            words = _("took it back")
        elif verdict.corrected_answer:
            words = f"{words} → {verdict.corrected_answer}"
        elif verdict.candidate:
            words = f"{words} ({verdict.candidate})"
        kind = "" if verdict.kind == VerdictKind.WITHDRAWN else verdict.kind
        steps.append(Step(verdict.created_at, who, words, kind, verdict.comment, stands))
    return steps


def _adjudication_steps(item: Item) -> list[Step]:
    steps = []
    for word in item.adjudications.select_related("adjudicator", "superseded_by"):
        stands = bool(word.kind) and not hasattr(word, "superseded_by")
        words = _("decided: %(kind)s") % {"kind": word.get_kind_display()}
        if not word.kind:
            words = _("took the decision back")
        elif word.corrected_answer:
            words = f"{words} → {word.corrected_answer}"
        comment = word.comment
        steps.append(
            Step(word.created_at, str(word.adjudicator), words, word.kind, comment, stands)
        )
    return steps


def _flag_steps(item: Item) -> list[Step]:
    steps = []
    for flag in item.flags.select_related("annotator", "settled_by"):
        steps.append(Step(flag.created_at, str(flag.annotator), _("asked the lead"), "", flag.note))
        if flag.settled_at is not None:
            who, words = str(flag.settled_by), _("answered %(name)s") % {"name": flag.annotator}
            steps.append(Step(flag.settled_at, who, words, "", flag.answer))
    return steps


def _resolution_words(item: Item, found: ResolvedItem | None) -> str:
    if item.gold:
        return _("A gold item: known to be “%(kind)s”, outside the ratio.") % {
            "kind": VerdictKind(item.gold).label
        }
    if found is None or found.kind is None:
        if found is not None and found.for_lead:
            return _("The votes differ: it waits for a lead.")
        return _("It waits: not all votes are in, or they differ.")
    by = dict(Audit.Policy.choices)[found.by]
    kind = VerdictKind(found.kind).label
    return _("Resolved as “%(kind)s”, by %(step)s.") % {"kind": kind, "step": by}


def adjudication_context(audit: Audit, lead: Any, skipped: set[int]) -> dict[str, Any]:
    """The next item that waits for a lead who has not voted on it, or none."""
    waiting = [each for each in resolved_items(audit) if each.for_lead]
    mine = set(
        Verdict.objects.standing()
        .filter(item__audit=audit, annotator=lead)
        .values_list("item_id", flat=True)
    )
    open_to_me = [each for each in waiting if each.item not in mine]
    # What was put off comes again when nothing else is left.
    chosen = next((each for each in open_to_me if each.place not in skipped), None)
    chosen = chosen or next(iter(open_to_me), None)
    context: dict[str, Any] = {
        "audit": audit,
        "run": audit.run,
        "waiting": len(waiting),
        "not_mine": len(waiting) - len(open_to_me),
        "decisions": decisions(audit),
        "last": adjudicating.last_word(audit, lead),
        "submission": uuid.uuid4(),
    }
    if chosen is not None:
        item = Item.objects.get(pk=chosen.item)
        context |= evidence_context(item)
        standing = Verdict.objects.standing().filter(item=item).select_related("annotator")
        context["votes"] = list(standing) if audit.open_votes else []
        context["said"] = ", ".join(
            str(VerdictKind(kind).label) for kind in sorted(set(chosen.votes))
        )
    return context
