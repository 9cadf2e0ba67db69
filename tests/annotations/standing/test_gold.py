"""Gold items: known verdicts, mixed in unseen, outside every ratio."""

import io

import pytest

from annotations.agreement.agreement import agreement_of
from annotations.audits import drawing
from annotations.exports import curated
from annotations.models import Audit, GoldAnswer
from annotations.review import queue
from annotations.standing import gold, standing
from annotations.standing.documents import noise_document
from annotations.standing.resolution import resolved_items
from tests.annotations.audit_factories import (
    error_rows,
    give_verdict,
    give_verdicts,
    ingest_run,
    make_audit,
    make_member,
    make_project_of,
)

pytestmark = pytest.mark.django_db


def gold_run(errors: int = 60, known: int = 20):
    """A run whose last samples (right ones among them) have known verdicts."""
    run = ingest_run(make_project_of(), error_rows(errors, right=known))
    answers = {
        f"s{number:04d}": "mismatch" if number % 2 else "match"
        for number in range(errors, errors + known)
    }
    gold.keep(run, answers, "known.csv", None)
    return run


def read(run, text: str):
    return gold.read_answers(run, io.StringIO(text), "gold.csv")


def test_gold_items_are_mixed_in_and_the_draw_keeps_its_order() -> None:
    run = gold_run()
    plain = drawing.draw_audit(run, protocol="custom", size=30, seed=4)
    mixed = drawing.draw_audit(run, protocol="custom", size=30, seed=4, gold=10)
    assert mixed.items.count() == 40
    ids = list(mixed.items.drawn().order_by("place").values_list("sample_id", flat=True))
    assert ids == list(plain.items.order_by("place").values_list("sample_id", flat=True))
    known = mixed.items.exclude(gold="")
    assert known.count() == 10
    assert sorted(known.values_list("place", flat=True)) != list(range(30, 40))
    assert all(item.gold == ("mismatch" if item.position % 2 else "match") for item in known)


def test_gold_items_enter_no_ratio_no_agreement_and_no_export() -> None:
    run = gold_run()
    audit = drawing.draw_audit(run, protocol="custom", size=30, seed=4, gold=10)
    ann = make_member(audit.project, "ann")
    give_verdicts(audit, ann, ["mismatch"] * 40)
    ratio = standing.noise_ratio(audit)
    assert (ratio.drawn, ratio.decided, ratio.successes) == (30, 30, 30)
    assert len(resolved_items(audit)) == 30
    assert agreement_of(audit).judged == 30
    known = set(audit.items.exclude(gold="").values_list("sample_id", flat=True))
    assert not known & set(curated.verdicts_of(run).judgements)


def test_annotators_do_not_see_which_items_are_gold() -> None:
    audit = drawing.draw_audit(gold_run(), protocol="custom", size=5, seed=4, gold=5)
    ann = make_member(audit.project, "ann")
    assert queue.tally(audit, ann).total == 10
    for item in audit.items.all():
        assert "gold" not in item.snapshot


def test_each_annotators_accuracy_and_the_correction_that_it_allows() -> None:
    audit = drawing.draw_audit(gold_run(), protocol="custom", size=40, seed=4, gold=20)
    ann, bob = (make_member(audit.project, name) for name in ("ann", "bob"))
    for item in audit.items.all():
        give_verdict(item, ann, item.gold or ("mismatch" if item.place % 4 == 0 else "match"))
        if item.gold:
            give_verdict(item, bob, "match")
    found = gold.accuracies(audit)
    assert [(each.annotator, each.judged, each.same) for each in found] == [
        ("ann", 20, 20),
        ("bob", 20, 10),
    ]
    assert (found[1].noisy, found[1].noisy_found, found[1].clean_found) == (10, 0, 10)
    corrected = standing.standing_of(audit).corrected
    assert corrected is not None
    document = noise_document(audit)["corrected"]
    assert document["gold"]["noisy"] == 20
    # Half of the noise on gold was missed: the corrected share is about twice the apparent one.
    assert corrected.point == pytest.approx(2 * corrected.apparent, rel=0.01)


