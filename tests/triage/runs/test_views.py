"""The pages of a run show what DuckDB counts, for runs of every odd shape."""

import csv
import io
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse
from scipy.stats import binomtest

from tests.factories import make_project, make_run, sample_rows, write_lines
from tests.html import tidy
from tests.triage.science.store.test_pictures import huge_png, jpeg, png
from triage.models import Role, StoredFilter
from triage.runs.page import answer_read
from triage.templatetags.words import time_left

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(client):
    project = make_project(lena=Role.LEAD)
    client.force_login(get_user_model().objects.get(username="lena"))
    client.project = project
    return client


def text(response) -> str:
    return " ".join(response.content.decode().split())


def test_the_overview_shows_counts_and_exact_intervals(lead, tmp_path: Path) -> None:
    run = make_run(lead.project, write_lines(tmp_path / "x.jsonl", sample_rows(30, 12)))
    low, high = binomtest(12, 30).proportion_ci(method="exact")

    page = text(lead.get(run.get_absolute_url()))

    assert "40.0 %" in page
    assert f"{100 * low:.1f} % to {100 * high:.1f} %" in page


def test_the_breakdown_sorts_and_narrows(lead, tmp_path: Path) -> None:
    rows = sample_rows(40, 10)
    run = make_run(lead.project, write_lines(tmp_path / "x.jsonl", rows))
    part = {"headers": {"HX-Request": "true", "HX-Target": "breakdown"}}

    page = text(lead.get(run.get_absolute_url() + "?by=category&sort=value&dir=up", **part))

    assert page.index("kind 0") < page.index("kind 1") < page.index("kind 3")
    assert "<h1>" not in page
    trained = text(lead.get(run.get_absolute_url() + "?by=category&split=train", **part))
    assert "kind 0" in trained


def test_the_error_list_filters_and_stores(lead, tmp_path: Path) -> None:
    run = make_run(lead.project, write_lines(tmp_path / "x.jsonl", sample_rows(40, 20)))
    address = reverse("triage:run-errors", args=[run.pk])

    assert "20 error samples" in text(lead.get(address))
    assert "10 error samples" in text(lead.get(address + "?question_type=counting"))
    assert "40 samples" in text(lead.get(address + "?show=all"))
    assert "1 error sample" in text(lead.get(address + "?text=scene+7%3F"))

    stored = lead.post(
        reverse("triage:filter-store", args=[run.pk]) + "?question_type=counting",
        {"name": "counting"},
    )
    made = StoredFilter.objects.get()
    assert made.criteria == {"question_type": ["counting"]}
    assert "10 error samples" in text(lead.get(stored["Location"]))
    lead.post(reverse("triage:filter-delete", args=[run.pk, made.pk]))
    assert not StoredFilter.objects.exists()


@pytest.mark.parametrize(
    "query",
    [
        "page=99",
        "page=x",
        "sort=nothing",
        "sort=credit; DROP TABLE",
        "cluster=5",
        "clustering=x",
        "filter=9999",
        "said=77",
        "dir=",
        "split=%00",
        "text=%27%22%3B--",
    ],
)
def test_a_strange_query_is_not_a_fault(lead, tmp_path: Path, query: str) -> None:
    run = make_run(lead.project, write_lines(tmp_path / "x.jsonl", sample_rows(5, 3)))
    assert lead.get(reverse("triage:run-errors", args=[run.pk]) + "?" + query).status_code == 200
    assert lead.get(run.get_absolute_url() + "?" + query).status_code == 200


def test_long_lists_have_pages(lead, tmp_path: Path) -> None:
    run = make_run(lead.project, write_lines(tmp_path / "x.jsonl", sample_rows(130, 120)))
    address = reverse("triage:run-errors", args=[run.pk])
    seen = set()
    for number in (1, 2, 3):
        page = lead.get(f"{address}?page={number}")
        seen |= {row["sample_id"] for row in page.context["rows"]}
    assert len(seen) == 120
    assert "page 3 of 3" in text(page)


