"""Importing from the page: choose, describe, watch."""

import json
import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.factories import make_project, sample_rows
from triage.models import Job, Role, Run
from triage.models.kinds import IMPORT

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(client):
    from django.contrib.auth import get_user_model

    made = make_project(lena=Role.LEAD)
    client.force_login(get_user_model().objects.get(username="lena"))
    return made


def upload(client, project, rows, name: str = "answers.jsonl", **more):
    data = "".join(json.dumps(row) + "\n" for row in rows) if isinstance(rows, list) else rows
    file = SimpleUploadedFile(name, data.encode() if isinstance(data, str) else data)
    return client.post(
        reverse("triage:import-start", args=[project.slug]), {"upload": file, **more}
    )


def described(job: Job, **changes) -> dict:
    """The second form as the page would send it, with changes."""
    mapping = {name: name for name in ("sample_id", "question", "answers", "prediction", "split")}
    sent = {f"field_{name}": column for name, column in mapping.items()}
    return {**sent, "name": "first", "rule": "exact", "split": "test", **changes}


def test_from_upload_to_run(client, project, settings) -> None:
    start = upload(client, project, sample_rows(9, 4))
    job = Job.objects.get()
    assert job.state == Job.State.DRAFT
    page = client.get(start["Location"])
    assert "How many shapes are in scene 0?" in page.content.decode()

    sent = client.post(start["Location"], described(job))

    job.refresh_from_db()
    assert sent.status_code == 302
    assert (job.state, job.result["errors"], job.result["refused"]) == (Job.State.DONE, 4, 0)
    assert Run.objects.get().name == "first"
    assert not list(Path(settings.STAGING_FOLDER).rglob("*.jsonl"))


def test_the_trial_follows_the_form(client, project) -> None:
    address = upload(client, project, sample_rows(5, 2))["Location"]
    job = Job.objects.get()

    part = client.post(
        address, described(job, field_confidence="question"), headers={"HX-Request": "true"}
    ).content.decode()
    assert "no row could be taken: row 1, confidence: should be a number" in part
    part = client.post(address, described(job), headers={"HX-Request": "true"}).content.decode()
    assert part.count("badge--bad") == 2
    assert Job.objects.get().state == Job.State.DRAFT


def test_a_column_that_is_not_there_is_said_beside_its_field(client, project) -> None:
    address = upload(client, project, sample_rows(3, 1))["Location"]

    page = client.post(address, described(Job.objects.get(), field_prediction="predicton"))

    assert page.status_code == 422
    assert "did you mean prediction" in page.content.decode()
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.jsonl", b"", "empty"),
        ("a.xlsx", b"PK\x03\x04", "unknown format"),
        ("a.parquet", b"no parquet", "not a Parquet file"),
    ],
)
def test_an_unreadable_upload_is_refused_at_once(
    client, project, settings, name, data, says
) -> None:
    page = upload(client, project, data, name)

    assert page.status_code == 422
    assert says in page.content.decode()
    assert not Job.objects.exists()
    staged = Path(settings.STAGING_FOLDER)
    assert not staged.exists() or not list(staged.iterdir())


def test_a_failed_import_keeps_the_file_and_can_be_described_anew(client, project) -> None:
    address = upload(client, project, sample_rows(3, 1))["Location"]
    client.post(address, described(Job.objects.get(), field_answers="", rule="given"))
    job = Job.objects.get()
    assert job.state == Job.State.FAILED
    assert "no reference answer and no verdict in the file" in job.error
    page = client.get(reverse("triage:job", args=[job.uuid])).content.decode()
    assert "Change the mapping" in page

    client.post(reverse("triage:import-reopen", args=[job.uuid]))
    client.post(address, described(job))

    job.refresh_from_db()
    assert job.state == Job.State.DONE


def test_throwing_away_leaves_nothing(client, project, settings) -> None:
    upload(client, project, sample_rows(3, 1))
    job = Job.objects.get()

    client.post(reverse("triage:import-discard", args=[job.uuid]))

    assert not Job.objects.exists()
    assert not list(Path(settings.STAGING_FOLDER).rglob("*.jsonl"))


