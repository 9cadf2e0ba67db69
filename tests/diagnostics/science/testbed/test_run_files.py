"""The files of the demonstration world: repeatable, importable, and true."""

import dataclasses
import hashlib
import json
import subprocess
import sys
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression

from diagnostics.science.testbed.model import PATCHES_A_SIDE
from diagnostics.science.testbed.pictures import image_name
from diagnostics.science.testbed.run_files import WrittenRun, write_run
from diagnostics.science.testbed.scenes import SIDE, UNSEEN
from diagnostics.science.testbed.training import TrainingConfig
from diagnostics.science.testbed.world import SMALL, make_world
from triage.science.analysis.analysis import analyse
from triage.science.ingest.ingesting import ingest
from triage.science.readers import open_reader
from triage.science.record.mapping import propose
from triage.science.record.records import FIELDS
from triage.science.store.store import DataRoot

CONFIG = dataclasses.replace(SMALL, train=200, val=20, test=80, ood=20)
TRAINING = TrainingConfig(epochs=3, losses_kept=3)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> WrittenRun:
    return write_run(tmp_path_factory.mktemp("world"), CONFIG, TRAINING)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def checksums(run: WrittenRun) -> dict[str, str]:
    files = [run.predictions, run.truth, *sorted(run.images.iterdir())]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_seed_writes_the_same_bytes(written: WrittenRun, tmp_path: Path) -> None:
    again = write_run(tmp_path / "again", CONFIG, TRAINING)

    assert checksums(again) == checksums(written)
    assert again.errors == written.errors


def test_the_hidden_state_is_what_the_answer_is_read_from(written: WrittenRun) -> None:
    rows = lines(written.predictions)

    states = np.array([row["hidden_state"] for row in rows])
    said = np.array([row["prediction"] for row in rows])

    assert states.shape == (len(rows), 2 * TRAINING.model.width)
    # A linear layer gave the answers: another one finds them again.
    again = LogisticRegression(C=100.0, max_iter=5000).fit(states, said)
    assert again.score(states, said) > 0.95
    assert not {"image_embedding", "text_embedding"} & rows[0].keys()


def test_another_seed_writes_other_predictions(written: WrittenRun, tmp_path: Path) -> None:
    other = write_run(tmp_path / "other", dataclasses.replace(CONFIG, seed=1), TRAINING)

    assert checksums(other)["predictions.jsonl"] != checksums(written)["predictions.jsonl"]


def test_the_files_are_imported_without_a_refused_row(written: WrittenRun, tmp_path: Path) -> None:
    reader = open_reader(written.predictions)
    mapping = propose(reader.columns(), [field.name for field in FIELDS])

    found = ingest(
        reader,
        written.predictions,
        DataRoot(str(tmp_path)).run(uuid.uuid4()),
        mapping=mapping,
        rule="vqa",
        image_root=written.images,
    )

    assert (found.samples, found.refused, found.images_missing) == (320, 0, 0)
    assert found.errors == written.errors
    assert found.splits == {"train": 200, "val": 20, "test": 80, "ood": 20}


def test_its_errors_have_all_six_features_and_fall_into_named_clusters(
    written: WrittenRun, tmp_path: Path
) -> None:
    reader = open_reader(written.predictions)
    mapping = propose(reader.columns(), [field.name for field in FIELDS])
    folder = DataRoot(str(tmp_path)).run(uuid.uuid4())
    ingest(
        reader, written.predictions, folder, mapping=mapping, rule="vqa", image_root=written.images
    )

    def load(name: str) -> Image.Image:
        with Image.open(written.images / name) as image:
            return image.convert("RGB")

    found = analyse(folder, seed=0, load_image=load, image_size=lambda name: (SIDE, SIDE))

    features = found.features
    assert features.num_rows == written.errors
    for name in (
        "image_confidence",
        "text_confidence",
        "attention_entropy",
        "train_freq_of_template",
        "domain_ood_score",
    ):
        assert features[name].null_count == 0, name
    assert 0 < features["localization_iou"].null_count < features.num_rows
    assert found.clusters >= 3
    names = [card.name for card in found.cards]
    assert len(set(names)) == len(names)


