"""The review page: who gets in, what it shows, and judging with and without its script."""

import io
import uuid
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from annotations.audits import drawing
from annotations.audits.drawing import draw_audit
from annotations.evidence.images import keep_further_images
from annotations.models import Flag, Seat, Verdict
from annotations.review import page as review_page
from annotations.review import queue
from tests.annotations.audit_factories import (
    error_rows,
    ingest_run,
    make_audit,
    make_member,
    make_project_of,
)
from tests.factories import make_run, write_lines
from tests.html import tidy
from tests.triage.science.store.test_pictures import jpeg
from triage.models import Project, Role
from triage.science.store.store import DataRoot, evidence_path

pytestmark = pytest.mark.django_db
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'


def review(audit) -> str:
    return reverse("annotations:review", args=[audit.pk])


def enter(client, project, name="ann", role=Role.ANNOTATOR):
    user = make_member(project, name, role)
    client.force_login(user)
    return user


def send(client, audit, user, **data):
    """What the page's script sends."""
    given = {"submission": str(uuid.uuid4()), **data}
    return client.post(review(audit), given, headers={"X-Review": str(user.pk)})


def audit_with_images(tmp_path, rows=4, **wishes):
    """An audit whose items have a picture each, but the last two: one missing, one no image."""
    records = error_rows(rows)
    for number, row in enumerate(records):
        row["image"] = f"{number}.png"
        Image.new("RGB", (64, 40), (200, 40 * (number % 6), 90)).save(tmp_path / row["image"])
    (tmp_path / records[-1]["image"]).write_bytes(b"not an image at all")
    (tmp_path / records[-2]["image"]).unlink()
    run = ingest_run(make_project_of(), records, image_root=tmp_path)
    return draw_audit(run, protocol="custom", size=rows, seed=5, **wishes)


def test_only_members_of_the_project_get_in(client, tmp_path) -> None:
    audit = audit_with_images(tmp_path)
    place = audit.items.exclude(image_sha256="").first().place
    pages = [
        review(audit),
        reverse("annotations:item-image", args=[audit.pk, place]),
        reverse("annotations:project-audits", args=[audit.project.slug]),
    ]
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("account_login"))
    enter(client, Project.start("Elsewhere"), "zoe", Role.ADMIN)
    assert [client.get(page).status_code for page in pages] == [404] * 3
    assert client.post(review(audit), {"verdict": "match"}).status_code == 404
    for name, role in [("ann", Role.ANNOTATOR), ("lena", Role.LEAD)]:
        enter(client, audit.project, name, role)
        assert [client.get(page).status_code for page in pages] == [200] * 3


def test_an_annotator_sees_no_estimate_and_not_the_audit_page(client) -> None:
    audit = make_audit(3)
    enter(client, audit.project)
    assert client.get(audit.get_absolute_url()).status_code == 403
    listed = client.get(reverse("annotations:project-audits", args=[audit.project.slug]))
    assert audit.get_absolute_url() + '"' not in listed.content.decode()
    assert review(audit) in listed.content.decode()


def test_a_plain_form_judges_and_is_sent_on_to_the_next_item(client) -> None:
    audit = make_audit(3)
    user = enter(client, audit.project)
    for place in range(3):
        page = client.get(review(audit))
        assert page.context["cards"][0]["place"] == place
        sent = {"place": place, "submission": page.context["submission"], "verdict": "match"}
        answer = client.post(review(audit), {**sent, "corrected_answer": "left over"})
        assert (answer.status_code, answer["Location"]) == (302, review(audit))
    page = client.get(review(audit))
    assert page.context["end"]["title"] == "All judged"
    assert Verdict.objects.standing().filter(annotator=user, corrected_answer="").count() == 3


def test_a_plain_form_undoes_and_shows_the_item_with_what_was_said(client) -> None:
    audit = make_audit(4)
    user = enter(client, audit.project)
    first = queue.hand_out(audit, user)
    queue.record(first, user, "mismatch", submission=uuid.uuid4())
    client.get(review(audit))
    undo = {"do": "undo", "submission": uuid.uuid4()}
    page = client.post(review(audit), undo, follow=True)
    assert page.context["cards"][0]["place"] == first.place
    assert "You said “mismatch”" in page.content.decode()
    assert not Verdict.objects.standing().exists()


