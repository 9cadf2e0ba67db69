"""The worker: carries out what waits, is heard of, and leaves no job hanging."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from tests.factories import make_project, sample_rows, write_lines
from triage.imports.tasks import carry_out_import
from triage.jobs import jobs
from triage.management.commands.run_worker import (
    INTERRUPTED,
    Pulse,
    fail_interrupted,
    hand_over_moved,
)
from triage.models import Job, WorkerPulse, kinds
from triage.models.kinds import ANALYSE, IMPORT

ROOT = Path(__file__).resolve().parents[3]
QUEUE = """
from triage.jobs import jobs
from triage.models import Job, Project
from triage.models.kinds import IMPORT
from triage.imports.tasks import carry_out_import
mapping = {{n: [n] for n in ("sample_id", "question", "answers", "prediction", "split")}}
jobs.start(
    IMPORT,
    carry_out_import,
    project=Project.start("P"),
    request={{
        "path": {source!r}, "source_name": "x.jsonl", "images": "", "staged": "",
        "name": "n", "mapping": mapping, "rule": "exact", "split": "test",
    }},
)
"""
AS_FORMERLY = """
from django_tasks_db.models import DBTaskResult
assert DBTaskResult.objects.update(task_path="triage.tasks.carry_out_import") == 1
"""
ASK = """
from triage.models import Job
job = Job.objects.get()
print(job.state, job.result.get("errors"), job.error)
"""


@pytest.mark.django_db
def test_what_was_cut_off_is_marked_as_failed() -> None:
    project = make_project()
    running = Job.objects.create(kind=ANALYSE.name, project=project, state=Job.State.RUNNING)
    waiting = Job.objects.create(kind=ANALYSE.name, project=project)

    assert fail_interrupted() == 1

    running.refresh_from_db()
    waiting.refresh_from_db()
    assert (running.state, running.error) == (Job.State.FAILED, INTERRUPTED)
    assert waiting.state == Job.State.WAITING


@pytest.mark.django_db
def test_a_job_is_carried_out_once() -> None:
    job = Job.objects.create(kind=IMPORT.name, project=make_project())
    done = []

    def work(job: Job, progress) -> dict:
        done.append(job.pk)
        return {"n": 1}

    jobs.carry_out(str(job.uuid), work, ValueError)
    jobs.carry_out(str(job.uuid), work, ValueError)

    job.refresh_from_db()
    assert (done, job.state, job.result) == ([job.pk], Job.State.DONE, {"n": 1})


@pytest.mark.django_db
def test_a_refusal_is_shown_and_a_fault_is_logged() -> None:
    project = make_project()

    def refuse(job: Job, progress) -> dict:
        raise ValueError("row 3 is wrong")

    refused = Job.objects.create(kind=IMPORT.name, project=project)
    jobs.carry_out(str(refused.uuid), refuse, ValueError)
    refused.refresh_from_db()
    assert (refused.state, refused.error) == (Job.State.FAILED, "row 3 is wrong")

    broken = Job.objects.create(kind=IMPORT.name, project=project)
    with pytest.raises(ValueError, match="row 3"):
        jobs.carry_out(str(broken.uuid), refuse, KeyError)
    broken.refresh_from_db()
    assert broken.state == Job.State.FAILED
    assert "row 3" not in broken.error


@pytest.mark.django_db(transaction=True)
def test_the_pulse_beats_and_stops() -> None:
    pulse = Pulse("here-1")
    pulse.start()
    try:
        deadline = time.monotonic() + 60
        while not WorkerPulse.any_alive() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert WorkerPulse.any_alive()
    finally:
        pulse.stop()
    assert not WorkerPulse.any_alive()


@pytest.mark.django_db
def test_an_old_pulse_is_no_sign_of_life() -> None:
    WorkerPulse.objects.create(worker="x", seen_at=timezone.now() - timezone.timedelta(minutes=1))
    assert not WorkerPulse.any_alive()


@pytest.mark.server
def test_a_real_worker_carries_out_a_real_import(tmp_path: Path) -> None:
    """Two processes over one SQLite file: one queues, the worker imports and is then stopped."""
    environment = {
        **os.environ,
        "SECRET_KEY": "x",
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "DATA_ROOT": str(tmp_path / "data"),
        "STATIC_ROOT": str(tmp_path / "static"),
        "DJANGO_SETTINGS_MODULE": "triage.settings",
    }

    def manage(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT, env=environment, capture_output=True, text=True, timeout=180, check=True,
        )  # fmt: skip
        return done.stdout.strip()

    manage("migrate", "--verbosity", "0")
    source = write_lines(tmp_path / "x.jsonl", sample_rows(50, 20))
    manage("shell", "-v", "0", "-c", QUEUE.format(source=str(source)))
    # As a version queued it whose tasks lay elsewhere.
    manage("shell", "-v", "0", "-c", AS_FORMERLY)
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "run_worker", "--interval", "0.1"], cwd=ROOT, env=environment
    )
    try:
        state, deadline = "", time.monotonic() + 180
        while state not in ("done", "failed") and time.monotonic() < deadline:
            time.sleep(0.5)
            state, *rest = manage("shell", "-v", "0", "-c", ASK).split()
        assert [state, *rest] == ["done", "20"]
    finally:
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=60) == 0


@pytest.mark.django_db
def test_what_was_queued_under_a_former_path_is_handed_over() -> None:
    paths = [path for kind in kinds.known() for path in kind.formerly]
    for path in [*paths, "somebody.elses.task", "triage.tasks.carry_out_import"]:
        DBTaskResult.objects.create(task_path=path, args_kwargs={}, backend_name="default")
    DBTaskResult.objects.filter(pk=DBTaskResult.objects.order_by("pk").first().pk).update(
        status=TaskResultStatus.SUCCESSFUL, task_path="triage.tasks.carry_out_import"
    )
    ended = DBTaskResult.objects.filter(status=TaskResultStatus.SUCCESSFUL).get()

    assert hand_over_moved() == len(paths)

    ended.refresh_from_db()
    assert ended.task_path == "triage.tasks.carry_out_import"
    waiting = set(
        DBTaskResult.objects.filter(status=TaskResultStatus.READY).values_list(
            "task_path", flat=True
        )
    )
    assert "somebody.elses.task" in waiting
    assert not waiting & set(paths)
    assert len(paths) == 6
    for kind in kinds.known():
        assert import_string(kind.task).module_path == kind.task


def test_the_task_has_a_name_that_survives_a_restart() -> None:
    assert carry_out_import.module_path == "triage.imports.tasks.carry_out_import"
