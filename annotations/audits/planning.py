"""From wishes to items: which errors are drawn, what is frozen with them, what annotators will see.

Files first: snapshots are read and image copies made before anything is written to the database.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from annotations.evidence import frames
from annotations.evidence import images as evidence
from annotations.evidence.snapshots import snapshot_of
from annotations.models import Audit, Item, MismatchScore, VerdictKind
from annotations.models.audits import AuditRefused
from annotations.science.estimation import designs, drawing
from annotations.science.estimation.protocols import Protocol
from annotations.standing import gold
from triage.models import Clustering, Run

UNCLUSTERED = -1
# Keeps the places of gold items apart from the draw with the same seed.
_STREAM = 1


@dataclass(frozen=True)
class Wishes:
    """What is wanted of a draw, checked: everything that is fixed before it."""

    protocol: Protocol
    criteria: Mapping[str, Any]
    seed: int
    question: str
    design: str
    policy: str
    open_votes: bool
    overlap: int
    people: Sequence[Any]
    gold: int


@dataclass(frozen=True)
class DrawPlan:
    """The draw with everything that it is frozen with; `cluster_at` is empty without clusters."""

    frame: frames.Frame
    draw: drawing.Draw
    clustering: Clustering | None
    cluster_at: Mapping[int, int]
    score: MismatchScore | None
    score_of: Mapping[str, float]
    gold: Mapping[str, str]


def plan_draw(run: Run, wishes: Wishes) -> DrawPlan:
    """Draw as wished. Raises AuditRefused where the errors, clusters or scores do not allow it."""
    top_five = wishes.question == Audit.Question.TOP_FIVE
    try:
        frame = frames.frame_of(run, wishes.criteria, with_candidates=top_five)
    except ValueError as problem:
        raise AuditRefused(str(problem)) from problem
    clustering = run.current_clustering()
    cluster_at = frames.cluster_of_positions(run, clustering)
    score = _score_for(run, wishes.design)
    try:
        draw = _draw(frame, wishes, cluster_at if clustering is not None else None)
    except drawing.NothingToDraw:
        raise AuditRefused(_nothing_words(run, wishes)) from None
    except ValueError as problem:
        raise AuditRefused(str(problem)) from problem
    return DrawPlan(
        frame=frame,
        draw=draw,
        clustering=clustering,
        cluster_at=cluster_at,
        score=score,
        score_of=_scores(score, frame, draw.frame),
        gold=gold.chosen_for(run, wishes.gold, set(draw.order), wishes.seed),
    )


def audit_columns(wishes: Wishes, plan: DrawPlan) -> dict[str, Any]:
    """What the audit's row says of the draw."""
    wanted, draw = wishes.protocol, plan.draw
    columns: dict[str, Any] = {
        "protocol": wanted.name,
        "size": wanted.size,
        "threshold_numerator": wanted.threshold.numerator,
        "threshold_denominator": wanted.threshold.denominator,
        "strict": wanted.strict,
        "question": wishes.question,
        "design": wishes.design,
        "policy": wishes.policy,
        "open_votes": wishes.open_votes,
        "seed": wishes.seed,
        "overlap": wishes.overlap,
        "criteria": wishes.criteria,
        "population": draw.population,
        "frame_sha256": draw.frame_sha256,
        "score": plan.score,
        "plan": _plan_document(wishes, plan),
    }
    if wishes.question == Audit.Question.TOP_FIVE:
        columns["noise_kinds"] = [VerdictKind.AMONG]
    if plan.clustering is not None:
        position_of = plan.frame.position_of
        # Errors that are none to the clustering, made before a newer scoring, are in no cluster.
        members = Counter(
            plan.cluster_at.get(position_of[sample_id], UNCLUSTERED) for sample_id in draw.frame
        )
        columns["population_by_cluster"] = {str(key): n for key, n in sorted(members.items())}
        columns["cluster_names"] = _cluster_names(plan.clustering)
    return columns


def items_of(run: Run, wishes: Wishes, plan: DrawPlan) -> list[Item]:
    """Unsaved items in the order they are served, their image copies already on the data root.

    Gold items stand at random places among the drawn ones, which keep the order of the draw.
    """
    position_of = {**plan.frame.position_of, **frames.positions_of(run, plan.gold)}
    order = _with_gold(plan.draw.order, sorted(plan.gold), wishes.seed)
    positions = [position_of[sample_id] for sample_id in order]
    rows = frames.rows_at(run, positions)
    images = evidence.keep_images(run, [rows[position].get("image") for position in positions])
    stratum_of = _stratum_of(plan)
    outside = None if plan.clustering is None else UNCLUSTERED
    items = []
    for place, (sample_id, position, image) in enumerate(
        zip(order, positions, images, strict=True)
    ):
        known = plan.gold.get(sample_id, "")
        items.append(
            Item(
                place=place,
                sample_id=sample_id,
                position=position,
                cluster=plan.cluster_at.get(position, outside if not known else None),
                stratum=None if known else stratum_of.get(sample_id),
                score=plan.score_of.get(sample_id),
                gold=known,
                snapshot=snapshot_of(
                    rows[position],
                    image.note,
                    evidence.keep_further_images(run, rows[position].get("images")),
                ),
                image_sha256=image.sha256,
            )
        )
    return items


