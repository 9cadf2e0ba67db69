"""How commands name audits and say what to draw from."""

import json
from typing import Any

from django.core.management.base import CommandError

from annotations.models import Audit
from triage.management.arguments import answer, identity, run_named
from triage.models import Run, StoredFilter

__all__ = ["answer", "audit_named", "criteria_given", "run_named", "stored_filter_named"]


def audit_named(text: str) -> Audit:
    """The audit with that number or uuid; CommandError when there is none."""
    chosen = identity(text)
    audits = Audit.objects.select_related("run", "project")
    audit = audits.filter(**chosen).first() if chosen else None
    if audit is None:
        raise CommandError(f"There is no audit {text!r}: give its number or its uuid.")
    return audit


def stored_filter_named(run: Run, name: str | None) -> StoredFilter | None:
    """The run's stored filter of that name; None for None; CommandError when there is none."""
    if name is None:
        return None
    stored = run.stored_filters.filter(name=name).first()
    if stored is None:
        known = ", ".join(repr(each.name) for each in run.stored_filters.all()) or "none"
        raise CommandError(f"The run has no stored filter {name!r} (it has: {known}).")
    return stored


def criteria_given(text: str | None) -> dict[str, Any]:
    """The criteria typed as a JSON object; empty for None; CommandError for anything else."""
    if text is None:
        return {}
    try:
        criteria = json.loads(text)
    except ValueError as problem:
        raise CommandError(f"--criteria is not JSON: {problem}") from problem
    if not isinstance(criteria, dict):
        raise CommandError("--criteria must be a JSON object")
    return criteria
