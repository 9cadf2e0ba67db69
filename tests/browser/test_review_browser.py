"""Judging in a real browser: keys, undo, a lost connection, a thumb, and no script at all."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from PIL import Image, ImageDraw

from annotations.audits.drawing import draw_audit
from annotations.models import Audit, Flag, Verdict
from tests.annotations.audit_factories import (
    error_rows,
    ingest_run,
    make_member,
    make_project_of,
)
from triage.models import Role

pytestmark = pytest.mark.browser
ITEMS = 8
Opener = Callable[..., Any]


@pytest.fixture
def audit(served, tmp_path) -> Audit:
    """Eight items with a picture, a box, an attention grid and candidates each."""
    return draw_pictures(tmp_path, ITEMS)


def draw_pictures(tmp_path, items: int, **wishes: Any) -> Audit:
    """An audit of that many items, each with all there is to show."""
    rows = error_rows(items)
    for number, row in enumerate(rows):
        picture = Image.new("RGB", (320, 200), (240, 240, 235))
        ImageDraw.Draw(picture).ellipse((40, 40, 120 + 5 * number, 120), fill=(200, 40, 40))
        row["image"] = f"{number}.png"
        picture.save(tmp_path / row["image"])
        row["boxes"] = [[40, 40, 120, 120]]
        row["attention"] = [[0.1, 0.9], [0.3, 0.2]]
        row["token_attention"] = {"many": [[1, 0], [0, 0]], "Scene": [[0, 0], [0, 1]]}
        row["candidates"] = [
            {"answer": "three", "probability": 0.6},
            {"answer": "four", "probability": 0.3},
        ]
    name = f"{items} {wishes}"
    run = ingest_run(make_project_of(), rows, name=name, image_root=tmp_path)
    return draw_audit(run, protocol="custom", size=items, seed=11, **wishes)


@pytest.fixture
def open_review(audit, served, chromium) -> Iterator[Opener]:
    """Opens the review page as an annotator in a context of its own."""
    make_member(audit.project, "ann", Role.ANNOTATOR)
    contexts = []

    def opener(of: Audit = audit, **wishes: Any) -> Any:
        client = Client()
        client.force_login(get_user_model().objects.get(username="ann"))
        context = chromium.new_context(viewport={"width": 1280, "height": 800}, **wishes)
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
        page.goto(f"{served.url}/audits/{of.pk}/review/")
        return page

    yield opener
    for context in contexts:
        context.close()


def place(page) -> int:
    return int(page.locator("article.item:not([hidden])").get_attribute("data-place"))


def press(page, *keys: str) -> None:
    """Press keys as a hand does: the card is on the screen for a moment first."""
    for key in keys:
        page.locator("article.item:not([hidden])").wait_for()
        page.wait_for_timeout(150)
        page.keyboard.press(key)


def until(page, expression: str, arg: Any = None) -> None:
    """Wait for a script to be true, asked from outside: the page's own policy forbids `eval`."""
    deadline = time.monotonic() + 60
    while not page.evaluate(expression, arg):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(20)


def all_saved(page) -> None:
    page.locator("[data-tray][data-state=saved]", has_text="all saved").wait_for()


def standing() -> list[tuple[int, str]]:
    rows = Verdict.objects.standing().order_by("item__place")
    return list(rows.values_list("item__place", "kind"))


def test_one_key_judges_and_the_next_item_is_there_at_once(open_review) -> None:
    page = open_review()
    assert place(page) == 0
    press(page, "m")
    assert place(page) == 1
    press(page, "2", "a", "u", "n")
    all_saved(page)
    kinds = ["match", "mismatch", "ambiguous", "unsure", "unusable"]
    assert standing() == list(enumerate(kinds))
    assert page.locator("[data-judged]").inner_text() == "5"
    assert page.complaints == []


def test_fifty_items_are_reviewed_by_keyboard_alone(open_review, tmp_path) -> None:
    page = open_review(draw_pictures(tmp_path, 50))
    keys = ["m", "x", "a", "u", "n", "1", "2", "4", "5", "6"]
    kinds = ["match", "mismatch", "ambiguous", "unsure", "unusable"] * 2
    for number in range(50):
        page.locator(f"article.item[data-place='{number}']:not([hidden])").wait_for()
        press(page, keys[number % 10])
    page.get_by_role("heading", name="All judged").wait_for()
    assert standing() == [(number, kinds[number % 10]) for number in range(50)]
    assert page.complaints == []


