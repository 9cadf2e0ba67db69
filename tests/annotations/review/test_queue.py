"""The queue: leases, overlap, retries, undo; alone, and with many people at once."""

import os
import subprocess
import sys
import threading
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone

from annotations.audits import assigning, drawing
from annotations.models import Seat, Verdict
from annotations.review import queue
from annotations.standing.resolution import resolved_items
from tests.annotations.audit_factories import (
    error_rows,
    ingest_run,
    make_audit,
    make_member,
    make_project_of,
)
from triage.models import Role


def annotators(audit, *names):
    return [make_member(audit.project, name, Role.ANNOTATOR) for name in names]


def judge(item, user, kind="match", **more):
    return queue.record(item, user, kind, submission=uuid.uuid4(), **more)


def expire(**which) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Seat.objects.filter(leased_until__isnull=False, **which).update(leased_until=past)


@pytest.mark.django_db
def test_items_come_in_the_order_of_the_draw_and_only_once() -> None:
    audit = make_audit(4)
    (ann,) = annotators(audit, "ann")
    seen = []
    while item := queue.hand_out(audit, ann):
        seen.append(item.place)
        judge(item, ann)
    assert seen == [0, 1, 2, 3]
    assert queue.tally(audit, ann) == queue.Tally(total=4, judged=4, mine=4, elsewhere=0)


@pytest.mark.django_db
def test_an_open_lease_of_ones_own_comes_first_and_what_the_page_holds_is_skipped() -> None:
    audit = make_audit(4)
    ann, bob = annotators(audit, "ann", "bob")
    first = queue.hand_out(audit, ann)
    assert queue.hand_out(audit, ann) == first
    assert queue.hand_out(audit, ann, skip={first.place}).place == 1
    assert queue.hand_out(audit, bob).place == 2
    assert queue.tally(audit, bob).elsewhere == 2


@pytest.mark.django_db
@pytest.mark.parametrize("overlap", [1, 2, 3])
def test_no_item_goes_to_more_people_than_its_overlap(overlap) -> None:
    audit = make_audit(4, overlap=overlap)
    people = annotators(audit, "a", "b", "c", "d")
    served = [(queue.hand_out(audit, user), user) for user in people]
    assert sum(item.place == 0 for item, _ in served) == overlap
    assert len({(item.pk, user.pk) for item, user in served}) == 4


@pytest.mark.django_db
def test_an_expired_lease_goes_to_somebody_else_who_then_has_the_seat() -> None:
    audit = make_audit(1)
    ann, bob = annotators(audit, "ann", "bob")
    item = queue.hand_out(audit, ann)
    assert queue.hand_out(audit, bob) is None
    expire(annotator=ann)
    assert queue.hand_out(audit, bob) == item
    with pytest.raises(queue.NoSeat):
        judge(item, ann)
    judge(item, bob)
    assert Verdict.objects.get().annotator == bob


@pytest.mark.django_db
def test_who_was_slow_may_still_judge_while_nobody_else_has_the_item() -> None:
    audit = make_audit(1)
    (ann,) = annotators(audit, "ann")
    item = queue.hand_out(audit, ann)
    expire()
    judge(item, ann)
    assert Seat.objects.get().leased_until is None


@pytest.mark.django_db
def test_what_somebody_holds_is_renewed_when_they_go_on() -> None:
    audit = make_audit(3)
    (ann,) = annotators(audit, "ann")
    first = queue.hand_out(audit, ann)
    expire()
    queue.hand_out(audit, ann, skip={first.place})
    assert Seat.objects.filter(leased_until__gt=timezone.now()).count() == 2


@pytest.mark.django_db
def test_what_is_put_back_is_free_for_others_and_comes_again() -> None:
    audit = make_audit(2)
    ann, bob = annotators(audit, "ann", "bob")
    item = queue.hand_out(audit, ann)
    assert queue.put_back(audit, ann, item.place)
    assert not queue.put_back(audit, ann, item.place)
    assert queue.hand_out(audit, bob) == item


