"""Scoring a run, the cleaning queue, and what repairs do to curated sets but never to a ratio."""

import json
import uuid
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse

from annotations.audits.drawing import draw_audit
from annotations.cleaning import cleaning, scoring_runs
from annotations.cleaning.tasks import SCORE
from annotations.exports import curated
from annotations.models import Audit, MismatchScore, Repair
from annotations.science.curation.curation import Recipe
from annotations.standing.documents import noise_document
from tests.annotations.audit_factories import (
    error_rows,
    give_verdict,
    ingest_run,
    make_member,
    make_project_of,
)
from triage.models import Job, Role

pytestmark = pytest.mark.django_db


def rows_with_noise(count=160, noisy=40):
    """Errors whose model is sure of another answer where the reference is noise."""
    rows = error_rows(count, right=40)
    for number, row in enumerate(rows):
        sure = 0.02 + (number % 7) / 200 if number < noisy else 0.4 + (number % 9) / 50
        first, second = (
            (("three", 1 - sure), ("two", sure))
            if number < count
            else (("two", 0.9), ("three", 0.1))
        )
        row["candidates"] = [{"answer": a, "probability": p} for a, p in (first, second)]
        row["question"] = f"How many shapes are in the {number % 5} corner?"
    return rows


@pytest.fixture
def run():
    return ingest_run(make_project_of(), rows_with_noise())


def judged_audit(run, size=120, user=None) -> Audit:
    audit = draw_audit(run, protocol="custom", size=size, seed=3)
    ann = user or make_member(run.project, "ann", Role.ANNOTATOR)
    for item in audit.items.all():
        give_verdict(item, ann, "mismatch" if item.position < 40 else "match")
    return audit


def sign_in(client, run, name="lena"):
    user = make_member(run.project, name, Role.LEAD)
    client.force_login(user)
    return user


def send(client, run, **sent):
    given = {"submission": uuid.uuid4(), **sent}
    return client.post(reverse("annotations:cleaning", args=[run.pk]), given, follow=True)


def test_without_verdicts_the_score_is_label_free_and_was_never_checked(run) -> None:
    score = scoring_runs.score_run(run)
    assert score.method == "label_free"
    assert score.parameters["roc"] is None
    assert "0 decided verdicts" in score.parameters["why_label_free"]
    table = scoring_runs.read_scores(score)
    assert table.num_rows == 200
    by_position = dict(zip(table["position"].to_pylist(), table["score"].to_pylist(), strict=True))
    assert min(by_position[n] for n in range(40)) > max(by_position[n] for n in range(160, 200))


def test_with_verdicts_it_is_fitted_and_tells_its_cross_fitted_roc(run) -> None:
    audit = judged_audit(run)
    score = scoring_runs.score_run(run)
    assert score.method == "classifier"
    assert score.parameters["audits"] == [str(audit.uuid)]
    assert score.parameters["roc"]["auroc"] > 0.9
    free = scoring_runs.score_run(run, label_free=True)
    assert free.method == "label_free"
    assert free.parameters["roc"]["noisy"] == score.parameters["roc"]["noisy"]


def test_repairs_gold_and_top_five_checks_are_no_labels(run) -> None:
    lead = make_member(run.project, "lena")
    score = scoring_runs.score_run(run)
    cleaning.decide(run, 3, lead, "drop", submission=uuid.uuid4(), score=score)
    top = draw_audit(run, protocol="custom", size=20, question=Audit.Question.TOP_FIVE)
    for item in top.items.all():
        give_verdict(item, lead, "among_candidates")
    assert scoring_runs.labels_of(run).noisy_at == {}


def test_the_same_seed_gives_the_same_score(run) -> None:
    judged_audit(run)
    one, two = (scoring_runs.read_scores(scoring_runs.score_run(run, seed=5)) for _ in range(2))
    assert one["score"].to_pylist() == two["score"].to_pylist()


def test_the_command_says_what_it_made(run) -> None:
    out = StringIO()
    call_command("score_mismatch", str(run.pk), "--json", stdout=out)
    said = json.loads(out.getvalue())
    assert said["method"] == "label_free"
    assert said["score"] == str(MismatchScore.objects.get().uuid)


def test_the_most_suspicious_come_first_and_what_people_judged_is_left_out(run) -> None:
    score = scoring_runs.score_run(run)
    places, left = cleaning.next_positions(score, most=5)
    assert all(place < 40 for place in places)
    assert left == 200
    audit = judged_audit(run, size=20)
    judged = set(audit.items.values_list("position", flat=True))
    places, left = cleaning.next_positions(score, most=500)
    assert left == 180
    assert not judged & set(places)
    places, _ = cleaning.next_positions(score, most=500, split="val")
    assert all(place % 3 == 0 for place in places)


