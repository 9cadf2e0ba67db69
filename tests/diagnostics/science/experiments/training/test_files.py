"""The files of an experiment: frozen, written before they are believed, and word between processes."""

import uuid

import numpy as np
import pyarrow as pa
import pytest

from diagnostics.science.experiments.design.design import Arm
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.design.outcomes import Outcome, Stopped
from diagnostics.science.experiments.training import files as experiment_files
from diagnostics.science.experiments.training.arm_groups import TrialGroup, Work, train
from diagnostics.science.experiments.training.files import ExperimentFiles, FilesChanged
from triage.science.store.store import DataRoot


@pytest.fixture(params=["folder", "bucket"])
def files(request, tmp_path) -> ExperimentFiles:
    url = str(tmp_path) if request.param == "folder" else f"memory://{uuid.uuid4().hex}"
    return ExperimentFiles(DataRoot(url).run(uuid.uuid4()), uuid.uuid4().hex)


def material(count: int = 4) -> Material:
    return Material(
        sample_id=np.array([f"s{n}" for n in range(count)]),
        position=np.arange(count) + 10,
        split=np.array(["test"] * count),
        question=("?",) * count,
        answers=(("a",),) * count,
        image=np.full(count, -1),
        regions=np.zeros((0, 1, 1), np.float32),
    )


def test_a_trial_is_read_back_as_it_was_written(files) -> None:
    outcome = Outcome(
        "cleaned",
        3,
        "done",
        rows=np.array([2, 0]),
        credit=np.array([1.0, 0.3]),
        predictions=np.array(["=1", "图"]),
        confidence=np.array([0.5, np.nan]),
        curve=((1.5, np.nan), (0.5, 0.25)),
        seconds=1.25,
        extra={"box_hit": 0.5},
    )
    files.write_trial(7, outcome, material())

    found = files.read_trial(7, 3)
    assert (found.arm, found.seed, found.state, found.seconds) == ("cleaned", 3, "done", 1.25)
    assert found.rows.tolist() == [2, 0]
    assert found.predictions.tolist() == ["=1", "图"]
    np.testing.assert_array_equal(found.confidence, outcome.confidence)
    np.testing.assert_array_equal(np.array(found.curve), np.array(outcome.curve))
    assert found.extra == {"box_hit": 0.5}
    table = files.run.read_table(*files.trial_path(7, 3))
    assert table["position"].to_pylist() == [12, 10]


def test_a_trial_without_a_result_keeps_why(files) -> None:
    files.write_trial(0, Outcome.without_result("a", 1, "diverged", "no number"), material())

    found = files.read_trial(0, 1)
    assert (found.state, found.why, len(found.rows)) == ("diverged", "no number", 0)


def test_what_people_said_is_read_back_or_refused(files) -> None:
    table = pa.table({"sample_id": ["a"], "position": [0]})
    checksum = files.freeze_people(table)

    assert files.people(checksum).equals(table)
    with pytest.raises(FilesChanged, match="changed since"):
        files.people("0" * 64)
    other = ExperimentFiles(files.run, uuid.uuid4().hex)
    other.copy_people(files, checksum)
    assert other.people(checksum).equals(table)


def test_there_is_no_reading_before_it_is_written(files) -> None:
    assert files.read_reading() is None
    files.write_reading({"words": "“gain”"})
    assert files.read_reading() == {"words": "“gain”"}


def test_progress_is_told_and_forgotten(files) -> None:
    files.teller(2)(0.25, "epoch 1")
    files.teller(5)(0.5, "epoch 2")

    assert files.told() == {2: (0.25, "epoch 1"), 5: (0.5, "epoch 2")}
    files.forget_progress(2)
    assert files.told() == {5: (0.5, "epoch 2")}
    files.forget_progress()
    assert files.told() == {}


def test_a_wish_to_stop_is_heard_until_it_is_taken_back(files) -> None:
    tell = files.teller(0)
    tell(0.0, "")
    files.ask_stop()
    with pytest.raises(Stopped):
        files.teller(0)(0.1, "")
    files.forget_stop()
    files.forget_stop()
    files.teller(0)(0.2, "")


def test_a_training_is_kept_until_its_group_is_forgotten(files) -> None:
    first, second = files.keeper("aa"), files.keeper("bb")
    assert first.load("x") is None
    first.save("x", b"1")
    first.save("x", b"12")
    second.save("x", b"3")
    assert (first.load("x"), first.load("y"), second.load("x")) == (b"12", None, b"3")

    files.forget_trainings("aa")
    files.forget_trainings("aa")
    assert (first.load("x"), second.load("x")) == (None, b"3")
    files.forget_trainings()
    files.forget_trainings()
    assert second.load("x") is None
    first.save("x", b"4")
    assert first.load("x") == b"4"


def test_a_process_whose_parent_was_killed_gives_up(files, monkeypatch) -> None:
    tell = files.teller(0)
    monkeypatch.setattr(experiment_files.os, "getppid", lambda: 1)
    with pytest.raises(Stopped):
        tell(0.1, "")


def test_a_group_that_cannot_be_trained_fails_alone(files) -> None:
    group = TrialGroup(0, (Arm("a", "as it is"), Arm("b", "other")), (0, 1))

    found = train(Work(group, material(), "builtin", {}, files))

    assert found is not None
    assert [(each.arm, each.seed, each.state) for each in found] == [
        ("a", 0, "failed"),
        ("a", 1, "failed"),
        ("b", 0, "failed"),
        ("b", 1, "failed"),
    ]
    assert "no pictures" in found[0].why
    unknown = train(Work(group, material(), "sorcery", {}, files))
    assert unknown is not None
    assert "sorcery" in unknown[0].why
    files.ask_stop()
    assert train(Work(group, material(), "builtin", {}, files)) is None
