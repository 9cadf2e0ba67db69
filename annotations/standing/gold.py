"""Gold: samples whose verdict is known, mixed into audits unseen to measure the people who judge.

Gold items stand outside the random draw and never enter a ratio.
"""

import csv
import io
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import transaction
from django.utils.translation import gettext as _

from annotations.evidence import frames
from annotations.models import CHOICES, Audit, GoldAnswer, Verdict
from annotations.models.audits import AuditRefused
from annotations.standing.resolution import ResolvedItem
from triage.models import Run

LARGEST_FILE = 5_000_000
MOST_ANSWERS = 20_000
# Keeps the choice of gold items apart from the draw with the same seed.
_STREAM = 3


class GoldRefused(ValueError):
    """The gold answers cannot be taken; the message names the row and the field."""


@dataclass(frozen=True)
class Accuracy:
    """How one person judged gold items: all alike, the noisy ones as noise, the clean as clean."""

    annotator: str
    judged: int
    same: int
    noisy: int
    noisy_found: int
    clean: int
    clean_found: int


def chosen_for(run: Run, wanted: int, drawn: Collection[str], seed: int) -> dict[str, str]:
    """`wanted` gold answers at random, none of a sample that was drawn: verdict by sample id.

    Raises AuditRefused when there are not as many.
    """
    if wanted == 0:
        return {}
    answers: Any = run.gold_answers
    known = dict(answers.order_by("sample_id").values_list("sample_id", "kind"))
    free = [sample_id for sample_id in known if sample_id not in drawn]
    if len(free) < wanted:
        words = _("%(wanted)s gold items wanted, but the run has only %(free)s that were not drawn")
        raise AuditRefused(words % {"wanted": wanted, "free": len(free)})
    rng = np.random.default_rng([seed, _STREAM])
    return {free[index]: known[free[index]] for index in rng.permutation(len(free))[:wanted]}


def read_answers(run: Run, stream: io.TextIOBase, name: str) -> dict[str, str]:
    """Verdict by sample id from a CSV with the columns sample_id and verdict.

    Raises GoldRefused naming file, row and field for anything that cannot be taken.
    """
    rows = csv.DictReader(stream)
    if missing := {"sample_id", "verdict"} - set(rows.fieldnames or ()):
        raise GoldRefused(f"{name}: no column {', '.join(sorted(missing))}")
    found: dict[str, str] = {}
    for row in rows:
        at = f"{name}, row {rows.line_num}"
        sample_id = (row["sample_id"] or "").strip()
        kind = (row["verdict"] or "").strip().lower().replace(" ", "_")
        if not sample_id:
            raise GoldRefused(f"{at}: sample_id is empty")
        if kind not in CHOICES:
            known = ", ".join(CHOICES)
            raise GoldRefused(f"{at}: verdict “{kind}” is not known (known: {known})")
        if found.get(sample_id, kind) != kind:
            raise GoldRefused(f"{at}: sample_id “{sample_id}” came before with another verdict")
        found[sample_id] = kind
        if len(found) > MOST_ANSWERS:
            raise GoldRefused(f"{name}: more than {MOST_ANSWERS} gold answers")
    here = frames.positions_of(run, found)
    if strangers := [sample_id for sample_id in found if sample_id not in here]:
        raise GoldRefused(
            f"{name}: {len(strangers)} sample ids are not in the run, first “{strangers[0]}”"
        )
    return found


def keep(run: Run, answers: Mapping[str, str], source: str, user: Any) -> int:
    """Store gold answers, replacing earlier ones of the same samples; how many there are now."""
    with transaction.atomic():
        for sample_id, kind in answers.items():
            GoldAnswer.objects.update_or_create(
                run=run,
                sample_id=sample_id,
                defaults={"kind": kind, "source": source[:300], "created_by": user},
            )
    return int(run.gold_answers.count())


def keep_resolved(audit: Audit, items: Iterable[ResolvedItem], user: Any) -> int:
    """Make the resolved items of an audit gold answers of its run; how many they were."""
    answers = {item.sample_id: item.kind for item in items if item.kind in CHOICES}
    keep(audit.run, answers, _("audit “%(name)s”") % {"name": audit.name}, user)
    return len(answers)


def accuracies(audit: Audit) -> list[Accuracy]:
    """Each person's verdicts on the audit's gold items, in the order of the alphabet."""
    standing = Verdict.objects.standing().filter(item__audit=audit).exclude(item__gold="")
    rows = standing.values_list("annotator__username", "item__gold", "kind")
    noise = set(audit.noise_kinds)
    pairs: dict[str, list[tuple[str, str]]] = {}
    for person, known, given in rows.order_by("annotator__username"):
        pairs.setdefault(person, []).append((known, given))
    return [_accuracy(person, given, noise) for person, given in pairs.items()]


def together(found: Collection[Accuracy]) -> Accuracy:
    """All people's accuracies as one."""
    names = ("judged", "same", "noisy", "noisy_found", "clean", "clean_found")
    return Accuracy("", *(sum(getattr(each, name) for each in found) for name in names))


def _accuracy(person: str, pairs: list[tuple[str, str]], noise: Collection[str]) -> Accuracy:
    decided = [pair for pair in pairs if set(pair).isdisjoint({"unsure", "unusable"})]
    noisy = [given for known, given in decided if known in noise]
    clean = [given for known, given in decided if known not in noise]
    return Accuracy(
        annotator=person,
        judged=len(pairs),
        same=sum(known == given for known, given in pairs),
        noisy=len(noisy),
        noisy_found=sum(given in noise for given in noisy),
        clean=len(clean),
        clean_found=sum(given not in noise for given in clean),
    )


def counts(run: Run) -> list[tuple[str, int]]:
    """(verdict's name, how many gold answers have it), in the order of the buttons."""
    found = Counter(run.gold_answers.values_list("kind", flat=True))
    return [(str(kind.label), found[kind.value]) for kind in CHOICES if found[kind.value]]
