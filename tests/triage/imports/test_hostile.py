"""Files that ask for more than they may: refused in words, and never read in the web's process."""

import gc
import gzip
import io
import json
import os
import signal
import tempfile
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.factories import make_project, sample_rows, write_lines
from tests.triage.imports.bringing import samples
from tests.triage.science.store.test_pictures import png
from triage.imports import apart
from triage.imports.importing import ImportRefused, import_plan, look
from triage.models import Job, Role, Run
from triage.science.ingest.apart import Opened, cut_rows
from triage.science.ingest.limited import Limits
from triage.science.record.mapping import ColumnMapping
from triage.science.words import Sentence

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(client):
    made = make_project(lena=Role.LEAD)
    client.force_login(get_user_model().objects.get(username="lena"))
    return made


def upload(client, project, name: str, data: bytes, **more: Any):
    sent = {"upload": SimpleUploadedFile(name, data), **more}
    return client.post(reverse("triage:import-start", args=[project.slug]), sent)


def lines(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def confirmed(client, address: str, **changes: Any) -> Job:
    mapping = {name: name for name in ("sample_id", "question", "answers", "prediction", "split")}
    sent = {f"field_{name}": column for name, column in mapping.items()}
    client.post(address, {**sent, "name": "first", "rule": "exact", "split": "test", **changes})
    return Job.objects.latest("pk")


# Hostile files, each made here.


def wide() -> bytes:
    names = ",".join(["id", "question", "answer", "pred", *(f"c{n}" for n in range(20_000))])
    return f"{names}\n1,q,a,b{',1' * 20_000}\n".encode()


def bomb() -> bytes:
    sink = io.BytesIO()
    with gzip.GzipFile(fileobj=sink, mode="wb") as packed:
        packed.write(b"[")
        for _part in range(100):
            packed.write(b"{}," * 300_000)
        packed.write(b"{}]")
    return sink.getvalue()


def deep() -> bytes:
    row = {"id": 1, "question": "q", "answer": "a", "pred": "b"}
    nested = "[" * 90_000 + "]" * 90_000
    told = json.dumps({**row, "id": 2, "meta": "here"}).replace('"here"', nested)
    return f"{json.dumps(row)}\n{told}\n{json.dumps({**row, 'id': 3, 'answer': nested})}\n".encode()


def repeated(column: str = "question") -> bytes:
    """A value of 16 MB said once and used 20,000 times."""
    values = pa.DictionaryArray.from_arrays(
        pa.array([0] * 20_000, pa.int32()), ["x" * 16 * 1024**2]
    )
    numbers = [str(number) for number in range(20_000)]
    rows = {"id": numbers, "question": numbers, "answer": numbers, "pred": numbers, column: values}
    sink = io.BytesIO()
    pq.write_table(pa.table(rows), sink, compression="zstd")
    return sink.getvalue()


def odd() -> bytes:
    """Ten million letters, a null character, numbers of thousands of digits."""
    row = {"id": 1, "question": "q" * 10_000_000, "answer": "a\0", "pred": "9" * 5000}
    return lines([row]) + b'{"id": 3, "question": "q", "answer": 1%s, "pred": "b"}\n' % (
        b"0" * 4000
    )


def halves() -> bytes:
    """Half a character wherever a text may stand: in a value, a name of a column, of a model."""
    half = "cut \ud83d"
    row = {"question": half, "answer": half, "pred": half, half: half, "meta": {half: [half]}}
    return lines([{"id": n, **row, "model": f"{half}{n % 2}", "group": half} for n in range(30)])


HOSTILE = {
    "halves.jsonl": halves,
    "half.csv": lambda: b"id,question,answer,pred\n1,\xed\xa0\xbd,a,b\n",
    "wide.csv": wide,
    "bomb.json.gz": bomb,
    "deep.jsonl": deep,
    "question.parquet": repeated,
    "prediction.parquet": lambda: repeated("pred"),
    "beside.parquet": lambda: repeated("notes"),
    "odd.jsonl": odd,
    "mixed.jsonl": lambda: odd() + b'{"id": 4, "question": "\xff\xfe"}\n',
}


ROWS_ARE_READ = {"halves.jsonl", "half.csv", "deep.jsonl", "odd.jsonl"}


def memory(line: str) -> int:
    """A line of this process' status, in MB."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{line}:")[2].split()[0]) // 1024


def peak_from_here() -> int:
    """Forget the peak so far; what is held now, in MB."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    return memory("VmRSS")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_answered_in_bounded_time_and_memory(client, project, name) -> None:
    data = HOSTILE[name]()
    upload(client, project, "honest.jsonl", lines(sample_rows(3, 1)))
    before = peak_from_here()
    started = time.monotonic()
    page = upload(client, project, name, data)
    if page.status_code == 302:
        # Rows of it are refused, not the whole; that is shown and not broken.
        assert client.get(page["Location"]).status_code == 200
        assert name in ROWS_ARE_READ
    else:
        assert page.status_code == 422
        assert name in page.content.decode()
    assert time.monotonic() - started < 15
    assert memory("VmHWM") - before < 100


def test_too_much_memory_is_said_on_the_page_of_the_file(client, project, settings, monkeypatch):
    monkeypatch.setattr(apart, "limits_for", lambda paths, whole: Limits(megabytes=20))
    rows = json.dumps([{"id": n, "question": "q" * 500, "pred": "b"} for n in range(60_000)])

    page = upload(client, project, "big.json", rows.encode())

    assert page.status_code == 422
    assert "big.json: reading it takes more than 20 MB of memory" in page.content.decode()
    assert not Job.objects.exists()
    assert not list(Path(settings.STAGING_FOLDER).iterdir())


def test_too_much_memory_is_said_beside_the_trial_and_by_the_job(client, project, monkeypatch):
    address = upload(client, project, "x.jsonl", lines(sample_rows(9, 4)))["Location"]
    with monkeypatch.context() as poor:
        # Enough to look at it, too little to try it.
        poor.setattr(apart, "limits_for", lambda paths, whole: Limits(megabytes=1))
        poor.setattr(apart, "planned", lambda request: Opened.described(apart.opened(request)))
        shown = client.get(address)
    assert shown.status_code == 200
    assert "more than 1 MB of memory" in shown.content.decode()
    monkeypatch.setattr("triage.imports.tasks.reading", starved)
    job = confirmed(client, address)
    assert job.state == Job.State.FAILED
    assert isinstance(job.why_failed, Sentence)
    assert job.why_failed.words.startswith("{name}: reading it takes more than {n} MB of memory")
    assert not Run.objects.exists()


def starved(request, *, whole: bool):
    reading = apart.reading(request, whole=whole)
    reading.limits = Limits(megabytes=1)
    return reading


def told(run: Run) -> dict[str, Any]:
    """All that a run remembers, but who it is."""
    passing = ("id", "uuid", "project", "name", "created_at", "created_by")
    return {
        each.name: getattr(run, each.name)
        for each in Run._meta.concrete_fields
        if each.name not in passing
    }


def test_an_honest_import_gives_the_same_run_apart(client, project, tmp_path) -> None:
    rows = sample_rows(60, 20)
    rows = [{**row, "image": f"{row['sample_id']}.png"} for row in rows]
    pictures = io.BytesIO()
    with zipfile.ZipFile(pictures, "w") as archive:
        for row in rows[:50]:
            archive.writestr(row["image"], png())
    zipped = tmp_path / "pictures.zip"
    zipped.write_bytes(pictures.getvalue())
    images = SimpleUploadedFile("pictures.zip", pictures.getvalue())
    address = upload(client, project, "x.jsonl", lines(rows), images_upload=images)["Location"]
    job = confirmed(client, address, field_image="image")
    assert job.state == Job.State.DONE, job.why_failed

    there = Run.objects.get(name="first")

    source = write_lines(tmp_path / "x.jsonl", rows)
    (plan,) = look([(source, "x.jsonl")], tmp_path)
    plan = replace(plan, mapping=ColumnMapping.from_dict(there.mapping))
    # In a project of its own: beside the other it would be named as the same file.
    elsewhere = make_project("Elsewhere")
    here = import_plan(elsewhere, plan, name="here", source_name="x.jsonl", images=zipped)

    assert samples(there) == samples(here)
    assert told(there) == told(here)
    assert sorted(there.folder.image_names()) == sorted(here.folder.image_names())


def test_several_models_become_a_run_each_of_one_child(client, project) -> None:
    rows = [{**row, "model": model} for row in sample_rows(30, 9) for model in ("a", "b")]
    address = upload(client, project, "x.jsonl", lines(rows))["Location"]

    job = confirmed(client, address, each_model="on", field_model="model")

    assert job.state == Job.State.DONE, job.why_failed
    assert sorted(Run.objects.values_list("name", "samples", "errors")) == [
        ("first · a", 30, 9),
        ("first · b", 30, 9),
    ]


def test_progress_reaches_the_job(client, project, monkeypatch) -> None:
    heard: list[str] = []
    monkeypatch.setattr(Job, "advance", lambda job, share, step: heard.append(step))
    address = upload(client, project, "x.jsonl", lines(sample_rows(30, 9)))["Location"]

    assert confirmed(client, address).state == Job.State.DONE

    assert "Looking for duplicates" in heard
    assert any(isinstance(step, Sentence) and step.values == {"n": 30} for step in heard)


def test_a_child_killed_in_an_import_leaves_nothing(
    client, project, settings, tmp_path, monkeypatch
) -> None:
    address = upload(client, project, "x.jsonl", lines(sample_rows(30, 9)))["Location"]
    request = Job.objects.get(uuid=address.rstrip("/").rsplit("/", 1)[-1]).request
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))

    with apart.reading(request, whole=True) as child:

        def kill(share: float, step: str) -> None:
            os.kill(child.pid, signal.SIGKILL)

        (plan,) = apart.described(child)
        by = apart.bringing_in(child, 0)
        with pytest.raises(ImportRefused, match="ended from outside"):
            import_plan(project, plan, name="n", source_name="x", by=by, progress=kill)

    assert not Run.objects.exists()
    assert not [each for each in Path(settings.DATA_ROOT).rglob("*") if each.is_file()]
    assert not list(temporary.iterdir())


def test_a_data_root_in_memory_is_written_by_the_worker_itself(client, project, settings) -> None:
    settings.DATA_ROOT = "memory://hostile"
    address = upload(client, project, "x.jsonl", lines(sample_rows(9, 4)))["Location"]

    job = confirmed(client, address)

    assert (job.state, job.result["errors"]) == (Job.State.DONE, 4)


def test_first_rows_come_back_in_the_size_of_a_page() -> None:
    rows = [{"id": n, "text": "x" * 10**6, "image": {"bytes": b"p" * 10**6}} for n in range(300)]

    cut = cut_rows(rows)

    assert 20 <= len(cut) <= 300
    assert cut[0]["image"]["bytes"] == "1,000,000 bytes"
    assert sum(len(row["text"]) for row in cut) < 16 * 1024**2
    assert cut_rows([{"id": 1, "text": "short", "steps": [{"a": None}]}]) == [
        {"id": 1, "text": "short", "steps": [{"a": None}]}
    ]
