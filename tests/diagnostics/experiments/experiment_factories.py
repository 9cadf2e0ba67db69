"""A small made world brought in as a run, and what people may have said of it."""

import dataclasses
import json
from pathlib import Path
from typing import Any

from annotations.audits import drawing
from annotations.audits.drawing import draw_audit
from annotations.cleaning.scoring_runs import score_run
from annotations.exports.curated import export_to_data_root
from annotations.models import CuratedSet, Repair
from diagnostics.science.testbed.run_files import WrittenRun, write_run
from diagnostics.science.testbed.training import TrainingConfig
from diagnostics.science.testbed.world import SMALL
from tests.annotations.audit_factories import give_verdicts, make_member, make_project_of
from tests.factories import make_run
from triage.models import Project, Run

WORLD = dataclasses.replace(
    SMALL, train=160, val=20, test=80, ood=40, share_wrong_answers=0.15, share_mismatched=0.05
)
TRAINING = TrainingConfig(epochs=2, losses_kept=2)


def write_world(folder: Path) -> WrittenRun:
    """The files of the world: seconds, once a test module."""
    return write_run(folder, WORLD, TRAINING)


def run_of(written: WrittenRun, project: Project | None = None, name: str = "shapes") -> Run:
    """The world imported as a team's run would be."""
    return make_run(
        project or make_project_of(), written.predictions, images=written.images, name=name
    )


def truth_of(written: WrittenRun) -> dict[str, dict[str, Any]]:
    """What is true of each sample."""
    rows = (json.loads(line) for line in written.truth.read_text().splitlines())
    return {row["sample_id"]: row for row in rows}


def repair_training(run: Run, written: WrittenRun) -> int:
    """Every wrong training answer corrected, every mismatch dropped; how many there were."""
    person = make_member(run.project, "lena")
    positions = {}
    for part in run.folder.read_samples(["sample_id", "position", "split"]):
        for row in part.to_pylist():
            if row["split"] == "train":
                positions[row["sample_id"]] = row["position"]
    faulty = [
        row
        for row in truth_of(written).values()
        if row["kind"] != "clean" and row["sample_id"] in positions
    ]
    for row in faulty:
        wrong = row["kind"] == "wrong_answer"
        Repair.objects.create(
            run=run,
            sample_id=row["sample_id"],
            position=positions[row["sample_id"]],
            action="correct" if wrong else "drop",
            corrected_answer=row["true_answer"] if wrong else "",
            person=person,
        )
    return len(faulty)


def curated_of(run: Run, file_format: str = "parquet") -> CuratedSet:
    """A set frozen now."""
    return export_to_data_root(run, file_format=file_format)


def closed_top_five(run: Run, size: int = 8) -> dict[str, str]:
    """A closed top-5 check in which the second candidate was right every time: answer by sample."""
    audit = draw_audit(run, protocol="custom", size=size, seed=3, question="top_five")
    person = make_member(run.project, "ann")
    give_verdicts(audit, person, ["among_candidates"] * size)
    for item in audit.items.all():
        item.verdicts.update(candidate=2)
    drawing.close(audit)
    return {item.sample_id: item.snapshot["candidates"][1]["answer"] for item in audit.items.all()}


__all__ = [
    "closed_top_five",
    "curated_of",
    "repair_training",
    "run_of",
    "score_run",
    "truth_of",
    "write_world",
]