def test_few_gold_items_correct_nothing() -> None:
    audit = drawing.draw_audit(gold_run(), protocol="custom", size=40, seed=4, gold=6)
    give_verdicts(audit, make_member(audit.project, "ann"), ["match"] * 46)
    assert standing.standing_of(audit).corrected is None
    assert noise_document(audit)["corrected"] is None


def test_more_gold_than_there_is_is_refused() -> None:
    with pytest.raises(drawing.AuditRefused, match="only 20"):
        drawing.draw_audit(gold_run(), protocol="custom", size=5, gold=21)


def test_a_sample_that_is_drawn_is_not_gold_in_the_same_audit() -> None:
    audit = make_audit(10)
    answers = {f"s{number:04d}": "match" for number in range(10)}
    gold.keep(audit.run, answers, "", None)
    with pytest.raises(drawing.AuditRefused, match="only 0"):
        drawing.draw_audit(audit.run, protocol="custom", size=10, gold=1)


def test_the_resolved_items_of_an_audit_become_gold() -> None:
    audit = make_audit(6, overlap=2)
    for name in ("ann", "bob"):
        give_verdicts(audit, make_member(audit.project, name), ["match", "mismatch"])
    assert gold.keep_resolved(audit, resolved_items(audit), None) == 2
    kinds = GoldAnswer.objects.filter(run=audit.run).values_list("kind", flat=True)
    assert sorted(kinds) == ["match", "mismatch"]


def test_a_file_of_gold_answers_is_read_and_replaces_what_was_known() -> None:
    run = gold_run(5, 2)
    assert read(run, "sample_id,verdict\ns0001,wrong answer\n") == {"s0001": "wrong_answer"}
    gold.keep(run, {"s0001": "match"}, "a", None)
    gold.keep(run, {"s0001": "ambiguous"}, "b", None)
    assert GoldAnswer.objects.get(run=run, sample_id="s0001").kind == "ambiguous"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sample,verdict\n", "gold.csv: no column sample_id"),
        ("sample_id,verdict\n,match\n", "gold.csv, row 2: sample_id is empty"),
        ("sample_id,verdict\ns0001,maybe\n", "gold.csv, row 2: verdict “maybe” is not known"),
        ("sample_id,verdict\ns0001,match\ns0001,unsure\n", "row 3: sample_id “s0001” came before"),
        ("sample_id,verdict\nnobody,match\n", "1 sample ids are not in the run, first “nobody”"),
    ],
)
def test_a_bad_file_says_where_and_what(text, words) -> None:
    with pytest.raises(gold.GoldRefused, match=words.replace("(", r"\(")):
        read(gold_run(5, 2), text)


def test_a_top_five_check_draws_only_errors_with_candidates() -> None:
    rows = error_rows(12)
    for row in rows[:8]:
        row["candidates"] = [
            {"answer": a, "probability": p} for a, p in (("three", 0.6), ("two", 0.4))
        ]
    run = ingest_run(make_project_of(), rows)
    audit = drawing.draw_audit(
        run, protocol="custom", size=12, seed=1, question=Audit.Question.TOP_FIVE
    )
    assert audit.population == 8
    ann = make_member(audit.project, "ann")
    give_verdicts(audit, ann, ["among_candidates"] * 2 + ["not_among_candidates"] * 5 + ["unsure"])
    ratio = standing.noise_ratio(audit)
    assert (ratio.successes, ratio.decided, ratio.undecided) == (2, 7, 1)
    assert standing.standing_of(audit).verdicts["among_candidates"] == 2
    assert curated.verdicts_of(run).judgements == {}


def test_a_run_without_candidates_has_no_top_five_check() -> None:
    with pytest.raises(drawing.AuditRefused, match="candidates"):
        make_audit(5, question=Audit.Question.TOP_FIVE)
