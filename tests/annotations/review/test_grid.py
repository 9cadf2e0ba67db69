"""The grid: a page of items judged at once, each with its own verdict."""

import uuid

import pytest
from django.urls import reverse

from annotations.audits import drawing
from annotations.models import Seat, Verdict
from annotations.review import queue
from tests.annotations.audit_factories import make_audit, make_member
from triage.models import Role

pytestmark = pytest.mark.django_db


def address(audit, size=12) -> str:
    return f"{reverse('annotations:grid', args=[audit.pk])}?size={size}"


def sign_in(client, audit, name="ann"):
    user = make_member(audit.project, name, Role.ANNOTATOR)
    client.force_login(user)
    return user


def shown(client, audit, size=12) -> list[int]:
    page = client.get(address(audit, size))
    return [cell.item.place for cell in page.context["cells"]]


def form_of(places, **marks) -> dict:
    sent: dict = {"place": places, "seconds": "24"}
    for place in places:
        sent[f"submission-{place}"] = str(uuid.uuid4())
        sent[f"verdict-{place}"] = marks.get(f"at_{place}", "match")
    return sent


def test_a_page_of_items_is_leased_to_one_person_and_the_next_gets_others(client) -> None:
    audit = make_audit(30)
    ann = sign_in(client, audit)
    assert shown(client, audit) == list(range(12))
    assert shown(client, audit) == list(range(12))
    assert Seat.objects.filter(annotator=ann, leased_until__isnull=False).count() == 12
    sign_in(client, audit, "bob")
    assert shown(client, audit) == list(range(12, 24))


def test_all_are_matches_unless_marked_and_each_has_its_own_record(client) -> None:
    audit = make_audit(12)
    ann = sign_in(client, audit)
    sent = form_of(shown(client, audit), at_3="mismatch", at_5="wrong_answer")
    sent["corrected-5"] = "three"
    sent["corrected-6"] = "stands in a field that nobody sees"
    page = client.post(address(audit), sent, follow=True).content.decode()
    assert "12 verdicts saved." in page
    kinds = dict(Verdict.objects.standing().values_list("item__place", "kind"))
    assert kinds == {n: {3: "mismatch", 5: "wrong_answer"}.get(n, "match") for n in range(12)}
    assert Verdict.objects.get(item__place=5).corrected_answer == "three"
    assert {verdict.seconds for verdict in Verdict.objects.all()} == {2.0}
    assert Verdict.objects.values("submission").distinct().count() == 12
    assert queue.tally(audit, ann).mine == 12


def test_a_page_sent_twice_is_recorded_once(client) -> None:
    audit = make_audit(12)
    sign_in(client, audit)
    sent = form_of(shown(client, audit))
    for _ in range(2):
        assert client.post(address(audit), sent).status_code == 302
    assert Verdict.objects.count() == 12


def test_a_script_is_told_where_to_go_and_a_stranger_in_the_same_browser_is_not_saved(
    client,
) -> None:
    audit = make_audit(12)
    ann = sign_in(client, audit)
    sent = form_of(shown(client, audit))
    wrong = client.post(address(audit), sent, headers={"X-Review": str(ann.pk + 1)})
    assert wrong.status_code == 403
    assert Verdict.objects.count() == 0
    answer = client.post(address(audit), sent, headers={"X-Review": str(ann.pk)})
    assert answer.json() == {"next": address(audit)}


def test_one_item_that_is_refused_leaves_the_rest_and_is_named(client) -> None:
    audit = make_audit(12)
    sign_in(client, audit)
    places = shown(client, audit)
    Seat.objects.filter(item__place=4).update(annotator=None, leased_until=None)
    bob = make_member(audit.project, "bob", Role.ANNOTATOR)
    queue.record(audit.items.get(place=4), bob, "match", submission=uuid.uuid4())
    page = client.post(address(audit), form_of(places), follow=True).content.decode()
    assert "11 verdicts saved." in page
    assert "Item 5: As many people" in page


@pytest.mark.parametrize(
    "spoil",
    [
        {"place": []},
        {"place": ["0", "0"]},
        {"submission-0": "x"},
    ],
)
def test_a_form_that_is_not_ours_is_refused_whole(client, spoil) -> None:
    audit = make_audit(3)
    sign_in(client, audit)
    sent = {**form_of([0, 1]), **spoil}
    page = client.post(address(audit), sent, follow=True).content.decode()
    assert "out of date" in page
    assert Verdict.objects.count() == 0


def test_a_closed_audit_takes_no_page(client) -> None:
    audit = make_audit(3)
    sign_in(client, audit)
    sent = form_of(shown(client, audit))
    drawing.close(audit)
    page = client.post(address(audit), sent, follow=True).content.decode()
    assert "The audit is closed" in page
    assert Verdict.objects.count() == 0


def test_an_empty_grid_sends_to_the_page_that_says_why(client) -> None:
    audit = make_audit(2)
    sign_in(client, audit)
    client.post(address(audit), form_of(shown(client, audit)))
    page = client.get(address(audit), follow=True)
    assert page.redirect_chain[-1][0] == reverse("annotations:review", args=[audit.pk])
    assert "All judged" in page.content.decode()


def test_an_unknown_size_is_the_usual_one(client) -> None:
    audit = make_audit(30)
    sign_in(client, audit)
    assert len(shown(client, audit, size=999)) == 24


def test_an_item_sent_back_says_so_in_the_grid(client) -> None:
    audit = make_audit(3)
    ann = sign_in(client, audit)
    client.post(address(audit), form_of(shown(client, audit)))
    queue.send_back(audit.items.get(place=1), ann, make_member(audit.project, "lena"), "Left edge?")
    page = client.get(address(audit)).content.decode()
    assert "Left edge?" in page
