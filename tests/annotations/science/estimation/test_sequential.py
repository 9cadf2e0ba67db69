"""Planned early stopping: exact error rates, planned savings, and an interval that survives looks."""

from fractions import Fraction

import numpy as np
import pytest

import annotations.science.estimation.sequential as sequential
from annotations.science.estimation.intervals import Interval, hypergeometric_interval
from annotations.science.estimation.sequential import (
    Boundaries,
    operating_characteristics,
    repeated_band,
    repeated_interval,
    stopping_boundaries,
)

FIFTH = Fraction(1, 5)


def by_every_path(boundaries: Boundaries, population: int, noisy: int) -> tuple[float, float]:
    """Chances of 'at least' and of 'below', over every order of noisy and clean items."""
    ends = [0.0, 0.0]

    def go(looked: int, count: int, chance: float) -> None:
        if chance == 0.0:
            return
        if looked and count >= boundaries.at_least[looked]:
            ends[0] += chance
        elif looked and count <= boundaries.below[looked]:
            ends[1] += chance
        elif looked < boundaries.cap:
            share = (noisy - count) / (population - looked)
            go(looked + 1, count + 1, chance * share)
            go(looked + 1, count, chance * (1 - share))

    go(0, 0, 1.0)
    return ends[0], ends[1]


