"""A training that is cut off, by whatever, and goes on with the same bits; or begins anew."""

import io
import json
import os
import pickle
import signal
import subprocess
import sys
import uuid
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from diagnostics.science.experiments.design.design import Arm
from diagnostics.science.experiments.design.outcomes import Outcome, Stopped
from diagnostics.science.experiments.design.settings import Settings
from diagnostics.science.experiments.training.files import ExperimentFiles, TrainingFiles
from diagnostics.science.experiments.training.trainers import kept
from diagnostics.science.experiments.training.trainers.builtin import BuiltinTrainer
from tests.diagnostics.science.experiments.material_factories import make_material
from triage.science.store.store import DataRoot

ROOT = Path(__file__).resolve().parents[6]
TRAINER = BuiltinTrainer(epochs=8, least_steps=1, width=16)
BASE = Arm("base", "the baseline", Settings(dropped_image=0.3, dropped_text=0.1, knowledge=True))
# The same training, another test; and a training of its own.
ARMS = (
    BASE,
    Arm("blank", "blanked", replace(BASE.settings, blanked_image=0.5), "base"),
    Arm("attended", "attended", replace(BASE.settings, attended=True), "base"),
)
SEEDS = (0, 4, 2)
MATERIAL = make_material(train=90, glossary={"mark": ("spot", "dot")})
TO_BE_KILLED = """
import sys, time
from diagnostics.science.experiments.training.trainers import kept
from tests.diagnostics.science.experiments.training.trainers import test_kept as test
kept.SECONDS_BETWEEN = 0.0
kept.SHARE_OF_TIME = 1e9
def tell(share, step):
    print(step, flush=True)
    time.sleep(0.1)
test.TRAINER.run(test.MATERIAL, test.ARMS, test.SEEDS, tell, test.keeper(sys.argv[1]))
"""


def keeper(folder: Path | str) -> TrainingFiles:
    """Of a group, in the files of an experiment."""
    run = DataRoot(str(folder)).run(uuid.UUID(int=1))
    return ExperimentFiles(run, uuid.UUID(int=2).hex).keeper("group")


def files_in(folder: Path) -> list[Path]:
    """What is kept."""
    return sorted(each for each in folder.rglob("kept/*/*") if each.is_file())


def bits(found: list[Outcome]) -> str:
    """Everything in outcomes but how long they took, to the last bit."""
    return repr(
        [
            (
                each.arm,
                each.seed,
                each.state,
                each.why,
                each.curve,
                sorted(each.extra.items()),
                each.rows.tolist(),
                each.credit.tolist(),
                each.predictions.tolist(),
                each.confidence.tolist(),
            )
            for each in found
        ]
    )


def stopped_after(folder: Path, epoch: int, trainer: BuiltinTrainer = TRAINER) -> None:
    """Train the first arms until a person stops them after this epoch."""

    def stop(share: float, step: str) -> None:
        if f"epoch {epoch} of" in step:
            raise Stopped

    with pytest.raises(Stopped):
        trainer.run(MATERIAL, ARMS[:2], SEEDS, stop, keeper(folder))


def taken_up(folder: Path, trainer: BuiltinTrainer = TRAINER, **changed: object) -> str:
    """Train the first arms to their end, with the same bits as ever; the last step's words."""
    given = {"material": MATERIAL, "arms": ARMS[:2], "seeds": SEEDS, **changed}
    steps: list[str] = []
    found = trainer.run(
        **given, progress=lambda share, step: steps.append(step), keeper=keeper(folder)
    )
    whole = trainer.run(**given, progress=lambda share, step: None) if changed else None
    assert bits(found) == (bits(whole) if whole is not None else uninterrupted(trainer))
    return steps[-1]


@cache
def uninterrupted(trainer: BuiltinTrainer) -> str:
    """What comes of training the first arms in one piece."""
    return bits(trainer.run(MATERIAL, ARMS[:2], SEEDS, lambda share, step: None))


