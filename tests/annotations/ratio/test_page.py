"""The pages of audits: drawing, the noise ratio, who may see them."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils.html import escape

from annotations.audits.drawing import draw_audit
from annotations.models import Audit
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
from triage.models import Role, StoredFilter
from triage.templatetags.figures import percent

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def signed_in(client, audit_or_run, name="lena", role=Role.LEAD):
    user = make_member(audit_or_run.project, name, role)
    client.force_login(user)
    return user


def page_of(client, audit, **query) -> str:
    response = client.get(audit.get_absolute_url(), query)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def judged() -> Audit:
    """40 of 60 errors drawn in two clusters, all judged."""
    run = ingest_run(make_project_of(), error_rows(60, 10))
    cluster_errors(run, {n: n % 2 for n in range(50)})
    audit = draw_audit(run, protocol="custom", size=40, seed=3)
    kinds = ["mismatch"] * 6 + ["wrong_answer"] * 4 + ["match"] * 26 + ["ambiguous"] * 2
    give_verdicts(
        audit, make_member(run.project, "ann", Role.ANNOTATOR), [*kinds, "unsure", "unusable"]
    )
    return audit


def test_page_json_command_and_api_agree(client, judged) -> None:
    signed_in(client, judged)
    page = page_of(client, judged)
    said = client.get(reverse("annotations:noise-json", args=[judged.pk])).json()
    api = client.get(reverse("api-noise-ratio", args=[judged.pk])).json()
    out = StringIO()
    call_command("noise_ratio", str(judged.uuid), "--json", stdout=out)
    printed = json.loads(out.getvalue())

    assert said == api
    assert printed == {name: said[name] for name in printed}
    assert (printed["successes"], printed["decided"], printed["population"]) == (10, 38, 60)
    assert escape(said["sentence"]) in page
    assert f'<span class="figure">{percent(said["point"])}</span>' in page
    assert percent(said["bounds"]["high"]) in page
    assert percent(said["mismatch_only"]["low"]) in page
    for kind, count in said["verdicts"].items():
        assert f'badge--{kind}"' in page
        assert count >= 0
    for cluster in said["clusters"]:
        assert f"{cluster['successes']} / {cluster['decided']}" in page


def test_the_page_has_no_style_attribute_and_no_inline_script(client, judged) -> None:
    signed_in(client, judged)

    page = page_of(client, judged)

    assert " style=" not in page
    assert "<script>" not in page


def test_an_open_audit_refreshes_itself_and_a_closed_one_rests(client, judged) -> None:
    signed_in(client, judged)
    assert "every 5s" in page_of(client, judged)

    client.post(reverse("annotations:audit-close", args=[judged.pk]))
    page = page_of(client, judged)
    assert "every 5s" not in page
    assert "Reopen" in page

    client.post(reverse("annotations:audit-reopen", args=[judged.pk]))
    assert "every 5s" in page_of(client, judged)


def test_htmx_gets_only_the_part_it_asks_for(client, judged) -> None:
    signed_in(client, judged)

    noise = client.get(judged.get_absolute_url(), headers={**HTMX, "HX-Target": "noise"})
    items = client.get(judged.get_absolute_url(), headers={**HTMX, "HX-Target": "items"})

    assert tidy(noise.content.decode()).strip().startswith('<div id="noise"')
    assert tidy(items.content.decode()).strip().startswith('<section id="items"')


def test_before_the_first_verdict_the_page_says_so(client) -> None:
    audit = make_audit(errors=5)
    signed_in(client, audit)

    page = page_of(client, audit)

    assert "No verdict yet" in page
    assert "Not settled yet" in page
    assert 'class="figure"' not in page


def test_when_nobody_could_decide_there_is_no_ratio(client) -> None:
    audit = make_audit(errors=2)
    give_verdicts(audit, make_member(audit.project, "ann"), ["unsure", "unusable"])
    signed_in(client, audit)

    page = page_of(client, audit)

    assert "2 items were judged, all of them unsure or unusable" in page
    assert 'class="figure"' not in page


def test_while_items_wait_the_page_says_why_it_does_not_decide(client) -> None:
    audit = make_audit(errors=60, size=30)
    give_verdicts(audit, make_member(audit.project, "ann"), ["match", "mismatch", "match"])
    signed_in(client, audit)

    page = page_of(client, audit)

    assert "27 items still wait for their verdict." in page
    assert "wrong up to one time in six" in page


def test_a_finished_draw_that_settles_nothing_says_how_many_more_would(client) -> None:
    audit = make_audit(errors=200, size=30)
    give_verdicts(audit, make_member(audit.project, "ann"), ["mismatch"] * 7 + ["match"] * 23)
    signed_in(client, audit)

    page = page_of(client, audit)

    assert "both answers are still possible" in page
    assert "more items would settle it in 4 cases of 5" in page


def test_items_can_be_filtered_by_verdict(client, judged) -> None:
    signed_in(client, judged)
    wrong = judged.items.filter(verdicts__kind="wrong_answer").first()
    match = judged.items.filter(verdicts__kind="match").first()

    page = page_of(client, judged, verdict="wrong_answer")

    assert wrong.snapshot["question"] in page
    assert match.snapshot["question"] not in page
    assert "No item has this verdict" in page_of(client, judged, verdict="waiting")


def test_markup_in_the_data_is_shown_as_text(client) -> None:
    run = ingest_run(make_project_of(), error_rows(1, question="<script>alert(1)</script>?"))
    audit = draw_audit(run, protocol="quality-200", name="<b>bold</b>")
    user = signed_in(client, audit)
    give_verdict(audit.items.get(), user, "match", comment="<img src=x onerror=alert(2)>")

    page = page_of(client, audit)

    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page
    assert "<b>bold" not in page


def test_the_page_says_how_to_repeat_the_draw(client) -> None:
    run = ingest_run(make_project_of(), error_rows(20))
    StoredFilter.objects.create(
        run=run, name="my counting", criteria={"question_type": ["counting"]}
    )
    stored = run.stored_filters.get()
    audit = draw_audit(run, protocol="custom", size=4, seed=9, threshold="1/3", criteria=stored)
    signed_in(client, audit)

    page = page_of(client, audit)

    command = (
        f"python manage.py draw_audit {run.uuid} --protocol custom --size 4 --threshold 1/3 "
        "--stored-filter 'my counting' --seed 9"
    )
    assert escape(command) in page
    assert audit.frame_sha256 in page


def test_the_page_makes_as_many_queries_for_many_items_as_for_few(
    client, django_assert_max_num_queries
) -> None:
    audit = make_audit(errors=60)
    give_verdicts(audit, make_member(audit.project, "ann"), ["match"] * 60)
    signed_in(client, audit)

    with django_assert_max_num_queries(20):
        page_of(client, audit)


def test_drawing_from_the_page(client) -> None:
    run = ingest_run(make_project_of(), error_rows(30, 5))
    signed_in(client, run)
    address = reverse("annotations:audit-new", args=[run.pk])
    assert "All 30 errors will be judged" in client.get(address).content.decode()

    response = client.post(
        address, {"protocol": "custom", "size": 10, "threshold": "12.5", "overlap": 2, "seed": 4}
    )

    audit = Audit.objects.get()
    assert response.url == audit.get_absolute_url()
    assert (audit.threshold_numerator, audit.threshold_denominator) == (1, 8)
    assert (audit.seed, audit.overlap, audit.items.count()) == (4, 2, 10)


def test_a_draw_that_cannot_be_says_why_on_the_form(client) -> None:
    run = ingest_run(make_project_of(), error_rows(3))
    signed_in(client, run)

    response = client.post(
        reverse("annotations:audit-new", args=[run.pk]), {"protocol": "custom", "overlap": 1}
    )

    assert response.status_code == 422
    assert "a custom protocol needs a size" in response.content.decode()
    assert not Audit.objects.exists()


def test_the_frame_is_counted_as_the_form_is_filled_in(client) -> None:
    run = ingest_run(make_project_of(), error_rows(300))
    stored = StoredFilter.objects.create(
        run=run, name="half", criteria={"question_type": ["counting"]}
    )
    signed_in(client, run)
    address = reverse("annotations:audit-frame", args=[run.pk])

    whole = client.get(address, {"protocol": "quality-200", "overlap": 1}).content.decode()
    half = client.get(
        address, {"protocol": "checklist-100", "overlap": 1, "population": stored.pk}
    ).content.decode()
    unsaid = client.get(address, {"protocol": "custom", "overlap": 1}).content.decode()

    assert "200 of 300 errors will be drawn" in whole
    assert "100 of 150 errors will be drawn" in half
    assert "needs a size" in unsaid


def test_a_run_without_errors_has_a_sensible_page(client) -> None:
    run = ingest_run(make_project_of(), error_rows(0, 4))
    signed_in(client, run)

    page = client.get(reverse("annotations:audit-new", args=[run.pk])).content.decode()

    assert "Nothing to audit" in page


def test_the_run_page_lists_its_audits(client, judged) -> None:
    signed_in(client, judged)
    address = reverse("annotations:run-audits", args=[judged.run_id])

    whole = client.get(address).content.decode()
    fragment = client.get(address, headers=HTMX).content.decode()

    assert "<html" in whole
    assert fragment.strip().startswith('<section id="run-audits"')
    assert "40 / 40" in fragment


GET_PAGES = [
    ("annotations:run-audits", "run"),
    ("annotations:audit-new", "run"),
    ("annotations:audit-frame", "run"),
    ("annotations:exports", "run"),
    ("annotations:audit", "audit"),
    ("annotations:noise-json", "audit"),
    ("api-run-audits", "run"),
    ("api-run-exports", "run"),
    ("api-audit", "audit"),
    ("api-audit-items", "audit"),
    ("api-noise-ratio", "audit"),
]
POSTS = [("annotations:audit-close", "audit"), ("annotations:audit-reopen", "audit")]


@pytest.mark.parametrize(("name", "of"), GET_PAGES + POSTS)
def test_a_stranger_finds_nothing_and_an_annotator_is_told_no(client, name, of) -> None:
    audit = make_audit(errors=2)
    address = reverse(name, args=[audit.pk if of == "audit" else audit.run_id])
    ask = client.post if (name, of) in POSTS else client.get
    stranger = make_member(make_project_of("Elsewhere"), "zoe", Role.ADMIN)

    client.force_login(stranger)
    assert ask(address).status_code == 404
    signed_in(client, audit, "ann", Role.ANNOTATOR)
    assert ask(address).status_code == 403
    signed_in(client, audit, "lena", Role.LEAD)
    assert ask(address).status_code in (200, 302)


@pytest.mark.parametrize("name", ["annotations:audit", "annotations:noise-json"])
def test_without_signing_in_one_is_asked_to(client, name) -> None:
    audit = make_audit(errors=2)

    assert client.get(reverse(name, args=[audit.pk])).status_code == 302
    assert client.get(reverse("api-audit", args=[audit.pk])).status_code in (401, 403)
    assert client.get(reverse(name, args=[99_999])).status_code == 302


def test_a_cluster_is_claimed_on_the_page_as_in_the_json(client) -> None:
    run = ingest_run(make_project_of(), error_rows(40))
    cluster_errors(run, {n: n % 2 for n in range(40)})
    audit = draw_audit(run, protocol="custom", size=40, seed=3)
    ann = make_member(run.project, "ann", Role.ANNOTATOR)
    # A census: one cluster is noise through and through, the other has none.
    kinds = ["match" if item.cluster else "mismatch" for item in audit.items.order_by("place")]
    give_verdicts(audit, ann, kinds)
    signed_in(client, audit)

    page = page_of(client, audit)

    said = client.get(reverse("annotations:noise-json", args=[audit.pk])).json()
    assert {each["cluster"]: each["claim"] for each in said["clusters"]} == {
        0: "at_least",
        1: "below",
    }
    page = page[page.index('id="clusters-title"') : page.index('id="types-title"')]
    assert page.count("at least 20 %</span>") == 1
    assert page.count("below 20 %</span>") == 1
