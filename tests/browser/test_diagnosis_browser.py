"""From the diagnosis to the causes of single errors and clusters, by keys, in a real browser."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from diagnostics.diagnosis.diagnosing import diagnose_run
from diagnostics.models import CauseVerdict
from tests.annotations.audit_factories import (
    cluster_errors,
    error_rows,
    ingest_run,
    make_member,
    make_project_of,
)
from triage.models import Role, Run

pytestmark = pytest.mark.browser
Opener = Callable[..., Any]


@pytest.fixture
def run(served: Any) -> Run:
    """Thirty errors in two clusters, every second out of domain, diagnosed."""
    rows = error_rows(30, right=30)
    for number, row in enumerate(rows):
        row |= {"split": "ood" if number % 2 else "test", "confidence": 0.6}
    run = ingest_run(make_project_of(), rows)
    cluster_errors(run, {place: (0 if place < 15 else 1) for place in range(30)})
    diagnose_run(run)
    return run


@pytest.fixture
def open_as(run: Run, served: Any, chromium: Any) -> Iterator[Opener]:
    """Opens an address as a member of the project; a complaint of the browser fails the test."""
    contexts, complaints = [], []

    def opener(name: str, role: Role, address: str, width: int = 1280) -> Any:
        client = Client()
        client.force_login(make_member(run.project, name, role))
        context = chromium.new_context(viewport={"width": width, "height": 800})
        cookie = settings.SESSION_COOKIE_NAME
        context.add_cookies(
            [{"name": cookie, "value": client.cookies[cookie].value, "url": served.url}]
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda problem: complaints.append(str(problem)))
        page.on(
            "console",
            lambda line: complaints.append(line.text) if "Security Policy" in line.text else None,
        )
        page.goto(f"{served.url}{address}")
        return page

    yield opener
    for context in contexts:
        context.close()
    assert complaints == []


def settle(page: Any, words: str) -> None:
    """Wait for the page that says so, and until its scripts listen to keys."""
    page.wait_for_selector(f"text={words}")
    page.wait_for_load_state("load")


def test_a_lead_goes_from_the_diagnosis_to_the_samples_behind_a_number(open_as, run) -> None:
    page = open_as("lena", Role.LEAD, reverse("diagnostics:diagnosis", args=[run.pk]))

    page.get_by_role("link", name="Uncertainty", exact=True).click()
    page.wait_for_url("**/diagnosis/uncertainty/")
    page.get_by_role("link", name="Samples").first.click()
    page.wait_for_selector("text=the most telling first")
    page.locator("td a").first.click()
    # The cause and the six features come as a part of the sample's page.
    page.wait_for_selector(".evidence")
    assert "attention_entropy" in page.locator(".evidence").inner_text()
    page.get_by_role("link", name="Confirm or correct the cause").click()
    page.wait_for_url("**/causes/?sample=*")


def test_an_annotator_confirms_and_corrects_by_keys_and_takes_back(open_as, run) -> None:
    page = open_as("ann", Role.ANNOTATOR, run.project.get_absolute_url())
    page.get_by_role("link", name="Confirm causes").click()
    settle(page, "0 judged by you.")

    page.keyboard.press("Enter")
    settle(page, "1 judged by you.")
    first = CauseVerdict.objects.get()
    assert first.cause == first.named
    page.keyboard.press("1")
    settle(page, "2 judged by you.")
    assert CauseVerdict.objects.filter(cause="noise").count() == 1
    page.keyboard.press("Backspace")
    settle(page, "1 judged by you.")
    assert CauseVerdict.objects.get() == first


def test_clusters_are_judged_by_keys(open_as, run) -> None:
    page = open_as("lena", Role.LEAD, reverse("diagnostics:clusters", args=[run.pk]))
    page.wait_for_load_state("load")
    page.keyboard.press("c")
    settle(page, "0 of 2 clusters judged by you")
    page.keyboard.press("6")
    settle(page, "1 of 2 clusters judged by you")
    page.keyboard.press("Enter")
    settle(page, "You gave every cluster a cause.")

    assert CauseVerdict.objects.get(cluster=0).cause == "ambiguity"


@pytest.mark.parametrize("name", ["diagnosis", "queue", "clusters", "checklist", "report"])
def test_pages_fit_a_phone(open_as, run, name) -> None:
    page = open_as("lena", Role.LEAD, reverse(f"diagnostics:{name}", args=[run.pk]), width=390)

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