def test_a_hand_faster_than_the_server_never_waits_for_the_next_card(open_review) -> None:
    page = open_review()
    page.route("**/review/", lambda route: (time.sleep(0.3), route.continue_()))
    for number in range(3):
        assert place(page) == number
        press(page, "m")
    assert place(page) == 3
    all_saved(page)
    assert len(standing()) == 3


def test_a_key_of_ones_own_judges_and_the_delivered_one_no_longer(open_review) -> None:
    page = open_review()
    page.keyboard.press("?")
    page.get_by_role("link", name="Choose other keys").click()
    page.wait_for_load_state()
    page.get_by_label("match", exact=True).press("z")
    wrong = "“z” is the key of “Twice as large, or whole” already."
    assert page.locator("#wrong-match").inner_text() == wrong
    page.get_by_role("button", name="Save my keys").click()
    assert page.locator("#wrong-match").inner_text() == wrong
    page.get_by_label("match", exact=True).press("j")
    page.get_by_label("Undo the last verdict").press("Delete")
    page.get_by_role("button", name="Save my keys").click()
    page.get_by_text("Your keys are saved.").wait_for()
    page.get_by_role("link", name="Back to reviewing").click()
    button = page.locator("button.verdict--match")
    assert button.locator("kbd").inner_text() == "j"
    press(page, "m", "?")
    assert place(page) == 0
    listed = page.locator("[data-shortcut-list]")
    assert "1 j" in listed.inner_text()
    assert "Delete" in listed.inner_text()
    page.keyboard.press("Escape")
    press(page, "j")
    all_saved(page)
    assert standing() == [(0, "match")]
    press(page, "Delete")
    page.locator("article.item[data-place='0']:not([hidden])").wait_for()
    assert page.complaints == []


def test_keys_are_chosen_without_script_too(open_review, served) -> None:
    page = open_review(java_script_enabled=False)
    page.goto(f"{served.url}/account/keys/")
    page.get_by_label("match", exact=True).fill("J")
    page.get_by_label("match", exact=True).press("Enter")
    page.get_by_text("Your keys are saved.").wait_for()
    assert page.get_by_label("match", exact=True).input_value() == "j"
    page.get_by_role("button", name="Back to the default keys").click()
    assert page.get_by_label("match", exact=True).input_value() == "m"


def test_a_flag_asks_the_lead_and_the_card_stays(open_review) -> None:
    page = open_review()
    press(page, "f")
    page.keyboard.type("m? is this x")
    page.keyboard.press("Enter")
    sign = page.locator("article.item:not([hidden]) [data-flagged]")
    assert sign.inner_text().split("\n")[1:] == ["m? is this x"]
    assert place(page) == 0
    all_saved(page)
    press(page, "f", "Escape", "m", "f")
    page.keyboard.type("and this")
    page.locator("button.verdict--mismatch").click()
    all_saved(page)
    flags = Flag.objects.order_by("item__place").values_list("item__place", "note")
    assert list(flags) == [(0, "m? is this x"), (1, "and this")]
    assert standing() == [(0, "match"), (1, "mismatch")]
    assert not page.locator("article.item:not([hidden]) [data-flagged]").is_visible()
    page.reload()
    assert place(page) == 2
    assert page.complaints == []


def test_a_digit_chooses_the_candidate_in_a_top_five_check(open_review, tmp_path) -> None:
    page = open_review(draw_pictures(tmp_path, 4, question="top_five"))
    picks = page.locator("article.item:not([hidden]) .pick")
    assert [text.split()[:2] for text in picks.all_inner_texts()] == [["1", "three"], ["2", "four"]]
    press(page, "3", "2", "x", "u", "a")
    page.get_by_role("heading", name="All judged").wait_for()
    kept = Verdict.objects.standing().order_by("item__place").values_list("kind", "candidate")
    among = "among_candidates"
    assert list(kept) == [
        (among, 2),
        ("not_among_candidates", None),
        ("unsure", None),
        (among, None),
    ]
    assert page.complaints == []


