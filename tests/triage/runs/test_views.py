"""The pages of a run show what DuckDB counts, for runs of every odd shape."""

import csv
import io
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse
from scipy.stats import binomtest

from tests.factories import make_project, make_run, sample_rows, write_lines
from tests.triage.science.store.test_pictures import huge_png, png
from triage.models import Role, StoredFilter
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
