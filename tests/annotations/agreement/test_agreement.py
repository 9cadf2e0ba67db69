"""The agreement of an audit: page, JSON, API and CSV say the same, and little is said of little."""

import csv
import html
import io
import random
from typing import Any

import pytest
from django.urls import reverse
from statsmodels.stats import inter_rater

from annotations.agreement.agreement import agreement_document, agreement_of
from annotations.agreement.files import vote_rows
from annotations.agreement.page import agreement_context
from annotations.audits.drawing import draw_audit
from annotations.models import Audit
from annotations.standing import gold
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
from tests.html import tidy

pytestmark = pytest.mark.django_db
KINDS = ["match", "mismatch", "wrong_answer", "ambiguous"]
PEOPLE = {"ana": 0.95, "boris": 0.85, "chen": 0.7, "dora": 0.8}


@pytest.fixture
def judged() -> Audit:
    """An audit of 60 items in three clusters: three of four people judge each, with their habits."""
    project = make_project_of()
    run = ingest_run(project, error_rows(60))
    cluster_errors(run, {place: place % 3 - 1 for place in range(60)})
    audit = draw_audit(run, protocol="custom", size=60, seed=7, overlap=3)
    rng = random.Random(3)
    people = [make_member(project, name) for name in PEOPLE]
    for item in audit.items.order_by("place"):
        truth = rng.choices(KINDS, [0.5, 0.25, 0.15, 0.1])[0]
        for person in rng.sample(people, 3):
            right = rng.random() < PEOPLE[person.username]
            kind = truth if right else rng.choice(KINDS)
            give_verdict(item, person, kind, seconds=1.0 + item.place / 10)
    return audit


def as_lead(client: Any, audit: Audit) -> Any:
    client.force_login(make_member(audit.project, "lena"))
    return client


def page_of(client: Any, audit: Audit) -> str:
    response = as_lead(client, audit).get(reverse("annotations:agreement", args=[audit.pk]))
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def test_page_json_and_api_give_the_same_numbers(client, judged) -> None:
    page = page_of(client, judged)
    said = client.get(reverse("annotations:agreement-json", args=[judged.pk])).json()
    api = client.get(reverse("api-audit-agreement", args=[judged.pk])).json()

    assert said == api
    assert said["overlapped"] == said["drawn"] == 60
    assert f"On {said['unanimous']['part']} of these" in page
    for coefficient in (said["alpha"], said["fleiss"]["kappa"]):
        assert f'<p class="figure">{coefficient["value"]:.2f}</p>' in page
        assert f"{coefficient['low']:.2f} to {coefficient['high']:.2f}, 95 %" in page
    for pair in said["pairs"]:
        assert f"{pair['differ']['part']} / {pair['differ']['whole']}" in page
        assert f'<td class="num">{pair["kappa"]["value"]:.2f}<span' in tidy(page)
        assert f"{pair['kappa']['low']:.2f} to {pair['kappa']['high']:.2f}</span>" in page
    for row in said["rates"]["annotators"]:
        assert f"{row['specificity']['value'] * 100:.0f} %" in page
    for person in said["people"]:
        assert f"{person['median_seconds']:.1f}" in page


def test_the_numbers_are_those_of_statsmodels(judged) -> None:
    table = [[vote.kind for vote in item.verdicts.all()] for item in judged.items.all()]
    counts = [[row.count(kind) for kind in KINDS] for row in table]
    found = agreement_of(judged)
    assert found.fleiss.kappa.value == pytest.approx(inter_rater.fleiss_kappa(counts), abs=1e-12)
    assert found.unanimous.part == sum(len(set(row)) == 1 for row in table)
    assert sum(pair.pairs for pair in found.confusions) == 60 * 3
    same = sum(pair.pairs for pair in found.confusions if pair.first == pair.second)
    assert found.same_pairs.value == pytest.approx(same / 180)
    assert sum(each.same for each in found.people) == 2 * same


