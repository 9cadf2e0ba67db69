"""The demonstration: a made world brought through the product's own verbs, from file to verdicts.

Nothing here has a door of its own: the run is imported as a team's would be, and the truth of the
world comes in as a file of verdicts.
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model

from annotations import audits, verdict_files
from annotations.audits import draw_audit
from annotations.models import Audit
from diagnostics.diagnosing import diagnose_run
from diagnostics.models import Diagnosis
from diagnostics.testbed.training import TrainingConfig
from diagnostics.testbed.world import SMALL, WorldConfig
from triage.analysing import analyse_run
from triage.imports import import_run, preview, rule_for
from triage.models import Project, Role, Run

PROJECT = "Demonstration"
RUN = "shapes, first model"
# Whoever judged the finished audit: the truth of the made world, not a person.
TRUTH = "truth-of-the-world"
SEED = 7
Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Demonstration:
    """What there is to open, and how to sign in (name → password)."""

    project: Project
    run: Run
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
    run = project.runs.filter(name=RUN).first()
    if run is None:
        run = _run(project, lead, small, progress)
    if run.current_clustering() is None:
        analyse_run(run, seed=SEED, progress=_part(progress, 0.75, 0.95))
    progress(0.96, "Drawing audits")
    finished = _audit(run, "checklist-100") or _finished(run, lead)
    waiting = _audit(run, "quality-200") or draw_audit(
        run, protocol="quality-200", seed=SEED, user=lead
    )
    if Diagnosis.latest_of(run) is None:
        # After the audits: their figures stand beside the measures.
        diagnose_run(run, seed=SEED, user=lead, progress=_part(progress, 0.97, 1.0))
    progress(1.0, "Ready")
    return Demonstration(project, run, finished, waiting, passwords)


def folder() -> Path:
    """Where the world's files lie."""
    here = settings.DATA_ROOT if "://" not in settings.DATA_ROOT else settings.STAGING_FOLDER
    return Path(here) / "demonstration"


def _run(project: Project, lead: Any, small: bool, progress: Progress) -> Run:
    # torch is needed here and nowhere near a page.
    from diagnostics.testbed.run_files import write_run

    written = write_run(
        folder(),
        SMALL if small else WorldConfig(),
        TrainingConfig(epochs=4) if small else TrainingConfig(),
        _part(progress, 0.0, 0.7),
    )
    shown = preview(written.predictions, written.predictions.name)
    return import_run(
        project,
        written.predictions,
        source_name=written.predictions.name,
        name=RUN,
        mapping=shown.mapping,
        rule=rule_for(shown, shown.mapping),
        images=written.images,
        user=lead,
        progress=_part(progress, 0.7, 0.75),
    )


def _audit(run: Run, protocol: str) -> Audit | None:
    return run.audits.filter(protocol=protocol).first()


def _finished(run: Run, lead: Any) -> Audit:
    """An audit whose every verdict is the world's own truth, closed."""
    audit = draw_audit(run, protocol="checklist-100", seed=SEED, user=lead)
    drawn = set(audit.items.values_list("sample_id", flat=True))
    judged = folder() / "checklist-verdicts.jsonl"
    with (folder() / "truth.jsonl").open() as truth, judged.open("w") as sink:
        sink.writelines(line for line in truth if json.loads(line)["sample_id"] in drawn)
    verdict_files.record_file(audit, judged, verdict_files.annotator_named(audit, TRUTH))
    audits.close(audit)
    return audit


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