def test_a_killed_process_is_gone_on_with_to_the_same_bits(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", TO_BE_KILLED, str(tmp_path)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        # The second training is under way, and the first, which is over, was kept too.
        while "“attended”, epoch 5 of 8" not in (said := process.stdout.readline()):
            assert said, "it ended before it was killed"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    assert process.returncode == -signal.SIGKILL
    assert len(files_in(tmp_path)) == 2

    steps: list[str] = []
    found = TRAINER.run(
        MATERIAL, ARMS, SEEDS, lambda share, step: steps.append(step), keeper(tmp_path)
    )

    assert bits(found) == bits(TRAINER.run(MATERIAL, ARMS, SEEDS, lambda share, step: None))
    epochs = [step for step in steps if "epoch" in step]
    assert epochs[0] in (
        "Training “attended”, epoch 5 of 8, taken up after epoch 4",
        "Training “attended”, epoch 6 of 8, taken up after epoch 5",
    )
    # Not one epoch was trained again of the training that was over.
    assert not [step for step in epochs if "baseline" in step]


@pytest.mark.parametrize("epoch", [1, 5, 8])
def test_a_stopped_training_goes_on_after_its_epoch(tmp_path: Path, epoch: int) -> None:
    stopped_after(tmp_path, epoch)

    last = taken_up(tmp_path)

    if epoch < TRAINER.epochs:
        assert last == f"Training “the baseline”, epoch 8 of 8, taken up after epoch {epoch}"
    else:
        assert last == "Preparing the baseline"


def test_seconds_of_before_are_counted(tmp_path: Path, monkeypatch) -> None:
    stopped_after(tmp_path, 7)
    [file] = files_in(tmp_path)
    head, _, body = file.read_bytes().partition(b"\n")
    file.write_bytes(json.dumps({**json.loads(head), "seconds": 300}).encode() + b"\n" + body)

    found = TRAINER.run(MATERIAL, ARMS[:2], SEEDS, lambda share, step: None, keeper(tmp_path))

    assert all(100 < each.seconds < 110 for each in found)


def test_seeds_that_all_diverged_are_not_trained_further(tmp_path: Path) -> None:
    wild = replace(TRAINER, learning_rate=1e30)
    stopped_after(tmp_path, 1, wild)
    assert taken_up(tmp_path, wild) == "Preparing the baseline"


def test_a_short_training_is_never_kept(tmp_path: Path) -> None:
    taken_up(tmp_path)
    assert files_in(tmp_path) == []


def test_it_is_kept_at_every_epoch_where_seconds_lie_between(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(kept, "SECONDS_BETWEEN", 0.0)
    monkeypatch.setattr(kept, "SHARE_OF_TIME", 1e9)
    taken_up(tmp_path)
    [file] = files_in(tmp_path)
    assert len(json.loads(file.read_bytes().partition(b"\n")[0])["losses"]) == 8


def pickled(data: bytes) -> bytes:
    """The same with an array that only pickle can read, and with the checksum that it then has."""
    head, _, _ = data.partition(b"\n")
    sink = io.BytesIO()
    np.savez(sink, evil=np.array([Trap()], dtype=object))
    return with_body(json.loads(head), sink.getvalue())


def with_body(head: dict, body: bytes) -> bytes:
    """A file that is whole."""
    head = {**head, "sha256": kept.hashlib.sha256(body).hexdigest()}
    return json.dumps(head).encode() + b"\n" + body


class Trap:
    """What a pickle may do."""

    def __reduce__(self) -> tuple:
        return pytest.fail, ("it was unpickled",)


def without_an_array(data: bytes) -> bytes:
    """Whole, but one parameter is not there."""
    head, _, body = data.partition(b"\n")
    arrays = dict(np.load(io.BytesIO(body)))
    arrays.popitem()
    sink = io.BytesIO()
    np.savez(sink, **arrays)
    return with_body(json.loads(head), sink.getvalue())


def too_long(data: bytes) -> bytes:
    """Whole, but with more epochs than there are."""
    head, _, body = data.partition(b"\n")
    told = json.loads(head)
    return with_body({**told, "losses": told["losses"] * 9}, body)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: b"\x00" * len(data),
        lambda data: data[: len(data) // 2],
        lambda data: data[:40],
        lambda data: data[:-200] + b"\x00" * 200,
        lambda data: b"[1, 2]\n" + data,
        pickle.dumps,
        pickled,
        without_an_array,
        too_long,
    ],
)
def test_a_spoilt_file_is_left_alone(tmp_path: Path, spoil) -> None:
    stopped_after(tmp_path, 5)
    [file] = files_in(tmp_path)
    file.write_bytes(spoil(file.read_bytes()))

    assert taken_up(tmp_path) == "Training “the baseline”, epoch 8 of 8"


def test_a_training_by_something_else_is_left_alone(tmp_path: Path, monkeypatch) -> None:
    short = replace(TRAINER, epochs=2)
    stopped_after(tmp_path, 1, short)
    anew = "Training “the baseline”, epoch 2 of 2"
    looked_at = np.roll(MATERIAL.looked_at, 1, axis=1)
    taught = replace(MATERIAL, glossary={"mark": ("spot", "blot")})
    other = replace(ARMS[0], settings=Settings())

    assert taken_up(tmp_path, short, material=replace(MATERIAL, looked_at=looked_at)) == anew
    assert taken_up(tmp_path, short, material=replace(MATERIAL, checksum="other")) == anew
    assert taken_up(tmp_path, short, material=taught) == anew
    assert taken_up(tmp_path, short, seeds=SEEDS[:2]) == anew
    assert taken_up(tmp_path, short, arms=ARMS[:1]) == anew
    assert taken_up(tmp_path, short, arms=[other]) == anew
    assert taken_up(tmp_path, replace(short, learning_rate=1e-3)) == anew
    with monkeypatch.context() as patched:
        patched.setattr("torch.__version__", "1.0")
        assert taken_up(tmp_path, short) == anew
    with monkeypatch.context() as patched:
        patched.setattr(kept, "CODE", "of another version")
        assert taken_up(tmp_path, short) == anew
    assert taken_up(tmp_path, short) == f"{anew}, taken up after epoch 1"


class Broken:
    """A disk that is full and cannot be read."""

    def load(self, name: str) -> bytes | None:
        raise PermissionError("no")

    def save(self, name: str, data: bytes) -> None:
        raise OSError(28, "No space left on device")


def test_a_training_goes_on_where_it_cannot_be_kept(monkeypatch, caplog) -> None:
    monkeypatch.setattr(kept, "SECONDS_BETWEEN", 0.0)
    found = TRAINER.run(MATERIAL, ARMS[:1], SEEDS, lambda share, step: None, Broken())

    assert {each.state for each in found} == {"done"}
    assert "No space left" in caplog.text


def test_groups_in_threads_are_kept_each_by_itself(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(kept, "SECONDS_BETWEEN", 0.0)
    both = replace(TRAINER, workers=2)
    found = both.run(MATERIAL, ARMS, SEEDS, lambda share, step: None, keeper(tmp_path))
    assert len(files_in(tmp_path)) == 2
    again = both.run(MATERIAL, ARMS, SEEDS, lambda share, step: None, keeper(tmp_path))
    assert bits(found) == bits(again)


def test_a_checksum_differs_where_anything_does() -> None:
    one = kept.checksum(MATERIAL)
    assert one == kept.checksum(make_material(train=90, glossary={"mark": ("spot", "dot")}))
    for changed in (
        {"question": (*MATERIAL.question[:-1], "?")},
        {"regions": MATERIAL.regions.reshape(len(MATERIAL), 2, 12)},
        {"sample_id": np.char.add(MATERIAL.sample_id, "")[::-1]},
        {"target": MATERIAL},
        {"grid": None},
        {"regions": np.zeros((0, 4, 6), np.float32)},
        {"loss": np.zeros(0)},
    ):
        assert kept.checksum(replace(MATERIAL, **changed)) != one