def test_a_pause_counts_as_a_minute_at_most(open_review) -> None:
    page = open_review()
    spent = page.evaluate(
        """async (url) => {
            const { Stopwatch } = await import(url);
            let now = 0;
            const watch = new Stopwatch(() => now);
            const at = (seconds, act = () => watch.sign()) => { now = 1000 * seconds; act(); return watch.seconds; };
            const found = [at(30), at(90), at(90 + 600), at(691)];
            at(700, () => watch.leave());
            found.push(at(5000, () => {}), at(5000), at(5010), at(9999, () => watch.restart()), at(10000 + 3600, () => {}));
            return found;
        }""",
        page.evaluate("document.querySelector('script[src*=review]').src").replace(
            "review.js", "stopwatch.js"
        ),
    )
    assert spent == [30, 90, 150, 151, 160, 160, 170, 0, 60]


def test_the_question_is_read_out_and_the_buttons_have_names(open_review) -> None:
    page = open_review()
    said = page.locator("[data-announce]")
    question = page.locator("article.item:not([hidden]) .item__question").inner_text()
    until(page, "document.querySelector('[data-announce]').textContent")
    assert said.text_content() == f"{question}. Reference answer: two. Model’s answer: three"
    press(page, "m")
    following = page.locator("article.item:not([hidden]) .item__question").inner_text()
    until(
        page,
        "words => document.querySelector('[data-announce]').textContent.includes(words)",
        arg=following,
    )
    for button in page.locator("main button:visible").all():
        name = button.get_attribute("aria-label") or button.inner_text()
        assert re.search(r"\w", name)


def test_in_chinese_the_page_is_chinese(open_review, served) -> None:
    page = open_review()
    page.goto(f"{served.url}/account/")
    page.locator("#language").select_option("zh-hans")
    page.locator("form:has(#language) button").click()
    page.goto(f"{served.url}/account/keys/")
    assert page.locator("html").get_attribute("lang") == "zh-hans"
    page.goto(f"{served.url}/audits/{Audit.objects.get().pk}/review/")
    assert page.locator(".verdict__name").first.inner_text() == "相符"
    press(page, "m")
    page.locator("[data-tray][data-state=saved]").wait_for()
    assert standing() == [(0, "match")]


def test_three_cards_wait_behind_the_one_shown_with_their_pictures(open_review) -> None:
    page = open_review()
    loaded = "card => card.querySelector('img').complete && card.querySelector('img').naturalWidth"
    for done in range(4):
        waiting = page.locator("article.item[hidden]")
        places = [int(card.get_attribute("data-place")) for card in waiting.all()]
        assert places == [done + 1, done + 2, done + 3]
        for card in waiting.all():
            until(page, loaded, arg=card.element_handle())
        press(page, "m")
        all_saved(page)


def test_the_last_verdict_leads_to_a_page_that_says_so(open_review) -> None:
    page = open_review()
    press(page, *"m" * ITEMS)
    page.get_by_role("heading", name="All judged").wait_for()
    assert len(standing()) == ITEMS
    page.keyboard.press("Backspace")
    page.locator("article.item").first.wait_for()
    assert place(page) == ITEMS - 1
    assert len(standing()) == ITEMS - 1


def test_undo_goes_back_across_items(open_review) -> None:
    page = open_review()
    press(page, "m", "x", "u")
    all_saved(page)
    for expected in (2, 1):
        press(page, "Backspace")
        page.locator(f"article.item[data-place='{expected}']:not([hidden])").wait_for()
    assert "You said “mismatch”" in page.locator("article.item:not([hidden])").inner_text()
    press(page, "m", "a")
    all_saved(page)
    assert standing() == [(0, "match"), (1, "match"), (2, "ambiguous")]


