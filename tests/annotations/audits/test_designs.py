"""What a design fixes before the draw, and the interval that belongs to it."""

import uuid
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest

from annotations.audits import drawing
from annotations.models import Audit, MismatchScore
from annotations.review import queue
from annotations.science.estimation import designs
from annotations.science.estimation.intervals import hypergeometric_interval
from annotations.science.estimation.noise_ratio import Tally, noise_ratio
from annotations.science.estimation.prediction_powered import stratified_score_assisted_interval
from annotations.science.estimation.protocols import PROTOCOLS, custom
from annotations.science.estimation.sequential import repeated_interval, stopping_boundaries
from annotations.standing import standing
from annotations.standing.documents import noise_document
from tests.annotations.audit_factories import (
    cluster_errors,
    error_rows,
    give_verdicts,
    ingest_run,
    make_audit,
    make_member,
    make_project_of,
)

RULE = custom(60, Fraction(1, 5), strict=False)


def judged(noise: int, clean: int, undecided: int = 0, **more) -> list[designs.JudgedItem]:
    outcomes = ["noise"] * noise + ["clean"] * clean + ["undecided"] * undecided
    return [designs.JudgedItem(outcome, **more) for outcome in outcomes]


def freeze_scores(run, scores) -> MismatchScore:
    """A mismatch score of the run, frozen as the product freezes one."""
    score = MismatchScore.objects.create(run=run, method="label_free")
    positions = range(len(scores))
    table = pa.table({"position": pa.array(positions, pa.int64()), "score": pa.array(scores)})
    run.folder.write_table(table, "scores", f"{score.uuid.hex}.parquet")
    return score


def test_a_stratified_ratio_is_the_estimators_own() -> None:
    tally = Tally(200, 60, mismatch=20, match=40)
    items = judged(15, 15, stratum=0) + judged(5, 25, stratum=1)
    strata = [designs.Stratum(100), designs.Stratum(100)]
    found = designs.score_assisted_ratio(noise_ratio(tally, RULE), items, strata, RULE)
    expected = stratified_score_assisted_interval(
        [np.repeat([1.0, 0.0], [15, 15]), np.repeat([1.0, 0.0], [5, 25])],
        [np.zeros(30)] * 2,
        [0.0, 0.0],
        [100, 100],
    )
    assert (found.point, found.low, found.high) == (expected.point, expected.low, expected.high)
    assert found.method == "score_assisted"


def test_a_good_score_narrows_the_interval_and_says_what_it_was_worth() -> None:
    rng = np.random.default_rng(3)
    truth = rng.random(2000) < 0.25
    scores = np.clip(truth * 0.5 + rng.normal(0.25, 0.15, 2000), 0, 1)
    drawn = rng.permutation(2000)[:200]
    tally = Tally(2000, 200, mismatch=int(truth[drawn].sum()), match=int((~truth[drawn]).sum()))
    plain = noise_ratio(tally, PROTOCOLS["quality-200"])
    items = [
        designs.JudgedItem("noise" if truth[index] else "clean", 0, float(scores[index]))
        for index in drawn
    ]
    strata = [designs.Stratum(2000, float(scores.mean()))]
    found = designs.score_assisted_ratio(plain, items, strata, PROTOCOLS["quality-200"])
    assert found.high - found.low < 0.8 * (plain.high - plain.low)
    assert found.extra_items > 50
    assert found.low <= truth.mean() <= found.high


def test_undecided_items_leave_their_stratum_with_their_scores() -> None:
    tally = Tally(100, 40, mismatch=15, match=20, unsure=5)
    items = judged(15, 20, score=0.5) + judged(0, 0, 5, score=1.0)
    strata = [designs.Stratum(100, 0.525)]
    found = designs.score_assisted_ratio(noise_ratio(tally, RULE), items, strata, RULE)
    # Without the five at 1.0 the rest of the population has mean 0.5, as the sample: no correction.
    assert found.point == pytest.approx(15 / 35)


def test_an_unfinished_audit_establishes_nothing_by_a_score() -> None:
    tally = Tally(100, 80, mismatch=40, match=10, waiting=30)
    plain = noise_ratio(tally, RULE)
    found = designs.score_assisted_ratio(plain, judged(40, 10), [designs.Stratum(100)], RULE)
    assert plain.established == "at_least"
    assert found.established == "not_settled"


def test_a_planned_audit_stops_at_the_first_crossing_and_later_items_say_nothing() -> None:
    rule = PROTOCOLS["quality-200"]
    bounds = stopping_boundaries(1000, rule.threshold, rule.strict, 0.025, 200)
    noisy = designs.planned_look(["noise"] * 200, 1000, 200, rule)
    assert noisy.stopped == "at_least"
    assert noisy.looked_at == noisy.fewest == 30
    assert bounds.at_least[30] <= 30
    later = ["noise"] * 30 + ["clean"] * 100
    assert designs.planned_look(later, 1000, 200, rule) == noisy
    clean = designs.planned_look(["clean"] * 200, 1000, 200, rule)
    assert clean.stopped == "below"
    assert clean.high < 0.2
    expected = repeated_interval(0, clean.looked_at, 1000, 200)
    assert (clean.low, clean.high) == (expected.low, expected.high)


def test_undecided_items_count_against_either_claim() -> None:
    rule = PROTOCOLS["quality-200"]
    look = designs.planned_look(["undecided"] * 200, 1000, 200, rule)
    assert look.stopped is None
    assert (look.fewest, look.most) == (0, 200)
    assert look.low < 0.01
    assert look.high > 0.99


