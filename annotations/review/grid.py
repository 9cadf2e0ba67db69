"""The grid: many items on one page, all `match` unless marked, one submit for the page.

Each item keeps its own verdict with its own submission and time; what one of them is refused does
not hold up the others.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _

from annotations.models import Audit, Item, VerdictKind
from annotations.review import queue, turns
from annotations.review.keys import shortcuts_of
from annotations.review.page import choices
from triage.sent import NotReadable, read_seconds, read_uuid, whole_number, whole_numbers

SIZES = (12, 24, 48)
USUAL_SIZE = 24


@dataclass(frozen=True)
class Cell:
    """One item of the grid as its template wants it."""

    item: Item
    submission: uuid.UUID
    question: str
    answers: str
    prediction: str
    has_picture: bool
    note: str | None


@dataclass(frozen=True)
class Mark:
    """What was sent for one item."""

    place: int
    kind: str
    corrected_answer: str
    submission: uuid.UUID


@dataclass(frozen=True)
class Saved:
    """How many verdicts were kept, and why others were not."""

    count: int
    refused: tuple[str, ...]


def size_wanted(text: str) -> int:
    """The number of items to a page: one of SIZES."""
    size = whole_number(text)
    return size if size in SIZES else USUAL_SIZE


def page(audit: Audit, user: Any, size: int) -> dict[str, Any]:
    """The whole page: up to `size` items leased to this person."""
    items = _hand_out(audit, user, size)
    keys = shortcuts_of(user)
    return {
        "audit": audit,
        "project": audit.project,
        "cells": [_cell(item, user) for item in items],
        "choices": choices(audit, keys),
        "progress": queue.tally(audit, user),
        "size": size,
        "sizes": SIZES,
    }


def save(audit: Audit, user: Any, sent: QueryDict) -> Saved:
    """Keep a verdict for every item that was sent. Raises NotReadable for a form that is not ours.

    One transaction and one write to disk; a verdict that is refused is named and leaves the rest.
    """
    marks = _marks(sent)
    items = {
        item.place: item
        for item in Item.objects.filter(
            audit=audit, place__in=[mark.place for mark in marks]
        ).defer("snapshot")
    }
    seconds = _seconds_each(sent.get("seconds", ""), len(marks))
    refused, count = [], 0
    with turns.process_turn(), transaction.atomic():
        for mark in marks:
            try:
                if mark.place not in items:
                    raise queue.BadVerdict(_("There is no such item in this audit."))
                queue.record(
                    items[mark.place],
                    user,
                    mark.kind,
                    submission=mark.submission,
                    corrected_answer=mark.corrected_answer,
                    seconds=seconds,
                )
                count += 1
            except queue.VerdictRefused as reason:
                words = _("Item %(place)s: %(reason)s")
                refused.append(words % {"place": mark.place + 1, "reason": reason})
    return Saved(count, tuple(refused))


def _hand_out(audit: Audit, user: Any, size: int) -> list[Item]:
    """Items this person holds, then further ones, in the order of the draw."""
    with turns.process_turn(), transaction.atomic():
        places: list[int] = []
        items: list[Item] = []
        while len(items) < size:
            item = queue.hand_out(audit, user, skip=places)
            if item is None:
                break
            places.append(item.place)
            items.append(item)
    return sorted(items, key=lambda item: item.place)


def _cell(item: Item, user: Any) -> Cell:
    shown = item.snapshot
    return Cell(
        item=item,
        submission=uuid.uuid4(),
        question=str(shown.get("question") or ""),
        answers=" · ".join(dict.fromkeys(shown.get("answers") or [])) or "—",
        prediction=str(shown.get("prediction") or ""),
        has_picture=bool(item.image_sha256),
        note=queue.note_on(item, user),
    )


def _marks(sent: QueryDict) -> list[Mark]:
    places = whole_numbers(sent.getlist("place"))
    if not places or len(places) > max(SIZES) or len(set(places)) != len(places):
        raise NotReadable(_("The page is out of date; reload it."))
    return [_mark(sent, place) for place in places]


def _mark(sent: Mapping[str, Any], place: int) -> Mark:
    kind = str(sent.get(f"verdict-{place}") or VerdictKind.MATCH)
    corrected = str(sent.get(f"corrected-{place}") or "")
    return Mark(
        place=place,
        kind=kind,
        # The field is always there; what stands in it counts for a wrong answer alone.
        corrected_answer=corrected if kind == VerdictKind.WRONG_ANSWER else "",
        submission=read_uuid(str(sent.get(f"submission-{place}") or "")),
    )


def _seconds_each(text: str, items: int) -> float | None:
    """The page's time in equal shares: nobody can say how long the eye rested on each."""
    whole = read_seconds(text)
    return None if whole is None else round(whole / items, 2)