def test_a_sample_shows_its_record_and_leads_to_its_neighbours(lead, tmp_path: Path) -> None:
    rows = sample_rows(4, 3)
    rows[1] |= {
        "candidates": [
            {"answer": "three", "probability": 0.7},
            {"answer": "two", "probability": 0.2},
        ],
        "boxes": [[10, 5, 20, 15]],
        "attention": [[0.1, 0.4], [0.2, 0.3]],
        "image": "a.png",
        "strange": {"deep": [1, 2]},
    }
    (tmp_path / "a.png").write_bytes(png(40, 30))
    run = make_run(lead.project, write_lines(tmp_path / "x.jsonl", rows), images=tmp_path)

    page = lead.get(reverse("triage:sample", args=[run.pk, 1]))

    shown = text(page)
    assert "70.0 %" in shown
    assert "strange" in shown
    assert page.context["overlays"]["boxes"] == [[0.25, pytest.approx(5 / 30), 0.5, 0.5]]
    assert page.context["overlays"]["attention"]["cells"] == [0.25, 1.0, 0.5, 0.75]
    assert (page.context["before"], page.context["after"]) == (0, 2)
    assert lead.get(reverse("triage:sample", args=[run.pk, 99])).status_code == 404


LONG = "First line.\n" + "word " * 400 + "\n\\boxed{B}"
CHOICES = ["a hat", "two\nlines", "<b>bold</b>", "none"]


def make_choices(lead, tmp_path: Path, **first):
    """A run of multiple choice with a row for every state of an answer."""
    said = [LONG, "", "[API ERROR] 429 Too Many Requests", "I cannot say.", "(C)"]
    rows = [
        {"sample_id": f"s{n}", "question": "Which?", "options": CHOICES, "answers": ["C"],
         "prediction": each}
        for n, each in enumerate(said)
    ]  # fmt: skip
    rows[0] |= first
    source = write_lines(tmp_path / "x.jsonl", rows)
    return make_run(lead.project, source, images=tmp_path, rule="choice")


def test_a_sample_shows_its_options_in_order_and_all_that_was_written(lead, tmp_path: Path) -> None:
    question = "Why? " * 200
    run = make_choices(lead, tmp_path, question=question, context="seen " * 900)

    raw = lead.get(reverse("triage:sample", args=[run.pk, 0])).content.decode()
    shown = tidy(raw)

    places = [shown.index(f'option__letter">{letter}<') for letter in "ABCD"]
    assert places == sorted(places)
    assert "E</span>" not in shown
    assert shown.count("▸ chosen") == shown.count("✓ right") == 1
    assert places[1] < shown.index("▸ chosen") < places[2] < shown.index("✓ right") < places[3]
    assert "&lt;b&gt;bold&lt;/b&gt;" in shown
    # Every text in full, its white space untouched.
    assert f">{LONG}</strong>" in raw
    assert f">{question}</span>" in raw
    assert raw.count("seen ") > 890
    assert "read:<strong>B</strong>—" in shown
    assert "last box, option of the row" in text_of(shown)


def text_of(html: str) -> str:
    return " ".join(html.split())


@pytest.mark.parametrize(
    ("position", "state"),
    [(0, None), (1, "no answer"), (2, "failed call"), (3, "not readable"), (4, None)],
)
def test_the_state_of_an_answer_is_said_where_it_is_not_answered(
    lead, tmp_path: Path, position: int, state: str | None
) -> None:
    run = make_choices(lead, tmp_path)
    shown = tidy(lead.get(reverse("triage:sample", args=[run.pk, position])).content.decode())
    badges = [
        word
        for word in ("no answer", "failed call", "not readable")
        if f'badge--warn">{word}<' in shown
    ]
    assert badges == ([state] if state else [])


def test_the_list_says_states_and_its_filters_read_as_words(lead, tmp_path: Path) -> None:
    run = make_choices(lead, tmp_path)
    shown = tidy(
        lead.get(reverse("triage:run-errors", args=[run.pk]) + "?show=all").content.decode()
    )
    for name, words in (
        ("no_answer", "no answer"),
        ("failed_call", "failed call"),
        ("not_readable", "not readable"),
    ):
        assert shown.count(f'badge--warn">{words}<') == 1
        assert f'value="{name}"><span class="facet__value">{words}<' in shown
    assert 'value="answered"><span class="facet__value">answered<' in shown
    narrowed = lead.get(reverse("triage:run-errors", args=[run.pk]) + "?answer_state=failed_call")
    assert "error samples with answer state: failed call" in text(narrowed)
    grouped = tidy(lead.get(run.get_absolute_url() + "?by=answer_state").content.decode())
    assert ">failed call</td>" in grouped


