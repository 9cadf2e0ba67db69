"""How commands name runs and audits: by their number or their uuid."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from annotations.models import Audit
from triage.models import Run, StoredFilter


def _identity(text: str) -> dict[str, Any]:
    """The filter that finds a row by what was typed; empty when it is neither number nor uuid."""
    if text.isascii() and text.isdigit() and len(text) < 19:
        return {"pk": int(text)}
    try:
        return {"uuid": UUID(text)}
    except ValueError:
        return {}


def run_named(text: str) -> Run:
    """The run with that number or uuid; CommandError when there is none."""
    identity = _identity(text)
    run = Run.objects.select_related("project").filter(**identity).first() if identity else None
    if run is None:
        raise CommandError(f"There is no run {text!r}: give its number or its uuid.")
    return run


def audit_named(text: str) -> Audit:
    """The audit with that number or uuid; CommandError when there is none."""
    identity = _identity(text)
    audits = Audit.objects.select_related("run", "project")
    audit = audits.filter(**identity).first() if identity else None
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


def answer(command: BaseCommand, document: Mapping[str, Any], as_json: bool) -> None:
    """Print `document` as one JSON object, or as one `name: value` line per entry."""
    if as_json:
        command.stdout.write(json.dumps(document, ensure_ascii=False))
        return
    for name, value in document.items():
        words = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
        command.stdout.write(f"{name}: {words}")
