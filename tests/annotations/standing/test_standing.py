"""How an audit stands: resolution, tally, clusters, growth."""

from fractions import Fraction

import pytest

from annotations.audits.drawing import draw_audit
from annotations.models import Audit, VerdictKind
from annotations.standing import standing
from annotations.standing.documents import noise_document
from annotations.standing.resolution import agreed, resolved_items
from tests.annotations.audit_factories import (
    cluster_errors,
    error_rows,
    give_verdict,
    give_verdicts,
    ingest_run,
    make_audit,
    make_member,
    make_project_of,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("votes", "overlap", "final"),
    [
        ([], 1, None),
        (["match"], 1, "match"),
        (["match"], 2, None),
        (["match", "match"], 2, "match"),
        (["match", "mismatch"], 2, None),
        (["match", "match", "unsure"], 3, None),
    ],
)
def test_an_item_is_resolved_when_all_its_people_agree(votes, overlap, final) -> None:
    assert agreed(votes, overlap) == final


def test_an_audit_without_verdicts_knows_nothing() -> None:
    audit = make_audit(errors=12, size=5)

    ratio = standing.noise_ratio(audit)

    assert (ratio.decided, ratio.waiting, ratio.point) == (0, 5, None)
    assert (ratio.low, ratio.high) == (0.0, 1.0)
    assert ratio.rule == "no_verdicts"
    assert ratio.established == "not_settled"
    assert standing.standing_of(audit).growth() == []


def test_noise_is_mismatch_and_wrong_answer_over_the_decided() -> None:
    audit = make_audit(errors=12, size=8)
    ann = make_member(audit.project, "ann")
    kinds = ["mismatch", "wrong_answer", "match", "match", "ambiguous", "unsure", "unusable"]
    give_verdicts(audit, ann, kinds)

    ratio = standing.noise_ratio(audit)

    assert (ratio.successes, ratio.decided, ratio.undecided, ratio.waiting) == (2, 5, 2, 1)
    assert ratio.point == 2 / 5
    assert ratio.mismatch_only.point == 1 / 5
    assert ratio.bounds.if_all_noise == 4 / 7
    assert ratio.bounds.if_none_noise == 2 / 7
    assert standing.standing_of(audit).verdicts["waiting"] == 1
    assert sum(standing.standing_of(audit).verdicts.values()) == 8


def test_the_kinds_that_count_are_a_setting_of_the_audit() -> None:
    audit = make_audit(errors=4)
    Audit.objects.update(noise_kinds=["mismatch"])
    audit.refresh_from_db()
    give_verdicts(audit, make_member(audit.project, "ann"), ["mismatch", "wrong_answer"])

    assert standing.noise_ratio(audit).successes == 1


def test_a_change_of_mind_and_an_undo_are_followed() -> None:
    audit = make_audit(errors=2)
    ann = make_member(audit.project, "ann")
    first = audit.items.first()

    give_verdict(first, ann, "mismatch")
    give_verdict(first, ann, "match")
    assert standing.standing_of(audit).verdicts["match"] == 1
    assert standing.standing_of(audit).verdicts["mismatch"] == 0

    give_verdict(first, ann, VerdictKind.WITHDRAWN)
    assert standing.standing_of(audit).verdicts["waiting"] == 2


def test_people_who_disagree_leave_the_item_waiting() -> None:
    audit = make_audit(errors=2, overlap=2)
    ann, ben = make_member(audit.project, "ann"), make_member(audit.project, "ben")
    give_verdicts(audit, ann, ["mismatch", "match"])
    give_verdicts(audit, ben, ["mismatch", "mismatch"])

    items = resolved_items(audit)

    assert [item.kind for item in items] == ["mismatch", None]
    assert [item.disagrees for item in items] == [False, True]
    assert standing.standing_of(audit).tally.waiting == 1


