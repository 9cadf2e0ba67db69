"""People and addresses for tests of pages: each made the way the product makes them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model

from triage.imports.importing import import_run, preview, rule_for
from triage.models import Project, Role, Run
from triage.science.record.mapping import merged, parse_assignments
from triage.science.record.records import FIELDS

PASSWORD = "a-password-for-tests"


def make_user(name: str) -> Any:
    """A user who can sign in with PASSWORD."""
    return get_user_model().objects.create_user(username=name, password=PASSWORD)


def make_project(name: str = "Shapes", **members: Role) -> Project:
    """A project with members by name."""
    project = Project.start(name)
    for user, role in members.items():
        project.admit(make_user(user), role)
    return project


def write_lines(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Rows as a JSON Lines file."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def make_run(
    project: Project,
    source: Path,
    *,
    maps: Sequence[str] = (),
    images: Path | None = None,
    name: str = "",
    rule: str = "",
) -> Run:
    """A run imported from a file by the product's own verb."""
    shown = preview(source, source.name)
    changes = parse_assignments(maps, shown.columns, [field.name for field in FIELDS])
    mapping = merged(shown.mapping, changes)
    return import_run(
        project,
        source,
        source_name=source.name,
        name=name,
        mapping=mapping,
        rule=rule or rule_for(shown, mapping),
        images=images,
    )


def sample_rows(count: int, wrong: int, **more: Any) -> list[dict[str, Any]]:
    """`count` samples of which the first `wrong` are errors."""
    return [
        {
            "sample_id": f"s{number:03d}",
            "question": f"How many shapes are in scene {number}?",
            "answers": ["two"],
            "prediction": "three" if number < wrong else "two",
            "split": ("train", "test", "ood")[number % 3],
            "question_type": ("counting", "existence")[number % 2],
            "category": f"kind {number % 4}",
            **more,
        }
        for number in range(count)
    ]
