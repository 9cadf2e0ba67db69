"""What the cleaning queue shows: one suspicious sample, why it is suspicious, and the score."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from annotations.cleaning import cleaning
from annotations.cleaning.scoring_runs import latest_score, read_scores
from annotations.cleaning.tasks import SCORE
from annotations.evidence.frames import rows_at
from annotations.evidence.snapshots import normalised_box
from annotations.models import MismatchScore, Repair
from annotations.science.suspicion.suspicion import INPUTS
from triage.models import Job, Run

# An input at least this far out is named as a reason.
STRIKING = 0.9
MOST_REASONS = 3
MOST_CANDIDATES = 5
SPLITS = ("train", "val", "test", "ood")


@dataclass(frozen=True)
class Reason:
    """Why a sample is suspicious: in words, and how far out it stands (0..1)."""

    words: str
    rank: float


@dataclass(frozen=True)
class InputRow:
    """One input of the score: in words, of how many samples it is known, its weight."""

    words: str
    known: int
    weight: float | None
    needs: str


def context(run: Run, person: Any, split: str, skipped: list[int]) -> dict[str, Any]:
    """The whole page."""
    score = latest_score(run)
    jobs = run.jobs.filter(kind=SCORE.name).exclude(state=Job.State.DONE)
    found: dict[str, Any] = {
        "run": run,
        "score": score,
        "job": jobs.order_by("-pk").first(),
        "split": split if split in SPLITS else "",
        "splits": [each for each in SPLITS if run.splits.get(each)],
        "counts": _counts(run),
        "submission": uuid.uuid4(),
        "mine": cleaning.standing_repairs(run).filter(person=person).exists(),
    }
    if score is None:
        return found
    places, left = cleaning.next_positions(score, split=found["split"], skipped=skipped)
    rows = rows_at(run, places)
    found |= {
        "left": left,
        "roc": score.parameters.get("roc"),
        "roc_path": roc_path(score),
        "inputs": input_rows(score),
    }
    if places:
        found["row"] = _dressed(rows[places[0]])
        found["rank"], found["reasons"] = _why(score, places[0])
        found["next_image"] = rows[places[1]].get("image") if len(places) > 1 else None
    return found


def roc_path(score: MismatchScore) -> str:
    """The curve in a 100 x 100 box, y down; empty without one."""
    roc = score.parameters.get("roc")
    if not roc:
        return ""
    points = [f"{100 * x:.2f} {100 * (1 - y):.2f}" for x, y in roc["points"]]
    return "M" + " L".join(points)


def input_rows(score: MismatchScore) -> list[InputRow]:
    """The inputs of a score, those that the record did not allow among them."""
    weights = score.parameters.get("weights", {})
    known = score.parameters.get("inputs", {})
    return [
        InputRow(_(one.description), known.get(one.name, 0), weights.get(one.name), _(one.needs))
        for one in INPUTS
    ]


def _why(score: MismatchScore, position: int) -> tuple[float, list[Reason]]:
    """The sample's place among all scores (0..1), and what stands out most."""
    table = read_scores(score)
    scores = table["score"].to_numpy()
    index = int((table["position"].to_numpy() == position).argmax())
    words = {
        "reference_probability": _("the model gives the reference answer little chance"),
        "reference_margin": _("the model is surer of another answer"),
        "probability_beside_alike": _("samples like it have likelier reference answers"),
        "margin_beside_alike": _("of samples like it the model is less sure of another answer"),
        "agreement_beside_alike": _("samples like it have other reference answers"),
        "loss_beside_alike": _("its training loss is higher than that of samples like it"),
        "image_text_similarity": _("image and text are unlike each other"),
    }
    found = []
    for each in INPUTS:
        # A score is as it was frozen: an older one was measured by other inputs.
        known = each.name in table.column_names
        rank = table[each.name][index].as_py() if known else None
        if rank is not None and rank >= STRIKING:
            found.append(Reason(words[each.name], float(rank)))
    found.sort(key=lambda reason: -reason.rank)
    return float((scores <= scores[index]).mean()), found[:MOST_REASONS]


def _dressed(row: dict[str, Any]) -> dict[str, Any]:
    """The sample as its template wants it."""
    boxes = [normalised_box(box, None, None) for box in row.get("boxes") or []]
    return {
        **row,
        "answer": " · ".join(dict.fromkeys(row.get("answers") or [])) or "—",
        "chips": [each["answer"] for each in (row.get("candidates") or [])[:MOST_CANDIDATES]],
        "overlays": {
            "boxes": [box for box in boxes if box is not None],
            "predicted": normalised_box(row.get("predicted_box"), None, None),
        },
    }


def _counts(run: Run) -> dict[str, int]:
    """Standing repairs by action, and all of them."""
    actions = list(cleaning.standing_repairs(run).values_list("action", flat=True))
    found = {action.value: actions.count(action.value) for action in Repair.Action}
    return {**found, "all": len(actions)}