def test_a_wrong_answer_takes_the_corrected_one_typed_or_chosen(open_review) -> None:
    page = open_review()
    field = page.locator("input[name=corrected_answer]")
    press(page, "w")
    assert field.evaluate("field => field === document.activeElement")
    assert field.input_value() == ""
    page.keyboard.type("x m 5")
    page.keyboard.press("Escape")
    assert place(page) == 0
    press(page, "w")
    page.keyboard.type("two and a half")
    page.keyboard.press("Enter")
    press(page, "w")
    page.locator("[data-chips] button", has_text="four").click()
    press(page, "w", "Enter")
    all_saved(page)
    kept = Verdict.objects.order_by("item__place").values_list("kind", "corrected_answer")
    answers = ["two and a half", "four", ""]
    assert list(kept) == [("wrong_answer", answer) for answer in answers]


def test_enter_that_ends_a_chinese_word_decides_nothing(open_review) -> None:
    page = open_review()
    press(page, "w")
    page.keyboard.insert_text("二")
    enter = """composing => document.querySelector('[name=corrected_answer]').dispatchEvent(
        new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, isComposing: composing }))"""
    page.evaluate(enter, True)
    assert place(page) == 0
    page.evaluate(enter, False)
    all_saved(page)
    assert Verdict.objects.get().corrected_answer == "二"


def test_keys_typed_into_the_comment_judge_nothing(open_review) -> None:
    page = open_review()
    press(page, "c")
    page.keyboard.type("m x u 1 0")
    page.keyboard.press("Enter")
    assert place(page) == 0
    press(page, "x")
    all_saved(page)
    assert Verdict.objects.get().comment == "m x u 1 0"
    assert page.locator("input[name=comment]").input_value() == ""


def test_boxes_attention_and_zoom_are_drawn_and_taken_away(open_review) -> None:
    page = open_review()
    until(page, "document.querySelector('article canvas').width > 300")
    painted = """() => {
        const canvas = document.querySelector('article:not([hidden]) canvas');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return data.filter((value, index) => index % 4 === 3 && value > 0).length;
    }"""
    boxes = page.evaluate(painted)
    press(page, "o")
    both = page.evaluate(painted)
    press(page, "b", "o")
    assert page.evaluate(painted) == 0
    assert 0 < boxes < both
    assert page.complaints == []


def test_a_word_of_the_question_shows_its_own_attention(open_review) -> None:
    page = open_review()
    until(page, "document.querySelector('article canvas').width > 300")
    # Yellow (much red) where the attention is: in the upper left for one word, the lower right.
    script = """(share) => {
        const canvas = document.querySelector('article:not([hidden]) canvas');
        const at = [Math.round(canvas.width * share), Math.round(canvas.height * share)];
        const [red, , , seen] = canvas.getContext('2d').getImageData(...at, 1, 1).data;
        return seen ? red : -1;
    }"""
    corners = lambda: [page.evaluate(script, share) for share in (0.05, 0.95)]  # noqa: E731
    words = page.locator("article.item:not([hidden]) [data-token]")
    assert words.all_inner_texts() == ["many", "scene"]
    assert corners() == [-1, -1]
    words.first.hover()
    first, last = corners()
    assert first > last + 60 > 0
    page.locator("[data-progress]").hover()
    assert corners() == [-1, -1]
    press(page, "t", "ArrowRight")
    first, last = corners()
    assert last > first + 60 > 0
    page.keyboard.press("Escape")
    assert corners() == [-1, -1]
    press(page, "t", "m")
    assert place(page) == 1
    assert corners() == [-1, -1]
    assert page.complaints == []


def picture(page) -> dict[str, float]:
    """Where the shown picture lies on the screen, its glide over; its overlays lie there too."""
    script = """async () => {
        const card = document.querySelector('article:not([hidden])');
        await Promise.all(card.getAnimations({ subtree: true }).map((each) => each.finished));
        const box = (one) => (({ x, y, width, height }) => ({ x, y, width, height }))(one.getBoundingClientRect());
        return [box(card.querySelector('img')), box(card.querySelector('canvas')), box(card.querySelector('[data-stage]'))];
    }"""
    image, canvas, stage = page.evaluate(script)
    # The picture has 320 × 200 points and is seen as large as the stage allows.
    fit = min(stage["width"] / 320, stage["height"] / 200)
    grown = image["width"] / stage["width"]
    middle = image["x"] + image["width"] / 2, image["y"] + image["height"] / 2
    assert canvas["width"] == pytest.approx(320 * fit * grown, abs=1)
    assert canvas["x"] + canvas["width"] / 2 == pytest.approx(middle[0], abs=1)
    assert canvas["y"] + canvas["height"] / 2 == pytest.approx(middle[1], abs=1)
    return {**canvas, "grown": grown, "stage": stage}


