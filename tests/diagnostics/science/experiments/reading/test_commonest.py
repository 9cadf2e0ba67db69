"""What the commonest answer of training is worth on the tested samples."""

import numpy as np
import pytest

from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.design.settings import Settings
from diagnostics.science.experiments.reading.commonest import commonest_answer, has_learnt

TRAINED = [("Which?", "red"), ("Which?", "Red."), ("Which?", "blue"), ("How many?", "2")] * 2
TESTED = [("Which?", "red"), ("Which?", "blue"), ("How many?", "2"), ("Where?", "red")]


def material(trained: list[tuple[str, str]], tested: list[tuple[str, str]]) -> Material:
    every = [*trained, *tested]
    return Material(
        sample_id=np.arange(len(every)).astype(str),
        position=np.arange(len(every)),
        split=np.array(["train"] * len(trained) + ["test"] * len(tested)),
        question=tuple(question for question, _answer in every),
        answers=tuple((answer,) for _question, answer in every),
        image=np.full(len(every), -1),
        regions=np.zeros((0, 1, 1), dtype=np.float32),
    )


def test_each_question_gets_its_commonest_answer_and_a_new_one_that_of_all() -> None:
    found = material(TRAINED, TESTED)

    rows = np.arange(len(TRAINED), len(found))
    assert commonest_answer(found, Settings(), 0, rows) == pytest.approx(3 / 4)


def test_of_equals_the_first_is_said() -> None:
    found = material([("Which?", "red"), ("Which?", "blue")], [("Which?", "red")])

    assert commonest_answer(found, Settings(), 0, np.array([2])) == 1.0


def test_there_is_none_without_training_or_of_other_rows() -> None:
    assert commonest_answer(material([], TESTED), Settings(), 0, np.arange(4)) is None
    assert commonest_answer(material(TRAINED, TESTED), Settings(), 0, np.array([9])) is None


def test_one_arm_that_learnt_is_enough() -> None:
    assert has_learnt((0.5, 0.6), 0.55)
    assert not has_learnt((0.5, 0.56), 0.55)
    assert has_learnt((0.5, 0.56), None)
    assert has_learnt((None, None), 0.55)
