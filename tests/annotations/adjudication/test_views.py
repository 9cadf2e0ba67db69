"""What leads do about single items: history, sending back, adjudicating, flags, gold."""

import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from annotations.audits.drawing import draw_audit
from annotations.models import Adjudication, Audit, Flag, GoldAnswer, Seat, Verdict
from annotations.review import queue
from annotations.standing import standing
from tests.annotations.audit_factories import (
    cluster_errors,
    error_rows,
    give_verdicts,
    ingest_run,
    make_audit,
    make_member,
    make_project_of,
)
from tests.html import tidy
from triage.models import Role

pytestmark = pytest.mark.django_db


def sign_in(client, audit, name="lena"):
    user = make_member(audit.project, name, Role.LEAD)
    client.force_login(user)
    return user


def disputed(count: int = 2, **more) -> Audit:
    """Two people differ on every item."""
    wishes = {"overlap": 2, "policy": Audit.Policy.ADJUDICATION, **more}
    audit = make_audit(count, **wishes)
    for name, kind in (("ann", "match"), ("bob", "mismatch")):
        give_verdicts(audit, make_member(audit.project, name, Role.ANNOTATOR), [kind] * count)
    return audit


def text_of(client, name, *args) -> str:
    response = client.get(reverse(f"annotations:{name}", args=args), follow=True)
    assert response.status_code == 200
    return response.content.decode()


def decide(client, audit, place, **sent):
    given = {"place": place, "submission": uuid.uuid4(), **sent}
    return client.post(reverse("annotations:adjudicate", args=[audit.pk]), given, follow=True)


def test_the_item_page_tells_everything_that_was_said(client) -> None:
    audit = disputed(1)
    lead = sign_in(client, audit)
    item = audit.items.get()
    queue.send_back(item, Verdict.objects.get(annotator__username="bob").annotator, lead, "Look!")
    page = text_of(client, "item", audit.pk, 0)
    assert "sent back to bob" in page
    assert "Look!" in page
    assert "stands" in page
    assert "It waits" in page


def test_a_lead_sends_an_item_back_with_a_note(client) -> None:
    audit = disputed(1)
    sign_in(client, audit)
    address = reverse("annotations:item-send-back", args=[audit.pk, 0])
    page = client.post(address, {"annotator": "ann", "note": "Look left."}, follow=True)
    assert "Sent back to ann" in page.content.decode()
    ann = Verdict.objects.filter(annotator__username="ann").first().annotator
    assert queue.hand_out(audit, ann) == audit.items.get()
    assert queue.note_on(audit.items.get(), ann) == "Look left."
    again = client.post(address, {"annotator": "ann", "note": "x"}, follow=True)
    assert "no verdict on this item" in again.content.decode()
    assert client.post(address, {"annotator": "nobody"}).status_code == 404


def test_adjudication_is_blind_unless_the_audit_says_otherwise(client) -> None:
    blind, seen = disputed(1), disputed(1, open_votes=True)
    sign_in(client, blind)
    page = text_of(client, "adjudicate", blind.pk)
    assert "Blind" in page
    assert "bob" not in page
    assert "bob" in text_of(client, "adjudicate", seen.pk)


def test_one_press_decides_and_shows_the_next_and_undo_takes_it_back(client) -> None:
    audit = disputed(2)
    sign_in(client, audit)
    assert "2 items wait" in text_of(client, "adjudicate", audit.pk)
    page = decide(client, audit, 0, verdict="wrong_answer", corrected_answer="two")
    assert "1 item waits" in page.content.decode()
    page = decide(client, audit, 1, verdict="mismatch").content.decode()
    assert "Nothing waits for a lead" in page
    assert standing.noise_ratio(audit).successes == 2
    page = decide(client, audit, 1, do="undo").content.decode()
    assert "1 item waits" in page
    assert Adjudication.objects.count() == 3