def picture_at_rest(page, grown: float) -> dict[str, float]:
    """Where the picture lies once it is so much larger and has stopped moving."""
    deadline = time.monotonic() + 60
    last, now = None, picture(page)
    while now != last or now["grown"] < grown:
        assert time.monotonic() < deadline, now
        page.wait_for_timeout(150)
        last, now = now, picture(page)
    return now


def test_the_wheel_zooms_about_the_pointer_and_a_drag_moves_the_picture(open_review) -> None:
    page = open_review()
    page.locator("article.item:not([hidden]) canvas").wait_for()
    before = picture(page)
    assert before["grown"] == pytest.approx(1)
    at = (before["x"] + 0.4 * before["width"], before["y"] + 0.45 * before["height"])
    page.mouse.move(*at)
    for _ in range(4):
        page.mouse.wheel(0, -200)
    near = picture_at_rest(page, grown=3)
    assert near["grown"] > 3
    # What is narrower than the stage stays centred until it fills it: a few points of drift.
    assert near["x"] + 0.4 * near["width"] == pytest.approx(at[0], abs=6)
    assert near["y"] + 0.45 * near["height"] == pytest.approx(at[1], abs=6)
    page.mouse.down()
    page.mouse.move(at[0] + 60, at[1] + 30, steps=5)
    page.mouse.up()
    moved = picture(page)
    assert (moved["x"] - near["x"], moved["y"] - near["y"]) == pytest.approx((60, 30), abs=1)
    page.mouse.move(at[0] - 100, at[1] - 60)
    assert picture(page) == moved
    press(page, "m")
    assert picture(page)["grown"] == pytest.approx(1)
    assert page.complaints == []


def test_keys_and_a_double_click_zoom_and_the_picture_stays_in_sight(open_review) -> None:
    page = open_review()
    press(page, "z")
    assert picture(page)["grown"] == pytest.approx(2)
    press(page, "z", "+", "+", "-")
    assert picture(page)["grown"] == pytest.approx(1.4)
    for _ in range(30):
        page.keyboard.press("ArrowLeft")
    left = picture(page)
    assert left["x"] == pytest.approx(left["stage"]["x"], abs=1)
    press(page, "z")
    whole = picture(page)
    page.mouse.dblclick(whole["x"] + whole["width"] / 2, whole["y"] + whole["height"] / 2)
    assert picture(page)["grown"] == pytest.approx(2)
    press(page, "m", "Backspace")
    all_saved(page)
    assert picture(page)["grown"] == pytest.approx(1)