def test_a_plain_form_puts_an_item_off_until_nothing_else_is_left(client) -> None:
    audit = make_audit(3)
    enter(client, audit.project)
    page = client.get(review(audit))
    later = {"do": "later", "place": 0, "submission": page.context["submission"]}
    order = []
    page = client.post(review(audit), later, follow=True)
    while page.context["cards"]:
        place = page.context["cards"][0]["place"]
        order.append(place)
        sent = {"place": place, "submission": page.context["submission"], "verdict": "match"}
        page = client.post(review(audit), sent, follow=True)
    assert order == [1, 2, 0]


def test_one_request_saves_and_brings_the_item_that_the_page_lacks(client) -> None:
    audit = make_audit(6)
    user = enter(client, audit.project)
    page = client.get(review(audit))
    assert [card["place"] for card in page.context["cards"]] == [0, 1, 2, 3]
    sent = {"place": 0, "verdict": "wrong_answer", "corrected_answer": "two", "seconds": "1.5"}
    answer = send(client, audit, user, **sent, holding=[1, 2, 3]).json()
    assert [card["place"] for card in answer["cards"]] == [4]
    assert (answer["progress"]["judged"], answer["progress"]["remaining"]) == (1, 5)
    kept = Verdict.objects.get()
    assert (kept.kind, kept.corrected_answer, kept.seconds) == ("wrong_answer", "two", 1.5)


def test_a_verdict_and_the_next_card_cost_few_queries(client, django_assert_max_num_queries):
    audit = make_audit(20)
    user = enter(client, audit.project)
    client.get(review(audit))
    with django_assert_max_num_queries(22):
        send(client, audit, user, place=0, verdict="match", holding=[1, 2, 3])


def test_a_retry_answers_again_and_keeps_one_verdict(client) -> None:
    audit = make_audit(4)
    user = enter(client, audit.project)
    client.get(review(audit))
    sent = {"place": 0, "verdict": "match", "submission": str(uuid.uuid4()), "holding": [1, 2, 3]}
    answers = [send(client, audit, user, **sent) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert Verdict.objects.count() == 1
    other = send(client, audit, user, **{**sent, "verdict": "mismatch"})
    assert other.status_code == 409


def test_an_undo_by_script_brings_the_card_back_first(client) -> None:
    audit = make_audit(4)
    user = enter(client, audit.project)
    client.get(review(audit))
    send(client, audit, user, place=0, verdict="unsure", holding=[1, 2, 3])
    answer = send(client, audit, user, do="undo", holding=[1, 2, 3]).json()
    assert answer["undone"] == 0
    assert [card["place"] for card in answer["cards"]] == [0]
    assert "You said “unsure”" in answer["cards"][0]["html"]
    assert send(client, audit, user, do="undo", holding=[0, 1, 2, 3]).json()["undone"] is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"place": "99", "verdict": "match"},
        {"place": "²", "verdict": "match"},
        {"place": "9" * 40, "verdict": "match"},
        {"place": "-1", "verdict": "match"},
        {"place": "0", "verdict": "perhaps"},
        {"place": "0", "verdict": "withdrawn"},
        {"place": "0"},
        {"place": "0", "verdict": "match", "submission": "none"},
        {"do": "undo", "submission": ""},
        {"place": "0", "verdict": "match", "comment": "x" * 10_001},
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(client, wrong) -> None:
    audit = make_audit(2)
    user = enter(client, audit.project)
    answer = send(client, audit, user, **wrong)
    assert answer.status_code == 409
    assert answer.json()["reason"]
    assert not Verdict.objects.exists()


def test_a_flag_is_kept_once_and_the_card_stays(client) -> None:
    audit = make_audit(6)
    user = enter(client, audit.project)
    client.get(review(audit))
    sent = {"do": "flag", "place": 0, "holding": [0, 1, 2, 3]}
    answer = send(client, audit, user, **sent, note=" Is a drawing a scene? ").json()
    assert answer["cards"] == []
    assert send(client, audit, user, **sent, note="something else").status_code == 200
    flag = Flag.objects.get()
    assert (flag.item.place, flag.annotator, flag.note) == (0, user, "Is a drawing a scene?")
    page = client.get(review(audit))
    assert page.context["cards"][0]["asked"] == flag.note
    assert page.context["cards"][1]["asked"] is None
    flag.settled_at, flag.settled_by = timezone.now(), user
    flag.save()
    assert client.get(review(audit)).context["cards"][0]["asked"] is None
    assert send(client, audit, user, **sent, note="again").status_code == 200
    assert Flag.objects.count() == 2
    for wrong in ({"place": 99}, {"place": 0, "note": "x" * 10_001}, {"place": 0, "note": "\0"}):
        assert send(client, audit, user, **{**sent, **wrong}).status_code == 409


