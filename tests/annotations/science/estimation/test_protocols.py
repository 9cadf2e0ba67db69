"""Protocols: whole-number comparisons, presets, and what a custom one may be."""

import math
from fractions import Fraction

import pytest

from annotations.science.estimation.protocols import PROTOCOLS, custom, named, parse_threshold


def test_the_presets_are_what_the_method_says() -> None:
    quality, checklist = PROTOCOLS["quality-200"], PROTOCOLS["checklist-100"]
    assert (quality.size, quality.threshold, quality.strict, quality.collected) == (
        200,
        Fraction(1, 5),
        False,
        None,
    )
    assert (checklist.size, checklist.threshold, checklist.strict, checklist.collected) == (
        100,
        Fraction(1, 5),
        True,
        500,
    )
    assert (quality.comparison, checklist.comparison) == ("≥", ">")


def test_the_presets_differ_at_exactly_one_fifth() -> None:
    assert PROTOCOLS["quality-200"].meets(40, 200)
    assert not PROTOCOLS["checklist-100"].meets(20, 100)
    assert not PROTOCOLS["quality-200"].meets(39, 200)
    assert PROTOCOLS["checklist-100"].meets(21, 100)


@pytest.mark.parametrize("total", [0, 1, 4, 5, 6, 137, 500, 10**12 + 1])
def test_needed_counts_are_ceiling_and_floor_plus_one(total: int) -> None:
    assert PROTOCOLS["quality-200"].needed_count(total) == -(-total // 5)
    assert PROTOCOLS["checklist-100"].needed_count(total) == total // 5 + 1


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(
    "share", [Fraction(1, 5), Fraction(3, 10), Fraction(1, 3), Fraction(7, 11)]
)
def test_needed_is_the_smallest_count_that_meets(share: Fraction, strict: bool) -> None:
    protocol = custom(10, share, strict)
    for total in range(1, 120):
        needed = protocol.needed_count(total)
        assert protocol.meets(needed, total)
        assert not protocol.meets(needed - 1, total)
        # What the proof of early answers leans on.
        assert protocol.needed_count(total - 1) in (needed - 1, needed)


def test_a_threshold_is_read_as_an_exact_fraction() -> None:
    for text in ("20%", "20 %", "0.2", "1/5", 0.2, Fraction(1, 5), " 0.20 "):
        assert parse_threshold(text) == Fraction(1, 5)
    assert parse_threshold("0.1") + parse_threshold("0.2") == Fraction(3, 10)


@pytest.mark.parametrize("bad", ["", "many", "1/0", "0", "1", "120%", "-0.1", math.nan, math.inf])
def test_a_threshold_that_is_no_share_is_refused(bad: object) -> None:
    with pytest.raises(ValueError, match="threshold"):
        parse_threshold(bad)  # type: ignore[arg-type]


def test_impossible_custom_protocols_are_refused() -> None:
    with pytest.raises(ValueError, match="size must be at least 1"):
        custom(0)
    with pytest.raises(ValueError, match="fewer than the 50 to draw"):
        custom(50, collected=49)
    assert custom(50, collected=50).population_of(1000) == 50


def test_collecting_never_makes_more_errors_than_there_are() -> None:
    assert PROTOCOLS["checklist-100"].population_of(300) == 300
    assert PROTOCOLS["checklist-100"].population_of(800) == 500
    assert PROTOCOLS["quality-200"].population_of(800) == 800


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    assert named("quality-200").size == 200
    with pytest.raises(ValueError, match=r"quality-200, checklist-100 and custom"):
        named("quality-300")


def test_negative_totals_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        PROTOCOLS["quality-200"].needed_count(-1)
