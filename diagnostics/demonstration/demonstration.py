"""The demonstration: a made world brought through the product's own verbs, from file to verdicts.

Nothing here has a door of its own: the run is imported as a team's would be, and the truth of the
world comes in as a file of verdicts.
"""

import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model

from annotations.audits.drawing import draw_audit
from annotations.models import Audit, Repair
from diagnostics.demonstration.world_judges import (
    LOOKS,
    judge_candidates,
    judge_checklist,
    repair_most_suspicious,
)
from diagnostics.diagnosis.diagnosing import diagnose_run
from diagnostics.models import Diagnosis
from diagnostics.science.testbed.training import TrainingConfig
from diagnostics.science.testbed.world import SMALL, WorldConfig
from triage.clusters.analysing import analyse_run
from triage.imports.importing import import_run, preview, rule_for
from triage.models import Project, Role, Run
from triage.science.progress import Progress

PROJECT = "Demonstration"
RUN = "shapes, first model"
# The same model asked about scenes of another world: what experiments test on beside its own.
OTHER_RUN = "shapes, other drawings"
SEED = 7
# Of every split, questions that several shapes answer.
AMBIGUOUS = 0.04
ELSEWHERE = WorldConfig(seed=SEED, train=0, val=0, test=0, ood=400)


@dataclass(frozen=True)
class Demonstration:
    """What there is to open, and how to sign in (name → password)."""

    project: Project
    run: Run
    other: Run
    finished: Audit
    waiting: Audit
    passwords: dict[str, str]


def demonstrate(*, small: bool = False, progress: Progress) -> Demonstration:
    """Make what is missing of the demonstration; passwords are new each time."""
    project = Project.objects.filter(name=PROJECT).first() or Project.start(PROJECT)
    passwords = {
        name: _sign_in(project, name, role)
        for name, role in (("lead", Role.ADMIN), ("annotator", Role.ANNOTATOR))
    }
    lead = get_user_model().objects.get(username="lead")
    run, other = _runs(project, lead, small, progress)
    if run.current_clustering() is None:
        analyse_run(run, seed=SEED, progress=_part(progress, 0.75, 0.95))
    progress(0.96, "Drawing audits")
    truth = folder() / "truth.jsonl"
    finished = _audit(run, "checklist-100") or judge_checklist(run, lead, truth, seed=SEED)
    waiting = _audit(run, "quality-200") or draw_audit(
        run, protocol="quality-200", seed=SEED, user=lead
    )
    if not run.audits.filter(name=LOOKS).exists():
        judge_candidates(run, lead, truth, seed=SEED)
    if not Repair.objects.filter(run=run).exists():
        progress(0.965, "Judging suspicious training samples")
        repair_most_suspicious(run, truth, seed=SEED)
    if Diagnosis.latest_of(run) is None:
        # After the audits: their figures stand beside the measures.
        diagnose_run(run, seed=SEED, user=lead, progress=_part(progress, 0.97, 1.0))
    progress(1.0, "Ready")
    return Demonstration(project, run, other, finished, waiting, passwords)


def folder() -> Path:
    """Where the world's files lie."""
    here = settings.DATA_ROOT if "://" not in settings.DATA_ROOT else settings.STAGING_FOLDER
    return Path(here) / "demonstration"


def _runs(project: Project, lead: Any, small: bool, progress: Progress) -> tuple[Run, Run]:
    """The run and the one beside it; files that are not there are written first."""
    run, other = (project.runs.filter(name=name).first() for name in (RUN, OTHER_RUN))
    elsewhere = folder() / "elsewhere"
    if run is None or (other is None and not (elsewhere / "predictions.jsonl").exists()):
        _write(elsewhere, small, progress)
    run = run or _imported(project, lead, RUN, folder(), _part(progress, 0.7, 0.74))
    other = other or _imported(project, lead, OTHER_RUN, elsewhere, _part(progress, 0.74, 0.75))
    return run, other


def _write(elsewhere: Path, small: bool, progress: Progress) -> None:
    # torch is needed here and nowhere near a page.
    from diagnostics.science.testbed.run_files import Elsewhere, write_run

    write_run(
        folder(),
        replace(SMALL if small else WorldConfig(), share_ambiguous=AMBIGUOUS),
        TrainingConfig(epochs=4) if small else TrainingConfig(),
        _part(progress, 0.0, 0.7),
        Elsewhere(elsewhere, ELSEWHERE),
    )


def _imported(project: Project, lead: Any, name: str, files: Path, progress: Progress) -> Run:
    predictions = files / "predictions.jsonl"
    shown = preview(predictions, predictions.name)
    return import_run(
        project,
        predictions,
        source_name=predictions.name,
        name=name,
        mapping=shown.mapping,
        rule=rule_for(shown, shown.mapping),
        images=files / "images",
        user=lead,
        progress=progress,
    )


def _audit(run: Run, protocol: str) -> Audit | None:
    return run.audits.filter(protocol=protocol).first()


def _sign_in(project: Project, name: str, role: Role) -> str:
    user: Any = get_user_model().objects.filter(username=name).first()
    password = secrets.token_urlsafe(9)
    if user is None:
        user = get_user_model().objects.create_user(username=name)
    user.set_password(password)
    user.save(update_fields=["password"])
    project.admit(user, role)
    return password


def _part(progress: Progress, low: float, high: float) -> Progress:
    return lambda share, step: progress(low + share * (high - low), step)