@pytest.mark.parametrize("population", [205, 500, 2000, 20000])
@pytest.mark.parametrize("alpha", [0.025, 0.05])
@pytest.mark.parametrize("strict", [False, True])
def test_a_wrong_verdict_is_no_likelier_than_alpha_for_any_share(
    population: int, alpha: float, strict: bool
) -> None:
    boundaries = stopping_boundaries(population, FIFTH, strict, alpha, cap=200)
    needed = population // 5 + 1 if strict else -(-population // 5)
    step = max(population // 100, 1)
    for noisy in {needed - 1, *range(0, needed, step)}:
        assert operating_characteristics(boundaries, population, noisy).at_least <= alpha + 1e-12
    for noisy in {needed, *range(needed, population + 1, step)}:
        assert operating_characteristics(boundaries, population, noisy).below <= alpha + 1e-12


def test_the_planned_audit_saves_what_it_promises() -> None:
    boundaries = stopping_boundaries(2000, FIFTH, False, 0.05, 200)
    clear, rare = (operating_characteristics(boundaries, 2000, noisy) for noisy in (700, 100))
    assert clear.expected_items <= 58
    assert rare.expected_items <= 45
    assert operating_characteristics(boundaries, 2000, 600).at_least >= 0.92


def test_the_version_that_agrees_with_the_interval_saves_what_it_promises() -> None:
    boundaries = stopping_boundaries(2000, FIFTH, False, 0.025, 200)
    assert operating_characteristics(boundaries, 2000, 700).expected_items <= 66
    assert operating_characteristics(boundaries, 2000, 400).not_settled > 0.9


def test_characteristics_agree_with_every_path() -> None:
    boundaries = stopping_boundaries(40, FIFTH, False, 0.2, cap=14, first_look=3)
    for noisy in (0, 3, 7, 8, 20, 40):
        found = operating_characteristics(boundaries, 40, noisy)
        assert (found.at_least, found.below) == pytest.approx(
            by_every_path(boundaries, 40, noisy), abs=1e-12
        )
        assert found.at_least + found.below + found.not_settled == pytest.approx(1.0)


def test_nothing_is_said_before_the_first_look() -> None:
    boundaries = stopping_boundaries(2000, FIFTH, False, 0.025, 200, first_look=30)
    looks = np.arange(201)
    assert (boundaries.at_least[:30] == looks[:30] + 1).all()
    assert (boundaries.below[:30] == -1).all()
    assert boundaries.at_least[30] <= 30
    assert (boundaries.at_least > boundaries.below).all()


def test_a_census_plan_ends_with_the_truth() -> None:
    boundaries = stopping_boundaries(60, FIFTH, False, 0.025, cap=60)
    for noisy in range(61):
        found = operating_characteristics(boundaries, 60, noisy)
        assert found.not_settled < 1e-9
        wrong = found.below if noisy >= 12 else found.at_least
        assert wrong <= 0.025


@pytest.mark.parametrize(
    ("population", "cap", "nulls"), [(60, 40, 2000), (300, 80, 2000), (300, 80, 40)]
)
def test_the_repeated_interval_covers_at_all_looks_at_once(
    population: int, cap: int, nulls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequential, "MOST_NULLS", nulls)
    sequential._table.cache_clear()
    looks = np.arange(cap + 1)
    held = np.zeros((population + 1, cap + 1, cap + 1), dtype=bool)  # M, look, count
    for look in looks:
        for count in range(look + 1):
            found = repeated_interval(count, look, population, cap, first_look=10)
            low, high = round(found.low * population), round(found.high * population)
            held[low : high + 1, look, count] = True
    for noisy in range(population + 1):
        paths = np.zeros(cap + 1)
        paths[0] = 1.0
        for look in looks[1:]:
            share = np.clip((noisy - looks) / (population - look + 1), 0, 1)
            moved = paths * share
            paths -= moved
            paths[1:] += moved[:-1]
            paths[~held[noisy, look]] = 0.0
        assert paths.sum() >= 0.95 - 1e-9


@pytest.mark.parametrize("population", [137, 500, 2000, 7001])
def test_the_boundaries_and_the_repeated_interval_never_contradict_each_other(
    population: int,
) -> None:
    boundaries = stopping_boundaries(population, FIFTH, False, 0.025, 100)
    for look in range(1, 101):
        for count in range(look + 1):
            found = repeated_interval(count, look, population, 100)
            assert (found.low >= 0.2) == (count >= boundaries.at_least[look])
            assert not (count <= boundaries.below[look] and found.high >= 0.2)


def test_at_the_cap_the_repeated_interval_is_not_much_wider() -> None:
    repeated, fixed = repeated_interval(40, 200, 2000, 200), hypergeometric_interval(40, 200, 2000)
    assert (repeated.high - repeated.low) <= 1.25 * (fixed.high - fixed.low)
    assert repeated.low <= fixed.low
    assert repeated.high >= fixed.high


def test_a_grid_of_nulls_gives_nearly_the_same_interval(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = np.cumsum(np.random.default_rng(5).random(60) < 0.3).tolist()
    low, high = repeated_band(path, 900, 60)
    sequential._table.cache_clear()
    monkeypatch.setattr(sequential, "MOST_NULLS", 90)
    coarse_low, coarse_high = repeated_band(path, 900, 60)
    sequential._table.cache_clear()
    assert np.abs(low - coarse_low).max() <= 20 / 900
    assert np.abs(coarse_high - high).max() <= 20 / 900


def test_the_band_is_the_interval_at_each_item() -> None:
    path = [0, 1, 1, 2, 2, 2, 3]
    low, high = repeated_band(path, 100, 20, first_look=3)
    for index, count in enumerate(path):
        assert Interval(low[index], high[index]) == repeated_interval(
            count, index + 1, 100, 20, first_look=3
        )
    assert [len(ends) for ends in repeated_band([], 100, 20)] == [0, 0]
    assert repeated_interval(0, 0, 100, 20) == Interval(0.0, 1.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((100, FIFTH, False, 0.025, 101), "cap must be"),
        ((100, FIFTH, False, 0.025, 0), "cap must be"),
        ((100, FIFTH, False, 0.5, 10), "alpha"),
        ((100, FIFTH, False, 0.025, 10, 0), "first look"),
        ((100, "2", False, 0.025, 10), "threshold"),
        ((100, FIFTH, False, 0.025, 10, 3, 0.0), "spending power"),
    ],
)
def test_plans_that_cannot_be_are_refused(arguments: tuple[object, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        stopping_boundaries(*arguments)  # type: ignore[arg-type]


def test_counts_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="items judged"):
        repeated_interval(5, 4, 100, 20)
    with pytest.raises(ValueError, match="items judged"):
        repeated_interval(5, 21, 100, 20)
    with pytest.raises(ValueError, match="grow by 0 or 1"):
        repeated_band([0, 2], 100, 20)
    boundaries = stopping_boundaries(100, FIFTH, False, 0.025, 20)
    with pytest.raises(ValueError, match="noisy"):
        operating_characteristics(boundaries, 100, 101)
