"""When a result is not to be taken at its word: the baseline has not learnt its task."""

from typing import Any

import numpy as np
import pytest

from diagnostics.science.experiments.design.design import Arm, Design
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.design.outcomes import Outcome
from diagnostics.science.experiments.design.settings import Settings
from diagnostics.science.experiments.reading.cautions import cautions, last_gain
from diagnostics.science.experiments.reading.reading import read

QUESTIONS = ("How many red circles?", "Where is the dog?", "What is it?", "Is there a dog?")
ARMS = (Arm("base", "As it is"), Arm("without", "No", Settings(deleted="content"), "base"))


def read_of(
    shares: tuple[float, ...] = (0.5, 0.5, 0.5), curve: tuple[float, ...] = (), arms: Any = ARMS
) -> dict[str, Any]:
    """A reading of 400 tested samples: each seed's share right, and the curve of every trial."""
    count = 400
    material = Material(
        sample_id=np.arange(count).astype(str),
        position=np.arange(count),
        split=np.full(count, "test"),
        question=QUESTIONS * (count // len(QUESTIONS)),
        answers=(("two",),) * count,
        image=np.arange(count),
        regions=np.zeros((0, 0, 0), dtype=np.float32),
    )
    outcomes = [
        Outcome(
            arm.name, seed, "done", rows=np.arange(count),
            credit=(np.arange(count) < round(share * count)).astype(float),
            predictions=np.full(count, "two"), confidence=np.full(count, 0.5),
            curve=tuple((1.0, each) for each in curve),
        )
        for arm in arms
        for seed, share in enumerate(shares)
    ]  # fmt: skip
    return read(Design(arms, (0, 1, 2)), outcomes, material, {}).as_dict()


def names(reading: dict[str, Any]) -> list[str]:
    return [each.name for each in cautions(reading)]


def test_a_baseline_that_still_rises_is_warned_of() -> None:
    rising = read_of(curve=(0.2, 0.3, 0.4, 0.45, 0.5, 0.55))
    settled = read_of(curve=(0.2, 0.4, 0.5, 0.54, 0.545, 0.55))

    assert names(rising) == ["still_rising"]
    assert last_gain(rising, "As it is") == pytest.approx(0.1)
    assert names(settled) == []
    assert last_gain(settled, "As it is") == pytest.approx(0.01)


def test_a_curve_read_now_and_then_is_taken_as_straight_in_between() -> None:
    sparse = read_of(curve=(0.2, float("nan"), float("nan"), float("nan"), float("nan"), 0.5))

    assert last_gain(sparse, "As it is") == pytest.approx(0.3 * 2 / 5)


def test_seeds_that_scatter_are_warned_of() -> None:
    assert names(read_of((0.45, 0.5, 0.55))) == ["scattered"]
    assert names(read_of((0.49, 0.5, 0.51))) == []


@pytest.mark.parametrize("curve", [(), (0.5,)])
def test_without_a_curve_nothing_rises(curve: tuple[float, ...]) -> None:
    assert last_gain(read_of(curve=curve), "As it is") == 0.0


def test_without_a_trial_of_the_baseline_nothing_is_said() -> None:
    reading = read_of(shares=())

    assert names(reading) == []
    assert reading["by_role"] == []


def test_accuracy_is_read_by_role_and_word_where_words_are_taken_out() -> None:
    reading = read_of((0.5, 0.5, 0.5))

    by_role = {row["role"]: row["accuracy"] for row in reading["by_role"]}
    assert by_role["question"]["count"] == 300
    assert by_role["attribute"]["count"] == 100
    assert by_role["number"]["count"] == 0
    assert by_role["number"]["value"] is None
    words = {row["word"]: row for row in reading["by_word"]}
    assert words["dog"]["role"] == "content"
    assert words["dog"]["accuracy"]["value"] == pytest.approx(0.5)


def test_other_experiments_are_not_read_by_words() -> None:
    treated = Arm("treated", "Cleaned", Settings(curation="curated"), "base")

    assert read_of(arms=(ARMS[0], treated))["by_role"] == []


def test_arms_that_are_no_better_than_the_commonest_answer_are_warned_of() -> None:
    reading = read_of()

    # Nothing is trained on here: there is no commonest answer to hold them against.
    assert reading["commonest"] is None
    assert "not_learnt" not in names(reading)
    assert names({**reading, "commonest": {"value": 0.49}}) == ["not_learnt"]
    assert names({**reading, "commonest": {"value": 0.53}}) == ["not_learnt"]
    assert names({**reading, "commonest": {"value": 0.48}}) == []
    # An arm that learns where the baseline did not is a result.
    treated = {**reading["arms"][1], "mean": {"value": 0.6}}
    learnt = {**reading, "arms": [reading["arms"][0], treated], "commonest": {"value": 0.53}}
    assert names(learnt) == []


def test_a_reading_from_before_there_was_a_commonest_answer_is_read() -> None:
    old = {key: value for key, value in read_of().items() if key != "commonest"}

    assert names(old) == []
