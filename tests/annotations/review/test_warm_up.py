"""The warm-up with its feedback, and what people see of their own work."""

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from annotations.audits import drawing
from annotations.models import Flag, Verdict, WarmUp
from annotations.review.practice import ITEMS
from tests.annotations.audit_factories import give_verdict, give_verdicts, make_audit, make_member
from triage.models import Role

pytestmark = pytest.mark.django_db


def sign_in(client, audit, name="ann"):
    user = make_member(audit.project, name, Role.ANNOTATOR)
    client.force_login(user)
    return user


def judge(client, audit, kind) -> str:
    address = reverse("annotations:warm-up", args=[audit.pk])
    return client.post(address, {"verdict": kind}, follow=True).content.decode()


def go_on(client, audit) -> str:
    return client.get(reverse("annotations:warm-up", args=[audit.pk])).content.decode()


def test_every_picture_of_the_warm_up_is_there() -> None:
    assert len(ITEMS) == 5
    assert len({item.kind for item in ITEMS}) == 5
    assert all(finders.find(item.picture) for item in ITEMS if item.picture)


def test_five_items_with_feedback_and_nothing_counts(client) -> None:
    audit = make_audit(3)
    ann = sign_in(client, audit)
    assert "Item 1 of 5" in go_on(client, audit)
    assert "so would we" in judge(client, audit, "match")
    assert "Item 2 of 5" in go_on(client, audit)
    page = judge(client, audit, "unsure")
    assert "You said “unsure”; we would say “mismatch”." in page
    assert "There is no woman here" in page
    for item in ITEMS[2:]:
        judge(client, audit, item.kind)
    assert "4 of 5 as we would" in go_on(client, audit)
    done = WarmUp.objects.get()
    assert (done.user, done.right, done.items) == (ann, 4, 5)
    assert Verdict.objects.count() == 0


def test_it_can_be_done_again_and_rubbish_is_no_verdict(client) -> None:
    audit = make_audit(3)
    sign_in(client, audit)
    judge(client, audit, "nonsense")
    assert "Item 1 of 5" in go_on(client, audit)
    for item in ITEMS:
        judge(client, audit, item.kind)
    judge(client, audit, "match")
    assert WarmUp.objects.count() == 1
    client.post(reverse("annotations:warm-up", args=[audit.pk]), {"do": "again"})
    assert "Item 1 of 5" in go_on(client, audit)


def test_while_the_audit_is_open_people_see_their_count_and_nothing_of_others(client) -> None:
    audit = make_audit(4, overlap=2)
    ann = sign_in(client, audit)
    bob = make_member(audit.project, "bob", Role.ANNOTATOR)
    for item in audit.items.all():
        give_verdict(item, ann, "match", seconds=4.0)
    give_verdicts(audit, bob, ["match", "match", "match", "mismatch"])
    Flag.objects.create(item=audit.items.get(place=0), annotator=ann, note="Cup?", answer="")
    address = reverse("annotations:own-work", args=[audit.pk])
    page = client.get(address).content.decode()
    assert "4.0 s an item" in page
    assert "not answered yet" in page
    assert "Same as others" not in page
    drawing.close(audit)
    page = client.get(address).content.decode()
    assert "3 of 4 comparisons, 75.0 %" in page
