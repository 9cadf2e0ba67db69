"""What goes between an annotator and the lead about an item: flags, their answers, sending back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from annotations.models import Audit, Flag, Item
from annotations.review import queue

# Answers shown at once; older ones were there before.
MOST_ANSWERS = 5
# Asked with every card, so written out like the statements of the seats.
_FLAGS = """
SELECT flag.item_id, flag.id, flag.note, flag.settled_at IS NULL, flag.answer
  FROM annotations_flag flag JOIN annotations_item item ON item.id = flag.item_id
 WHERE flag.annotator_id = %s AND item.audit_id = %s
 ORDER BY flag.settled_at, flag.id
"""
_SENT_BACK = """
SELECT said.item_id, said.comment
  FROM annotations_verdict said
 WHERE said.annotator_id = %s AND said.item_id IN ({places})
   AND said.sent_back_by_id IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM annotations_verdict later WHERE later.supersedes_id = said.id)
"""


@dataclass(frozen=True)
class Words:
    """What passed between a person and the leads of an audit, by the items' keys.

    `asked` are notes of flags that are open, `sent_back` what leads wrote who sent an item back,
    `answered` keys of flags that were answered, in the order of the answers.
    """

    asked: dict[int, str] = field(default_factory=dict)
    sent_back: dict[int, str] = field(default_factory=dict)
    answered: list[int] = field(default_factory=list)


def words_with(audit: Audit, annotator: Any, items: Sequence[Item]) -> Words:
    """Everything for the cards of `items`, and every answer in the audit, in two statements."""
    words = Words()
    with connection.cursor() as cursor:
        cursor.execute(_FLAGS, [annotator.pk, audit.pk])
        for item, flag, note, is_open, answer in cursor.fetchall():
            if is_open:
                words.asked[item] = note
            elif answer:
                words.answered.append(flag)
        if items:
            places = ", ".join(["%s"] * len(items))
            keys = [annotator.pk, *(item.pk for item in items)]
            cursor.execute(_SENT_BACK.format(places=places), keys)
            words.sent_back.update(cursor.fetchall())
    return words


def answers(flags: Sequence[int]) -> list[Flag]:
    """The newest of these answered flags, with their items, oldest first."""
    newest = list(flags)[-MOST_ANSWERS:]
    found = Flag.objects.filter(pk__in=newest).select_related("item") if newest else []
    return sorted(found, key=lambda flag: newest.index(flag.pk))


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


def open_flags(audit: Audit) -> list[Flag]:
    """The questions of annotators that no lead has answered, oldest first."""
    flags = Flag.objects.filter(item__audit=audit, settled_at__isnull=True)
    return list(flags.select_related("annotator", "item"))
