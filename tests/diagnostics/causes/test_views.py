"""Causes on their pages: named with the diagnosis, confirmed in a queue, ruled by a lead."""

import base64
import csv
import hashlib
import io
import json
import re

import pyarrow as pa
import pytest
from django.urls import reverse

from annotations.audits.drawing import draw_audit
from annotations.models import Audit
from diagnostics.causes import naming
from diagnostics.causes import queue as cause_queue
from diagnostics.causes.confirmed import agreement, confirmed_causes
from diagnostics.diagnosis.diagnosing import diagnose_run
from diagnostics.models import CauseVerdict, Diagnosis, Naming, RuleBook
from diagnostics.science.causes import evidence
from tests.annotations.audit_factories import (
    cluster_errors,
    error_rows,
    give_verdicts,
    ingest_run,
    make_member,
    make_project_of,
)
from triage.models import Role

pytestmark = pytest.mark.django_db


def rows(count: int = 60) -> list[dict]:
    """Half errors: every second is out of domain, the others say nothing of why."""
    found = error_rows(count // 2, right=count // 2)
    for number, row in enumerate(found):
        row["split"] = "ood" if number % 2 else "test"
    return found


@pytest.fixture
def run():
    run = ingest_run(make_project_of(), rows())
    diagnose_run(run)
    return run


def sign_in(client, run, role: Role = Role.LEAD, name: str = "lena"):
    user = make_member(run.project, name, role)
    client.force_login(user)
    return user


def test_a_diagnosis_names_every_error_and_keeps_the_evidence(run) -> None:
    diagnosis = Diagnosis.latest_of(run)
    named = diagnosis.naming()
    causes = naming.read_causes(named)
    evidence = naming.read_evidence(diagnosis)

    assert causes.num_rows == evidence.num_rows == 30
    counts = pa.chunked_array(causes["cause"]).cast(pa.string()).value_counts().to_pylist()
    assert {each["values"]: each["counts"] for each in counts} == {
        "generalisation": 15,
        "undetermined": 15,
    }
    stored = {each["cause"]: each["evaluated"] for each in named.summary["affected"]}
    assert stored["generalisation"] == 15


def test_the_page_ranks_the_fixes_and_links_to_the_samples(client, run) -> None:
    sign_in(client, run)
    page = client.get(reverse("diagnostics:diagnosis", args=[run.pk])).content.decode()

    assert "Begin with <strong>Generalisation</strong>" in page
    assert "for 15 of the 30 errors" in page
    samples = client.get(reverse("diagnostics:cause", args=[run.pk, "generalisation"]))
    assert samples.content.decode().count("/samples/") == 15
    assert client.get(reverse("diagnostics:cause", args=[run.pk, "sorcery"])).status_code == 404


def test_the_sample_page_says_the_cause_and_what_the_rule_went_by(client, run) -> None:
    sign_in(client, run)
    part = client.get(reverse("diagnostics:sample-cause", args=[run.pk, 1])).content.decode()

    assert "Generalisation" in part
    assert "It is from a domain that training did not have." in part
    assert "<strong>1 in a split that is out of the training&#x27;s domain</strong>" in part
    right = client.get(reverse("diagnostics:sample-cause", args=[run.pk, 45])).content.decode()
    assert "Cause" not in right


def test_the_queue_gives_each_person_every_error_once(client, run) -> None:
    user = sign_in(client, run, Role.ANNOTATOR, "ann")
    address = reverse("diagnostics:queue", args=[run.pk])
    seen = []
    for _ in range(30):
        position = cause_queue.next_position(run, user)
        seen.append(position)
        client.post(address, {"position": position, "do": "noise"})

    assert len(set(seen)) == 30
    assert cause_queue.next_position(run, user) is None
    assert "Nothing left here" in client.get(address).content.decode()
    other = make_member(run.project, "bob", Role.ANNOTATOR)
    assert cause_queue.next_position(run, other) == seen[0]


def test_a_word_is_kept_replaced_and_taken_back(client, run) -> None:
    user = sign_in(client, run)
    address = reverse("diagnostics:queue", args=[run.pk])
    position = cause_queue.next_position(run, user)
    client.post(address, {"position": position, "do": "noise"})
    client.post(address, {"position": position, "do": "ambiguity"})

    verdict = CauseVerdict.objects.get()
    assert (verdict.cause, verdict.position) == ("ambiguity", position)
    assert verdict.named in ("generalisation", "undetermined")
    answer = client.post(address, {"do": "undo"})
    assert answer.url.endswith(f"?sample={position}")
    assert not CauseVerdict.objects.exists()


def test_skipping_brings_another_and_rubbish_is_refused(client, run) -> None:
    user = sign_in(client, run)
    address = reverse("diagnostics:queue", args=[run.pk])
    first = cause_queue.next_position(run, user)
    client.post(address, {"position": first, "do": "skip"})
    page = client.get(address).content.decode()

    assert f'name="position" value="{first}"' not in page
    assert client.post(address, {"position": "x", "do": "noise"}).status_code == 404
    refused = client.post(address, {"position": first, "do": "sorcery"}, follow=True)
    assert "There is no cause" in refused.content.decode()
    right = client.post(address, {"position": 50, "do": "noise"}, follow=True)
    assert "no error sample at this place" in right.content.decode()
    assert not CauseVerdict.objects.exists()


def test_agreement_counts_what_was_confirmed(run) -> None:
    people = [make_member(run.project, name, Role.ANNOTATOR) for name in ("ann", "bob")]
    for position in range(0, 24):
        for user in people:
            named = "generalisation" if position % 2 else "undetermined"
            cause_queue.judge(run, user, position, named if position < 20 else "noise")

    found = agreement(run)
    assert (found.confirmed, found.asked) == (40, 48)
    assert found.alpha == 1.0
    assert found.people == 2
    assert confirmed_causes(run)[1] == "generalisation"


def test_people_who_contradict_each_other_confirm_nothing(run) -> None:
    ann, bob = (make_member(run.project, name, Role.ANNOTATOR) for name in ("ann", "bob"))
    cause_queue.judge(run, ann, 3, "noise")
    cause_queue.judge(run, bob, 3, "ambiguity")

    assert confirmed_causes(run) == {}


def test_clusters_show_their_causes_and_take_a_word(client, run) -> None:
    cluster_errors(run, {place: (0 if place < 15 else 1) for place in range(30)})
    sign_in(client, run)
    address = reverse("diagnostics:clusters", args=[run.pk])
    say = reverse("diagnostics:cluster-cause", args=[run.pk])

    assert cause_queue.causes_of_clusters(run)[0].keys() == {"generalisation", "undetermined"}
    client.post(say, {"cluster": "1", "cause": "noise"})
    assert CauseVerdict.objects.get().cluster == 1
    assert "lena: Noise" in client.get(address).content.decode()
    refused = client.post(say, {"cluster": "77", "cause": "noise"}, follow=True)
    assert "The run has no such cluster." in refused.content.decode()


def test_clusters_are_judged_one_by_one(client, run) -> None:
    address = reverse("diagnostics:cluster-queue", args=[run.pk])
    say = reverse("diagnostics:cluster-cause", args=[run.pk])
    sign_in(client, run)
    assert "Analyse the run" in client.get(address).content.decode()
    cluster_errors(run, {place: (0 if place < 15 else 1) for place in range(30)})

    assert "group 0" in client.get(address).content.decode()
    after = client.post(say, {"cluster": "0", "cause": "noise", "on": "1"}, follow=True)
    assert "group 1" in after.content.decode()
    after = client.post(say, {"cluster": "1", "cause": "ambiguity", "on": "1"}, follow=True)
    assert "You gave every cluster a cause." in after.content.decode()
    assert "group 0" in client.get(f"{address}?cluster=0").content.decode()


def test_annotators_find_the_queue_on_the_project_page(client, run) -> None:
    user = sign_in(client, run, Role.ANNOTATOR, "ann")
    address = reverse("diagnostics:project-queues", args=[run.project.slug])
    queue = reverse("diagnostics:queue", args=[run.pk])

    assert address in client.get(run.project.get_absolute_url()).content.decode()
    assert queue in client.get(address).content.decode()
    cause_queue.judge(run, user, 1, "noise")
    assert "Go on" in client.get(address).content.decode()


def test_the_queue_shows_errors_alone(client, run) -> None:
    sign_in(client, run, Role.ANNOTATOR, "ann")
    address = reverse("diagnostics:queue", args=[run.pk])

    assert client.get(address, {"sample": 1}).status_code == 200
    for position in (45, 4711):
        assert client.get(address, {"sample": position}).status_code == 404


def test_the_six_features_stand_with_the_evidence(client, run) -> None:
    sign_in(client, run)
    part = client.get(reverse("diagnostics:sample-cause", args=[run.pk, 1])).content.decode()

    for name in evidence.SIX:
        assert name in part.replace("<wbr>", "")
    assert "needs image_only" in part


def test_no_text_cell_of_the_errors_file_is_a_formula_and_numbers_stay_numbers(client) -> None:
    told = rows(8)
    for row in told:
        row["sample_id"] = f"=cmd|{row['sample_id']}"
        row["template"] = "@SUM(1)"
    run = ingest_run(make_project_of(), told)
    diagnose_run(run)
    sign_in(client, run)

    got = client.get(reverse("diagnostics:errors-file", args=[run.pk, "csv"]))
    lines = list(csv.DictReader(io.StringIO(b"".join(got.streaming_content).decode())))

    assert [line["sample_id"] for line in lines] == [f"'=cmd|s{n:04d}" for n in range(4)]
    assert [line["position"] for line in lines] == ["0", "1", "2", "3"]
    cells = [cell for line in lines for cell in line.values()]
    assert not [cell for cell in cells if cell[:1] in tuple("=+@\t\r")]


def form_data(**changed: object) -> dict[str, object]:
    from diagnostics.science.causes.catalogue import CAUSES
    from diagnostics.science.causes.rules import THRESHOLDS

    return {
        **{f"t-{each.name}": each.default for each in THRESHOLDS if each.low < each.high},
        **{f"e-{cause.name}": cause.ease for cause in CAUSES},
        **changed,
    }


def test_a_lead_changes_a_threshold_and_names_anew(client, run) -> None:
    lead = sign_in(client, run)
    address = reverse("diagnostics:rules", args=[run.project.slug])
    data = form_data(**{"e-generalisation": "0.1", "r-generalisation": "no data", "note": "why"})
    client.post(address, data)

    book = RuleBook.objects.get()
    assert (book.number, book.created_by, book.thresholds) == (1, lead, {})
    assert book.ease == {"generalisation": 0.1}
    overview = reverse("diagnostics:diagnosis", args=[run.pk])
    assert "changed since" in client.get(overview).content.decode()
    client.post(reverse("diagnostics:name-again", args=[run.pk]))
    page = client.get(overview).content.decode()
    assert "changed since" not in page
    assert "no data" in page
    assert Naming.objects.count() == 2
    assert Naming.objects.first().rules == book


def test_a_number_out_of_range_is_refused_and_nothing_is_saved(client, run) -> None:
    sign_in(client, run)
    address = reverse("diagnostics:rules", args=[run.project.slug])
    page = client.post(address, form_data(**{"t-sure": "7"})).content.decode()

    assert "Nothing was saved" in page
    assert not RuleBook.objects.exists()
    with pytest.raises(naming.RulesRefused, match="must lie between"):
        naming.new_rules(run.project, thresholds={"sure": 7}, ease={}, reasons={})
    with pytest.raises(naming.RulesRefused, match="no threshold"):
        naming.new_rules(run.project, thresholds={"luck": 7}, ease={}, reasons={})


def test_confirmed_causes_make_a_classifier_where_it_is_better(client) -> None:
    found = error_rows(120, right=10)
    for number, row in enumerate(found):
        row["split"] = "test"
        row["confidence"] = 0.3 + 0.02 * (number % 10) + (0.1 if number % 2 else 0.0)
        row["attention"] = [[1.0, 0.0], [0.0, 0.0]] if number % 2 else [[1.0, 1.0], [1.0, 1.0]]
    run = ingest_run(make_project_of(), found)
    diagnose_run(run)
    user = make_member(run.project, "ann", Role.ANNOTATOR)
    for position in range(90):
        cause_queue.judge(run, user, position, "spatial" if position % 2 else "noise")

    named = naming.name_anew(Diagnosis.latest_of(run))

    assert named.method == Naming.Method.CLASSIFIER
    assert named.comparison["classifier_right"] > named.comparison["rules_right"]
    sign_in(client, run)
    page = client.get(reverse("diagnostics:diagnosis", args=[run.pk])).content.decode()
    assert "fitted on the causes that people confirmed" in page
    causes = naming.read_causes(named)["cause"].to_pylist()
    assert causes[100:120] == ["noise", "spatial"] * 10


def test_the_checklist_answers_from_what_is_known(client) -> None:
    run = ingest_run(make_project_of(), rows())
    sign_in(client, run)
    address = reverse("diagnostics:checklist", args=[run.pk])
    before = client.get(address).content.decode()

    assert "0 of 9 questions are answered" in before
    assert "Draw the audit" in before
    diagnose_run(run)
    audit = draw_audit(run, protocol="custom", seed=7, size=10)
    give_verdicts(audit, make_member(run.project, "ann", Role.ANNOTATOR), ["mismatch"] * audit.size)
    page = client.get(address).content.decode()
    assert "the rule “&gt; 20 %” is met" in page or "the rule “≥ 20 %” is met" in page
    assert "points to" in page


def test_an_audit_overrules_the_rules_in_the_verdict(client, run) -> None:
    audit = draw_audit(run, protocol="custom", seed=7, size=20)
    give_verdicts(audit, make_member(run.project, "ann", Role.ANNOTATOR), ["mismatch"] * audit.size)
    sign_in(client, run)
    found = client.get(reverse("diagnostics:report-json", args=[run.pk])).json()

    noise = next(each for each in found["causes"]["priorities"] if each["cause"] == "noise")
    assert noise["strength"] == "strong"
    assert noise["evidence_for"][0]["figure"] == "audited_noise"
    assert found["audits"][0]["successes"] == 20


def test_the_report_stands_alone(client, run) -> None:
    sign_in(client, run)
    answer = client.get(reverse("diagnostics:report", args=[run.pk]))
    page = answer.content.decode()

    for sign in ("<script", "<link", "src=", "@import", "url(", "href="):
        assert sign not in page
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    (style,) = re.findall(r"<style>(.*?)</style>", answer.content.decode(), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in answer.headers["Content-Security-Policy"]
    assert "Generalisation" in page
    saved = client.get(reverse("diagnostics:report", args=[run.pk]), {"download": "1"})
    assert "attachment" in saved.headers["Content-Disposition"]


def test_page_and_report_say_the_same(client, run) -> None:
    sign_in(client, run)
    document = json.loads(client.get(reverse("diagnostics:report-json", args=[run.pk])).content)
    page = client.get(reverse("diagnostics:diagnosis", args=[run.pk])).context["causes"]

    shown = {row.cause.name: row.affected.evaluated for row in page.rows}
    written = {each["cause"]: each["count"]["value"] for each in document["causes"]["priorities"]}
    assert shown == written
    assert document["run"]["errors"] == run.errors
    assert len(document["checklist"]) == 9


def test_a_name_from_the_data_never_becomes_markup(client) -> None:
    found = rows()
    for row in found:
        row["question_type"] = "<script>alert(1)</script>"
        row["template"] = '"><img src=x onerror=alert(1)>'
    run = ingest_run(make_project_of(), found)
    diagnose_run(run)
    sign_in(client, run)

    for name in ("report", "diagnosis", "checklist", "queue"):
        page = client.get(reverse(f"diagnostics:{name}", args=[run.pk])).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_an_audit_of_another_question_is_no_noise(client) -> None:
    listed = [{"answer": "three", "probability": 0.6}, {"answer": "two", "probability": 0.4}]
    run = ingest_run(make_project_of(), [{**row, "candidates": listed} for row in rows()])
    diagnose_run(run)
    audit = draw_audit(run, protocol="custom", seed=7, size=20, question=Audit.Question.TOP_FIVE)
    give_verdicts(
        audit, make_member(run.project, "ann", Role.ANNOTATOR), ["among_candidates"] * audit.size
    )
    sign_in(client, run)
    found = client.get(reverse("diagnostics:report-json", args=[run.pk])).json()

    by_name = {each["cause"]: each for each in found["causes"]["priorities"]}
    assert by_name["ambiguity"]["strength"] == "strong"
    assert not [
        piece for piece in by_name["noise"]["evidence_for"] if piece["figure"] == "audited_noise"
    ]
