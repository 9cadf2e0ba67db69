"""Rows as tools write them, and what came of them, for the tests of profiles."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from tests.triage.imports.bringing import Content, bring, samples
from triage.models import Project, Run


def columns(run: Run, *names: str) -> list[tuple[Any, ...]]:
    """These fields of every sample."""
    return [tuple(row[name] for name in names) for row in samples(run)]


def matched(run: Run) -> list[tuple[int, int, str, str]]:
    """How each join went: rows that found a partner, all rows, the other table, the key."""
    told = [json.loads(each)["values"] for each in run.outcome["notes"] if each.startswith("{")]
    return [(e["matched"], e["rows"], e["name"], e["key"]) for e in told if "matched" in e]


def picture() -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (8, 8), "green").save(data, "PNG")
    return data.getvalue()


def llava(rows: list[dict[str, Any]], said: str = "Yes", **more: Any) -> list[dict[str, Any]]:
    end = "\nAnswer the question using a single word or phrase."
    return [
        {"question_id": each["question_id"], "prompt": each["text"] + end, "text": said,
         "answer_id": f"a{each['question_id']}", "model_id": "llava-v1.5-13b", "metadata": {}, **more}
        for each in rows
    ]  # fmt: skip


def once_more(folder: Path, files: Mapping[str, Content], **more: Any) -> Run:
    """The one run that files become in a test that has brought others in before."""
    for project in Project.objects.all():
        project.name += " before"
        project.save()
    (run,) = bring(folder, files, **more)
    return run