@pytest.mark.django_db
def test_a_retried_request_changes_nothing_and_answers_the_same() -> None:
    audit = make_audit(2)
    (ann,) = annotators(audit, "ann")
    item = queue.hand_out(audit, ann)
    sent = {"submission": uuid.uuid4(), "comment": "blurred "}
    first = queue.record(item, ann, "match", **sent)
    assert queue.record(item, ann, "match", **sent) == first
    drawing.close(audit)
    assert queue.record(item, ann, "match", **sent) == first
    assert Verdict.objects.count() == 1


@pytest.mark.django_db
def test_the_same_submission_with_anything_else_in_it_is_refused() -> None:
    audit = make_audit(2, overlap=2)
    ann, bob = annotators(audit, "ann", "bob")
    one, two = audit.items.all()
    key = uuid.uuid4()
    queue.record(one, ann, "match", submission=key)
    for item, user, kind in [(one, ann, "mismatch"), (two, ann, "match"), (one, bob, "match")]:
        with pytest.raises(queue.SubmissionReused):
            queue.record(item, user, kind, submission=key)
    with pytest.raises(queue.SubmissionReused):
        queue.undo(audit, ann, submission=key)
    assert Verdict.objects.count() == 1


@pytest.mark.django_db
def test_a_change_of_mind_supersedes_and_only_the_last_counts() -> None:
    audit = make_audit(1)
    (ann,) = annotators(audit, "ann")
    item = queue.hand_out(audit, ann)
    first = judge(item, ann, "match")
    second = judge(item, ann, "wrong_answer", corrected_answer="two")
    assert second.supersedes == first
    assert list(Verdict.objects.standing()) == [second]
    assert queue.tally(audit, ann).judged == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("perhaps", {}),
        ("withdrawn", {}),
        ("match", {"corrected_answer": "two"}),
        ("wrong_answer", {"corrected_answer": "x" * 1001}),
        ("match", {"comment": "x" * 10_001}),
        ("match", {"comment": "nul\x00"}),
    ],
)
def test_what_cannot_be_a_verdict_is_refused_and_keeps_the_lease(kind, more) -> None:
    audit = make_audit(1)
    (ann,) = annotators(audit, "ann")
    item = queue.hand_out(audit, ann)
    with pytest.raises(queue.BadVerdict):
        judge(item, ann, kind, **more)
    assert Seat.objects.get().leased_until is not None
    assert not Verdict.objects.exists()


@pytest.mark.django_db
def test_undo_goes_back_across_items_and_further_each_time() -> None:
    audit = make_audit(3)
    (ann,) = annotators(audit, "ann")
    places = []
    for kind in ("match", "mismatch", "unsure"):
        item = queue.hand_out(audit, ann)
        judge(item, ann, kind)
        places.append(item.place)
    back = [queue.undo(audit, ann).place for _ in range(3)]
    assert back == places[::-1]
    assert queue.undo(audit, ann) is None
    assert not Verdict.objects.standing().exists()
    assert Verdict.objects.count() == 6
    assert queue.tally(audit, ann).judged == 0
    assert queue.hand_out(audit, ann).place == 0


@pytest.mark.django_db
def test_after_an_undo_the_item_can_be_judged_again() -> None:
    audit = make_audit(1)
    (ann,) = annotators(audit, "ann")
    item = queue.hand_out(audit, ann)
    judge(item, ann, "match")
    queue.undo(audit, ann)
    again = judge(item, ann, "mismatch")
    assert list(Verdict.objects.standing()) == [again]
    assert [each.kind for each in resolved_items(audit)] == ["mismatch"]
    assert Seat.objects.get().leased_until is None


@pytest.mark.django_db
def test_a_retried_undo_takes_back_one_verdict_only() -> None:
    audit = make_audit(3)
    (ann,) = annotators(audit, "ann")
    for _ in range(2):
        judge(queue.hand_out(audit, ann), ann)
    key = uuid.uuid4()
    assert queue.undo(audit, ann, submission=key) == queue.undo(audit, ann, submission=key)
    assert Verdict.objects.standing().count() == 1


@pytest.mark.django_db
def test_nobody_undoes_what_somebody_else_said() -> None:
    audit = make_audit(2)
    ann, bob = annotators(audit, "ann", "bob")
    judge(queue.hand_out(audit, ann), ann)
    assert queue.undo(audit, bob) is None
    assert Verdict.objects.standing().count() == 1


