"""Causes of a run in order of what fixing them would give."""

from dataclasses import asdict
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from diagnostics.causes.confirmed import agreement
from diagnostics.causes.naming import ease_of
from diagnostics.diagnosis.audits import with_people
from diagnostics.diagnosis.diagnosing import read_document
from diagnostics.experiments import page
from diagnostics.models import CauseVerdict, Diagnosis, Naming, RuleBook
from diagnostics.science.measures.documents import finite
from triage.models import Run


def causes(diagnosis: Diagnosis, measures: dict[str, Any]) -> dict[str, Any] | None:
    """Every challenge, by affected samples × ease; None for a diagnosis without a naming.

    `measures`: the diagnosis' own with the audits' figures beside them (people.with_people).
    """
    naming = diagnosis.naming()
    if naming is None:
        return None
    from diagnostics.science.causes.affected import Affected
    from diagnostics.science.causes.catalogue import BY_NAME
    from diagnostics.science.causes.verdicts import verdicts

    found = [Affected.from_dict(each) for each in naming.summary["affected"]]

    affected = {each["cause"]: each for each in naming.summary["affected"]}
    ease, reasons = ease_of(naming.rules), naming.rules.reasons if naming.rules else {}
    proofs = page.proofs(diagnosis.run)
    starts = page.starts(diagnosis.run)
    rows = [
        {
            "cause": BY_NAME[verdict["cause"]],
            "verdict": verdict,
            "affected": affected[verdict["cause"]],
            "ease": ease[verdict["cause"]],
            "why_ease": reasons.get(verdict["cause"]) or _(BY_NAME[verdict["cause"]].why_ease),
            "priority": affected[verdict["cause"]]["evaluated"] * ease[verdict["cause"]],
            "samples": _address(diagnosis.run, affected[verdict["cause"]]),
            "proofs": proofs.get(verdict["cause"], []),
            "starts": starts.get(verdict["cause"], []),
        }
        for verdict in map(asdict, verdicts(found, measures))
    ]
    rows.sort(key=lambda row: (row["verdict"]["strength"] == "none", -row["priority"]))
    most = max((row["priority"] for row in rows), default=0.0)
    for row in rows:
        row["bar"] = round(100 * row["priority"] / most, 1) if most else 0
    return {
        "naming": naming,
        "rows": rows,
        "leading": next((row for row in rows if row["verdict"]["strength"] != "none"), None),
        "undetermined": affected["undetermined"],
        "undetermined_samples": _address(diagnosis.run, affected["undetermined"]),
        "errors": naming.summary["errors"],
        "evaluated": naming.summary["evaluated"],
        "accuracy": _accuracy(naming),
        "agreement": agreement(diagnosis.run),
        "measured": bool(proofs),
    }


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


def _address(run: Run, affected: dict[str, Any]) -> str:
    if not affected["evaluated"]:
        return ""
    return reverse("diagnostics:cause", args=[run.pk, affected["cause"]])


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
    return None if found is None else finite(plain_causes(found))


def plain_causes(causes: dict[str, Any]) -> dict[str, Any]:
    """What `causes` found, as plain values."""
    return {
        "method": causes["naming"].method,
        "rules": causes["naming"].rules.number if causes["naming"].rules else 0,
        "comparison": causes["naming"].comparison,
        "agreement": causes["agreement"],
        "errors": causes["errors"],
        "evaluated": causes["evaluated"],
        "undetermined": causes["undetermined"]["evaluated"],
        "priorities": [
            {
                "cause": row["cause"].name,
                "strength": row["verdict"]["strength"],
                "count": row["affected"]["count"],
                "of_errors": row["affected"]["of_errors"],
                "what_if": row["affected"]["what_if"],
                "ease": row["ease"],
                "priority": row["priority"],
                "evidence_for": row["verdict"]["evidence_for"],
                "evidence_against": row["verdict"]["evidence_against"],
                "evidence_open": row["verdict"]["evidence_open"],
                "experiment": row["verdict"]["experiment"],
                "measured": [page.in_report(each) for each in row["proofs"]],
            }
            for row in causes["rows"]
        ],
    }
