"""Several pictures of one item in a real browser: side by side, on a phone one under another."""

import pytest
from django.conf import settings
from django.test import Client
from PIL import Image

from tests.annotations.audit_factories import make_member
from tests.annotations.review.test_page import choice_audit, with_pictures
from tests.browser.conftest import served, shared_database
from triage.models import Role

pytestmark = pytest.mark.browser
__all__ = ["served", "shared_database"]


def test_pictures_lie_side_by_side_or_one_under_another(served, chromium, tmp_path) -> None:
    Image.new("RGBA", (300, 200), (0, 0, 0, 0)).save(tmp_path / "a.png")
    audit = choice_audit(tmp_path, image="a.png", images=tmp_path)
    with_pictures(audit, tmp_path)
    client = Client()
    client.force_login(make_member(audit.project, "ann", Role.ANNOTATOR))
    name = settings.SESSION_COOKIE_NAME
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": served.url}])
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
    page.goto(f"{served.url}/audits/{audit.pk}/review/")
    stage, further = page.locator("[data-stage]"), page.locator(".item__further").first
    further.locator("img").wait_for()

    first, second = stage.bounding_box(), further.bounding_box()
    assert first["y"] == second["y"]
    assert first["x"] + first["width"] <= second["x"]
    # The chequered ground is as large as the picture in its frame, to a pixel or two.
    page.wait_for_timeout(300)
    ground = "(image) => image.style.getPropertyValue('--seen').split(' ').map(parseFloat)"
    width, height = stage.locator("img").evaluate(ground)
    assert width / height == pytest.approx(1.5, abs=0.02)
    assert further.locator("img").evaluate(ground)[0] <= second["width"]

    page.set_viewport_size({"width": 390, "height": 844})
    first, second = stage.bounding_box(), further.bounding_box()
    assert first["y"] + first["height"] <= second["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert said == []
    context.close()