def test_a_plain_form_flags_and_shows_the_item_again(client) -> None:
    audit = make_audit(3)
    enter(client, audit.project)
    page = client.get(review(audit))
    sent = {"do": "flag", "place": 0, "note": HOSTILE, "submission": page.context["submission"]}
    page = client.post(review(audit), sent, follow=True)
    assert page.context["cards"][0]["place"] == 0
    shown = tidy(page.content.decode())
    assert 'data-flagged><span class="badge badge--warn">' in shown
    assert "<script>alert" not in shown
    assert not Verdict.objects.exists()


def test_a_leads_answer_comes_once_with_the_next_item(client) -> None:
    audit = make_audit(8)
    user = enter(client, audit.project)
    other = make_member(audit.project, "bob", Role.ANNOTATOR)
    client.get(review(audit))
    items = list(audit.items.all())
    answered = {
        "settled_by": other,
        "settled_at": timezone.now(),
        "answer": "Yes, it is <b>one</b>.",
    }
    Flag.objects.create(item=items[0], annotator=user, **answered)
    Flag.objects.create(item=items[1], annotator=other, **{**answered, "answer": "not yours"})
    Flag.objects.create(item=items[1], annotator=user, **{**answered, "answer": ""})
    first = send(client, audit, user, place=0, verdict="match", holding=[1, 2, 3]).json()["answers"]
    assert "Yes, it is &lt;b&gt;one&lt;/b&gt;." in first
    assert "not yours" not in first
    assert send(client, audit, user, place=1, verdict="match", holding=[2]).json()["answers"] == ""
    Flag.objects.create(item=items[2], annotator=user, **{**answered, "answer": "No."})
    page = client.get(review(audit)).content.decode()
    assert "No." in page
    assert "Yes, it is" not in page


def test_an_item_that_a_lead_sent_back_comes_with_the_note(client) -> None:
    audit = make_audit(3)
    user = enter(client, audit.project)
    lead = make_member(audit.project, "lena", Role.LEAD)
    item = audit.items.first()
    queue.record(item, user, "match", submission=uuid.uuid4())
    queue.send_back(item, user, lead, "Look at the <b>left</b> edge.")
    page = client.get(review(audit))
    assert page.context["cards"][0]["place"] == item.place
    assert "Sent back to you: Look at the &lt;b&gt;left&lt;/b&gt; edge." in page.content.decode()
    assert page.content.decode().count("Sent back to you") == 1


def top_five_audit():
    """Three items with six candidates each, but the last with two."""
    rows = error_rows(3)
    for row in rows:
        row["candidates"] = [{"answer": f"answer {n}", "probability": 0.1} for n in range(6)]
    rows[2]["candidates"] = rows[2]["candidates"][:2]
    run = ingest_run(make_project_of(), rows)
    return draw_audit(run, protocol="custom", size=3, seed=5, question="top_five")


def test_a_top_five_check_takes_a_candidate_and_its_own_verdicts(client) -> None:
    audit = top_five_audit()
    user = enter(client, audit.project)
    page = client.get(review(audit))
    kinds = ["among_candidates", "not_among_candidates", "unsure", "unusable"]
    assert [(each.kind, each.keys) for each in page.context["choices"]] == list(
        zip(kinds, "axun", strict=True)
    )
    few = audit.items.get(sample_id="s0002").place
    places = [few, *(place for place in range(3) if place != few)]
    for wrong in ({"candidate": "3"}, {"candidate": "0"}, {"candidate": "x"}, {"verdict": "match"}):
        assert send(client, audit, user, place=few, **wrong).status_code == 409
    assert send(client, audit, user, place=places[0], candidate="2").status_code == 200
    given = {"verdict": "among_candidates", "candidate": "5"}
    assert send(client, audit, user, place=places[1], **given).status_code == 200
    given = {"verdict": "not_among_candidates", "candidate": "5"}
    assert send(client, audit, user, place=places[2], **given).status_code == 200
    kept = Verdict.objects.order_by("pk").values_list("kind", "candidate")
    assert list(kept) == [(kinds[0], 2), (kinds[0], 5), (kinds[1], None)]