def test_a_planned_audit_without_a_verdict_knows_nothing() -> None:
    look = designs.planned_look([], 1000, 200, PROTOCOLS["quality-200"])
    assert (look.looked_at, look.stopped, look.low, look.high) == (0, None, 0.0, 1.0)
    with pytest.raises(ValueError, match="stops at 2"):
        designs.planned_look(["noise"] * 3, 10, 2, RULE)


@pytest.mark.django_db
def test_a_proportional_draw_takes_every_clusters_share() -> None:
    run = ingest_run(make_project_of(), error_rows(40))
    cluster_errors(run, {position: position % 2 for position in range(40)})
    audit = drawing.draw_audit(
        run, protocol="custom", size=20, seed=1, design=Audit.Design.PROPORTIONAL
    )
    clusters = list(audit.items.values_list("cluster", flat=True))
    assert (clusters.count(0), clusters.count(1)) == (10, 10)
    assert [each["population"] for each in audit.plan["strata"]] == [20, 20]
    give_verdicts(audit, make_member(audit.project, "ann"), ["mismatch", "match"] * 10)
    ratio = standing.noise_ratio(audit)
    assert ratio.method == "stratified"
    assert ratio.complete


@pytest.mark.django_db
def test_the_quick_form_collects_its_500_before_it_draws_per_cluster() -> None:
    run = ingest_run(make_project_of(), error_rows(600))
    cluster_errors(run, {position: position % 3 for position in range(600)})
    plain = drawing.draw_audit(run, protocol="checklist-100", seed=5)
    audit = drawing.draw_audit(
        run, protocol="checklist-100", seed=5, design=Audit.Design.PROPORTIONAL
    )
    assert audit.population == 500
    assert audit.items.count() == 100
    assert sum(each["population"] for each in audit.plan["strata"]) == 500
    assert audit.frame_sha256 == plain.frame_sha256


@pytest.mark.django_db
def test_a_score_assisted_audit_names_the_score_that_was_frozen_before_its_draw() -> None:
    run = ingest_run(make_project_of(), error_rows(50))
    wishes = {"protocol": "custom", "size": 30, "seed": 1, "design": Audit.Design.SCORE_ASSISTED}
    with pytest.raises(drawing.AuditRefused, match="no mismatch score"):
        drawing.draw_audit(run, **wishes)
    frozen = freeze_scores(run, [position / 50 for position in range(50)])
    audit = drawing.draw_audit(run, **wishes)
    freeze_scores(run, [0.0] * 50)
    audit.refresh_from_db()
    assert audit.score == frozen
    assert audit.plan["strata"][0]["mean_score"] == pytest.approx(np.mean(np.arange(50) / 50))
    assert all(item.score == item.position / 50 for item in audit.items.all())
    assert noise_document(audit)["audit"]["score"] == str(frozen.uuid)


@pytest.mark.django_db
def test_a_score_that_does_not_cover_the_errors_is_refused() -> None:
    run = ingest_run(make_project_of(), error_rows(50))
    freeze_scores(run, [0.5] * 40)
    with pytest.raises(drawing.AuditRefused, match="nothing of 10"):
        drawing.draw_audit(
            run, protocol="custom", size=30, seed=1, design=Audit.Design.SCORE_ASSISTED
        )


@pytest.mark.django_db
def test_a_proportional_draw_needs_clusters() -> None:
    run = ingest_run(make_project_of(), error_rows(10))
    with pytest.raises(drawing.AuditRefused, match="no clusters"):
        drawing.draw_audit(run, protocol="custom", size=5, design=Audit.Design.PROPORTIONAL)


@pytest.mark.django_db
def test_an_item_that_somebody_sits_on_does_not_hold_up_the_rest() -> None:
    audit = make_audit(400, size=200, design=Audit.Design.PLANNED_STOP)
    ann, bob = (make_member(audit.project, name) for name in ("ann", "bob"))
    queue.hand_out(audit, bob)
    count = 0
    while item := queue.hand_out(audit, ann):
        queue.record(item, ann, "mismatch", submission=uuid.uuid4())
        count += 1
        audit.refresh_from_db()
    # Bob's item is the first of the draw and counts as clean against "at least".
    assert audit.state == Audit.State.STOPPED
    assert count == 29
    assert standing.noise_ratio(audit).planned.fewest == 29


@pytest.mark.django_db
def test_what_somebody_holds_when_it_stops_is_still_taken() -> None:
    audit = make_audit(400, size=200, design=Audit.Design.PLANNED_STOP)
    ann, bob = (make_member(audit.project, name) for name in ("ann", "bob"))
    for _ in range(29):
        queue.record(queue.hand_out(audit, ann), ann, "mismatch", submission=uuid.uuid4())
    last = queue.hand_out(audit, ann)
    held = queue.hand_out(audit, bob)
    queue.record(last, ann, "mismatch", submission=uuid.uuid4())
    audit.refresh_from_db()
    assert audit.state == Audit.State.STOPPED
    assert queue.hand_out(audit, ann) is None
    before = standing.noise_ratio(audit)
    assert before.established == "at_least"
    queue.record(held, bob, "match", submission=uuid.uuid4())
    after = standing.noise_ratio(audit)
    assert (after.established, after.low, after.high) == ("at_least", before.low, before.high)


@pytest.mark.django_db
def test_the_ratio_by_question_type_counts_the_population_of_the_draw() -> None:
    audit = make_audit(20, size=10)
    give_verdicts(audit, make_member(audit.project, "ann"), ["mismatch"] * 10)
    types = standing.standing_of(audit).by_question_type()
    assert {each.ratio.name: each.ratio.population for each in types} == {
        "counting": 10,
        "existence": 10,
    }
    for each in types:
        expected = hypergeometric_interval(each.ratio.decided, each.ratio.decided, 10)
        assert (each.ratio.low, each.ratio.high) == (expected.low, expected.high)
    assert sum(each.ratio.decided for each in types) == 10
