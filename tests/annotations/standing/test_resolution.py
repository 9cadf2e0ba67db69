"""From several verdicts to one, by the policy that was fixed before the draw."""

import pytest

from annotations.adjudication import adjudicating
from annotations.audits import drawing
from annotations.models import Adjudication, Audit
from annotations.standing.resolution import majority_of, resolved_items
from annotations.standing.standing import standing_of
from tests.annotations.audit_factories import give_verdict, give_verdicts, make_audit, make_member

pytestmark = pytest.mark.django_db
Policy = Audit.Policy


def people_of(audit, *names):
    return [make_member(audit.project, name) for name in names]


def votes(audit, **by_name) -> None:
    for name, kinds in by_name.items():
        give_verdicts(audit, make_member(audit.project, name), kinds)


def kinds(audit) -> list[str | None]:
    return [item.kind for item in resolved_items(audit)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["match", "match", "mismatch"], "match"),
        (["match", "unsure", "mismatch"], None),
        (["match", "match"], None),
        (["match", "match", "match"], "match"),
    ],
)
def test_a_majority_is_more_than_half_of_all_votes(given, expected) -> None:
    assert majority_of(given, 3) == expected


def test_half_is_no_majority() -> None:
    assert majority_of(["match", "match", "mismatch", "mismatch"], 4) is None


def test_agreement_of_all_leaves_differences_to_the_people() -> None:
    audit = make_audit(3, overlap=2)
    votes(audit, ann=["match", "match", "match"], bob=["match", "mismatch"])
    assert kinds(audit) == ["match", None, None]
    assert not any(item.for_lead for item in resolved_items(audit))


def test_a_majority_decides_and_a_tie_goes_to_the_lead() -> None:
    audit = make_audit(3, overlap=3, policy=Policy.MAJORITY)
    votes(
        audit,
        ann=["match", "match", "match"],
        bob=["match", "mismatch", "match"],
        cy=["mismatch", "unsure"],
    )
    items = resolved_items(audit)
    assert [item.kind for item in items] == ["match", None, None]
    assert [item.by for item in items] == ["majority", "", ""]
    assert [item.for_lead for item in items] == [False, True, False]


def test_the_rater_model_trusts_the_reliable_people() -> None:
    audit = make_audit(60, overlap=3, policy=Policy.DAWID_SKENE)
    truth = ["mismatch" if place % 3 == 0 else "match" for place in range(60)]
    careless = ["match" if place % 2 else "mismatch" for place in range(60)]
    votes(audit, ann=truth, bob=truth, cy=careless)
    items = resolved_items(audit)
    assert [item.kind for item in items] == truth
    assert {item.by for item in items} == {"dawid_skene"}


def test_an_item_the_rater_model_is_not_sure_of_goes_to_the_lead() -> None:
    audit = make_audit(2, overlap=2, policy=Policy.DAWID_SKENE)
    votes(audit, ann=["match", "mismatch"], bob=["mismatch", "match"])
    assert kinds(audit) == [None, None]
    assert all(item.for_lead for item in resolved_items(audit))


def test_a_leads_word_stands_and_every_step_is_kept() -> None:
    audit = make_audit(2, overlap=2, policy=Policy.ADJUDICATION)
    votes(audit, ann=["match", "match"], bob=["mismatch", "match"])
    lead = make_member(audit.project, "lead")
    item = audit.items.get(place=0)
    first = adjudicating.adjudicate(item, lead, "wrong_answer", corrected_answer="three")
    found = resolved_items(audit)
    assert [(each.kind, each.by) for each in found] == [
        ("wrong_answer", "adjudication"),
        ("match", "agreement"),
    ]
    assert found[0].corrected_answer == "three"
    adjudicating.adjudicate(item, lead, "ambiguous")
    assert kinds(audit)[0] == "ambiguous"
    adjudicating.take_back(item, lead)
    assert kinds(audit)[0] is None
    steps = list(Adjudication.objects.filter(item=item).values_list("kind", flat=True))
    assert steps == ["wrong_answer", "ambiguous", ""]
    first.refresh_from_db()
    assert first.kind == "wrong_answer"
    assert standing_of(audit).resolved_by == {"agreement": 1}


def test_a_lead_may_not_decide_before_all_votes_are_in_or_against_the_policy() -> None:
    early = make_audit(1, overlap=2, policy=Policy.ADJUDICATION)
    lead, ann = people_of(early, "lead", "ann")
    give_verdict(early.items.get(), ann, "match")
    with pytest.raises(adjudicating.NotToDecide, match="all votes"):
        adjudicating.adjudicate(early.items.get(), lead, "match")
    plain = make_audit(1, overlap=2)
    votes(plain, ann=["match"], bob=["mismatch"])
    with pytest.raises(adjudicating.NotToDecide, match="agree"):
        adjudicating.adjudicate(plain.items.get(), lead, "match")


def test_a_second_lead_hears_who_decided_meanwhile_and_overrules_nobody() -> None:
    audit = make_audit(1, overlap=2, policy=Policy.ADJUDICATION)
    votes(audit, ann=["match"], bob=["mismatch"])
    first, second = people_of(audit, "lena", "leo")
    item = audit.items.get()
    adjudicating.adjudicate(item, first, "wrong_answer")
    for late in (adjudicating.take_back, lambda *who: adjudicating.adjudicate(*who, "match")):
        with pytest.raises(adjudicating.NotToDecide, match=r"lena has decided .* “wrong answer”"):
            late(item, second)
    assert kinds(audit) == ["wrong_answer"]


def test_undo_goes_further_back_each_time_and_never_to_anothers_word() -> None:
    audit = make_audit(3, overlap=2, policy=Policy.ADJUDICATION)
    votes(audit, ann=["match"] * 3, bob=["mismatch"] * 3)
    lena, leo = people_of(audit, "lena", "leo")
    items = list(audit.items.order_by("place"))
    for item in items:
        adjudicating.adjudicate(item, lena, "match")
    undone = []
    while (last := adjudicating.last_word(audit, lena)) is not None:
        undone.append(last.item.place)
        adjudicating.take_back(last.item, lena)
    assert undone == [2, 1, 0]
    adjudicating.adjudicate(items[0], leo, "match")
    assert adjudicating.last_word(audit, lena) is None


def test_an_adjudicator_has_not_voted_on_the_item() -> None:
    audit = make_audit(1, overlap=2, policy=Policy.ADJUDICATION)
    votes(audit, ann=["match"], bob=["mismatch"])
    with pytest.raises(adjudicating.NotToDecide, match="voted"):
        adjudicating.adjudicate(audit.items.get(), make_member(audit.project, "ann"), "match")


def test_a_policy_needs_more_than_one_vote() -> None:
    with pytest.raises(drawing.AuditRefused, match="one person per item"):
        make_audit(2, policy=Policy.MAJORITY)
