"""Simulated coverage and width of every interval, over the grid and under stress.

A coverage seen over R repetitions scatters with sqrt(0.95 * 0.05 / R): cells are held against
94.5 % less four such errors (one of 200 cells falls lower in 1 of 150 runs at exactly 94.5 %), and
their means over a group against 94.5 % itself.
"""

import numpy as np
import pytest

from benchmarks.interval_coverage import (
    GRID,
    METHODS,
    STRESS,
    STRESS_KINDS,
    Cell,
    World,
    audit,
    make_population,
    simulate,
)

LEAST = 0.945


def least_of(repetitions: int) -> float:
    return LEAST - 4 * (0.95 * 0.05 / repetitions) ** 0.5


def check(cells: list[Cell], repetitions: int) -> None:
    for method in METHODS:
        worst = min(cells, key=lambda cell: cell.coverage[method])
        assert worst.coverage[method] >= least_of(repetitions), (method, worst)
        assert np.mean([cell.coverage[method] for cell in cells]) >= LEAST, method


def test_a_simulated_population_is_what_it_says() -> None:
    rng = np.random.default_rng(0)
    for auroc in (0.6, 0.75, 0.9):
        noisy, score, members = make_population(World(20_000, 0.2, auroc), rng)
        assert noisy.sum() == 4000
        assert sum(len(ids) for ids in members) == 20_000
        ranks = score.argsort().argsort()
        found = (ranks[noisy == 1].mean() - (4000 - 1) / 2) / 16_000
        assert found == pytest.approx(auroc, abs=0.05)


def test_every_interval_holds_in_a_few_worlds() -> None:
    worlds = [World(500, 0.05, 0.9, 100), World(2000, 0.2, 0.9, 200), World(2000, 0.3, 0.6, 100)]
    check([simulate(world, 200) for world in worlds], 200)


def test_one_audit_gives_every_method_an_interval() -> None:
    rng = np.random.default_rng(1)
    world = World(300, 0.2, drawn=60)
    found = audit(*make_population(world, rng), world.drawn, rng)
    assert set(found) == {*METHODS, "wilson"}
    assert all(0 <= low < high <= 1 for low, high in found.values())


@pytest.mark.slow
@pytest.mark.parametrize("auroc", [0.6, 0.75, 0.9])
@pytest.mark.parametrize("drawn", [100, 200])
def test_every_interval_holds_over_the_grid(auroc: float, drawn: int) -> None:
    worlds = [world for world in GRID if (world.auroc, world.drawn) == (auroc, drawn)]
    assert len(worlds) == 21
    check([simulate(world, 600) for world in worlds], 600)


@pytest.mark.slow
@pytest.mark.parametrize("kind", STRESS_KINDS)
def test_every_interval_holds_under_stress(kind: str) -> None:
    worlds = [world for world in STRESS if world.kind == kind]
    assert {world.share for world in worlds} >= {0.02}
    check([simulate(world, 600) for world in worlds], 600)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("population", "auroc", "width"),
    [(2000, 0.9, 0.75), (20000, 0.9, 0.80), (2000, 0.75, 0.92), (20000, 0.75, 0.96)],
)
def test_scores_make_intervals_as_narrow_as_promised(
    population: int, auroc: float, width: float
) -> None:
    cell = simulate(World(population, 0.2, auroc, 200), 600)
    assert cell.width["stratified_score_assisted"] <= width


@pytest.mark.slow
@pytest.mark.parametrize("drawn", [100, 200])
def test_a_useless_score_costs_little(drawn: int) -> None:
    cell = simulate(World(2000, 0.2, 0.5, drawn, kind="useless"), 600)
    assert cell.width_exact["score_assisted"] <= 1.05
    assert cell.width_exact["stratified_score_assisted"] <= 1.05