def test_a_plain_form_chooses_a_candidate_by_its_button(client) -> None:
    audit = top_five_audit()
    enter(client, audit.project)
    page = client.get(review(audit))
    card = page.context["cards"][0]
    count = min(5, len(card["shown"]["candidates"]))
    assert page.content.decode().split("<template", 1)[0].count('name="candidate"') == count
    sent = {"place": card["place"], "submission": page.context["submission"], "candidate": "1"}
    client.post(review(audit), sent)
    assert Verdict.objects.get().candidate == 1


def test_a_candidate_means_nothing_in_a_noise_check(client) -> None:
    audit = make_audit(2)
    user = enter(client, audit.project)
    assert send(client, audit, user, place=0, candidate="1").status_code == 409
    assert send(client, audit, user, place=0, verdict="match", candidate="1").status_code == 200
    assert Verdict.objects.get().candidate is None


def test_what_one_person_decided_is_not_recorded_as_another(client) -> None:
    audit = make_audit(2)
    ann = enter(client, audit.project)
    enter(client, audit.project, "bob")
    assert send(client, audit, ann, place=0, verdict="match").status_code == 403
    assert not Verdict.objects.exists()


def test_a_post_without_the_token_is_refused(client) -> None:
    audit = make_audit(1)
    enter(client, audit.project)
    client.handler.enforce_csrf_checks = True
    sent = {"place": 0, "verdict": "match", "submission": uuid.uuid4()}
    assert client.post(review(audit), sent).status_code == 403


def test_a_closed_audit_says_so_and_takes_nothing(client) -> None:
    audit = make_audit(2)
    user = enter(client, audit.project)
    client.get(review(audit))
    drawing.close(audit)
    page = client.get(review(audit))
    assert page.context["end"]["title"] == "The audit is closed"
    answer = send(client, audit, user, place=0, verdict="match")
    assert (answer.status_code, "closed" in answer.json()["reason"]) == (409, True)


def test_when_others_hold_what_is_left_the_page_says_that(client) -> None:
    audit = make_audit(1)
    bob = make_member(audit.project, "bob", Role.ANNOTATOR)
    queue.hand_out(audit, bob)
    enter(client, audit.project)
    page = client.get(review(audit))
    assert page.context["end"]["title"] == "Nothing left for you"
    assert "1 judgement" in page.content.decode()


def test_text_from_the_file_is_shown_as_text(client) -> None:
    fields = ("question", "context", "prediction", "category", "question_type")
    rows = error_rows(1, **dict.fromkeys(fields, HOSTILE), answers=[HOSTILE])
    rows[0]["prediction"] += " and more"
    rows[0]["candidates"] = [{"answer": HOSTILE, "probability": 0.5}]
    rows[0][HOSTILE] = HOSTILE
    rows[0]["token_attention"] = {"script": [[1, 0]], "src=x": [[1, 0]], f"{HOSTILE}!": [[1, 0]]}
    run = ingest_run(make_project_of(), rows)
    audit = draw_audit(run, protocol="custom", size=1, seed=1)
    enter(client, audit.project)
    page = tidy(client.get(review(audit)).content.decode())
    assert "&lt;script&gt;alert(1)" in page
    assert '<span class="token" data-token="0">script</span>' in page
    assert "<script>alert" not in page
    assert "onerror=alert(2)>" not in page.replace("onerror=alert(2)&gt;", "")


def test_the_page_brings_no_inline_script_or_style(client, tmp_path) -> None:
    audit = audit_with_images(tmp_path)
    enter(client, audit.project)
    answer = client.get(review(audit))
    page = answer.content.decode()
    assert " style=" not in page
    assert "<style" not in page
    assert "'unsafe-inline'" not in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "no-store"


