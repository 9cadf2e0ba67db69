"""From the noise page to a result in two clicks, in a real browser."""

from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client

from annotations.audits.drawing import draw_audit
from diagnostics.experiments import carrying_out
from diagnostics.models import Experiment
from tests.annotations.audit_factories import give_verdicts, make_member
from tests.diagnostics.experiments.experiment_factories import repair_training, run_of, write_world
from triage.models import Role, Run

pytestmark = pytest.mark.browser
QUICK = {"epochs": 1, "least_steps": 12, "width": 8, "layers": 1}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return write_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def page(chromium: Any, served: Any) -> Any:
    """A signed-in lead's page on a phone; a script error or a broken policy fails the test."""
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda problem: problems.append(str(problem)))
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert problems == []


def signed_in(page: Any, served: Any, run: Run) -> None:
    client = Client()
    client.force_login(make_member(run.project, "lead", Role.LEAD))
    name = django_settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "url": served.url}
    page.context.add_cookies([cookie])


def fits(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_two_clicks_and_a_result(
    page: Any, served: Any, written: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.COMPUTE_JOBS = 1
    chosen = carrying_out.trainer_options
    monkeypatch.setattr(carrying_out, "trainer_options", lambda e, m: {**QUICK, **chosen(e, m)})
    run = run_of(written)
    repair_training(run, written)
    audit = draw_audit(run, protocol="custom", size=5, seed=1)
    give_verdicts(audit, make_member(run.project, "ann"), ["match"] * 5)
    signed_in(page, served, run)

    page.goto(f"{served.url}{audit.get_absolute_url()}")
    page.click("text=Prove it by cleaning")
    page.wait_for_selector("#design")
    assert fits(page)
    assert "As many samples dropped at random" in page.inner_text("#design")
    page.click("text=Start the experiment")
    page.wait_for_selector(".sentence", timeout=60_000)

    assert fits(page)
    assert Experiment.objects.get().state == "done"
    assert "If noise is a cause" in page.inner_text(".sentence")
    assert page.locator("svg.difference").count() > 2


def test_the_design_follows_a_choice_without_a_reload(page: Any, served: Any, written: Any) -> None:
    run = run_of(written)
    signed_in(page, served, run)
    page.goto(f"{served.url}/runs/{run.pk}/experiments/new/?experiment=dropped_modality")
    page.evaluate("window.stayed = true")
    page.select_option("[name=o-modality]", "text")
    page.wait_for_selector("text=share of questions blanked in testing")
    assert page.locator("[name=checkpoint]").is_hidden()
    page.select_option("[name=trainer]", "checkpoint")
    assert page.locator("[name=checkpoint]").is_visible()
    assert page.evaluate("window.stayed")
    assert fits(page)