@pytest.mark.django_db
def test_a_closed_audit_hands_out_and_takes_nothing() -> None:
    audit = make_audit(2)
    (ann,) = annotators(audit, "ann")
    item = queue.hand_out(audit, ann)
    drawing.close(audit)
    assert queue.hand_out(audit, ann) is None
    with pytest.raises(queue.AuditClosed):
        judge(item, ann)
    with pytest.raises(queue.AuditClosed):
        queue.undo(audit, ann)


@pytest.mark.django_db
def test_one_verdict_and_the_next_item_cost_few_queries(django_assert_max_num_queries) -> None:
    audit = make_audit(30)
    (ann,) = annotators(audit, "ann")
    item = queue.hand_out(audit, ann)
    held = queue.hand_out(audit, ann, skip={item.place})
    with django_assert_max_num_queries(14):  # Four of them are savepoints.
        judge(item, ann)
        queue.hand_out(audit, ann, skip={held.place})


def work_through(audit, user, served, errors, undo_every=7) -> None:
    """One person at the queue: take, judge, sometimes undo, until nothing is handed out."""
    try:
        done = 0
        while item := queue.hand_out(audit, user):
            served.append((item.pk, user.pk))
            judge(item, user)
            done += 1
            if done % undo_every == 0:
                queue.undo(audit, user)
    except Exception as problem:
        errors.append(problem)
    finally:
        connection.close()


def many_at_once(items: int, overlap: int, people: int) -> None:
    """`people` threads empty one queue; holds the promises of the module."""
    audit = make_audit(items, overlap=overlap)
    users = annotators(audit, *[f"person{n}" for n in range(people)])
    served, errors = [], []
    crew = [
        threading.Thread(target=work_through, args=(audit, user, served, errors)) for user in users
    ]
    for each in crew:
        each.start()
    for each in crew:
        each.join(240)
    assert errors == []
    standing = list(Verdict.objects.standing().values_list("item_id", "annotator_id"))
    assert len(standing) == len(set(standing)) == items * overlap
    for item in audit.items.all():
        assert sum(pk == item.pk for pk, _ in standing) == overlap
    assert len(set(served)) >= items * overlap
    assert queue.tally(audit, users[0]).remaining == 0


@pytest.mark.usefixtures("shared_database")
@pytest.mark.parametrize("overlap", [1, 3])
def test_eight_people_at_once_stay_within_the_overlap(overlap) -> None:
    many_at_once(items=40, overlap=overlap, people=8)


@pytest.mark.usefixtures("shared_database")
def test_eight_copies_of_one_request_leave_one_verdict() -> None:
    audit = make_audit(2)
    (ann,) = annotators(audit, "ann")
    item, key = queue.hand_out(audit, ann), uuid.uuid4()
    answers, errors = [], []

    def send() -> None:
        try:
            answers.append(queue.record(item, ann, "match", submission=key).pk)
        except Exception as problem:
            errors.append(problem)
        finally:
            connection.close()

    crew = [threading.Thread(target=send) for _ in range(8)]
    for each in crew:
        each.start()
    for each in crew:
        each.join(240)
    assert errors == []
    assert len(answers) == 8
    assert len(set(answers)) == Verdict.objects.count() == 1


@pytest.mark.postgres
def test_the_same_holds_on_postgresql(postgres_url) -> None:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", __file__]
    result = subprocess.run(
        [*command, "-k", "eight or expired or undo or retried"],
        env={**os.environ, "DATABASE_URL": postgres_url},
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-1000:]


@pytest.mark.django_db
def test_items_assigned_to_people_go_to_nobody_else_in_even_shares() -> None:
    audit = make_audit(9)
    people = annotators(audit, "ann", "bob", "cy", "dan")
    audit = drawing.draw_audit(
        audit.run, protocol="custom", size=9, seed=3, overlap=2, people=people[:3]
    )
    judged = {}
    for user in people:
        judged[str(user)] = 0
        while item := queue.hand_out(audit, user):
            judge(item, user)
            judged[str(user)] += 1
    assert judged == {"ann": 6, "bob": 6, "cy": 6, "dan": 0}
    pairs = {
        tuple(sorted(item.verdicts.values_list("annotator__username", flat=True)))
        for item in audit.items.all()
    }
    assert pairs == {("ann", "bob"), ("ann", "cy"), ("bob", "cy")}