def _draw(
    frame: frames.Frame, wishes: Wishes, cluster_at: Mapping[int, int] | None
) -> drawing.Draw:
    if wishes.design != Audit.Design.PROPORTIONAL:
        return drawing.draw_by_protocol(frame.sample_ids, wishes.protocol, wishes.seed)
    if cluster_at is None:
        raise AuditRefused(
            _("the run has no clusters to draw from: analyse it first, or draw simple random")
        )
    pairs = zip(frame.sample_ids, frame.positions, strict=True)
    cluster_of = {sample_id: cluster_at.get(position, UNCLUSTERED) for sample_id, position in pairs}
    return drawing.draw_proportional_by_protocol(cluster_of, wishes.protocol, wishes.seed)


def _score_for(run: Run, design: str) -> MismatchScore | None:
    """The newest mismatch score where the design can use one. Raises AuditRefused if it has to."""
    if design not in (Audit.Design.SCORE_ASSISTED, Audit.Design.PROPORTIONAL):
        return None
    score: MismatchScore | None = run.mismatch_scores.first()
    if score is None and design == Audit.Design.SCORE_ASSISTED:
        raise AuditRefused(
            _("the run has no mismatch score yet: make one in its cleaning queue, then draw")
        )
    return score


def _scores(
    score: MismatchScore | None, frame: frames.Frame, population: Sequence[str]
) -> dict[str, float]:
    """The frozen score of every member of the population. Raises AuditRefused for a missing one."""
    if score is None:
        return {}
    position_of = frame.position_of
    values = frames.scores_at(score, [position_of[sample_id] for sample_id in population])
    if missing := int(np.isnan(values).sum()):
        words = _("the mismatch score says nothing of %(n)s of the errors: make a new one")
        raise AuditRefused(words % {"n": missing})
    return dict(zip(population, values.tolist(), strict=True))


def _plan_document(wishes: Wishes, plan: DrawPlan) -> dict[str, Any]:
    """What the design fixed, as JSON: strata with their mean scores, question types, the stop."""
    types = Counter(plan.frame.question_type_of[sample_id] for sample_id in plan.draw.frame)
    document: dict[str, Any] = {
        "question_types": {str(name): n for name, n in sorted(types.items(), key=str) if name},
        "gold": len(plan.gold),
        "people": [str(person) for person in wishes.people],
    }
    if wishes.design in (Audit.Design.PROPORTIONAL, Audit.Design.SCORE_ASSISTED):
        document["strata"] = _strata_document(plan)
    if wishes.design == Audit.Design.PLANNED_STOP:
        document["first_look"], document["alpha"] = designs.FIRST_LOOK, designs.ALPHA
    return document


def _strata_document(plan: DrawPlan) -> list[dict[str, Any]]:
    members: dict[int, list[str]] = {}
    stratum_of = _stratum_of(plan)
    for sample_id in plan.draw.frame:
        members.setdefault(stratum_of[sample_id], []).append(sample_id)
    found = []
    for number in sorted(members):
        ids = members[number]
        mean = float(np.mean([plan.score_of[each] for each in ids])) if plan.score_of else 0.0
        clusters = list(plan.draw.strata[number].clusters) if plan.draw.strata else []
        found.append({"clusters": clusters, "population": len(ids), "mean_score": mean})
    return found


def _stratum_of(plan: DrawPlan) -> dict[str, int]:
    """Place in the plan's strata of every member of the population; 0 without clusters."""
    if not plan.draw.strata:
        return dict.fromkeys(plan.draw.frame, 0)
    number_of = {
        cluster: number
        for number, stratum in enumerate(plan.draw.strata)
        for cluster in stratum.clusters
    }
    position_of = plan.frame.position_of
    return {
        sample_id: number_of[plan.cluster_at.get(position_of[sample_id], UNCLUSTERED)]
        for sample_id in plan.draw.frame
    }


def _with_gold(drawn: Sequence[str], known: Sequence[str], seed: int) -> list[str]:
    """The drawn ids in their order, the known ones at random places between them."""
    if not known:
        return list(drawn)
    rng = np.random.default_rng([seed, _STREAM])
    total = len(drawn) + len(known)
    places = set(rng.choice(total, size=len(known), replace=False).tolist())
    shuffled = iter([known[index] for index in rng.permutation(len(known))])
    rest = iter(drawn)
    return [next(shuffled) if place in places else next(rest) for place in range(total)]


def _nothing_words(run: Run, wishes: Wishes) -> str:
    if not run.errors:
        words = _("run “%(run)s” has no error samples: there is nothing to audit")
    elif wishes.question == Audit.Question.TOP_FIVE:
        words = _("no error sample of run “%(run)s” carries candidates (and matches the filter)")
    elif wishes.criteria:
        words = _("no error sample of run “%(run)s” matches the filter")
    else:
        words = _("run “%(run)s” has no error samples left to draw")
    return words % {"run": run}


def _cluster_names(clustering: Clustering) -> dict[str, str]:
    """Names by cluster number, as the cards of the clustering have them."""
    return {
        str(card["cluster"]): str(card.get("name") or "")
        for card in clustering.cards
        if "cluster" in card
    }
