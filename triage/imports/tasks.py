"""Background work of this room: imports."""

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from django_tasks import task

from triage.imports.importing import ImportRefused, WordNeeded, import_plan, look, rule_for
from triage.imports.staging import discard
from triage.jobs import jobs
from triage.models import Job
from triage.science.ingest.planning import Plan
from triage.science.progress import Progress
from triage.science.record.mapping import ColumnMapping, merged


@task()
def carry_out_import(job_uuid: str) -> None:
    """Import the files of a job."""
    jobs.carry_out(job_uuid, _import, ImportRefused)


def planned(request: Mapping[str, Any]) -> list[Plan]:
    """The runs that the files of a job will be; all rows as one run where that was asked for.

    What archives hold is unpacked beside the uploads, and goes with them. Raises ImportRefused.
    """
    # Jobs that were queued before several files could be given have one path.
    files = request.get("files") or [{"path": request["path"], "name": request["source_name"]}]
    folder = request.get("staged") or tempfile.mkdtemp()
    settled = frozenset() if request.get("each_model", True) else frozenset({"model"})
    named = [(Path(each["path"]), each["name"]) for each in files]
    return look(named, Path(folder), settled=settled)


def _import(job: Job, progress: Progress) -> dict[str, Any]:
    asked = job.request
    found = _as_described(planned(asked), asked)
    try:
        runs = []
        for at, plan in enumerate(found):
            run = import_plan(
                job.project,
                plan,
                name=f"{asked['name']} · {plan.model}" if len(found) > 1 else asked["name"],
                source_name=asked["source_name"],
                default_split=asked["split"],
                images=Path(asked["images"]) if asked["images"] else None,
                # Jobs that were queued before there were side files have none.
                sides=[(Path(each["path"]), each["name"]) for each in asked.get("sides", [])],
                user=job.created_by,
                leave=frozenset(asked.get("leave", [])),
                progress=_part(progress, at, len(found)),
            )
            runs.append(run)
    except WordNeeded as problem:
        job.request = {**asked, "needs": problem.flag}
        job.save(update_fields=["request"])
        raise
    job.run = runs[0]
    discard(job)
    return {
        "run": runs[0].pk,
        "runs": [run.pk for run in runs],
        "samples": sum(run.samples for run in runs),
        "errors": sum(run.errors for run in runs),
        "refused": sum(run.refused for run in runs),
        "images_missing": sum(run.images_missing for run in runs),
    }


def _part(progress: Progress, at: int, of: int) -> Progress:
    """Progress of one of several runs within that of all."""
    return lambda share, step: progress((at + share) / of, step)


def _as_described(found: list[Plan], asked: Mapping[str, Any]) -> list[Plan]:
    """The plans with what the person changed of the first of them."""
    first = found[0].mapping
    described = ColumnMapping.from_dict(asked["mapping"])
    changes = {
        name: described.columns_of(name)
        for name in {*first.columns, *described.columns}
        if described.columns_of(name) != first.columns_of(name)
    }
    if asked["rule"] != rule_for(found[0], first) or changes:
        found = [replace(plan, rule=asked["rule"]) for plan in found]
    rest = [replace(plan, mapping=merged(plan.mapping, changes)) for plan in found[1:]]
    return [replace(found[0], mapping=described), *rest]
