"""Experiments on public data sets: what can begin, what is refused and why, what is said."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.real_experiments import Tried, bring_in, tried
from benchmarks.real_logs import LOGS
from benchmarks.real_sets import Brought, by_lot, easy_vqa, easy_vqa_noisy, nlvr, pope
from diagnostics.science.experiments.catalogue.needs import PICTURES, TRAINS
from diagnostics.science.experiments.catalogue.registry import EXPERIMENTS
from triage.imports.importing import ImportRefused

pytestmark = pytest.mark.realdata
NAMES = [each.name for each in EXPERIMENTS]


def few(brought: Brought, count: int) -> Brought:
    """The first `count` records of a set, and what is said of them."""
    rows = brought.rows[:count]
    kept = {row["sample_id"] for row in rows}
    verdicts = {name: right for name, right in brought.verdicts.items() if name in kept}
    others = {name: own[:count] for name, own in brought.others.items()}
    return replace(brought, rows=rows, verdicts=verdicts, others=others)


def test_a_picture_falls_into_one_split_alone() -> None:
    groups = [str(number // 3) for number in range(300)]

    splits = by_lot(groups)

    assert {name: splits.count(name) for name in ("train", "val", "test")} == {
        "train": 180, "val": 30, "test": 90,
    }  # fmt: skip
    assert all(len({splits[3 * n], splits[3 * n + 1], splits[3 * n + 2]}) == 1 for n in range(100))


def test_boxes_lie_around_what_is_asked_about(real_data: Path, tmp_path: Path) -> None:
    easy, statements = easy_vqa(real_data, tmp_path), nlvr(real_data, tmp_path)

    # "what is the red shape?": a small triangle at the left, below the middle.
    (box,) = easy.rows[0]["boxes"]
    assert box[0] < 8
    assert 36 < box[1] < box[3] < 60
    # "Each grey box contains atleast one yellow object touching the edge": the yellow ones alone.
    first = statements.rows[0]
    assert len(first["boxes"]) == 7
    assert [90.0, 47.0, 100.0, 57.0] in first["boxes"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["blink", "tifa", "mathvista"])
def test_files_of_evaluations_lack_training_and_say_so(
    name: str, real_data: Path, tmp_path: Path
) -> None:
    brought = few(LOGS[name](real_data, tmp_path), 150)
    runs = bring_in(brought, tmp_path)

    for each in NAMES:
        found = tried(runs, each, brought, 3, None)

        assert found.state == "refused"
        assert found.as_said
        assert "train" in found.lacks
        assert TRAINS.mend in found.why


@pytest.mark.django_db
def test_a_split_without_pictures_leaves_the_pictures_lacking(
    real_data: Path, tmp_path: Path
) -> None:
    brought = few(pope(real_data, tmp_path), 200)
    runs = bring_in(brought, tmp_path)

    # RePOPE corrected training answers; the other model's run is there to test on.
    for each in ("cleaning", "noise_injection", "other_run", "context_ablation"):
        found = tried(runs, each, brought, 3, None)
        assert found.lacks == ("image",)
        assert PICTURES.mend in found.why
    assert tried(runs, "attention", brought, 3, None).lacks == ("regions", "boxes")


@pytest.mark.django_db
def test_answers_without_the_right_ones_are_not_imported(real_data: Path, tmp_path: Path) -> None:
    brought = LOGS["textvqa_llava"](real_data, tmp_path)

    with pytest.raises(ImportRefused, match="no reference answer and no verdict"):
        bring_in(brought, tmp_path)


def arms(found: Tried) -> dict[str, dict[str, Any]]:
    assert found.reading is not None
    return {each["name"]: each for each in found.reading["arms"]}


@pytest.mark.django_db
def test_words_are_taken_out_of_questions_on_shapes(
    real_data: Path, tmp_path: Path, settings: Any
) -> None:
    settings.COMPUTE_JOBS = 1
    brought = few(easy_vqa(real_data, tmp_path), 300)
    runs = bring_in(brought, tmp_path)

    found = tried(runs, "context_ablation", brought, 3, None)

    assert found.state == "done"
    assert found.reading is not None
    # No question of this set names a place: without such words every answer is the same.
    (same,) = [each for each in found.reading["comparisons"] if each["arm"] == "without_place"]
    assert 0.2 < found.reading["commonest"]["value"] < 0.8
    assert same["difference"]["count"] == 3
    assert len(arms(found)) == 6


@pytest.mark.slow
@pytest.mark.django_db
def test_wrong_answers_on_shapes_cost_accuracy_and_cleaning_brings_it_back(
    real_data: Path, tmp_path: Path, settings: Any
) -> None:
    settings.COMPUTE_JOBS = 1
    brought = easy_vqa_noisy(real_data, tmp_path)
    runs = bring_in(brought, tmp_path)

    cleaned = tried(runs, "cleaning", brought, 3, None)
    injected = tried(runs, "noise_injection", brought, 3, None)

    assert cleaned.state == injected.state == "done"
    assert cleaned.leading is not None
    assert injected.leading is not None
    assert cleaned.leading["difference"]["value"] > 0
    assert injected.leading["verdict"] == "loss"