def test_near_the_border_is_said_in_words(lead, tmp_path: Path) -> None:
    rows = [
        {
            "sample_id": "a",
            "question": "What?",
            "answers": ["the red cat"],
            "prediction": "a mat under the red cat",
        }
    ]
    run = make_run(lead.project, write_lines(tmp_path / "x.jsonl", rows), rule="exact")
    shown = tidy(lead.get(reverse("triage:sample", args=[run.pk, 0])).content.decode())
    assert "near the border: contains the reference" in text_of(shown)
    listed = tidy(lead.get(reverse("triage:run-errors", args=[run.pk])).content.decode())
    assert 'value="contains"><span class="facet__value">contains the reference<' in listed


def test_several_pictures_stand_in_order_and_a_cut_one_is_said_to_be(lead, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(40, 30))
    (tmp_path / "cut.jpg").write_bytes(jpeg()[:-2])
    run = make_choices(lead, tmp_path, images=["a.png", "cut.jpg", "lost.png"])

    page = lead.get(reverse("triage:sample", args=[run.pk, 0]))

    shown = tidy(page.content.decode())
    addresses = [
        reverse("triage:run-image", args=[run.pk, name])
        for name in ("a.png", "cut.jpg", "lost.png")
    ]
    places = [shown.index(f'<img src="{each}"') for each in addresses]
    assert places == sorted(places)
    assert all(f"Image {n} of 3" in text_of(shown) for n in (1, 2, 3))
    assert [each.cut for each in page.context["pictures"]] == [False, True, False]
    assert shown.count("damaged: shown as far as it goes") == 1
    assert places[1] < shown.index("damaged: shown as far as it goes") < places[2]
    assert lead.get(addresses[1]).status_code == 200


def test_what_an_older_run_lacks_is_left_out() -> None:
    said = answer_read({"prediction": "two", "options": None, "answered": None})
    assert (said.options, said.read, said.steps, said.state, said.border) == ((), "", (), "", "")
    assert answer_read({"prediction": " B ", "answered": "B", "steps": ["letter"]}).read == ""
    many = answer_read({"options": ["x"] * 28, "right_option": 27})
    assert [(each.letter, each.right) for each in many.options[-3:]] == [
        ("Z", False),
        ("27", False),
        ("28", True),
    ]


def test_html_in_the_data_is_shown_as_text(lead, tmp_path: Path) -> None:
    script = "<script>alert(1)</script>"
    row = dict.fromkeys(("question", "prediction", "category", "context", "sample_id"), script)
    rows = [{**row, "answers": ["x"], "other": script, "image": "<img src=x>.png"}]
    run = make_run(lead.project, write_lines(tmp_path / "x.jsonl", rows), images=tmp_path)
    for address in (
        run.get_absolute_url() + "?by=category",
        reverse("triage:run-errors", args=[run.pk]),
        reverse("triage:sample", args=[run.pk, 0]),
    ):
        page = lead.get(address).content.decode()
        assert script not in page
        assert "&lt;script&gt;" in page


