"""A worker that is killed in the middle of an experiment: next to nothing is lost."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from diagnostics.science.testbed.run_files import WrittenRun
from tests.diagnostics.experiments.experiment_factories import write_world

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[3]
BEGIN = """
from pathlib import Path
from diagnostics.experiments import designing
from diagnostics.experiments.tasks import start_experiment
from tests.factories import make_run
from triage.models import Project
run = make_run(Project.start("P"), Path({predictions!r}), images=Path({images!r}))
wish = designing.Wish(
    {name!r}, seeds=(0, 1, 2), trainer_options={{"epochs": {epochs}, "least_steps": 150}}
)
start_experiment(designing.design(run, wish), user=None)
"""
ASK = """
import json
from diagnostics.models import Experiment
experiment = Experiment.objects.select_related("job").get()
rows = experiment.trials.exclude(state="waiting").values_list("arm", "seed", "credit")
print(json.dumps([str(experiment.uuid), experiment.phase, list(rows)]))
"""


class Server:
    """A data root and a database of their own, and the commands on them."""

    def __init__(self, folder: Path, jobs: int) -> None:
        self.data = folder / "data"
        self.environment = {
            **os.environ,
            "SECRET_KEY": "x",
            "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
            "DATA_ROOT": str(self.data),
            "STATIC_ROOT": str(folder / "static"),
            "COMPUTE_JOBS": str(jobs),
            "DJANGO_SETTINGS_MODULE": "triage.settings",
            "PYTHONPATH": str(ROOT),
        }
        self.manage("migrate", "--verbosity", "0")

    def manage(self, *words: str) -> str:
        """A command to its end; what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=250, check=True,
        )  # fmt: skip
        return done.stdout.strip()

    def begin(self, world: WrittenRun, name: str, epochs: int) -> None:
        """Hand an experiment to the worker."""
        given = {"predictions": str(world.predictions), "images": str(world.images)}
        self.manage("shell", "-v", "0", "-c", BEGIN.format(**given, name=name, epochs=epochs))

    def ask(self) -> list:
        """The experiment's uuid, how it stands, and the trials that have ended."""
        return json.loads(self.manage("shell", "-v", "0", "-c", ASK))

    def kept(self) -> list[int]:
        """After how many epochs trainings under way were kept."""
        files = self.data.glob("runs/*/experiments/*/kept/*/" + "[0-9a-f]" * 32)
        heads = [json.loads(file.read_bytes().partition(b"\n")[0]) for file in files]
        return [len(each["losses"]) for each in heads]

    @contextmanager
    def worker(self, end: signal.Signals = signal.SIGTERM):
        """A worker, ended by a signal."""
        command = [sys.executable, "manage.py", "run_worker", "--interval", "0.1"]
        process = subprocess.Popen(command, cwd=ROOT, env=self.environment)
        try:
            yield process
        finally:
            process.send_signal(end)
            process.wait(timeout=20)

    def left_by_a_killed_worker(self, enough: Callable[[], bool]) -> list:
        """Kill a worker when there is enough, and let another see that it is gone."""
        deadline = time.monotonic() + 120
        with self.worker(signal.SIGKILL) as killed:
            while not enough() and time.monotonic() < deadline:
                time.sleep(0.2)
            assert enough()
            assert killed.poll() is None
        with self.worker():
            while (left := self.ask())[1] != "interrupted" and time.monotonic() < deadline:
                time.sleep(0.5)
        assert left[1] == "interrupted"
        return left


def test_after_a_kill_the_rest_is_carried_out(tmp_path: Path) -> None:
    server = Server(tmp_path, jobs=1)
    server.begin(write_world(tmp_path / "world"), "dropped_modality", epochs=2)
    uuid, _, before = server.left_by_a_killed_worker(lambda: len(server.ask()[2]) > 0)
    assert 0 < len(before) < 27

    document = json.loads(server.manage("run_experiment", "--resume", uuid, "--json"))

    assert document["state"] == "done"
    ended = {(each["arm"], each["seed"]): each["credit"] for each in document["trials"]}
    assert len(ended) == 27
    assert all(ended[arm, seed] == credit for arm, seed, credit in before)


@pytest.mark.parametrize("jobs", [1, 2])
def test_after_a_kill_a_training_goes_on_to_the_same_bits(tmp_path: Path, jobs: int) -> None:
    server = Server(tmp_path, jobs)
    server.begin(write_world(tmp_path / "world"), "contrastive", epochs=150)
    uuid, _, before = server.left_by_a_killed_worker(
        lambda: len(kept := server.kept()) >= jobs and min(kept) > 1
    )
    assert not before
    assert all(1 < epochs < 150 for epochs in server.kept())

    server.manage("run_experiment", "--resume", uuid, "--json")

    assert server.kept() == []
    again = json.loads(server.manage("run_experiment", "--again", uuid, "--json"))
    assert again["state"] == "done"
    [one, other] = [
        sorted(folder.glob("trials/*")) for folder in server.data.glob("runs/*/experiments/*")
    ]
    assert [each.name for each in one] == [each.name for each in other]
    for mine, theirs in zip(one, other, strict=True):
        resumed, whole = pq.read_table(mine), pq.read_table(theirs)
        assert resumed.equals(whole)
        curves = [json.loads(each.schema.metadata[b"trial"])["curve"] for each in (resumed, whole)]
        assert curves[0] == curves[1]
        assert len(curves[0]) == 150
