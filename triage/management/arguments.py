"""How commands name projects and runs, and how they answer."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from triage.models import Project, Run
from triage.sent import whole_number


def identity(text: str) -> dict[str, Any]:
    """The filter that finds a row by what was typed; empty when it is neither number nor uuid."""
    number = whole_number(text)
    if number is not None:
        return {"pk": number}
    try:
        return {"uuid": UUID(text)}
    except ValueError:
        return {}


def run_named(text: str) -> Run:
    """The run with that number or uuid; CommandError when there is none."""
    chosen = identity(text)
    run = Run.objects.select_related("project").filter(**chosen).first() if chosen else None
    if run is None:
        raise CommandError(f"There is no run {text!r}: give its number or its uuid.")
    return run


def project_named(text: str) -> Project:
    """The project with that slug or name; CommandError naming the known ones."""
    project = Project.objects.filter(slug=text).first() or Project.objects.filter(name=text).first()
    if project is None:
        known = ", ".join(Project.objects.values_list("slug", flat=True)[:20]) or "none yet"
        raise CommandError(f"There is no project {text!r} (known: {known}).")
    return project


def user_named(text: str) -> Any:
    """The user of that name; CommandError when there is none."""
    user = get_user_model().objects.filter(username=text).first()
    if user is None:
        raise CommandError(f"There is no user {text!r}.")
    return user


def answer(command: BaseCommand, document: Mapping[str, Any], as_json: bool) -> None:
    """Print `document` as one JSON object, or as one `name: value` line per entry."""
    if as_json:
        command.stdout.write(json.dumps(document, ensure_ascii=False))
        return
    for name, value in document.items():
        words = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
        command.stdout.write(f"{name}: {words}")
