"""Scoring rules against hand-worked cases."""

import ast
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from triage.science.record.records import BY_NAME
from triage.science.record.scoring import CannotScore, normalise, propose_rule, score, vqa_credit


def table(predictions: list[str], answers: list[list[str]], correct: list[float] | None = None):
    return pa.table(
        {
            "prediction": pa.array(predictions, pa.string()),
            "answers": pa.array(answers, BY_NAME["answers"].arrow),
            "correct": pa.array(correct or [None] * len(predictions), pa.float64()),
        }
    )


@pytest.mark.parametrize(("matches", "credit"), list(enumerate([0, 0.3, 0.6, 0.9] + [1.0] * 7)))
def test_vqa_soft_accuracy_with_ten_answers(matches: int, credit: float) -> None:
    answers = ["yes"] * matches + [f"other {i}" for i in range(10 - matches)]
    assert vqa_credit("Yes.", answers) == pytest.approx(credit)


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("The Cat.", "cat"),
        ("two", "2"),
        ("none", "0"),
        ("dont", "don't"),
        ("1,000", "1000"),
        ("red/blue", "red blue"),
        ("red / blue", "red blue"),
        ("3.5", "3.5"),
        ("a  dog\n", "dog"),
        ("COPENHAGEN", "copenhagen"),
    ],
)
def test_the_official_normalisation(raw: str, plain: str) -> None:
    assert " ".join(normalise(raw).split()) == plain


@pytest.mark.parametrize(
    ("rule", "prediction", "answer", "credit"),
    [
        ("exact", "A dog", "dog", 1),
        ("exact", "dogs", "dog", 0),
        ("choice", "(B) the red one", "B", 1),
        ("choice", "Answer: B", "b.", 1),
        ("choice", "B", "(B)", 1),
        ("choice", "Because it is", "B", 0),
        ("choice", "C", "B", 0),
        ("yes_no", "Yes, there is a dog.", "yes", 1),
        ("yes_no", "There is no dog", "no", 1),
        ("yes_no", "maybe", "yes", 0),
    ],
)
def test_each_rule_on_one_answer(rule: str, prediction: str, answer: str, credit: float) -> None:
    assert score(table([prediction], [[answer]]), rule).tolist() == [credit]


def test_given_credit_is_taken_as_it_is() -> None:
    found = score(table(["a", "b"], [["a"], ["b"]], [1.0, 0.25]), "given")
    assert found.tolist() == [1.0, 0.25]


def test_a_rule_without_its_field_says_which() -> None:
    with pytest.raises(CannotScore, match="needs the field 'answers'"):
        score(table(["a"], [None]), "exact")  # type: ignore[list-item]


def test_no_rows_have_no_credit() -> None:
    assert score(table([], []), "exact").shape == (0,)


@pytest.mark.parametrize(
    ("answers", "rule"),
    [
        (["yes"], "yes_no"),
        (["B"], "choice"),
        (["red"], "exact"),
        (["couch", "sofa", "settee"], "any_of"),
        (["red"] * 6 + ["pink"] * 4, "vqa"),
        (["red"] * 7 + ["pink"], "vqa"),
        (["red"] * 6 + ["pink"], "any_of"),
        ([str(number) for number in range(11)], "any_of"),
        (None, "given"),
    ],
)
def test_the_likely_rule_is_proposed(answers: list[str] | None, rule: str) -> None:
    assert propose_rule([{"answers": answers}]) == rule


@pytest.mark.realdata
def test_textvqa_gives_the_accuracy_that_the_evaluation_tool_wrote(real_data: Path) -> None:
    import pandas as pd

    found = sorted(real_data.glob("vlmevalkit_outputs/**/*TextVQA*.xlsx"))
    if not found:
        pytest.skip("no TextVQA file in this copy of the data")
    pytest.importorskip("openpyxl")
    rows = pd.read_excel(found[0], keep_default_na=False, dtype=str)
    answers = [ast.literal_eval(each) for each in rows["answer"]]
    mean = 100 * float(np.mean(score(table(list(rows["prediction"]), answers), "vqa")))
    assert 60 < mean < 95