def test_the_queue_keeps_drops_corrects_and_undoes_every_step_kept(client, run) -> None:
    scoring_runs.score_run(run)
    sign_in(client, run)
    first = client.get(reverse("annotations:cleaning", args=[run.pk])).context["row"]["position"]
    page = send(client, run, position=first, do="drop")
    second = page.context["row"]["position"]
    assert second != first
    page = send(client, run, position=second, do="correct", corrected_answer=" four ")
    assert "dropped 1 · corrected 1" in page.content.decode()
    page = send(client, run, do="undo")
    assert page.context["row"]["position"] == second
    page = send(client, run, position=second, do="keep")
    actions = Repair.objects.order_by("pk").values_list("position", "action", "corrected_answer")
    assert list(actions) == [
        (first, "drop", ""),
        (second, "correct", "four"),
        (second, "reopened", ""),
        (second, "keep", ""),
    ]


def test_a_repair_sent_twice_is_one_and_a_skipped_sample_comes_last(client, run) -> None:
    scoring_runs.score_run(run)
    sign_in(client, run)
    once = uuid.uuid4()
    for _ in range(2):
        send(client, run, position=5, do="keep", submission=once)
    assert Repair.objects.count() == 1
    first = client.get(reverse("annotations:cleaning", args=[run.pk])).context["row"]["position"]
    page = send(client, run, position=first, do="skip")
    assert page.context["row"]["position"] != first
    assert Repair.objects.count() == 1


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"do": "correct"}, "needs the right answer"),
        ({"do": "burn"}, "is no repair"),
        ({"do": "keep", "submission": "x"}, "out of date"),
        ({"do": "keep", "position": 99999}, "no such sample"),
    ],
)
def test_what_cannot_be_done_is_said(client, run, sent, words) -> None:
    scoring_runs.score_run(run)
    sign_in(client, run)
    page = send(client, run, **{"position": 1, **sent}).content.decode()
    assert words in page
    assert Repair.objects.count() == 0


def test_before_there_is_a_score_the_page_offers_one_and_makes_it_once(client, run) -> None:
    sign_in(client, run)
    address = reverse("annotations:cleaning", args=[run.pk])
    assert "No mismatch score yet" in client.get(address).content.decode()
    start = reverse("annotations:score-start", args=[run.pk])
    waiting = Job.objects.create(kind=SCORE.name, project=run.project, run=run)
    page = client.post(start, follow=True).content.decode()
    assert "being made already" in page
    waiting.delete()
    client.post(start)
    job = Job.objects.get(kind=SCORE.name)
    assert job.state in (Job.State.WAITING, Job.State.DONE)


def test_the_job_scores_and_the_page_tells_what_the_score_is(client, run) -> None:
    from annotations.cleaning import tasks

    judged_audit(run)
    job = tasks.start_scoring(run, label_free=False, user=sign_in(client, run))
    tasks.carry_out_scoring.func(str(job.uuid))
    job.refresh_from_db()
    assert (job.state, job.result["method"]) == (Job.State.DONE, "classifier")
    page = client.get(reverse("annotations:cleaning", args=[run.pk])).content.decode()
    assert "A classifier fitted to 120 verdicts" in page
    assert "Against people’s verdicts: AUROC" in page
    assert "Nothing here enters a noise ratio" in page
    assert "absent" in page


def test_repairs_enter_curated_sets_and_no_ratio(run, tmp_path) -> None:
    lead = make_member(run.project, "lena")
    audit = judged_audit(run, size=20)
    before = noise_document(audit)
    judged = audit.items.first()
    free = [n for n in range(200) if n not in set(audit.items.values_list("position", flat=True))]
    for position, action, answer in (
        (free[0], "drop", ""),
        (free[1], "correct", "four"),
        (free[2], "keep", ""),
        (judged.position, "drop" if judged.position >= 40 else "keep", ""),
    ):
        cleaning.decide(
            run, position, lead, action, submission=uuid.uuid4(), corrected_answer=answer
        )
    assert noise_document(audit) == before
    made = curated.export_curated(run, to=tmp_path / "out", file_format="jsonl")
    written = {}
    for name in ("__record/weights.jsonl", "__record/dropped.jsonl", "train.jsonl"):
        lines = (tmp_path / "out" / name).read_text().splitlines()
        for row in map(json.loads, lines):
            written[row["sample_id"]] = written.get(row["sample_id"], {}) | row
    assert written[f"s{free[0]:04d}"]["decision"] == "dropped"
    assert written[f"s{free[1]:04d}"]["answer"] == "four"
    assert written[f"s{free[1]:04d}"]["decision"] == "corrected"
    assert written[f"s{free[2]:04d}"]["why"] == "repair: kept in the cleaning queue"
    verdict = written[judged.sample_id]
    assert verdict.get("review_verdict", verdict.get("verdict")) in ("match", "mismatch")
    overruled = {
        each["sample_id"]: each["overruled_by_an_audit"] for each in made.manifest["repairs"]
    }
    assert overruled[judged.sample_id]
    assert sum(overruled.values()) == 1
    shown = curated.preview(run, Recipe()).counts
    assert made.manifest["counts"] == {
        "kept": shown.kept,
        "dropped": shown.dropped,
        "corrected": shown.corrected,
        "total": 200,
    }