def test_clusters_verdicts_and_people_add_up(judged) -> None:
    found = agreement_of(judged)
    assert [each.name for each in found.clusters][-1] == "unclustered"
    assert sum(each.agreement.unanimous.whole for each in found.clusters) == 60
    assert sum(each.agreement.unanimous.part for each in found.clusters) == found.unanimous.part
    assert sum(each.by_all.part for each in found.verdicts.values()) == found.unanimous.part
    assert sum(each.votes for each in found.verdicts.values()) == 180
    assert sum(each.count for each in found.people) == 180
    assert len(found.pairs) == 6
    assert len(found.rates.annotators) == 4


def test_speed_by_quarter_shows_who_slows_down(judged) -> None:
    for person in agreement_of(judged).people:
        seconds = [quarter.median_seconds for quarter in person.quarters]
        assert seconds == sorted(seconds)
        assert len(seconds) == 4
        assert sum(quarter.verdicts for quarter in person.quarters) == person.timed


def test_an_audit_costs_few_queries(judged, django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(2):
        agreement_document(judged)


def test_nobody_has_judged(client) -> None:
    page = page_of(client, make_audit(4, overlap=2))
    assert "Nobody has judged an item" in page
    assert "Each annotator" not in page


def test_one_person_each_is_told_to_draw_with_more(client) -> None:
    audit = make_audit(4)
    give_verdicts(audit, make_member(audit.project, "ana"), ["match", "mismatch"])
    page = page_of(client, audit)
    assert "Draw an audit with more people per item" in page
    assert "Each annotator" in page
    assert agreement_of(audit).alpha.value is None


def test_one_of_two_has_judged(client) -> None:
    audit = make_audit(4, overlap=2)
    give_verdicts(audit, make_member(audit.project, "ana"), ["match", "mismatch"])
    assert "when a second person judges" in page_of(client, audit)


def test_two_people_on_different_items(client) -> None:
    audit = make_audit(4, overlap=2)
    first, second, *_ = audit.items.order_by("place")
    give_verdict(first, make_member(audit.project, "ana"), "match")
    give_verdict(second, make_member(audit.project, "bo"), "match")
    assert "No item was judged by two people yet" in page_of(client, audit)
    assert agreement_of(audit).pairs == []


def test_two_people_have_kappa_but_no_rates(client) -> None:
    audit = make_audit(30, overlap=2)
    give_verdicts(audit, make_member(audit.project, "ana"), ["match", "mismatch"] * 15)
    give_verdicts(
        audit, make_member(audit.project, "bo"), ["match"] * 3 + ["mismatch", "match"] * 13
    )
    found = agreement_of(audit)
    assert found.pairs[0].kappa.value is not None
    assert found.rates.annotators == []
    page = page_of(client, audit)
    assert "Too little to say: it takes three people" in page


def test_where_all_give_one_verdict_kappa_is_not_defined_and_that_is_said(client) -> None:
    audit = make_audit(12, overlap=3)
    for name in ("ana", "bo", "cy"):
        give_verdicts(audit, make_member(audit.project, name), ["match"] * 12)
    found = agreement_of(audit)
    assert found.alpha.value is None
    assert found.unanimous.share == 1.0
    assert found.unanimous.low < 0.8
    page = page_of(client, audit)
    assert "not defined: everybody gave the same verdict to every item" in page
    assert "no interval: no disagreement was seen" in page


def test_withdrawn_and_superseded_verdicts_do_not_count() -> None:
    audit = make_audit(3, overlap=2)
    ana, bo = make_member(audit.project, "ana"), make_member(audit.project, "bo")
    give_verdicts(audit, ana, ["match", "match", "match"])
    give_verdicts(audit, bo, ["mismatch", "mismatch", "match"])
    assert agreement_of(audit).unanimous.part == 1
    give_verdicts(audit, bo, ["match", "withdrawn"])
    found = agreement_of(audit)
    assert (found.overlapped, found.unanimous.part) == (2, 2)
    assert [each.count for each in found.people] == [3, 2]


def test_verdicts_from_a_file_have_no_time(client) -> None:
    audit = make_audit(12, overlap=2)
    for name in ("ana", "bo"):
        give_verdicts(audit, make_member(audit.project, name), ["match", "unsure"] * 6)
    found = agreement_of(audit).people[0]
    assert (found.timed, found.median_seconds, found.quarters) == (0, None, [])
    assert "No verdict here was timed" in page_of(client, audit)


def test_votes_as_csv_are_a_row_per_item_and_safe_to_open(client) -> None:
    rows = error_rows(3)
    rows[0]["sample_id"] = "=1+1"
    project = make_project_of()
    audit = draw_audit(ingest_run(project, rows), protocol="custom", size=3, seed=1, overlap=2)
    give_verdicts(audit, make_member(project, "+ana"), ["match", "mismatch", "match"])
    give_verdicts(audit, make_member(project, "bo"), ["match", "withdrawn", "ambiguous"])

    response = as_lead(client, audit).get(reverse("annotations:votes-csv", args=[audit.pk]))

    assert response["Content-Type"].startswith("text/csv")
    assert "attachment" in response["Content-Disposition"]
    table = list(csv.reader(io.StringIO(response.content.decode())))
    assert table[0] == ["place", "sample_id", "cluster", "'+ana", "bo"]
    assert "'=1+1" in {row[1] for row in table}
    assert [row[3:] for row in table[1:]] == [
        ["match", "match"],
        ["mismatch", ""],
        ["match", "ambiguous"],
    ]
    assert len(list(vote_rows(audit))) == 4


def test_the_audit_page_links_to_it_once_two_have_judged(client) -> None:
    audit = make_audit(3, overlap=2)
    address = reverse("annotations:agreement", args=[audit.pk])
    give_verdicts(audit, make_member(audit.project, "ana"), ["match"])
    assert address not in as_lead(client, audit).get(audit.get_absolute_url()).content.decode()
    give_verdicts(audit, make_member(audit.project, "bo"), ["match"])
    assert address in client.get(audit.get_absolute_url()).content.decode()


def test_matrices_name_what_they_count(judged) -> None:
    context = agreement_context(judged)
    people = context["disagreements"]
    assert [row.name for row in people] == sorted(PEOPLE)
    assert all(row.cells[place].diagonal for place, row in enumerate(people))
    assert people[0].cells[1].words == people[1].cells[0].words
    assert people[0].cells[1].title.startswith("ana and boris differ on ")
    assert [row.kind for row in context["confusions"]] == KINDS


def test_the_figures_as_csv_are_those_of_the_json(client, judged) -> None:
    as_lead(client, judged)
    said = client.get(reverse("annotations:agreement-json", args=[judged.pk])).json()
    sent = client.get(reverse("annotations:agreement-csv", args=[judged.pk]))
    rows = list(csv.DictReader(io.StringIO(sent.content.decode())))
    by_name = {(row["figure"], row["of"]): row for row in rows}
    assert float(by_name["Krippendorff alpha", ""]["value"]) == said["alpha"]["value"]
    assert float(by_name["Fleiss kappa", ""]["low"]) == said["fleiss"]["kappa"]["low"]
    for pair in said["pairs"]:
        row = by_name["Cohen kappa", f"{pair['first']} / {pair['second']}"]
        assert float(row["value"]) == pair["kappa"]["value"]
        assert int(row["count"]) == pair["kappa"]["items"]
    assert len(by_name) == len(rows)


def test_gold_is_told_on_the_page_and_in_the_files_and_stays_out_of_the_votes(client) -> None:
    run = ingest_run(make_project_of(), error_rows(30, right=10))
    gold.keep(run, {f"s{number:04d}": "match" for number in range(30, 40)}, "", None)
    audit = draw_audit(run, protocol="custom", size=10, seed=1, overlap=2, gold=10)
    for name, kind in (("ann", "match"), ("bob", "mismatch")):
        for item in audit.items.all():
            give_verdict(item, make_member(run.project, name), kind if item.gold else "match")
    as_lead(client, audit)
    page = client.get(reverse("annotations:agreement", args=[audit.pk])).content.decode()
    assert "10 / 10" in page
    assert "0 / 10" in page
    said = client.get(reverse("annotations:agreement-json", args=[audit.pk])).json()
    assert [(each["annotator"], each["same"]) for each in said["gold"]] == [("ann", 10), ("bob", 0)]
    assert said["unanimous"]["whole"] == 10
    votes = client.get(reverse("annotations:votes-csv", args=[audit.pk])).content.decode()
    assert len(votes.splitlines()) == 11
