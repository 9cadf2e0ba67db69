"""Runs, audits and verdicts for tests: each made the way the product makes them."""

import json
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from django.conf import settings
from django.contrib.auth import get_user_model

from annotations.audits.drawing import draw_audit
from annotations.models import Audit, Item, Verdict
from triage.models import Clustering, Project, Role, Run
from triage.science.ingest.ingesting import ingest
from triage.science.readers import open_reader
from triage.science.record.mapping import propose
from triage.science.record.records import FIELDS
from triage.science.store.store import DataRoot


def make_member(project: Project, name: str, role: Role = Role.LEAD) -> Any:
    """A user who is a member of `project`."""
    user, _ = get_user_model().objects.get_or_create(username=name)
    project.admit(user, role)
    return user


def make_project_of(name: str = "Shapes") -> Project:
    """The project of that name, made on first use."""
    return Project.objects.filter(name=name).first() or Project.start(name)


def error_rows(errors: int, right: int = 0, **more: Any) -> list[dict[str, Any]]:
    """`errors` samples answered wrong, then `right` answered right."""
    return [
        {
            "sample_id": f"s{number:04d}",
            "question": f"How many shapes are in scene {number}?",
            "answers": ["two"],
            "prediction": "three" if number < errors else "two",
            "split": "test" if number % 3 else "val",
            "question_type": ("counting", "existence")[number % 2],
            **more,
        }
        for number in range(errors + right)
    ]


def ingest_run(
    project: Project,
    rows: Sequence[Mapping[str, Any]],
    *,
    name: str = "baseline",
    image_root: Path | None = None,
) -> Run:
    """A run whose rows went through the real import."""
    folder = Path(settings.DATA_ROOT) / "sources"
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / f"{uuid.uuid4().hex}.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = Run(project=project, name=name, source_name="rows.jsonl", scoring="exact")
    reader = open_reader(source)
    mapping = propose(reader.columns(), [field.name for field in FIELDS])
    result = ingest(
        reader,
        source,
        DataRoot(settings.DATA_ROOT).run(run.uuid),
        mapping=mapping,
        rule="exact",
        image_root=image_root,
    )
    run.image_root = str(image_root or "")
    run.source_sha256, run.samples, run.errors = result.sha256, result.samples, result.errors
    run.splits = dict(result.splits)
    run.save()
    return run


def cluster_errors(run: Run, clusters: Mapping[int, int]) -> Clustering:
    """A clustering of the run's errors: position → cluster, -1 for those not named."""
    folder = run.folder
    parts = pa.concat_tables(folder.read_samples(["position", "sample_id", "is_error"]))
    errors = parts.filter(parts["is_error"])
    numbers = [clusters.get(position, -1) for position in errors["position"].to_pylist()]
    named = sorted(set(numbers) - {-1})
    clustering = Clustering.objects.create(
        run=run,
        seed=0,
        encoder="test",
        clusters=len(named),
        unclustered=numbers.count(-1),
        cards=[
            {
                "cluster": each,
                "name": f"group {each}",
                "size": numbers.count(each),
                "share_of_errors": numbers.count(each) / len(numbers),
                "exemplars": [],
            }
            for each in named
        ],
    )
    table = pa.table(
        {
            "position": errors["position"],
            "sample_id": errors["sample_id"],
            "cluster": pa.array(numbers, pa.int32()),
            "x": pa.array(np.zeros(len(numbers)), pa.float32()),
            "y": pa.array(np.zeros(len(numbers)), pa.float32()),
            "strength": pa.array(np.ones(len(numbers)), pa.float32()),
        }
    )
    folder.write_table(table, "clusterings", f"{clustering.uuid.hex}.parquet")
    return clustering


def make_audit(
    errors: int = 12,
    *,
    right: int = 3,
    size: int | None = None,
    project: Project | None = None,
    **wishes: Any,
) -> Audit:
    """An audit of a fresh run with that many errors; a census of them unless `size` says less."""
    project = project or make_project_of()
    count = Run.objects.filter(project=project).count()
    run = ingest_run(project, error_rows(errors, right), name=f"run {count}")
    given = {"protocol": "custom", "size": size or errors, "seed": 7, **wishes}
    return draw_audit(run, **given)


def give_verdict(item: Item, user: Any, kind: str, **more: Any) -> Verdict:
    """One standing verdict, superseding the person's earlier one on the item."""
    before = Verdict.objects.filter(item=item, annotator=user, superseded_by=None).first()
    return Verdict.objects.create(item=item, annotator=user, kind=kind, supersedes=before, **more)


def give_verdicts(audit: Audit, user: Any, kinds: Sequence[str]) -> None:
    """The first items of `audit` get these verdicts, in the order of the draw."""
    for item, kind in zip(audit.items.order_by("place"), kinds, strict=False):
        give_verdict(item, user, kind)
