"""Background work of this room: imports."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django_tasks import task

from triage.imports.apart import bringing_in, described, opened, reading, sides_of
from triage.imports.importing import ImportRefused, WordNeeded, import_plan, rule_for
from triage.imports.staging import discard
from triage.jobs import jobs
from triage.models import Job
from triage.science.ingest.apart import Opened, bring_in
from triage.science.ingest.ingesting import IngestResult
from triage.science.ingest.planning import Plan
from triage.science.progress import Progress
from triage.science.readers import UnreadableFile
from triage.science.record.mapping import ColumnMapping, merged
from triage.science.store.store import DataRoot


@task()
def carry_out_import(job_uuid: str) -> None:
    """Import the files of a job."""
    jobs.carry_out(job_uuid, _import, ImportRefused)


def _import(job: Job, progress: Progress) -> dict[str, Any]:
    asked = job.request
    try:
        with _plans_and_how(asked) as (plans, by):
            runs = []
            found = _as_described(plans, asked)
            for at, plan in enumerate(found):
                run = import_plan(
                    job.project,
                    plan,
                    name=f"{asked['name']} · {plan.model}" if len(found) > 1 else asked["name"],
                    source_name=asked["source_name"],
                    default_split=asked["split"],
                    images=Path(asked["images"]) if asked["images"] else None,
                    sides=sides_of(asked),
                    user=job.created_by,
                    leave=frozenset(asked.get("leave", [])),
                    progress=_part(progress, at, len(found)),
                    by=by(at),
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


@contextmanager
def _plans_and_how(
    asked: Mapping[str, Any],
) -> Iterator[tuple[list[Plan], Callable[[int], Callable[..., IngestResult]]]]:
    """The plans, and what brings in the one of a number: a process apart, under limits.

    A data root elsewhere, a bucket or memory, is written by this process: its keys and what it
    holds are here.
    """
    if DataRoot(settings.DATA_ROOT).is_local:
        with reading(asked, whole=True) as apart:
            yield described(apart), lambda at: bringing_in(apart, at)
        return
    try:
        plans = Opened.plans(opened(asked))
    except UnreadableFile as problem:
        raise ImportRefused(problem.sentence) from problem
    yield plans, lambda at: bring_in


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
