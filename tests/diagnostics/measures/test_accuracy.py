"""Accuracy and F1 against scikit-learn, with intervals that hold by simulation."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from diagnostics.science.measures import accuracy
from tests.diagnostics.science.measures.making import samples_of, value


def answered(count: int, seed: int = 1, right: float = 0.7) -> tuple[list[str], list[str]]:
    rng = np.random.default_rng(seed)
    names = np.array(["yes", "no", "2", "red"])
    truth = rng.choice(names, count, p=[0.5, 0.3, 0.15, 0.05])
    other = rng.choice(np.append(names, "nothing known"), count)
    return truth.tolist(), np.where(rng.random(count) < right, truth, other).tolist()


def test_accuracy_and_f1_are_scikit_learns() -> None:
    truth, said = answered(500)
    credit = [float(a == b) for a, b in zip(truth, said, strict=True)]

    result = accuracy.compute(samples_of(credit, {"answer": truth, "prediction": said}))

    labels = sorted(set(truth))
    assert value(result, "accuracy").value == pytest.approx(accuracy_score(truth, said))
    for name, average in (("f1_macro", "macro"), ("f1_weighted", "weighted")):
        expected = f1_score(truth, said, labels=labels, average=average)
        found = value(result, name)
        assert found.value == pytest.approx(expected)
        assert found.low < expected < found.high


def test_the_interval_of_f1_holds_the_truth() -> None:
    whole = answered(300_000, seed=99)
    truth = f1_score(*whole, labels=sorted(set(whole[0])), average="macro")
    held = 0
    for seed in range(40):
        reference, said = answered(400, seed=seed)
        result = accuracy.compute(
            samples_of([1.0] * 400, {"answer": reference, "prediction": said})
        )
        found = value(result, "f1_macro")
        held += found.low <= truth <= found.high

    assert held >= 34


def test_graded_credit_is_soft_accuracy() -> None:
    result = accuracy.compute(samples_of([1.0, 0.6, 0.3, 0.0]))

    assert value(result, "credit").value == pytest.approx(0.475)
    assert value(result, "accuracy").value == pytest.approx(0.5)
    assert accuracy.compute(samples_of([1.0, 0.0])).figure("credit") is None


def test_open_answers_have_no_f1_and_say_so() -> None:
    names = [f"answer {n}" for n in range(300)]

    result = accuracy.compute(samples_of([1.0] * 300, {"answer": names, "prediction": names}))

    assert result.figure("f1_macro") is None
    assert "no closed set" in result.note


def test_the_weakest_type_comes_first_and_training_does_not_count() -> None:
    types = ["a"] * 20 + ["b"] * 20 + ["rare"] * 3
    credit = [1.0] * 15 + [0.0] * 5 + [0.0] * 20 + [1.0] * 3
    split = ["test"] * 35 + ["train"] * 5 + ["test"] * 3

    result = accuracy.compute(samples_of(credit, {"question_type": types, "split": split}))

    assert [row.label for row in result.tables[0].rows] == ["b", "a"]
    assert result.tables[0].rows[0].values[0].count == 15
    assert result.absent == ("answers",)


@pytest.mark.parametrize("count", [0, 1])
def test_hardly_any_sample_breaks_nothing(count: int) -> None:
    names = ["yes"] * count

    result = accuracy.compute(samples_of([1.0] * count, {"answer": names, "prediction": names}))

    assert value(result, "accuracy").count == count
