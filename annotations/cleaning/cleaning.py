"""Repairing suspicious samples: keep, drop, correct, undo; every step is a row that stays.

Nothing here enters a noise ratio: the queue is ranked, and a ranked sample says nothing about the
whole.
"""

import uuid
from collections.abc import Collection
from typing import Any

import numpy as np
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from annotations.cleaning.scoring_runs import read_scores
from annotations.evidence.frames import rows_at
from annotations.models import Item, MismatchScore, Repair, Verdict
from triage.models import Run

LONGEST_ANSWER = 1000
Action = Repair.Action


class RepairRefused(ValueError):
    """The repair is not taken; the message is for the person who sent it."""


def decide(
    run: Run,
    position: int,
    person: Any,
    action: str,
    *,
    submission: uuid.UUID,
    corrected_answer: str = "",
    score: MismatchScore | None = None,
) -> Repair:
    """Keep what becomes of the sample at `position`, superseding what was decided before.

    The same submission again changes nothing. Raises RepairRefused for an action that is none, a
    correction without its answer, or a position that the score does not know.
    """
    if known := Repair.objects.filter(submission=submission).first():
        return known
    if action not in (Action.KEEP, Action.DROP, Action.CORRECT):
        raise RepairRefused(_("“%(action)s” is no repair.") % {"action": action})
    corrected_answer = corrected_answer.strip()
    if action == Action.CORRECT and not corrected_answer:
        raise RepairRefused(_("A correction needs the right answer."))
    if len(corrected_answer) > LONGEST_ANSWER or "\x00" in corrected_answer:
        raise RepairRefused(_("The corrected answer cannot be stored: it is too long."))
    given = corrected_answer if action == Action.CORRECT else ""
    said = {"action": action, "corrected_answer": given, "score": score}
    return _append(run, position, person, submission, **said)


def undo(run: Run, person: Any, submission: uuid.UUID) -> Repair | None:
    """Put the sample that this person repaired last back into the queue; None for nothing."""
    if known := Repair.objects.filter(submission=submission).first():
        return known
    last = standing_repairs(run).filter(person=person).order_by("-pk").first()
    if last is None:
        return None
    return _append(run, last.position, person, submission, action=Action.REOPENED, score=last.score)


def standing_repairs(run: Run) -> Any:
    """The repairs that count: newest of their sample, not reopened."""
    return Repair.objects.newest().filter(run=run).exclude(action=Action.REOPENED)


def next_positions(
    score: MismatchScore, *, split: str = "", most: int = 2, skipped: Collection[int] = ()
) -> tuple[list[int], int]:
    """The most suspicious samples that nobody has repaired or judged, and how many there are.

    Samples with a standing verdict of an audit are left out: people have spoken. Those `skipped`
    come last.
    """
    table = read_scores(score)
    positions = table["position"].to_numpy()
    done = set(standing_repairs(score.run).values_list("position", flat=True)) | _judged(score.run)
    free = ~np.isin(positions, list(done))
    if split:
        free &= np.array([each == split for each in table["split"].to_pylist()])
    values = table["score"].to_numpy()
    order = np.lexsort((positions, -values, np.isin(positions, list(skipped))))
    left = [int(positions[index]) for index in order if free[index]]
    return left[:most], len(left)


def _judged(run: Run) -> set[int]:
    """Positions of samples with a standing verdict."""
    said = Verdict.objects.standing().filter(item__audit__run=run).values("item")
    return set(Item.objects.filter(pk__in=said).values_list("position", flat=True))


def _append(run: Run, position: int, person: Any, submission: uuid.UUID, **said: Any) -> Repair:
    """A chain only grows at its end; whoever loses a race for it looks again."""
    row = rows_at(run, [position]).get(position)
    if row is None:
        raise RepairRefused(_("There is no such sample in this run."))
    for attempt in (1, 2, 3):
        last = Repair.objects.newest().filter(run=run, position=position).first()
        try:
            with transaction.atomic():
                return Repair.objects.create(
                    run=run,
                    position=position,
                    sample_id=row["sample_id"],
                    person=person,
                    submission=submission,
                    supersedes=last,
                    **said,
                )
        except IntegrityError:
            if attempt == 3:
                raise
    raise AssertionError("unreachable")