def test_images_come_as_webp_that_browsers_keep(client, tmp_path) -> None:
    audit = audit_with_images(tmp_path)
    enter(client, audit.project)
    place = audit.items.exclude(image_sha256="").first().place
    answer = client.get(reverse("annotations:item-image", args=[audit.pk, place]))
    assert answer["Content-Type"] == "image/webp"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in answer["Cache-Control"]
    assert "private" in answer["Cache-Control"]
    assert Image.open(io.BytesIO(answer.content)).size == (64, 40)
    again = client.get(answer.request["PATH_INFO"], headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_an_item_without_its_picture_says_why_and_can_be_judged(client, tmp_path) -> None:
    audit = audit_with_images(tmp_path)
    user = enter(client, audit.project)
    reasons = set()
    while (page := client.get(review(audit))).context["cards"]:
        card = page.context["cards"][0]
        if not card["has_picture"]:
            reasons.add(card["shown"]["image"]["status"])
            shown = client.get(reverse("annotations:item-image", args=[audit.pk, card["place"]]))
            assert shown.status_code == 404
        send(client, audit, user, place=card["place"], verdict="unusable")
    assert reasons == {"missing", "refused"}
    assert Verdict.objects.standing().count() == 4


def test_a_copy_that_is_gone_is_not_found(client, tmp_path) -> None:
    audit = audit_with_images(tmp_path)
    enter(client, audit.project)
    item = audit.items.exclude(image_sha256="").first()
    path = DataRoot(settings.DATA_ROOT).join(evidence_path(item.image_sha256))
    Path(path).unlink()
    answer = client.get(reverse("annotations:item-image", args=[audit.pk, item.place]))
    assert answer.status_code == 404


def test_the_queue_reads_no_parquet(client, monkeypatch) -> None:
    audit = make_audit(3)
    user = enter(client, audit.project)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the queue read a run's table")

    monkeypatch.setattr("pyarrow.parquet.ParquetFile.__init__", refuse)
    monkeypatch.setattr("pyarrow.parquet.read_table", refuse)
    monkeypatch.setattr("duckdb.connect", refuse)
    client.get(review(audit))
    assert send(client, audit, user, place=0, verdict="match", holding=[1]).status_code == 200


def test_the_list_of_a_project_counts_what_is_judged(client, django_assert_max_num_queries):
    project = make_project_of()
    first, second = make_audit(3, project=project), make_audit(2, project=project, overlap=2)
    user = enter(client, project)
    queue.record(first.items.first(), user, "match", submission=uuid.uuid4())
    url = reverse("annotations:project-audits", args=[project.slug])
    with django_assert_max_num_queries(10):
        page = client.get(url)
    rows = {row.audit.pk: (row.mine, row.judged, row.total) for row, _ in page.context["rows"]}
    assert rows == {first.pk: (1, 1, 3), second.pk: (0, 0, 4)}
    drawing.close(first)
    fragment = client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert review(first) not in fragment
    assert review(second) in fragment
    enter(client, project, "lena", Role.LEAD)
    assert first.get_absolute_url() in client.get(url).content.decode()


def test_a_project_without_audits_says_what_to_do(client) -> None:
    project = make_project_of()
    url = reverse("annotations:project-audits", args=[project.slug])
    enter(client, project)
    assert "When a lead draws an audit" in client.get(url).content.decode()
    enter(client, project, "lena", Role.LEAD)
    assert "import a run first" in client.get(url).content.decode()


def test_opening_the_page_twice_holds_the_same_items(client) -> None:
    audit = make_audit(9)
    enter(client, audit.project)
    for _ in range(3):
        client.get(review(audit))
    assert Seat.objects.filter(annotator__isnull=False).count() == review_page.CARDS


LONG = "First line.\n" + "word " * 300 + "\n\\boxed{A}"


def choice_audit(tmp_path, images=None, **more):
    """An audit of one multiple-choice item."""
    row = {"options": ["a hat", "two\nlines", "<i>"], "answers": ["B"], "prediction": LONG}
    source = write_lines(tmp_path / "x.jsonl", error_rows(1, **row, **more))
    run = make_run(make_project_of(), source, rule="choice", images=images)
    return draw_audit(run, protocol="custom", size=1, seed=5)


def test_a_card_shows_options_in_order_and_all_that_was_written(client, tmp_path) -> None:
    audit = choice_audit(tmp_path)
    enter(client, audit.project)

    raw = client.get(review(audit)).content.decode()
    shown = tidy(raw)

    places = [shown.index(f'option__letter">{letter}<') for letter in "ABC"]
    assert places[0] < shown.index("▸ chosen") < places[1] < shown.index("✓ right") < places[2]
    assert f">{LONG}</span>" in raw
    assert "read:<strong>A</strong>—" in shown
    assert "last box" in shown


def test_a_card_says_the_state_of_an_answer(client, tmp_path) -> None:
    audit = choice_audit(tmp_path)
    item = audit.items.get()
    item.snapshot |= {"answer_state": "failed_call", "near_border": "contains"}
    item.save()
    enter(client, audit.project)
    shown = " ".join(tidy(client.get(review(audit)).content.decode()).split())
    assert 'badge--warn">failed call<' in shown
    assert "near the border: contains the reference" in shown


def test_a_card_of_an_older_audit_is_shown_as_it_was(client) -> None:
    audit = make_audit(1)
    item = audit.items.get()
    later = ("options", "answered", "answer_state", "steps", "chosen_option", "right_option")
    for name in (*later, "near_border", "images", "more_images"):
        del item.snapshot[name]
    del item.snapshot["image"]["cut"]
    item.save()
    enter(client, audit.project)
    shown = client.get(review(audit)).content.decode()
    assert "three" in shown
    assert 'class="option' not in shown
    assert 'class="reading"' not in shown


def with_pictures(audit, tmp_path):
    """The audit's only item as one that was drawn with three pictures, the last one lost."""
    Image.new("RGB", (30, 20), "blue").save(tmp_path / "b.png")
    audit.run.image_root = str(tmp_path)
    names = ["a.png", "b.png", "lost.png"]
    item = audit.items.get()
    item.snapshot |= {"images": names, "more_images": keep_further_images(audit.run, names)}
    item.save()
    return item


def test_a_card_shows_the_further_pictures_from_their_copies(client, tmp_path) -> None:
    audit = choice_audit(tmp_path)
    item = with_pictures(audit, tmp_path)
    enter(client, audit.project)
    shown = " ".join(tidy(client.get(review(audit)).content.decode()).split())
    address = reverse("annotations:item-image", args=[audit.pk, item.place])
    assert f'<img src="{address}?n=1"' in shown
    assert f"{address}?n=2" not in shown
    assert "Image 2 of 3" in shown
    assert "Image 3 of 3" in shown
    kept = item.snapshot["more_images"][0]["sha256"]
    assert review_page.checksum(audit, item.place, "1") == kept
    assert review_page.checksum(audit, item.place, "") == item.image_sha256
    for number in ("2", "3", "x", "-1", "99999999999999999999"):
        assert review_page.checksum(audit, item.place, number) == ""
    assert review_page.checksum(audit, 77, "1") == ""


def test_a_card_says_so_where_only_the_first_picture_was_kept(client, tmp_path) -> None:
    audit = choice_audit(tmp_path)
    item = audit.items.get()
    item.snapshot |= {"images": ["a.png", "b.png"], "more_images": None}
    item.save()
    enter(client, audit.project)
    assert "The sample has 2 images" in client.get(review(audit)).content.decode()


def test_a_damaged_picture_is_marked_on_the_card_and_in_the_grid(client, tmp_path) -> None:
    (tmp_path / "cut.jpg").write_bytes(jpeg()[:-2])
    run = ingest_run(make_project_of(), error_rows(1, image="cut.jpg"), image_root=tmp_path)
    audit = draw_audit(run, protocol="custom", size=1, seed=5)
    enter(client, audit.project)
    assert "damaged: shown as far as it goes" in client.get(review(audit)).content.decode()
    grid = client.get(reverse("annotations:grid", args=[audit.pk]))
    assert 'badge--warn">damaged<' in tidy(grid.content.decode())


def test_an_audit_keeps_and_serves_all_pictures_of_an_item(client, tmp_path) -> None:
    for name, colour in (("a.png", "red"), ("b.png", "blue")):
        Image.new("RGB", (30, 20), colour).save(tmp_path / name)
    row = error_rows(1, images=["a.png", "b.png", "lost.png"])
    run = make_run(make_project_of(), write_lines(tmp_path / "x.jsonl", row), images=tmp_path)
    audit = draw_audit(run, protocol="custom", size=1, seed=5)
    address = reverse("annotations:item-image", args=[audit.pk, 0])
    assert client.get(f"{address}?n=1").status_code == 302
    enter(client, Project.start("Elsewhere"), "zoe", Role.ADMIN)
    assert client.get(f"{address}?n=1").status_code == 404
    enter(client, audit.project)
    # The run's own pictures may go: the audit's copies stay.
    (tmp_path / "b.png").unlink()
    seen = [client.get(address + query) for query in ("", "?n=0", "?n=1")]
    colours = [
        Image.open(io.BytesIO(each.content)).convert("RGB").getpixel((9, 9)) for each in seen
    ]
    assert colours == [(255, 0, 0), (255, 0, 0), (0, 0, 255)]
    assert [client.get(f"{address}?n={n}").status_code for n in ("2", "3", "x", "-1")] == [404] * 4
    shown = client.get(review(audit)).content.decode()
    assert f"{address}?n=1" in shown
