"""Tables laid side by side: by the key that fits, told in words, and not at all where none fits."""

from typing import Any

import pytest

from triage.science.readers.joining import best_join, joined, told

Rows = list[dict[str, Any]]


def answers(count: int, **more: Any) -> Rows:
    return [{"question_id": n, "prediction": f"p{n}", **more} for n in range(count)]


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("question_id", "question_id"),
        ("question_id", "id"),
        ("questionId", "question_id"),
        ("index", "idx"),
        ("item_key", "item_key"),
    ],
)
def test_a_key_is_found_under_whatever_name(mine: str, theirs: str) -> None:
    left = [{mine: n, "prediction": "x"} for n in range(4)]
    right = [{theirs: str(n), "answer": f"a{n}"} for n in range(4)]
    join = best_join(left, right)
    assert join is not None
    rows, alone = joined(left, right, join)
    assert [row["answer"] for row in rows] == ["a0", "a1", "a2", "a3"]
    assert alone == []


def test_picture_and_question_are_a_key_where_numbers_are_not() -> None:
    ask = ["Is it wet?", "Is it dry?"]
    left: Rows = [
        {"image": f"val/{n}.JPG", "prompt": f"<image>\n{each}\nBe brief.", "text": "Yes"}
        for n in range(2)
        for each in ask
    ]
    right: Rows = [
        {"image": f"{n}.jpg", "text": each, "label": f"{n}{each}"} for n in range(2) for each in ask
    ]
    join = best_join(left, right)
    assert join is not None
    assert join.words == "image + question"
    rows, _alone = joined(left, right, join)
    assert [row["label"] for row in rows] == [row["label"] for row in right]
    # What the row itself has is not overwritten by its partner.
    assert {row["text"] for row in rows} == {"Yes"}


def test_a_key_whose_rows_say_different_things_is_none() -> None:
    left = [{"id": n % 2, "prediction": "x"} for n in range(4)]
    right = [{"id": n % 2, "answer": f"a{n}"} for n in range(4)]
    assert best_join(left, right) is None


def test_rows_that_find_nobody_stay_and_are_named() -> None:
    left = answers(10)
    right = [{"question_id": n, "answer": "a"} for n in range(7)]
    join = best_join(left, right)
    assert join is not None
    rows, alone = joined(left, right, join)
    assert (len(rows), join.share) == (10, 0.7)
    words = told("gold.json", join, alone)
    assert str(words) == (
        "7 of 10 rows matched with gold.json by question_id; 3 without, e.g. 7, 8, 9"
    )


def test_a_key_that_fits_fewer_than_half_is_none() -> None:
    assert best_join(answers(10), [{"question_id": n, "answer": "a"} for n in range(4)]) is None
    assert best_join(answers(3), []) is None