def test_a_job_is_confirmed_once(client, project) -> None:
    address = upload(client, project, sample_rows(3, 1))["Location"]
    job = Job.objects.get()

    client.post(address, described(job))
    again = client.post(address, described(job, name="second"))

    assert again["Location"] == reverse("triage:job", args=[job.uuid])
    assert Run.objects.count() == 1


def test_a_path_outside_the_import_folders_is_refused(client, project, settings, tmp_path) -> None:
    settings.IMPORT_FOLDERS = [tmp_path / "in"]
    page = client.post(reverse("triage:import-start", args=[project.slug]), {"path": "/etc/passwd"})

    assert page.status_code == 422
    assert "not inside an import folder" in page.content.decode()


def test_a_path_inside_is_imported_and_left_where_it_is(
    client, project, settings, tmp_path
) -> None:
    settings.IMPORT_FOLDERS = [tmp_path]
    source = tmp_path / "server.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in sample_rows(4, 2)))
    address = client.post(
        reverse("triage:import-start", args=[project.slug]), {"path": str(source)}
    )["Location"]

    client.post(address, described(Job.objects.get()))

    assert Run.objects.get().errors == 2
    assert source.exists()


def test_an_upload_beyond_the_limit_is_refused_before_it_is_kept(client, project, settings) -> None:
    settings.MAX_UPLOAD_BYTES = 100
    client.raise_request_exception = False

    page = upload(client, project, sample_rows(50, 1))

    assert page.status_code in (400, 413)
    assert not Job.objects.exists()


def test_the_page_of_a_job_polls_and_sends_on(client, project) -> None:
    job = Job.objects.create(kind=IMPORT.name, project=project, state=Job.State.RUNNING, share=0.5)
    address = reverse("triage:job", args=[job.uuid])
    part = client.get(address, headers={"HX-Request": "true"})
    assert 'value="50"' in part.content.decode()
    assert "every 1s" in part.content.decode()

    upload(client, project, sample_rows(3, 1))
    other = Job.objects.get(state=Job.State.DRAFT)
    client.post(reverse("triage:import", args=[other.uuid]), described(other))
    done = client.get(reverse("triage:job", args=[other.uuid]), headers={"HX-Request": "true"})
    assert done["HX-Redirect"] == Run.objects.get().get_absolute_url()


def test_the_page_says_when_no_worker_is_running(client, project) -> None:
    job = Job.objects.create(kind=IMPORT.name, project=project)
    assert (
        "No worker is running"
        in client.get(reverse("triage:job", args=[job.uuid])).content.decode()
    )


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        (
            "cut.jsonl",
            '{"id": "a", "question": "q", "answer": "x", "pred": "y"}\n{"id": \n'
            '{"id": "c", "question": "", "answer": "x", "pred": "y"}\n',
            ["Refused, by reason: 1 × row 2: is not valid JSON", "2 rows fit"],
        ),
        (
            "ragged.csv",
            "id,question,answer,pred\na,q,x,y\nb,q\nc,q,x,y,z,z\n",
            ["Refused, by reason: 2 × row 2: has 2 cells, the header has 4", "put it in quotes"],
        ),
        (
            "mixed.json",
            '[{"id": "a", "question": "q", "answer": "x", "pred": "y"}, 7]',
            ["Refused, by reason: 1 × row 2: is not a JSON object", "1 rows fit"],
        ),
        ("none.jsonl", "{no\n{nor\n{this}\n[]\n", ["none.jsonl, line 1: not valid JSON"]),
    ],
)
def test_the_trial_names_rows_that_hold_no_record(client, project, name, text, words) -> None:
    file = SimpleUploadedFile(name, text.encode())
    page = client.post(
        reverse("triage:import-start", args=[project.slug]), {"upload": file}, follow=True
    )
    shown = " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())
    for each in words:
        assert each in shown