def test_two_fingers_zoom_and_a_reduced_motion_does_not_glide(open_review) -> None:
    page = open_review(has_touch=True, reduced_motion="reduce")
    page.locator("article.item:not([hidden]) canvas").wait_for()
    before = picture(page)
    x, y = before["x"] + before["width"] / 2, before["y"] + before["height"] / 2
    touch = page.context.new_cdp_session(page)
    for kind, apart in [("Start", 30), ("Move", 60), ("Move", 90), ("End", None)]:
        fingers = [] if apart is None else [{"x": x - apart, "y": y}, {"x": x + apart, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": fingers})
    after = picture_at_rest(page, grown=2)
    assert after["grown"] == pytest.approx(3, abs=0.1)
    assert after["x"] + after["width"] / 2 == pytest.approx(x, abs=2)
    press(page, "z")
    assert page.evaluate("document.getAnimations().length") == 0


def test_a_lost_connection_loses_nothing_and_sends_nothing_twice(open_review) -> None:
    page = open_review()
    press(page, "m")
    all_saved(page)
    page.context.set_offline(True)
    press(page, "x", "u")
    page.locator("[data-tray][data-state=waiting]", has_text="2 not saved yet").wait_for()
    assert standing() == [(0, "match")]
    page.context.set_offline(False)
    all_saved(page)
    assert standing() == [(0, "match"), (1, "mismatch"), (2, "unsure")]
    assert Verdict.objects.count() == 3
    page.locator("article.item:not([hidden])").wait_for()
    assert place(page) == 3


def test_an_answer_that_never_came_is_asked_for_again_as_the_same(open_review) -> None:
    page = open_review()
    lost = []

    def lose_first(route: Any) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    page.route("**/review/", lose_first)
    press(page, "m")
    all_saved(page)
    assert lost == [200]
    assert Verdict.objects.count() == 1


def test_what_was_not_sent_survives_the_page(open_review) -> None:
    page = open_review()
    page.route("**/review/", lambda route: route.abort())
    press(page, "x")
    page.locator("[data-tray][data-state=waiting]").wait_for()
    page.unroute("**/review/")
    other = page.context.new_page()
    page.close()
    other.goto(page.url)
    all_saved(other)
    assert standing() == [(0, "mismatch")]
    assert place(other) == 1


def test_putting_off_brings_the_item_at_the_end(open_review) -> None:
    page = open_review()
    press(page, "0")
    assert place(page) == 1
    press(page, *"m" * (ITEMS - 1))
    page.locator("article.item[data-place='0']:not([hidden])").wait_for()
    press(page, "m")
    page.get_by_role("heading", name="All judged").wait_for()


def test_a_thumb_reaches_every_verdict_on_a_phone(open_review, served, tmp_path) -> None:
    top_five = draw_pictures(tmp_path, 3, question="top_five")
    page = open_review(has_touch=True, is_mobile=True)
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    for button in page.locator("button.verdict").all():
        box = button.bounding_box()
        assert box["height"] >= 44
        assert box["y"] + box["height"] <= 844
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.wait_for_timeout(150)
    page.locator("button.verdict", has_text="mismatch").tap()
    all_saved(page)
    assert standing() == [(0, "mismatch")]
    page.locator("article.item:not([hidden]) [data-token]").first.tap()
    assert page.locator("[data-token][data-shown]").inner_text() == "many"
    page.get_by_role("button", name="Flag").tap()
    page.keyboard.type("a very long question to the lead " * 6)
    page.keyboard.press("Enter")
    assert page.locator("article.item:not([hidden]) [data-flagged]").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    all_saved(page)
    for address in (f"/audits/{top_five.pk}/review/", "/account/keys/"):
        page.goto(served.url + address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for button in page.locator("button.pick").all():
        assert button.bounding_box()["height"] >= 44


def test_without_script_it_is_a_plain_form(open_review) -> None:
    page = open_review(java_script_enabled=False)
    assert place(page) == 0
    page.get_by_label("Corrected answer").fill("nine")
    page.get_by_label("Corrected answer").press("Enter")
    assert standing() == []
    page.locator("button.verdict", has_text="wrong answer").click()
    assert place(page) == 1
    page.locator("button.verdict", has_text=re.compile(r"^\s*match")).click()
    assert standing() == [(0, "wrong_answer"), (1, "match")]
    assert Verdict.objects.first().corrected_answer == "nine"
    page.get_by_role("button", name="Undo").click()
    assert place(page) == 1
    assert standing() == [(0, "wrong_answer")]


def test_the_next_item_is_painted_within_a_blink(open_review) -> None:
    page = open_review()
    page.evaluate(
        """() => {
            window.took = [];
            const deck = document.querySelector('[data-deck]');
            document.addEventListener('keydown', () => { window.began = performance.now(); }, true);
            new MutationObserver(() => requestAnimationFrame(() => setTimeout(() => {
                if (window.began) window.took.push(performance.now() - window.began);
                window.began = 0;
            }))).observe(deck, { childList: true });
        }"""
    )
    press(page, *"mxuamx")
    all_saved(page)
    until(page, "window.took.length >= 6")
    took = sorted(page.evaluate("window.took"))
    # The figure to reach is 50 ms for nearly all, which benchmarks/review_latency.py measures. Beside
    # other tests a single one may wait for the processor: the quickest shows what the page itself
    # takes.
    assert took[0] < 100