def test_a_decision_sent_twice_is_one_and_an_item_put_off_comes_last(client) -> None:
    audit = disputed(2)
    sign_in(client, audit)
    once = uuid.uuid4()
    for _ in range(2):
        decide(client, audit, 0, verdict="match", submission=once)
    assert Adjudication.objects.count() == 1
    page = decide(client, disputed(2), 0, do="later").content.decode()
    assert 'name="place" value="1"' in page


def test_what_cannot_be_decided_is_said(client) -> None:
    audit = disputed(1)
    sign_in(client, audit, "ann")
    assert "voted yourself" in text_of(client, "adjudicate", audit.pk)
    assert "You have voted" in decide(client, audit, 0, verdict="match").content.decode()
    sign_in(client, audit)
    assert "not a verdict" in decide(client, audit, 0, verdict="nonsense").content.decode()
    bad = decide(client, audit, 0, verdict="match", submission="x").content.decode()
    assert "out of date" in bad
    assert decide(client, audit, 99, verdict="match").status_code == 404
    assert Adjudication.objects.count() == 0


def test_a_question_is_answered_and_settled_once(client) -> None:
    audit = make_audit(2)
    ann = make_member(audit.project, "ann", Role.ANNOTATOR)
    flag = Flag.objects.create(item=audit.items.get(place=0), annotator=ann, note="Two cats?")
    sign_in(client, audit)
    assert "Two cats?" in client.get(audit.get_absolute_url()).content.decode()
    address = reverse("annotations:flag-settle", args=[audit.pk, flag.pk])
    client.post(address, {"answer": "Count both."})
    client.post(address, {"answer": "Something else."})
    flag.refresh_from_db()
    assert flag.answer == "Count both."
    assert flag.settled_at <= timezone.now()
    assert "Count both." in text_of(client, "item", audit.pk, 0)
    assert "Two cats?" not in client.get(audit.get_absolute_url()).content.decode()


def test_a_flag_of_another_audit_is_not_reached(client) -> None:
    audit, other = make_audit(1), make_audit(1)
    lead = sign_in(client, audit)
    flag = Flag.objects.create(item=other.items.get(), annotator=lead)
    address = reverse("annotations:flag-settle", args=[audit.pk, flag.pk])
    assert client.post(address).status_code == 404


def test_what_a_person_was_kept_is_opened_to_everybody(client) -> None:
    base = make_audit(6)
    people = [make_member(base.project, name, Role.ANNOTATOR) for name in ("ann", "bob")]
    audit = draw_audit(base.run, protocol="custom", size=6, people=people)
    sign_in(client, audit)
    assert "Open to all" in client.get(audit.get_absolute_url()).content.decode()
    address = reverse("annotations:seats-release", args=[audit.pk])
    page = client.post(address, {"annotator": "bob"}, follow=True).content.decode()
    assert "3 judgements of bob are open to everybody now." in page
    assert Seat.objects.filter(item__audit=audit, reserved_for=None).count() == 3
    assert client.post(address, {"annotator": "nobody"}).status_code == 404


def test_gold_comes_from_a_file_or_a_resolved_audit(client) -> None:
    audit = make_audit(4)
    give_verdicts(audit, make_member(audit.project, "ann"), ["match", "mismatch"])
    sign_in(client, audit)
    address = reverse("annotations:gold", args=[audit.run_id])
    sent = SimpleUploadedFile("known.csv", b"sample_id,verdict\ns0001,match\n")
    page = client.post(address, {"file": sent}, follow=True).content.decode()
    assert "1 gold answer kept." in page
    assert "known.csv" in page
    page = client.post(address, {"audit": audit.pk}, follow=True).content.decode()
    assert "2 gold answers kept." in page
    bad = SimpleUploadedFile("bad.csv", b"sample_id,verdict\ns0001,so-so\n")
    page = client.post(address, {"file": bad}, follow=True).content.decode()
    assert "bad.csv, row 2" in page
    binary = SimpleUploadedFile("bad.csv", b"\xff\xfe\x00")
    assert "not UTF-8" in client.post(address, {"file": binary}, follow=True).content.decode()
    assert GoldAnswer.objects.filter(run=audit.run).count() in (2, 3)


