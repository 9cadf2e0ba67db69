"""Causes of a run in order of what fixing them would give."""

from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from diagnostics.causes.confirmed import Agreement, agreement
from diagnostics.causes.naming import ease_of
from diagnostics.diagnosis.audits import with_people
from diagnostics.diagnosis.diagnosing import read_document
from diagnostics.experiments import page
from diagnostics.models import CauseVerdict, Diagnosis, Naming, RuleBook
from diagnostics.science.causes.affected import Affected
from diagnostics.science.causes.catalogue import BY_NAME, Cause
from diagnostics.science.causes.verdicts import Piece, Strength, Verdict, verdicts
from diagnostics.science.measures.documents import document_of_result
from diagnostics.science.measures.results import Value
from triage.models import Run


@dataclass(frozen=True)
class Ranked:
    """One challenge: what is held of it, whom it affects, and what fixing it would give.

    `ease`: 0..1; `priority`: affected samples × ease; `bar`: the same in per cent of the first.
    `samples`: where they are listed, empty where there are none. `proofs`: lines of experiments
    that ended; `starts`: titles and addresses of those that would prove it.
    """

    cause: "Cause"
    verdict: "Verdict"
    affected: Affected
    ease: float
    why_ease: str
    priority: float
    bar: float
    samples: str
    proofs: list[dict[str, Any]]
    starts: list[dict[str, str]]


@dataclass(frozen=True)
class Causes:
    """The causes of a run's errors, the first to fix first; counts are of error samples.

    `leading`: the first that has evidence. `accuracy`: 0..1, None of an evaluation without samples.
    `measured`: whether any experiment has shown something.
    """

    naming: Naming
    rows: list[Ranked]
    leading: Ranked | None
    undetermined: Affected
    undetermined_samples: str
    errors: int
    evaluated: int
    accuracy: float | None
    agreement: Agreement
    measured: bool


@dataclass(frozen=True)
class PriorityDocument:
    """One challenge in the JSON; `measured`: what experiments showed, as they stored it."""

    cause: str
    strength: "Strength"
    count: Value
    of_errors: Value
    what_if: Value
    ease: float
    priority: float
    evidence_for: "tuple[Piece, ...]"
    evidence_against: "tuple[Piece, ...]"
    evidence_open: "tuple[Piece, ...]"
    experiment: str
    measured: list[dict[str, Any]]


@dataclass(frozen=True)
class CausesDocument:
    """How the errors were named, and every challenge by errors × ease."""

    method: str
    rules: int = field(metadata={"help_text": "version of the project's rules, 0: the defaults"})
    comparison: dict[str, Any]
    agreement: Agreement
    errors: int
    evaluated: int
    undetermined: int
    priorities: list[PriorityDocument]


def causes(diagnosis: Diagnosis, measures: dict[str, Any]) -> Causes | None:
    """Every challenge, by affected samples × ease; None for a diagnosis without a naming.

    `measures`: the diagnosis' own with the audits' figures beside them (people.with_people).
    """
    naming = diagnosis.naming()
    if naming is None:
        return None
    run = diagnosis.run
    found = {each["cause"]: Affected.from_dict(each) for each in naming.summary["affected"]}
    proofs = page.proofs(run)
    rows = _ranked(naming, found, measures, proofs)
    return Causes(
        naming=naming,
        rows=rows,
        leading=next((row for row in rows if row.verdict.strength != "none"), None),
        undetermined=found["undetermined"],
        undetermined_samples=_address(run, found["undetermined"]),
        errors=naming.summary["errors"],
        evaluated=naming.summary["evaluated"],
        accuracy=_accuracy(naming),
        agreement=agreement(run),
        measured=bool(proofs),
    )


def _ranked(
    naming: Naming,
    affected: "dict[str, Affected]",
    measures: dict[str, Any],
    proofs: dict[str, list[dict[str, Any]]],
) -> list[Ranked]:
    """The challenges with evidence first, each part by priority."""
    run, starts = naming.diagnosis.run, page.starts(naming.diagnosis.run)
    ease, reasons = ease_of(naming.rules), naming.rules.reasons if naming.rules else {}
    held = verdicts(list(affected.values()), measures)
    gain = {each.cause: affected[each.cause].evaluated * ease[each.cause] for each in held}
    most = max(gain.values(), default=0.0)
    order = sorted(held, key=lambda each: (each.strength == "none", -gain[each.cause]))
    return [
        Ranked(
            cause=BY_NAME[each.cause],
            verdict=each,
            affected=affected[each.cause],
            ease=ease[each.cause],
            why_ease=reasons.get(each.cause) or _(BY_NAME[each.cause].why_ease),
            priority=gain[each.cause],
            bar=round(100 * gain[each.cause] / most, 1) if most else 0,
            samples=_address(run, affected[each.cause]),
            proofs=proofs.get(each.cause, []),
            starts=starts.get(each.cause, []),
        )
        for each in order
    ]


def is_outdated(diagnosis: Diagnosis) -> bool:
    """Whether the rules, or what people confirmed, changed since the errors were named."""
    naming = diagnosis.naming()
    if naming is None:
        return False
    book = RuleBook.current_of(diagnosis.run.project)
    if (book.pk if book else None) != naming.rules_id:
        return True
    later = CauseVerdict.objects.filter(run=diagnosis.run, created_at__gt=naming.created_at)
    return later.exists()


def _accuracy(naming: Naming) -> float | None:
    total = naming.summary["evaluated"]
    return (total - naming.summary["errors"]) / total if total else None


def _address(run: Run, affected: Affected) -> str:
    if not affected.evaluated:
        return ""
    return reverse("diagnostics:cause", args=[run.pk, affected.cause])


def measures_of(run: Run) -> tuple[Diagnosis | None, dict[str, Any] | None]:
    """The newest diagnosis with the audits' figures beside its own."""
    diagnosis = Diagnosis.latest_of(run)
    if diagnosis is None:
        return None, None
    return diagnosis, with_people(run, read_document(diagnosis)["measures"])


def causes_document(run: Run) -> dict[str, Any] | None:
    """The causes, verdicts and priorities as plain values; None before a diagnosis."""
    diagnosis, measures = measures_of(run)
    found = causes(diagnosis, measures) if diagnosis and measures else None
    return None if found is None else document_of_result(plain_causes(found))


def plain_causes(causes: Causes) -> CausesDocument:
    """What `causes` found, as its JSON says it."""
    naming = causes.naming
    return CausesDocument(
        method=naming.method,
        rules=naming.rules.number if naming.rules else 0,
        comparison=naming.comparison,
        agreement=causes.agreement,
        errors=causes.errors,
        evaluated=causes.evaluated,
        undetermined=causes.undetermined.evaluated,
        priorities=[_priority(each) for each in causes.rows],
    )


def _priority(row: Ranked) -> PriorityDocument:
    return PriorityDocument(
        cause=row.cause.name,
        strength=row.verdict.strength,
        count=row.affected.count,
        of_errors=row.affected.of_errors,
        what_if=row.affected.what_if,
        ease=row.ease,
        priority=row.priority,
        evidence_for=row.verdict.evidence_for,
        evidence_against=row.verdict.evidence_against,
        evidence_open=row.verdict.evidence_open,
        experiment=row.verdict.experiment,
        measured=[page.in_report(each) for each in row.proofs],
    )
