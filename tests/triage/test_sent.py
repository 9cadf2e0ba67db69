"""What a form sent is read once: odd digits, odd signs and huge numbers are other texts."""

import uuid

import pytest
from django.http import Http404

from triage.sent import (
    LARGEST,
    MOST_PUT_OFF,
    NotReadable,
    PutOff,
    number_or_404,
    read_seconds,
    read_uuid,
    whole_number,
    whole_numbers,
)

ODD = ["", " 5", "5 ", "--5", "+5", "²", "٣", "５", "1e9", "1_000", "0x1", "5.0", "9" * 23, "\x00"]


@pytest.mark.parametrize("text", [*ODD, None])
def test_other_texts_are_no_numbers(text: str | None) -> None:
    assert whole_number(text, least=-(2**63)) is None
    with pytest.raises(Http404):
        number_or_404(text)


def test_numbers_are_read_within_their_bounds() -> None:
    assert whole_number("0") == 0
    assert whole_number("007") == 7
    assert whole_number("-1") is None
    assert whole_number("-1", least=-1) == -1
    assert whole_number("6", most=5) is None
    assert whole_number(str(LARGEST)) == LARGEST
    assert whole_number(str(LARGEST + 1)) is None
    assert whole_numbers(["3", "x", "-1", "1"], least=-1) == [3, -1, 1]
    assert number_or_404("12") == 12


def test_a_submission_is_a_uuid() -> None:
    some = uuid.uuid4()
    assert read_uuid(str(some)) == some
    with pytest.raises(NotReadable):
        read_uuid("old")


@pytest.mark.parametrize("text", ["", "nan", "inf", "-1", "86400", "an hour"])
def test_what_cannot_be_a_time_is_none(text: str) -> None:
    assert read_seconds(text) is None
    assert read_seconds("1.234") == 1.23


def test_what_was_put_off_comes_back_in_turn_and_its_list_does_not_grow() -> None:
    session: dict = {}
    later = PutOff(session, "here")
    for number in (1, 2, 1):
        later.add(number)
    assert later.numbers == [2, 1]
    assert PutOff(session, "elsewhere").numbers == []
    for number in range(MOST_PUT_OFF + 5):
        later.add(number)
    assert len(later.numbers) == MOST_PUT_OFF
    assert later.numbers[-1] == MOST_PUT_OFF + 4
