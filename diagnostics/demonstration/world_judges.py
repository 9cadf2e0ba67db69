"""The truth of the demonstration's world, said through the product's own verbs.

Nothing is written past them: an audit takes verdicts, the cleaning queue takes repairs, and each is
recorded as somebody who knows the truth would have given it.
"""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from annotations.audits import drawing
from annotations.audits.drawing import draw_audit
from annotations.cleaning import cleaning
from annotations.cleaning.scoring_runs import latest_score, score_run
from annotations.evidence.frames import rows_at
from annotations.models import Audit, Item, Repair, VerdictKind
from annotations.review import queue, verdict_files
from triage.models import Run

# Whoever judges: the truth of the made world, not a person.
TRUTH = "truth-of-the-world"
LOOKS = "several right answers"
# Errors of evaluation about looks that are checked for right answers, and training samples that
# are repaired.
CHECKED, REPAIRED = 60, 60
ACTIONS = {"mismatch": Repair.Action.DROP, "wrong_answer": Repair.Action.CORRECT}


def judge_checklist(run: Run, lead: Any, truth: Path, *, seed: int) -> Audit:
    """An audit whose every verdict is true, closed."""
    audit = draw_audit(run, protocol="checklist-100", seed=seed, user=lead)
    drawn = set(audit.items.values_list("sample_id", flat=True))
    judged = truth.with_name("checklist-verdicts.jsonl")
    with judged.open("w") as sink:
        sink.writelines(
            json.dumps(row) + "\n" for row in rows_of(truth) if row["sample_id"] in drawn
        )
    verdict_files.record_file(audit, judged, verdict_files.annotator_named(audit, TRUTH))
    drawing.close(audit)
    return audit


def judge_candidates(run: Run, lead: Any, truth: Path, *, seed: int) -> Audit:
    """A top-5 check of questions about looks, each verdict true, closed."""
    audit = draw_audit(
        run,
        protocol="custom",
        size=CHECKED,
        seed=seed,
        criteria={"question_type": ["attribute"], "split": ["test", "ood"]},
        name=LOOKS,
        user=lead,
        question=Audit.Question.TOP_FIVE,
    )
    person = verdict_files.annotator_named(audit, TRUTH)
    right = {row["sample_id"]: row["right_answers"] for row in rows_of(truth)}
    for item in audit.items.all():
        rank = _rank(item, right[item.sample_id])
        kind = VerdictKind.NOT_AMONG if rank is None else VerdictKind.AMONG
        queue.record(item, person, kind, submission=uuid.uuid4(), candidate=rank)
    drawing.close(audit)
    return audit


def repair_most_suspicious(run: Run, truth: Path, *, seed: int) -> int:
    """Score the run and decide truly on its most suspicious training samples; how many."""
    score = latest_score(run) or score_run(run, seed=seed)
    person = verdict_files.annotator_named(run.audits.earliest("pk"), TRUTH)
    known = {row["sample_id"]: row for row in rows_of(truth)}
    positions, _left = cleaning.next_positions(score, split="train", most=REPAIRED)
    for position, row in rows_at(run, positions).items():
        true = known[row["sample_id"]]
        cleaning.decide(
            run,
            position,
            person,
            ACTIONS.get(true["kind"], Repair.Action.KEEP),
            submission=uuid.uuid4(),
            corrected_answer=true["corrected_answer"] or "",
            score=score,
        )
    return len(positions)


def rows_of(truth: Path) -> Iterator[dict[str, Any]]:
    """What is true of each sample."""
    with truth.open() as lines:
        yield from map(json.loads, lines)


def _rank(item: Item, right: list[str]) -> int | None:
    """From 1, the place of the first right one among the candidates; None where there is none."""
    candidates = item.snapshot.get("candidates") or []
    found = (n for n, each in enumerate(candidates, start=1) if each["answer"] in right)
    return next(found, None)
