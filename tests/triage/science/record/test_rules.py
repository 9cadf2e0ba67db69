"""Each scoring rule on answers worked out by hand."""

from typing import Any

import pyarrow as pa
import pytest

from triage.science.record.records import BY_NAME
from triage.science.record.rules import RULES
from triage.science.record.scoring import score, scored


def rows(*given: tuple[str, list[str]], options: list[str] | None = None) -> pa.Table:
    predictions, answers = zip(*given, strict=True)
    return pa.table(
        {
            "prediction": pa.array(predictions, pa.string()),
            "answers": pa.array(answers, BY_NAME["answers"].arrow),
            "options": pa.array([options] * len(given), BY_NAME["options"].arrow),
            "correct": pa.nulls(len(given), pa.float64()),
        }
    )


@pytest.mark.parametrize(
    ("rule", "prediction", "answers", "credit"),
    [
        ("exact", "sea", ["Sea."], 1),
        ("exact", "the sea", ["sea"], 1),
        ("exact", "the seas", ["sea"], 0),
        ("exact", "1,200", ["1200"], 1),
        ("exact", "two", ["2"], 1),
        ("exact", "so the answer is sea", ["sea"], 1),
        ("any_of", "its dont", ["its don't"], 1),
        ("any_of", "lake", ["sea", "lake"], 1),
        ("any_of", "red/blue", ["red blue"], 1),
        ("any_of", "-5", ["5"], 0),
        ("any_of", "C++", ["c"], 0),
        ("any_of", "3,4", ["34"], 0),
        ("any_of", "3,400", ["3400"], 1),
        ("choice", "A, C", ["A,C"], 1),
        ("choice", "A", ["A,C"], 0),
        ("choice", "I say B", ["b"], 1),
        ("yes_no", "是的，有一只。", ["yes"], 1),
        ("yes_no", "There are none", ["no"], 0),
        ("yes_no", "False", ["0"], 1),
        ("numeric", "about 101", ["100"], 1),
        ("numeric", "102", ["100"], 0),
        ("numeric", "3 of 4, so 0.75", ["3/4"], 1),
        ("numeric", "$5", ["€5"], 0),
        ("numeric", "none at all", ["0"], 0),
        ("relaxed", "105", ["100"], 1),
        ("relaxed", "-95", ["-100"], 1),
        ("relaxed", "106", ["100"], 0),
        ("relaxed", "Sea.", ["sea"], 1),
        ("relaxed", "12 %", ["12"], 1),
        ("relaxed", "0.01", ["0"], 0),
        ("vqa", "sea", ["sea"] * 3 + ["lake"] * 7, 0.9),
        ("vqa", "seven", ["7"], 1),
    ],
)
def test_a_rule_gives_the_credit_that_it_says(
    rule: str, prediction: str, answers: list[str], credit: float
) -> None:
    assert score(rows((prediction, answers)), rule).tolist() == pytest.approx([credit])


@pytest.mark.parametrize(
    ("prediction", "answers", "credit"),
    [
        # Biten et al. 2019: 1 − distance / length of the longer, 0 from one half on.
        ("coca cola", ["Coca Cola", "Coca Cola Company"], 1.0),
        ("cocacola", ["coca cola"], 1 - 1 / 9),
        ("kitten", ["sitting"], 1 - 3 / 7),
        ("abcd", ["abxy"], 0.0),
        ("dog", ["horse"], 0.0),
        ("", ["horse"], 0.0),
    ],
)
def test_anls_is_as_published(prediction: str, answers: list[str], credit: float) -> None:
    assert score(rows((prediction, answers)), "anls").tolist() == pytest.approx([credit])


@pytest.mark.parametrize(
    ("prediction", "reference", "chosen", "right"),
    [
        ("hen", "B", 1, 1),
        ("B", "hen", 1, 1),
        ("It is the hen.", "B", 1, 1),
        ("A", "B", 0, 1),
        ("a goat", "B", None, 1),
    ],
)
def test_options_are_held_against_the_row(
    prediction: str, reference: str, chosen: int | None, right: int
) -> None:
    found = scored(rows((prediction, [reference]), options=["cow", "hen"]), "choice")
    assert found.table["chosen_option"].to_pylist() == [chosen]
    assert found.table["right_option"].to_pylist() == [right]
    assert found.credit.tolist() == [float(chosen == right)]


def test_numbers_of_options_count_from_one_where_the_highest_says_so() -> None:
    options = ["cow", "hen"]
    assert score(rows(("cow", ["1"]), ("hen", ["2"]), options=options), "choice").tolist() == [1, 1]
    assert score(rows(("cow", ["0"]), ("hen", ["1"]), options=options), "choice").tolist() == [1, 1]


@pytest.mark.parametrize(
    ("prediction", "answers", "near"),
    [
        ("sea-side", ["sea side"], "format"),
        ("the wide sea", ["sea"], "contains"),
        ("sea", ["the wide sea"], "within"),
        ("hill", ["sea"], None),
        ("seaside", ["sea"], None),
        ("", ["sea"], None),
    ],
)
def test_how_near_the_border_a_wrong_answer_lies(
    prediction: str, answers: list[str], near: str | None
) -> None:
    found = scored(rows((prediction, answers)), "exact")
    assert found.table["near_border"].to_pylist() == [near]


def test_what_one_or_two_people_said_is_a_minority() -> None:
    found = scored(rows(("sea", ["sea"] + ["lake"] * 9)), "vqa")
    assert found.table["near_border"].to_pylist() == ["minority"]


def test_every_rule_says_what_it_needs() -> None:
    needs: dict[str, Any] = {name: rule.needs for name, rule in RULES.items()}
    assert needs.pop("given") == "correct"
    assert set(needs.values()) == {"answers"}