@pytest.mark.django_db
def test_a_reserved_seat_is_refused_to_others_until_it_is_released() -> None:
    audit = make_audit(3)
    ann, bob = annotators(audit, "ann", "bob")
    audit = drawing.draw_audit(audit.run, protocol="custom", size=3, people=[ann])
    with pytest.raises(queue.NoSeat):
        judge(audit.items.get(place=0), bob)
    judge(queue.hand_out(audit, ann), ann)
    assert assigning.release(audit, ann) == 2
    assert queue.hand_out(audit, bob).place == 1


@pytest.mark.django_db
def test_as_many_people_are_assigned_as_an_item_needs_and_all_are_members() -> None:
    audit = make_audit(3)
    (ann,) = annotators(audit, "ann")
    stranger = get_user_model().objects.create_user("stranger")
    wishes = {"protocol": "custom", "size": 3}
    with pytest.raises(drawing.AuditRefused, match="at least as many"):
        drawing.draw_audit(audit.run, overlap=2, people=[ann], **wishes)
    with pytest.raises(drawing.AuditRefused, match="stranger cannot judge"):
        drawing.draw_audit(audit.run, people=[stranger], **wishes)


@pytest.mark.django_db
def test_an_item_sent_back_returns_to_the_same_person_first_with_the_note() -> None:
    audit = make_audit(5, overlap=2)
    ann, bob = annotators(audit, "ann", "bob")
    for _ in range(3):
        judge(queue.hand_out(audit, ann), ann, "mismatch")
    lead = make_member(audit.project, "lead")
    item = audit.items.get(place=1)
    queue.send_back(item, ann, lead, "Look at the left edge.")
    assert queue.note_on(item, ann) == "Look at the left edge."
    again = queue.hand_out(audit, ann)
    assert again == item
    judge(again, ann, "match")
    assert queue.note_on(item, ann) is None
    kinds = Verdict.objects.filter(item=item, annotator=ann).values_list("kind", flat=True)
    assert list(kinds) == ["mismatch", "withdrawn", "match"]
    assert item.seats.filter(annotator=ann).count() == 1
    # Bob's seat on it was free all the time.
    assert queue.hand_out(audit, bob, skip={0}) == item


@pytest.mark.django_db
def test_a_seat_of_an_item_sent_back_goes_to_nobody_else() -> None:
    audit = make_audit(1)
    ann, bob = annotators(audit, "ann", "bob")
    judge(queue.hand_out(audit, ann), ann)
    queue.send_back(audit.items.get(), ann, make_member(audit.project, "lead"), "")
    assert queue.hand_out(audit, bob) is None
    assert assigning.release(audit, ann) == 0
    assert queue.hand_out(audit, ann) is not None


@pytest.mark.django_db
def test_only_a_verdict_that_stands_is_sent_back() -> None:
    audit = make_audit(2)
    (ann,) = annotators(audit, "ann")
    lead = make_member(audit.project, "lead")
    with pytest.raises(queue.VerdictRefused, match="ann has no verdict"):
        queue.send_back(audit.items.first(), ann, lead, "")
    judge(queue.hand_out(audit, ann), ann)
    drawing.close(audit)
    with pytest.raises(queue.AuditClosed):
        queue.send_back(audit.items.first(), ann, lead, "")


@pytest.mark.django_db
def test_a_right_reading_names_its_candidate_and_only_it() -> None:
    rows = [
        {**row, "candidates": [{"answer": "three", "probability": 0.5}, {"answer": "two"}]}
        for row in error_rows(3)
    ]
    run = ingest_run(make_project_of(), rows)
    audit = drawing.draw_audit(run, protocol="custom", size=3, question="top_five")
    (ann,) = annotators(audit, "ann")
    item = queue.hand_out(audit, ann)
    with pytest.raises(queue.BadVerdict, match="is not a verdict"):
        judge(item, ann, "mismatch")
    with pytest.raises(queue.BadVerdict, match="names its candidate"):
        judge(item, ann, "not_among_candidates", candidate=1)
    with pytest.raises(queue.BadVerdict, match="1 to 5"):
        judge(item, ann, "among_candidates", candidate=6)
    assert judge(item, ann, "among_candidates", candidate=2).candidate == 2
