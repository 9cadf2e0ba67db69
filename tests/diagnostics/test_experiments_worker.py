"""A worker that is killed in the middle of an experiment: nothing that ended is lost."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.diagnostics.experiment_factories import write_world

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
BEGIN = """
from pathlib import Path
from diagnostics import experiment_designs
from diagnostics.tasks import start_experiment
from tests.factories import make_run
from triage.models import Project
run = make_run(Project.start("P"), Path({predictions!r}), images=Path({images!r}))
wish = experiment_designs.Wish(
    "dropped_modality", seeds=(0, 1, 2), trainer_options={{"epochs": 2, "least_steps": 150}}
)
start_experiment(experiment_designs.design(run, wish), user=None)
"""
ASK = """
import json
from diagnostics.models import Experiment
experiment = Experiment.objects.select_related("job").get()
rows = experiment.trials.exclude(state="waiting").values_list("arm", "seed", "credit")
print(json.dumps([str(experiment.uuid), experiment.standing, list(rows)]))
"""


def test_after_a_kill_the_rest_is_carried_out(tmp_path: Path) -> None:
    world = write_world(tmp_path / "world")
    environment = {
        **os.environ,
        "SECRET_KEY": "x",
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "DATA_ROOT": str(tmp_path / "data"),
        "STATIC_ROOT": str(tmp_path / "static"),
        "COMPUTE_JOBS": "1",
        "DJANGO_SETTINGS_MODULE": "triage.settings",
        "PYTHONPATH": str(ROOT),
    }

    def manage(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT, env=environment, capture_output=True, text=True, timeout=110, check=True,
        )  # fmt: skip
        return done.stdout.strip()

    def worker() -> subprocess.Popen[bytes]:
        command = [sys.executable, "manage.py", "run_worker", "--interval", "0.1"]
        return subprocess.Popen(command, cwd=ROOT, env=environment)

    def ask() -> list:
        return json.loads(manage("shell", "-v", "0", "-c", ASK))

    manage("migrate", "--verbosity", "0")
    given = {"predictions": str(world.predictions), "images": str(world.images)}
    manage("shell", "-v", "0", "-c", BEGIN.format(**given))
    first = worker()
    try:
        deadline = time.monotonic() + 90
        while not (before := ask())[2] and time.monotonic() < deadline:
            time.sleep(0.2)
        assert 0 < len(before[2]) < 27
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait()
    second = worker()
    try:
        while (left := ask())[1] != "interrupted" and time.monotonic() < deadline:
            time.sleep(0.5)
        assert left[1] == "interrupted"
    finally:
        second.send_signal(signal.SIGTERM)
        second.wait(timeout=20)

    document = json.loads(manage("run_experiment", "--resume", before[0], "--json"))

    assert document["state"] == "done"
    ended = {(each["arm"], each["seed"]): each["credit"] for each in document["trials"]}
    assert len(ended) == 27
    assert all(ended[arm, seed] == credit for arm, seed, credit in left[2])
