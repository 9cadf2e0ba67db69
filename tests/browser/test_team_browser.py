"""A team at work in a real browser: the grid, the warm-up, adjudication, repairs, a phone."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from annotations.audits import drawing
from annotations.cleaning import cleaning, scoring_runs
from annotations.models import Adjudication, Audit, Repair, Verdict, WarmUp
from annotations.review.practice import ITEMS
from tests.annotations.audit_factories import give_verdicts, make_member
from tests.browser.test_review_browser import draw_pictures
from triage.models import Role

pytestmark = pytest.mark.browser
Opener = Callable[..., Any]


@pytest.fixture
def audit(served, tmp_path) -> Audit:
    """Sixteen items with pictures."""
    return draw_pictures(tmp_path, 16)


@pytest.fixture
def open_as(audit, served, chromium) -> Iterator[Opener]:
    """Opens an address as a member of the audit's project."""
    contexts = []

    def opener(name: str, role: Role, address: str, width: int = 1280) -> Any:
        client = Client()
        client.force_login(make_member(audit.project, name, role))
        context = chromium.new_context(viewport={"width": width, "height": 800})
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": served.url}]
        )
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("pageerror", lambda problem: page.complaints.append(str(problem)))
        page.on(
            "console",
            lambda line: (
                page.complaints.append(line.text)
                if "Content Security Policy" in line.text
                else None
            ),
        )
        page.goto(f"{served.url}{address}")
        return page

    yield opener
    for context in contexts:
        context.close()


def kinds_of(audit) -> dict[int, str]:
    standing = Verdict.objects.standing().filter(item__audit=audit)
    return dict(standing.values_list("item__place", "kind"))


def test_a_grid_is_passed_with_arrows_digits_and_one_enter(open_as, audit) -> None:
    page = open_as("ann", Role.ANNOTATOR, f"/audits/{audit.pk}/grid/?size=12")
    cells = page.locator("[data-cell]")
    assert cells.count() == 12
    page.keyboard.press("ArrowRight")
    page.keyboard.press("2")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("w")
    page.keyboard.type("seven")
    page.keyboard.press("Enter")
    assert cells.nth(3).get_attribute("data-kind") == "wrong_answer"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("4")
    page.keyboard.press("4")
    assert cells.nth(2).get_attribute("data-kind") == "match"
    columns = page.evaluate(
        "() => { const c = [...document.querySelectorAll('[data-cell]')];"
        " return c.filter((each) => each.offsetTop === c[0].offsetTop).length; }"
    )
    page.keyboard.press("ArrowDown")
    focused = page.evaluate(
        "() => [...document.querySelectorAll('[data-cell]')].indexOf(document.activeElement)"
    )
    assert focused == min(2 + columns, 11)
    page.keyboard.press("Enter")
    page.get_by_text("12 verdicts saved.").wait_for()
    marked = {place: kind for place, kind in kinds_of(audit).items() if kind != "match"}
    assert marked == {1: "mismatch", 3: "wrong_answer"}
    assert Verdict.objects.get(item__place=3).corrected_answer == "seven"
    assert len(kinds_of(audit)) == 12
    assert page.locator("[data-cell]").count() == 4
    assert page.complaints == []


def test_a_grid_sent_without_a_connection_is_sent_again_once(open_as, audit) -> None:
    page = open_as("ann", Role.ANNOTATOR, f"/audits/{audit.pk}/grid/?size=12")
    page.keyboard.press("2")
    page.context.set_offline(True)
    page.keyboard.press("Enter")
    page.get_by_text("No connection: trying again").wait_for()
    assert kinds_of(audit) == {}
    page.context.set_offline(False)
    page.get_by_text("12 verdicts saved.").wait_for()
    assert len(kinds_of(audit)) == 12
    assert Verdict.objects.count() == 12


def test_who_left_the_project_hears_it_and_keeps_what_is_not_saved(open_as, audit) -> None:
    page = open_as("ann", Role.ANNOTATOR, f"/audits/{audit.pk}/review/")
    page.locator("article.item:not([hidden])").wait_for()
    audit.project.memberships.filter(user__username="ann").delete()
    page.keyboard.press("m")
    page.get_by_text("kept here: the audit is not open to you any more").wait_for()
    assert kinds_of(audit) == {}


