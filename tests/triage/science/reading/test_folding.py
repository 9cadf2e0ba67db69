"""Form is folded away, meaning is kept."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.science.reading.folding import fold, number_of, quantity, same

ALIKE = [
    ("2.0", "2"), ("1,200", "1200"), ("−5", "-5"), ("50 %", "50%"), ("$5", "5 dollars"),
    ("3/4", "0.75"), ("two", "2"), ("猫。", "猫"), ("don’t", "don't"), ("ＤＯＧ", "dog"),
    ("“dog”", "dog"), ("A dog.", "dog"), ("１２３", "123"), ("٣", "3"), ("❤️", "❤"),
    ("e\u0301", "\u00e9"), ("**dog**", "dog"), ("  new\n york ", "New York"), ("[2, 3]", "[2, 3]"),
]  # fmt: skip
APART = [
    ("-5", "5"), ("C++", "C"), ("1,2", "12"), ("?", "!"), ("$5", "5"), ("5 km", "5 m"), ("[2, 3]", "2"),
    ("a", ""), ("50 %", "50"), ("1.5", "15"), ("$5", "€5"), ("3 dogs", "3 cats"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_another_form_is_the_same_answer(one: str, other: str) -> None:
    assert same(one, other)
    assert same(other, one)


@pytest.mark.parametrize(("one", "other"), APART)
def test_another_meaning_is_another_answer(one: str, other: str) -> None:
    assert not same(one, other)
    assert not same(other, one)


@given(st.text(max_size=40))
def test_folding_ends_and_does_not_depend_on_the_composition(text: str) -> None:
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))
    assert same(text, text)


@given(st.integers(-(10**9), 10**9))
def test_a_number_is_itself_with_and_without_commas(number: int) -> None:
    assert number_of(f"{number:,}") == number
    assert quantity(f"{number} %") == (number, "%")


def test_what_is_no_number_is_none() -> None:
    for text in ("", "-", ".", "1,2", "1/0", "five hundred", "9" * 60, "1e", "x5"):
        assert number_of(text) is None
