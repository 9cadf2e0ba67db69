"""Signing in as a person does: through the form."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import expect

from tests.factories import make_project
from triage.models import Role

pytestmark = pytest.mark.browser
PATIENCE_MS = 120_000


@pytest.fixture
def page(chromium: Any, served: Any) -> Any:
    """A visitor's page, nobody signed in."""
    make_project(ann=Role.ANNOTATOR)
    ann = get_user_model().objects.get(username="ann")
    ann.set_password("a long password of hers")
    ann.save()
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


def sign_in(page: Any, password: str) -> None:
    page.get_by_label("Username").fill("ann")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_the_form_lets_in_who_knows_the_password_and_leads_on(page: Any, served: Any) -> None:
    page.goto(f"{served.url}/account/keys/")
    sign_in(page, "a guess")
    expect(page.locator(".errorlist")).to_be_visible(timeout=PATIENCE_MS)
    assert page.get_by_label("Username").input_value() == "ann"
    sign_in(page, "a long password of hers")
    page.wait_for_url("**/account/keys/")
    page.goto(f"{served.url}/")
    assert page.locator("main").get_by_role("link", name="Shapes").first.is_visible()
