"""An annotator's question to the lead about an item: asked once, open until a lead settles it."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from annotations import queue
from annotations.models import Audit, Flag, Item

# Answers shown at once; older ones were there before.
MOST_ANSWERS = 5


def raise_flag(item: Item, annotator: Any, note: str) -> Flag:
    """The person's open flag on `item`: made now, or the one that is open already, as it stands.

    Raises queue.BadVerdict for a note that cannot be kept.
    """
    note = note.strip()
    if len(note) > queue.LONGEST_COMMENT:
        raise queue.BadVerdict(_("The note is too long."), field="note")
    if "\x00" in note:
        raise queue.BadVerdict(_("The text has a null character."), field="note")
    flag, _new = Flag.objects.get_or_create(
        item=item, annotator=annotator, settled_at__isnull=True, defaults={"note": note}
    )
    return flag


def latest_flags(items: Sequence[Item], annotator: Any) -> dict[int, Flag]:
    """This person's newest flag on each of `items` that has one, by the item's key."""
    theirs = Flag.objects.filter(item__in=[item.pk for item in items], annotator=annotator)
    return {flag.item_id: flag for flag in theirs.order_by("pk")}


def fresh_answers(audit: Audit, annotator: Any, seen: int) -> list[Flag]:
    """What leads answered this person in the audit, without the first `seen` answers; newest last.

    `seen` is how many answers the person has been shown: leads only ever add to them.
    """
    theirs = Flag.objects.filter(annotator=annotator, item__audit=audit, settled_at__isnull=False)
    answers = theirs.exclude(answer="").select_related("item").order_by("settled_at", "pk")
    return list(answers[seen:])