def test_the_warm_up_is_done_by_keys(open_as, audit) -> None:
    page = open_as("ann", Role.ANNOTATOR, f"/audits/{audit.pk}/warm-up/")
    for number, item in enumerate(ITEMS, start=1):
        page.get_by_text(f"Item {number} of 5").wait_for()
        key = page.locator(f"button[value={item.kind}]").get_attribute("data-key").split()[0]
        page.keyboard.press(key)
        page.get_by_text("so would we").wait_for()
        page.keyboard.press("Enter")
    page.get_by_text("5 of 5 as we would").wait_for()
    assert WarmUp.objects.get().right == 5
    page.keyboard.press("Enter")
    page.locator("article.item:not([hidden])").wait_for()
    assert page.complaints == []


def test_a_lead_adjudicates_by_keys(open_as, audit) -> None:
    disputed = drawing.draw_audit(
        audit.run, protocol="custom", size=3, seed=1, overlap=2, policy=Audit.Policy.ADJUDICATION
    )
    for name, kind in (("ann", "match"), ("bob", "mismatch")):
        give_verdicts(disputed, make_member(audit.project, name), [kind] * 3)
    page = open_as("lena", Role.LEAD, f"/audits/{disputed.pk}/adjudicate/")
    page.get_by_text("3 items wait").wait_for()
    page.keyboard.press("x")
    page.get_by_text("2 items wait").wait_for()
    page.keyboard.press("Backspace")
    page.get_by_text("3 items wait").wait_for()
    for left in ("2 items wait", "1 item waits", "Nothing waits"):
        page.keyboard.press("m")
        page.get_by_text(left).wait_for()
    standing = Adjudication.objects.filter(superseded_by=None).values_list("kind", flat=True)
    assert list(standing) == ["match"] * 3
    assert page.complaints == []


def test_suspicious_samples_are_repaired_by_keys(open_as, audit) -> None:
    scoring_runs.score_run(audit.run)
    page = open_as("lena", Role.LEAD, f"/runs/{audit.run_id}/cleaning/")

    def shown() -> str:
        return page.locator("#repair input[name=position]").get_attribute("value")

    def wait_for_other(before: str) -> None:
        page.locator(f"#repair input[name=position]:not([value='{before}'])").wait_for(
            state="attached"
        )

    first = shown()
    page.keyboard.press("d")
    wait_for_other(first)
    second = shown()
    page.keyboard.press("c")
    page.keyboard.type("nine")
    page.keyboard.press("Enter")
    wait_for_other(second)
    third = shown()
    page.keyboard.press("k")
    wait_for_other(third)
    page.keyboard.press("Backspace")
    page.get_by_text("kept 0 · dropped 1 · corrected 1").wait_for()
    found = list(
        cleaning.standing_repairs(audit.run).order_by("pk").values_list("position", "action")
    )
    assert found == [(int(first), "drop"), (int(second), "correct")]
    assert Repair.objects.get(action="correct").corrected_answer == "nine"
    assert page.complaints == []


@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_of_the_team_scrolls_sideways(open_as, audit, width) -> None:
    scoring_runs.score_run(audit.run)
    team = drawing.draw_audit(
        audit.run, protocol="custom", size=6, overlap=2, policy=Audit.Policy.ADJUDICATION
    )
    for name, kind in (("ann", "match"), ("bob", "mismatch")):
        give_verdicts(team, make_member(audit.project, name), [kind] * 3)
    page = open_as("lena", Role.LEAD, "/", width)
    base = page.url.rstrip("/")
    for address in (
        f"/audits/{audit.pk}/grid/",
        f"/audits/{audit.pk}/warm-up/",
        f"/audits/{audit.pk}/mine/",
        f"/audits/{team.pk}/",
        f"/audits/{team.pk}/items/0/",
        f"/audits/{team.pk}/adjudicate/",
        f"/audits/{team.pk}/agreement/",
        f"/runs/{audit.run_id}/audits/new/",
        f"/runs/{audit.run_id}/gold/",
        f"/runs/{audit.run_id}/cleaning/",
    ):
        page.goto(base + address)
        beyond = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert beyond <= 0, address
    assert page.complaints == []
