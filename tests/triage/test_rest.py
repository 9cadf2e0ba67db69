"""Serializers that are made from dataclasses."""

from dataclasses import dataclass, field
from dataclasses import fields as dataclass_fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

import pytest
from rest_framework import serializers

from triage.rest import serializer_of


@dataclass(frozen=True)
class Share:
    """A part of a whole."""

    part: int
    of: float | None


@dataclass(frozen=True)
class Answer:
    """What was found."""

    name: str = field(metadata={"help_text": "as it is said"})
    known: bool
    made_at: datetime
    state: Literal["open", "closed"]
    share: Share
    better: Share | None
    shares: list[Share]
    counts: dict[str, int]
    anything: dict[str, Any]
    words: tuple[str, ...] = ()


def fields_of(serializer: type[serializers.Serializer]) -> dict[str, serializers.Field]:
    return dict(serializer().fields)


def test_every_field_of_a_dataclass_becomes_one_of_the_serializer() -> None:
    made = serializer_of(Answer)
    found = fields_of(made)

    assert (made.__name__, made.__doc__) == ("AnswerSerializer", "What was found.")
    assert {name: type(each) for name, each in found.items()} == {
        "name": serializers.CharField,
        "known": serializers.BooleanField,
        "made_at": serializers.DateTimeField,
        "state": serializers.CharField,
        "share": type(found["better"]),
        "better": type(found["share"]),
        "shares": serializers.ListSerializer,
        "counts": serializers.DictField,
        "anything": serializers.DictField,
        "words": serializers.ListField,
    }
    assert found["name"].help_text == "as it is said"
    assert [name for name, each in found.items() if each.allow_null] == ["better"]
    assert list(fields_of(type(found["share"]))) == ["part", "of"]


def test_a_result_is_written_as_its_fields_say() -> None:
    share = Share(1, None)
    answer = Answer(
        "a",
        True,
        datetime(2026, 1, 2, tzinfo=UTC),
        "open",
        share,
        None,
        [share],
        {"x": 1},
        {"y": "z"},
        ("w",),
    )
    told = serializer_of(Answer)(answer).data

    assert told["share"] == {"part": 1, "of": None}
    assert told["better"] is None
    assert told["shares"] == [{"part": 1, "of": None}]
    assert told["words"] == ["w"]
    assert told["counts"] == {"x": 1}


def test_the_inside_of_an_open_field_is_not_promised() -> None:
    found = fields_of(serializer_of(Answer, open_fields=("share", "better", "shares")))

    assert type(found["share"]) is serializers.DictField
    assert type(found["better"]) is serializers.DictField
    assert found["better"].allow_null
    shares = found["shares"]
    assert isinstance(shares, serializers.ListField)
    assert type(shares.child) is serializers.DictField


def test_a_given_field_replaces_the_derived_one_and_has_to_be_known() -> None:
    made = serializer_of(Answer, name="Said", state=serializers.ChoiceField(["open", "closed"]))
    assert made.__name__ == "SaidSerializer"
    assert type(fields_of(made)["state"]) is serializers.ChoiceField
    assert list(fields_of(made)) == [each.name for each in dataclass_fields(Answer)]
    with pytest.raises(TypeError, match="has no field colour"):
        serializer_of(Answer, open_fields=["colour"])


def test_a_hint_that_no_field_stands_for_is_refused() -> None:
    @dataclass
    class Priced:
        price: Decimal

    with pytest.raises(TypeError, match=r"Decimal.* has no serializer field"):
        serializer_of(Priced)