def test_the_truth_lists_a_verdict_for_every_sample(written: WrittenRun) -> None:
    rows, truth = lines(written.predictions), lines(written.truth)

    assert [each["sample_id"] for each in truth] == [row["sample_id"] for row in rows]
    assert {each["verdict"] for each in truth} == {"match", "mismatch", "wrong_answer"}
    planted = Counter(sample.kind for sample in make_world(CONFIG).samples)
    counted = Counter(each["verdict"] for each in truth)
    assert counted == {
        "match": planted["clean"],
        "mismatch": planted["mismatch"],
        "wrong_answer": planted["wrong_answer"],
    }
    for row, each in zip(rows, truth, strict=True):
        if each["verdict"] == "wrong_answer":
            assert each["corrected_answer"] == each["true_answer"] != row["answers"][0]
        else:
            assert each["corrected_answer"] is None


def test_nothing_of_the_truth_is_in_the_predictions(written: WrittenRun) -> None:
    columns = set().union(*lines(written.predictions))

    assert columns <= {field.name for field in FIELDS}


def test_a_row_is_what_the_record_says(written: WrittenRun) -> None:
    for row in lines(written.predictions):
        probabilities = [each["probability"] for each in row["candidates"]]
        assert probabilities == sorted(probabilities, reverse=True)
        assert sum(probabilities) <= 1.001
        assert row["candidates"][0] == {
            "answer": row["prediction"],
            "probability": row["confidence"],
        }
        attention = np.array(row["attention"])
        assert attention.shape == (PATCHES_A_SIDE, PATCHES_A_SIDE)
        assert attention.sum() == pytest.approx(1, abs=2e-3)
        for box in row.get("boxes", []):
            assert 0 <= box[0] < box[2] <= SIDE
            assert 0 <= box[1] < box[3] <= SIDE
        assert len(row.get("loss", [])) == (3 if row["split"] == "train" else 0)
        assert 0 <= row["image_only"]["confidence"] <= 1
        assert 0 <= row["text_only"]["confidence"] <= 1


def test_the_answer_from_the_question_alone_is_the_same_whatever_the_image(
    written: WrittenRun,
) -> None:
    alone: dict[str, set[str]] = {}
    for row in lines(written.predictions):
        alone.setdefault(row["question"], set()).add(json.dumps(row["text_only"]))

    # Rounded to four digits, batches may differ in the last.
    assert np.mean([len(each) == 1 for each in alone.values()]) > 0.9


def test_unseen_combinations_are_never_in_training(written: WrittenRun) -> None:
    world = make_world(CONFIG)
    shown = {row["image"] for row in lines(written.predictions) if row["split"] == "train"}
    unseen = {
        image_name(number)
        for number, scene in enumerate(world.scenes)
        if {(shape.colour, shape.kind) for shape in scene.shapes} & UNSEEN
    }

    assert unseen
    assert not shown & unseen


def test_every_image_is_a_picture_of_the_worlds_size(written: WrittenRun) -> None:
    named = {row["image"] for row in lines(written.predictions)}
    files = {path.name for path in written.images.iterdir()}

    assert named <= files
    with Image.open(written.images / sorted(named)[0]) as image:
        assert image.size == (SIDE, SIDE)


def test_the_summary_counts_what_the_files_say(written: WrittenRun) -> None:
    rows = lines(written.predictions)
    wrong = [row["prediction"] != row["answers"][0] for row in rows]
    noisy = [each["verdict"] != "match" for each in lines(written.truth)]

    assert written.samples == {"train": 200, "val": 20, "test": 80, "ood": 20}
    assert written.errors == sum(wrong)
    share = np.mean([n for n, w in zip(noisy, wrong, strict=True) if w])
    assert written.noise_among_errors == pytest.approx(share, abs=6e-4)
    tested = [not w for row, w in zip(rows, wrong, strict=True) if row["split"] == "test"]
    assert written.accuracy["test"] == pytest.approx(np.mean(tested), abs=6e-4)


@pytest.mark.slow
def test_the_command_line_writes_the_small_world(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "diagnostics.science.testbed",
            "--to",
            str(tmp_path),
            "--small",
            "--epochs",
            "2",
        ],
        capture_output=True,
        text=True,
        check=True,
    )

    said = json.loads(done.stdout)
    assert said["samples"] == {"train": 600, "val": 60, "test": 200, "ood": 60}
    assert (tmp_path / "predictions.jsonl").is_file()