def test_the_draw_page_offers_what_the_run_allows_and_draws_it(client) -> None:
    run = ingest_run(make_project_of(), error_rows(40))
    lead = make_member(run.project, "lena", Role.LEAD)
    ann = make_member(run.project, "ann", Role.ANNOTATOR)
    client.force_login(lead)
    address = reverse("annotations:audit-new", args=[run.pk])
    assert "no clusters yet" in client.get(address).content.decode()
    cluster_errors(run, {position: position % 2 for position in range(40)})
    assert "no clusters yet" not in client.get(address).content.decode()
    wanted = {
        "protocol": "custom",
        "size": 10,
        "threshold": 20,
        "overlap": 2,
        "design": "proportional_per_cluster",
        "policy": "majority",
        "people": [lead.pk, ann.pk],
        "question": "noise",
    }
    frame = client.get(reverse("annotations:audit-frame", args=[run.pk]), wanted).content.decode()
    assert "more than half of the votes decide" in frame
    assert "Judged by ann, lena." in frame
    client.post(address, wanted)
    audit = Audit.objects.get()
    assert (audit.design, audit.policy) == ("proportional_per_cluster", "majority")
    assert audit.plan["people"] == ["ann", "lena"]
    page = client.get(audit.get_absolute_url()).content.decode()
    assert "Proportional per cluster" in page
    assert "--design proportional_per_cluster" in page
    assert "--policy majority" in page
    assert "--people ann,lena" in page


def test_one_person_per_item_needs_no_policy_whatever_the_hidden_field_says(client) -> None:
    run = ingest_run(make_project_of(), error_rows(10))
    client.force_login(make_member(run.project, "lena", Role.LEAD))
    wanted = {"protocol": "quality-200", "overlap": 1, "policy": "majority"}
    client.post(reverse("annotations:audit-new", args=[run.pk]), wanted)
    assert Audit.objects.get().policy == Audit.Policy.AGREEMENT


def test_the_page_of_a_top_five_check_speaks_of_readings_not_of_noise(client) -> None:
    rows = [
        {**row, "candidates": [{"answer": "three"}, {"answer": "two"}]} for row in error_rows(6)
    ]
    run = ingest_run(make_project_of(), rows)
    audit = draw_audit(run, protocol="custom", size=6, question=Audit.Question.TOP_FIVE)
    lead = sign_in(client, audit)
    give_verdicts(audit, lead, ["among_candidates"] * 3 + ["not_among_candidates"] * 3)
    page = client.get(audit.get_absolute_url()).content.decode()
    assert "3 of the 6 decided had a right reading among their five best candidates" in page
    assert "were noise" not in page
    said = client.get(reverse("annotations:noise-json", args=[audit.pk])).json()
    assert said["sentence"].replace("’", "&#x27;") in page.replace("’", "&#x27;")
    assert said["verdicts"] == {
        "among_candidates": 3,
        "not_among_candidates": 3,
        "unsure": 0,
        "unusable": 0,
        "waiting": 0,
    }


def test_no_word_of_a_top_five_check_is_of_noise_at_any_stage(client) -> None:
    rows = [
        {**row, "candidates": [{"answer": "three"}, {"answer": "two"}]} for row in error_rows(6)
    ]
    audit = draw_audit(
        ingest_run(make_project_of(), rows),
        protocol="custom",
        size=6,
        question=Audit.Question.TOP_FIVE,
    )
    lead = sign_in(client, audit)

    def read() -> str:
        page = tidy(client.get(audit.get_absolute_url()).content.decode())
        main = page[page.index('<div id="noise"') :]
        return re.sub(r"<[^>]*>", " ", re.sub(r'aria-label="([^"]*)"', r">\1<", main)).lower()

    assert "wait for their verdicts" in read()
    assert "noise" not in read()
    give_verdicts(audit, lead, ["among_candidates", "unsure", "not_among_candidates"])
    page = read()
    assert "had a right reading" in page
    assert "counts as" in page
    assert "no right reading" in page
    assert "noise" not in page
