"""The statements behind every verdict, in SQL: who holds what, which seat is free, how far it is.

Written out because compiling them from expressions took longer than everything else a verdict
does. Both databases read them as they stand.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import connection

from annotations.models import VerdictKind

_HELD = """
SELECT seat.item_id, item.place, seat.leased_until < %s
  FROM annotations_seat seat JOIN annotations_item item ON item.id = seat.item_id
 WHERE seat.annotator_id = %s AND seat.leased_until IS NOT NULL AND item.audit_id = %s
 ORDER BY item.place
"""
# Free or run out and not reserved for somebody else, of an item that the person neither has a seat
# on nor a standing verdict.
_FREE = """
SELECT seat.id, seat.item_id
  FROM annotations_item item JOIN annotations_seat seat ON seat.item_id = item.id
 WHERE item.audit_id = %s
   AND (seat.annotator_id IS NULL OR seat.leased_until < %s)
   AND (seat.reserved_for_id IS NULL OR seat.reserved_for_id = %s)
   AND NOT EXISTS (SELECT 1 FROM annotations_seat own
                    WHERE own.item_id = item.id AND own.annotator_id = %s)
   AND NOT EXISTS (SELECT 1 FROM annotations_verdict said
                    WHERE said.item_id = item.id AND said.annotator_id = %s AND said.kind <> %s
                      AND NOT EXISTS (SELECT 1 FROM annotations_verdict later
                                       WHERE later.supersedes_id = said.id))
"""
# A person's own reserved seat before one that anybody may take.
_FIRST = """
 ORDER BY item.place, CASE WHEN seat.reserved_for_id IS NULL THEN 1 ELSE 0 END, seat.number LIMIT 1
"""
_CLAIM = """
UPDATE annotations_seat SET annotator_id = %s, leased_until = %s
 WHERE id = %s AND (annotator_id IS NULL OR leased_until < %s)
"""
_KEEP = """
UPDATE annotations_seat SET leased_until = %s WHERE item_id = %s AND annotator_id = %s
"""
_STATE = "SELECT state, question, design FROM annotations_audit WHERE id = %s"
_COUNTS = """
SELECT COUNT(*),
       COUNT(CASE WHEN seat.annotator_id IS NOT NULL AND seat.leased_until IS NULL THEN 1 END),
       COUNT(CASE WHEN seat.annotator_id = %s AND seat.leased_until IS NULL THEN 1 END),
       COUNT(CASE WHEN seat.annotator_id <> %s AND seat.leased_until > %s THEN 1 END)
  FROM annotations_item item JOIN annotations_seat seat ON seat.item_id = item.id
 WHERE item.audit_id = %s
"""


def held_by(person: int, audit: int, worn: datetime) -> list[tuple[int, int, bool]]:
    """(item, place, ends before `worn`) of every lease of a person in an audit, in draw order."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [_moment(worn), person, audit])
        return [(item, place, bool(early)) for item, place, early in cursor.fetchall()]


def free_for(
    person: int, audit: int, now: datetime, skip: Collection[int] = ()
) -> tuple[int, int] | None:
    """(seat, item) of the first free seat that may go to a person, places of `skip` left out."""
    statement = _FREE
    if skip:
        statement += f" AND item.place NOT IN ({', '.join(['%s'] * len(skip))})"
    statement += _FIRST
    if connection.features.has_select_for_update_skip_locked:
        statement += " FOR UPDATE OF seat SKIP LOCKED"
    wanted = [audit, _moment(now), *[person] * 3, VerdictKind.WITHDRAWN.value, *skip]
    with connection.cursor() as cursor:
        cursor.execute(statement, wanted)
        row = cursor.fetchone()
    return (row[0], row[1]) if row else None


def claim(seat: int, person: int, now: datetime, until: datetime) -> bool:
    """Lease a seat to a person if it is free still."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [person, _moment(until), seat, _moment(now)])
        return bool(cursor.rowcount == 1)


def keep(item: int, person: int, until: datetime | None) -> bool:
    """Make a person's own seat on an item theirs until then, or for good; whether there is one."""
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [None if until is None else _moment(until), item, person])
        return bool(cursor.rowcount)


def state_of(audit: int) -> tuple[str, str, str]:
    """(state, what is asked, design) of an audit, as it is in the database now."""
    with connection.cursor() as cursor:
        cursor.execute(_STATE, [audit])
        state, question, design = cursor.fetchone()
    return state, question, design


def counts(audit: int, person: int, now: datetime) -> tuple[int, int, int, int]:
    """Seats of an audit: all, taken for good, taken by this person, leased to others now."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [person, person, _moment(now), audit])
        total, judged, mine, elsewhere = cursor.fetchone()
    return total, judged, mine, elsewhere


def _moment(when: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(when)