def test_corrections_that_differ_are_no_correction() -> None:
    audit = make_audit(errors=2, overlap=2)
    first, second = audit.items.order_by("place")
    for name, answer in (("ann", "four"), ("ben", "five")):
        user = make_member(audit.project, name)
        give_verdict(first, user, "wrong_answer", corrected_answer=answer)
        give_verdict(second, user, "wrong_answer", corrected_answer="six")

    assert [item.corrected_answer for item in resolved_items(audit)] == ["", "six"]


def test_a_census_leaves_no_doubt() -> None:
    audit = make_audit(errors=5)
    kinds = ["mismatch", "match", "match", "match", "match"]
    give_verdicts(audit, make_member(audit.project, "ann"), kinds)

    ratio = standing.noise_ratio(audit)

    assert ratio.low == ratio.point == ratio.high == 0.2
    assert ratio.rule == "at_least"
    assert ratio.established == "at_least"


def test_at_exactly_one_fifth_the_strict_rule_says_the_opposite() -> None:
    audit = make_audit(errors=5, strict=True, threshold=Fraction(1, 5))
    give_verdicts(audit, make_member(audit.project, "ann"), ["mismatch"] + ["match"] * 4)

    ratio = standing.noise_ratio(audit)

    assert ratio.rule == "below"
    assert ratio.established == "below"


def test_while_items_wait_nothing_is_settled_that_they_could_change() -> None:
    audit = make_audit(errors=100, size=40)
    ann = make_member(audit.project, "ann")
    give_verdicts(audit, ann, ["mismatch"] * 5)
    assert standing.noise_ratio(audit).established == "not_settled"

    give_verdicts(audit, ann, ["mismatch"] * 40)
    assert standing.noise_ratio(audit).established == "at_least"


def test_clusters_are_held_against_their_own_population() -> None:
    run = ingest_run(make_project_of(), error_rows(20))
    cluster_errors(run, dict.fromkeys(range(8), 0) | dict.fromkeys(range(8, 12), 1))
    audit = draw_audit(run, protocol="custom", size=20, seed=1)
    ann = make_member(audit.project, "ann")
    for item in audit.items.all():
        if item.cluster == 0:
            give_verdict(item, ann, "mismatch" if item.position < 2 else "match")
    rows = standing.standing_of(audit).by_cluster()

    assert [row.cluster for row in rows] == [0, 1, -1]
    assert [row.ratio.population for row in rows] == [8, 4, 8]
    assert rows[0].ratio.point == 0.25
    assert (rows[0].ratio.low, rows[0].ratio.high) == (0.25, 0.25)
    assert rows[1].ratio.point is None
    assert rows[0].ratio.name == "group 0"


def test_growth_goes_by_the_draw_and_ends_at_the_estimate() -> None:
    audit = make_audit(errors=30, size=12)
    ann = make_member(audit.project, "ann")
    give_verdicts(audit, ann, ["match", "unsure", "mismatch", "match", "wrong_answer"])

    looks = standing.standing_of(audit).growth()
    ratio = standing.noise_ratio(audit)

    assert [look.decided for look in looks] == [1, 2, 3, 4]
    assert [look.place for look in looks] == [0, 2, 3, 4]
    assert [look.successes for look in looks] == [0, 1, 1, 2]
    last = looks[-1]
    assert last.point == ratio.point
    # Valid at every look, so wider than the interval of the finished draw; 11 are the most that can
    # be decided still, and before that look only what was seen bounds the share.
    assert last.low <= ratio.low < ratio.high <= last.high
    assert (looks[0].low, looks[0].high) == (0.0, 28 / 29)


def test_long_growth_is_thinned_and_keeps_its_end() -> None:
    audit = make_audit(errors=25)
    give_verdicts(audit, make_member(audit.project, "ann"), ["match"] * 25)

    looks = standing.standing_of(audit).growth(most=10)

    assert len(looks) <= 10
    assert looks[-1].decided == 25


def test_one_reading_takes_two_queries(django_assert_num_queries) -> None:
    audit = make_audit(errors=40)
    give_verdicts(audit, make_member(audit.project, "ann"), ["match"] * 40)

    with django_assert_num_queries(2):
        noise_document(audit)
