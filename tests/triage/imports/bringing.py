"""Files that stand for what people bring, imported the way the command line and the page do."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.factories import make_project
from triage.imports.importing import FIELD_NAMES, import_plan, look
from triage.models import Run
from triage.science.ingest.planning import Plan, rule_for
from triage.science.record.mapping import merged, parse_assignments
from triage.science.record.records import SCHEMA

# Rows become JSON Lines; text and bytes are written as they are.
Content = str | bytes | Sequence[Mapping[str, Any]]


def write(folder: Path, files: Mapping[str, Content]) -> list[Path]:
    """The files in a folder, in the order given."""
    paths = []
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif isinstance(content, str):
            path.write_text(content, encoding="utf-8")
        else:
            path.write_text("".join(json.dumps(row) + "\n" for row in content), encoding="utf-8")
        paths.append(path)
    return paths


def seen(folder: Path, files: Mapping[str, Content], **more: Any) -> list[Plan]:
    """The plans of files that are given together."""
    paths = write(folder, files)
    return look([(path, path.name) for path in paths], folder / "unpacked", **more)


def bring(
    folder: Path,
    files: Mapping[str, Content],
    *,
    maps: Sequence[str] = (),
    rule: str = "",
    images: Path | None = None,
    leave: frozenset[str] = frozenset(),
) -> list[Run]:
    """The runs that files become; nothing doubtful is waved through."""
    settled = frozenset(each.partition("=")[0] for each in maps)
    project = make_project()
    runs = []
    for found in seen(folder, files, settled=settled):
        changes = parse_assignments(maps, found.columns, FIELD_NAMES)
        plan = replace(found, mapping=merged(found.mapping, changes))
        if changes:
            plan = replace(plan, rule=rule_for(plan.columns, plan.rows, plan.mapping))
        plan = replace(plan, rule=rule or plan.rule)
        named = ", ".join(files)
        runs.append(
            import_plan(project, plan, name="", source_name=named, images=images, leave=leave)
        )
    return runs


def one(folder: Path, name: str, content: Content, **more: Any) -> Run:
    """The one run that one file becomes."""
    (run,) = bring(folder, {name: content}, **more)
    return run


def verdicts(run: Run) -> list[bool]:
    """Which of its samples are errors, in order."""
    return [row["is_error"] for row in samples(run)]


def samples(run: Run) -> list[dict[str, Any]]:
    """All samples of a small run."""
    found: list[dict[str, Any]] = []
    for part in run.folder.read_samples(SCHEMA.names):
        found += part.to_pylist()
    return found


def counts(run: Run) -> tuple[int, int, int]:
    """Samples, errors and refused rows."""
    return run.samples, run.errors, run.refused
