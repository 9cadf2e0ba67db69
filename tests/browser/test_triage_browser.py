"""A lead's way through the machine's side, in a real browser."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client

from tests.browser.test_review_browser import until
from tests.factories import make_project, make_run, sample_rows, write_lines
from tests.triage.science.store.test_pictures import png
from triage.clusters.analysing import analyse_run
from triage.models import ConfirmedCluster, Project, Role, Run

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium: Any, served: Any) -> Any:
    """A signed-in lead's page; a script error or a broken policy fails the test."""
    make_project(lena=Role.LEAD)
    client = Client()
    client.force_login(get_user_model().objects.get(username="lena"))
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": served.url}])
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda problem: problems.append(str(problem)))
    page.on(
        "console",
        lambda said: (
            problems.append(said.text)
            if said.type == "error" and "Failed to load resource" not in said.text
            else None
        ),
    )
    yield page
    context.close()
    assert problems == []


def project() -> Project:
    return Project.objects.get()


def test_a_file_is_uploaded_described_and_opened(page: Any, served: Any, tmp_path: Path) -> None:
    rows = [{"gold": row.pop("answers")[0], **row} for row in sample_rows(30, 12)]
    source = write_lines(tmp_path / "answers.jsonl", rows)
    page.goto(f"{served.url}{project().get_absolute_url()}")
    page.keyboard.press("i")
    page.set_input_files("input[name=upload]", str(source))
    page.click("text=Look at the file")
    page.wait_for_selector("#trial")
    # 'gold' was proposed for the answers; taking it away shows at once what that would cost.
    menu = page.locator("select[data-column=gold]")
    assert menu.input_value() == "answers"
    menu.select_option("")
    page.wait_for_selector("#trial .notice--bad")
    assert page.locator("input[name=field_answers]").input_value() == ""
    menu.select_option("answers")
    page.wait_for_selector("#trial .badge--bad")
    page.click("text=Import all rows")
    page.wait_for_selector("text=Import")

    run = Run.objects.get()
    page.goto(f"{served.url}{run.get_absolute_url()}")
    assert "12 error samples of 30" in page.inner_text("main")
    assert run.mapping["answers"] == ["gold"]


def test_a_file_that_cannot_be_read_is_said_on_the_page(
    page: Any, served: Any, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"sample_id": "a"')
    page.goto(f"{served.url}{project().get_absolute_url()}import/")
    page.set_input_files("input[name=upload]", str(broken))
    page.click("text=Look at the file")
    page.wait_for_selector(".errorlist")
    assert "broken.jsonl" in page.inner_text(".errorlist")


def test_from_the_table_to_the_error_to_the_overlay(page: Any, served: Any, tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    (images / "a.png").write_bytes(png(200, 100, "white"))
    rows = sample_rows(
        20, 10, image="a.png", attention=[[0.9, 0.0], [0.0, 0.1]], boxes=[[10, 10, 60, 60]]
    )
    run = make_run(project(), write_lines(tmp_path / "x.jsonl", rows), images=images)
    page.goto(f"{served.url}{run.get_absolute_url()}")
    page.select_option("#by", "category")
    page.wait_for_selector("#breakdown >> text=kind 3")
    page.click("#breakdown tbody tr:first-child td:nth-child(3) a")
    page.wait_for_selector("#errors")
    assert page.locator("input[name=category]:checked").count() == 1
    page.check("input[name=question_type] >> nth=0")
    page.wait_for_url("**question_type=**")
    page.goto(f"{served.url}/runs/{run.pk}/errors/")
    page.click("table.samples tbody tr:first-child a >> nth=1")
    until(page, "document.querySelector('[data-picture] img')?.complete")
    assert page.evaluate("document.querySelector('[data-picture] img').naturalWidth") == 200

    def painted() -> int:
        return page.evaluate(
            "(() => { const c = document.querySelector('[data-picture] canvas');"
            "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
            "let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return n; })()"
        )

    page.wait_for_load_state("networkidle")
    boxes = painted()
    assert boxes > 0
    page.keyboard.press("o")
    assert painted() > 10 * boxes
    page.keyboard.press("o")
    page.keyboard.press("b")
    assert painted() == 0
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**/samples/1/**")


def lasso(page: Any, least: int = 100) -> list[int]:
    """Draw around nearly all of the map, again while it is still being laid out; what it picked."""
    corners = [(0.02, 0.12), (0.95, 0.12), (0.95, 0.97), (0.02, 0.97), (0.02, 0.12)]
    picked: list[int] = []
    for _ in range(20):
        page.wait_for_timeout(500)
        box = page.locator("#map .map__plot").bounding_box()
        points = [
            (box["x"] + across * box["width"], box["y"] + down * box["height"])
            for across, down in corners
        ]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point, steps=8)
        page.mouse.up()
        page.wait_for_timeout(200)
        picked = json.loads(page.input_value("[data-lasso] input[name=positions]") or "[]")
        if len(picked) > least:
            break
    return picked


def test_a_lasso_on_the_map_splits_a_group_off(page: Any, served: Any, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = sample_rows(160, 150)
    for number, row in enumerate(rows):
        row["image_embedding"] = (rng.normal(0, 0.1, 8) + 5 * (number % 3)).tolist()
    run = make_run(project(), write_lines(tmp_path / "x.jsonl", rows))
    analyse_run(run)
    page.goto(f"{served.url}/runs/{run.pk}/clusters/")
    page.wait_for_selector("#map[data-ready]", timeout=60_000)
    picked = lasso(page)
    assert len(picked) > 100
    page.fill("#lasso-name", "nearly everything")
    page.click("[data-lasso] button")
    page.wait_for_selector("text=nearly everything")

    made = ConfirmedCluster.objects.get()
    assert made.positions == sorted(picked)
    assert made.origin == ConfirmedCluster.Origin.SPLIT_OFF


@pytest.mark.parametrize("width", [390, 1440])
def test_no_page_scrolls_sideways(page: Any, served: Any, tmp_path: Path, width: int) -> None:
    rows = sample_rows(12, 6, template="a very long template " * 6, context="word " * 80)
    rows[0]["question"] = "Antidisestablishmentarianism" * 12
    run = make_run(project(), write_lines(tmp_path / "x.jsonl", rows))
    analyse_run(run)
    page.set_viewport_size({"width": width, "height": 800})
    for path in (
        "/",
        project().get_absolute_url(),
        f"{project().get_absolute_url()}import/",
        run.get_absolute_url(),
        f"/runs/{run.pk}/?by=template",
        f"/runs/{run.pk}/errors/",
        f"/runs/{run.pk}/samples/0/",
        f"/runs/{run.pk}/clusters/",
        f"/runs/{run.pk}/refused/",
        f"/runs/{run.pk}/audits/new/",
        f"/runs/{run.pk}/exports/",
        "/account/",
    ):
        page.goto(f"{served.url}{path}")
        page.wait_for_timeout(100)
        over = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert over <= 0, f"{path} is {over} px too wide at {width} px"