def test_images_are_served_small_checked_and_cached(lead, tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    (images / "a.png").write_bytes(png(400, 300))
    (images / "bomb.png").write_bytes(huge_png())
    (images / "page.png").write_bytes(b"<html><script>alert(1)</script>")
    (tmp_path / "secret.png").write_bytes(png())
    (images / "link.png").symlink_to(tmp_path / "secret.png")
    run = make_run(
        lead.project, write_lines(tmp_path / "x.jsonl", sample_rows(3, 1)), images=images
    )

    def ask(path: str, **more):
        return lead.get(reverse("triage:run-image", args=[run.pk, path]), **more)

    seen = ask("a.png", data={"size": "thumb"})
    assert (seen.status_code, seen["Content-Type"]) == (200, "image/webp")
    assert seen["X-Content-Type-Options"] == "nosniff"
    again = ask("a.png", data={"size": "thumb"}, headers={"If-None-Match": seen["ETag"]})
    assert again.status_code == 304
    assert ask("bomb.png").status_code == 415
    assert ask("page.png").status_code == 415
    assert ask("page.png")["Content-Type"].startswith("text/plain")
    assert ask("link.png").status_code in (404, 415)
    assert ask("nothing.png").status_code == 404
    for path in ("../secret.png", "..%2fsecret.png", "%2e%2e/secret.png"):
        assert lead.get(f"/runs/{run.pk}/images/{path}").status_code in (404, 415)


def test_refused_rows_are_listed_and_can_be_taken_along(lead, tmp_path: Path) -> None:
    rows = [*sample_rows(3, 1), {"sample_id": "=1+1", "question": "q"}, *sample_rows(1, 1)]
    rows[3]["prediction"] = None
    run = make_run(lead.project, write_lines(tmp_path / "x.jsonl", rows))
    assert run.refused == 2

    page = text(lead.get(reverse("triage:run-refused", args=[run.pk])))
    assert "2 refused rows" in page
    assert "already used in row 1" in page
    told = lead.get(reverse("triage:run-refused-csv", args=[run.pk]))
    lines = list(csv.reader(io.StringIO(b"".join(told.streaming_content).decode())))
    assert [line[0] for line in lines] == ["row", "4", "5"]


@pytest.mark.parametrize("first", ["", " ", "\t", "'", "\r"])
def test_no_cell_of_the_refused_rows_is_a_formula(lead, tmp_path: Path, first: str) -> None:
    rows = [{**row, "sample_id": f"{first}=cmd|'/C calc'!A0"} for row in sample_rows(3, 1)]
    run = make_run(lead.project, write_lines(tmp_path / "x.jsonl", rows))

    told = lead.get(reverse("triage:run-refused-csv", args=[run.pk]))

    cells = [c for line in csv.reader(io.StringIO(streamed(told), newline="")) for c in line]
    assert any("cmd" in cell for cell in cells)
    assert [cell for cell in cells if "cmd" in cell and not cell.startswith("'")] == []


def streamed(response) -> str:
    return b"".join(response.streaming_content).decode()


@pytest.mark.parametrize(("count", "wrong"), [(5, 0), (5, 1), (5, 5), (1, 1)])
def test_runs_of_odd_shapes_have_sensible_pages(lead, tmp_path: Path, count, wrong) -> None:
    from triage.clusters.analysing import analyse_run

    run = make_run(lead.project, write_lines(tmp_path / "x.jsonl", sample_rows(count, wrong)))
    pages = [
        run.get_absolute_url(),
        reverse("triage:run-errors", args=[run.pk]),
        reverse("triage:clusters", args=[run.pk]),
        reverse("triage:run-refused", args=[run.pk]),
        reverse("annotations:audit-new", args=[run.pk]),
        reverse("annotations:exports", args=[run.pk]),
        reverse("triage:project", args=[lead.project.slug]),
    ]
    assert [lead.get(page).status_code for page in pages] == [200] * len(pages)
    clustering = analyse_run(run)
    assert clustering.unclustered == wrong
    assert [lead.get(page).status_code for page in pages] == [200] * len(pages)
    points = lead.get(reverse("triage:clusters-map", args=[run.pk])).json()
    assert len(points["x"]) == wrong


def test_an_analysis_is_started_once_and_its_end_is_shown(lead, tmp_path: Path) -> None:
    run = make_run(lead.project, write_lines(tmp_path / "x.jsonl", sample_rows(30, 20)))

    lead.post(reverse("triage:run-analyse", args=[run.pk]), {"encoder": "", "seed": "3"})

    clustering = run.current_clustering()
    assert clustering is not None
    assert (clustering.seed, clustering.encoder) == (3, "builtin")
    bad = lead.post(
        reverse("triage:run-analyse", args=[run.pk]),
        {"encoder": "clip:/nowhere", "seed": "0"},
        follow=True,
    )
    assert "nowhere" in text(bad)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "about 1 second left"),
        (89, "about 89 seconds left"),
        (90, "about 2 minutes left"),
        (332, "about 6 minutes left"),
        (5400, "about 2 hours left"),
    ],
)
def test_the_time_a_job_still_takes_is_told_in_the_unit_of_a_person(
    seconds: int, words: str
) -> None:
    assert time_left(seconds) == words
