"""Coverage and width of every interval over simulated audits: one JSON line per group of cells.

    python -m benchmarks.interval_coverage --repetitions 6000        # the grid of 126 cells
    python -m benchmarks.interval_coverage --stress --repetitions 2000

A cell is a population size, a share of noise, an AUROC of the mismatch score and a sample size; in
each, `repetitions` audits are drawn from populations renewed every 30 draws. Populations: exactly
round(p N) noisy, 12 clusters of skewed size with their own noise rates (logit-normal, sd 1), a
fifth unclustered; scores with the wanted AUROC, a bias per cluster, calibrated to 20 % and
overconfident. `width` is relative to Wilson's interval on the same sample (`width_exact`: to the
exact one).
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from scipy import stats

from annotations.science.estimation.drawing import largest_remainder
from annotations.science.estimation.intervals import hypergeometric_interval
from annotations.science.estimation.prediction_powered import (
    score_assisted_interval,
    stratified_score_assisted_interval,
)

METHODS = ("exact", "score_assisted", "stratified_score_assisted")
DRAWS_PER_POPULATION = 30


@dataclass(frozen=True)
class World:
    """How a population is made and how much of it is drawn."""

    population: int = 2000
    share: float = 0.2
    auroc: float = 0.9
    drawn: int = 200
    clusters: int = 12
    unclustered: float = 0.2
    overconfidence: float = 1.3
    kind: str = "plain"


@dataclass(frozen=True)
class Cell:
    """What the repetitions in one world gave, by method."""

    world: World
    coverage: dict[str, float]
    width: dict[str, float]
    width_exact: dict[str, float]


SHARES = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4)
GRID = [
    World(population, share, auroc, drawn)
    for auroc, drawn, population, share in product(
        (0.6, 0.75, 0.9), (100, 200), (500, 2000, 20000), SHARES
    )
]
STRESS_KINDS = {
    "useless": World(auroc=0.5, kind="useless"),
    "reversed": World(kind="reversed"),
    "five_levels": World(kind="five_levels"),
    "binary": World(kind="binary"),
    "constant": World(kind="constant"),
    "clusters_40": World(clusters=40, kind="clusters_40"),
    "half_unclustered": World(unclustered=0.5, kind="half_unclustered"),
    "overconfident": World(overconfidence=4.0, kind="overconfident"),
}
STRESS = [
    replace(world, share=share, drawn=drawn)
    for world, share, drawn in product(STRESS_KINDS.values(), (0.02, 0.05, 0.2), (50, 100, 200))
]


def make_population(
    world: World, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Noisy (0/1) and score of every member, and the members of every cluster."""
    n, named = world.population, world.clusters - 1
    weights = np.append(rng.dirichlet(np.full(named, 1.5)) * (1 - world.unclustered), 0.0)
    weights[-1] = world.unclustered
    cluster = rng.choice(world.clusters, n, p=weights / weights.sum())
    rates = 1 / (1 + np.exp(1.4 - rng.normal(0, 1, world.clusters)[cluster]))
    noisy = np.zeros(n)
    # Exponential races: a draw without replacement with chances in proportion to the rates.
    noisy[np.argsort(rng.exponential(size=n) / rates)[: round(world.share * n)]] = 1.0
    distance = np.sqrt(2) * stats.norm.ppf(world.auroc)
    signal = distance * np.sqrt(1.25) * noisy + rng.normal(0, 1, n)
    signal += rng.normal(0, 0.5, world.clusters)[cluster]
    score = 1 / (1 + np.exp(-world.overconfidence * (distance * (signal - distance / 2) - 1.386)))
    if world.kind == "reversed":
        score = 1 - score
    elif world.kind == "five_levels":
        score = np.round(score * 4) / 4
    elif world.kind == "binary":
        score = (score > 0.5).astype(float)
    elif world.kind == "constant":
        score = np.full(n, 0.3)
    members = [np.flatnonzero(cluster == number) for number in range(world.clusters)]
    return noisy, score, [ids for ids in members if len(ids)]


def audit(
    noisy: np.ndarray,
    score: np.ndarray,
    members: list[np.ndarray],
    drawn: int,
    rng: np.random.Generator,
) -> dict[str, tuple[float, float]]:
    """Each method's interval from one draw; `wilson` for comparison."""
    n = len(noisy)
    ids = rng.choice(n, drawn, replace=False)
    seen = int(noisy[ids].sum())
    exact = hypergeometric_interval(seen, drawn, n)
    assisted = score_assisted_interval(noisy[ids], score[ids], float(score.mean()), n)
    shares = largest_remainder([len(cluster) for cluster in members], drawn)
    picked = [
        rng.choice(cluster, share, replace=False)
        for cluster, share in zip(members, shares, strict=True)
    ]
    stratified = stratified_score_assisted_interval(
        [noisy[part] for part in picked],
        [score[part] for part in picked],
        [float(score[cluster].mean()) for cluster in members],
        [len(cluster) for cluster in members],
    )
    z2 = 1.959963984540054**2
    reach = np.sqrt(z2 * (seen * (drawn - seen) / drawn + z2 / 4)) / (drawn + z2)
    centre = (seen + z2 / 2) / (drawn + z2)
    return {
        "exact": (exact.low, exact.high),
        "score_assisted": (assisted.low, assisted.high),
        "stratified_score_assisted": (stratified.low, stratified.high),
        "wilson": (float(centre - reach), float(centre + reach)),
    }


def simulate(world: World, repetitions: int, seed: int = 0) -> Cell:
    """Coverage and relative widths in one world."""
    rng = np.random.default_rng([seed, world.population, world.drawn, round(1000 * world.share)])
    held = dict.fromkeys(METHODS, 0)
    widths = dict.fromkeys((*METHODS, "wilson"), 0.0)
    for repetition in range(repetitions):
        if repetition % DRAWS_PER_POPULATION == 0:
            noisy, score, members = make_population(world, rng)
        truth = float(noisy.mean())
        for method, (low, high) in audit(noisy, score, members, world.drawn, rng).items():
            widths[method] += high - low
            if method in held:
                # A rounding error must not decide whether an end is hit.
                held[method] += low <= truth + 1e-12 and truth <= high + 1e-12
    return Cell(
        world,
        {method: held[method] / repetitions for method in METHODS},
        {method: widths[method] / widths["wilson"] for method in METHODS},
        {method: widths[method] / widths["exact"] for method in METHODS},
    )


def groups(stress: bool) -> Iterator[tuple[dict[str, object], list[World]]]:
    """Cells that one line sums up."""
    if stress:
        for kind in STRESS_KINDS:
            yield {"scenario": kind}, [world for world in STRESS if world.kind == kind]
        return
    for auroc, drawn, population in product((0.6, 0.75, 0.9), (100, 200), (500, 2000, 20000)):
        wanted = (auroc, drawn, population)
        yield (
            {"auroc": auroc, "drawn": drawn, "population": population},
            [w for w in GRID if (w.auroc, w.drawn, w.population) == wanted],
        )


def summarise(name: dict[str, object], cells: list[Cell], repetitions: int) -> dict[str, object]:
    """One line: the worst and mean coverage of a group, and widths at a share of 20 %."""
    fifth = [cell for cell in cells if cell.world.share == 0.2 and cell.world.drawn >= 100]
    return {
        "benchmark": "interval_coverage",
        **name,
        "cells": len(cells),
        "repetitions": repetitions,
        **{
            method: {
                "coverage_min": round(min(cell.coverage[method] for cell in cells), 4),
                "coverage_mean": round(float(np.mean([c.coverage[method] for c in cells])), 4),
                "width": round(float(np.mean([c.width[method] for c in fifth])), 3),
                "width_exact": round(float(np.mean([c.width_exact[method] for c in fifth])), 3),
            }
            for method in METHODS
        },
    }


def main() -> None:
    """Print one JSON line per group as it is done."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=600)
    parser.add_argument("--stress", action="store_true", help="the stress scenarios, not the grid")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    chosen = parser.parse_args()
    from joblib import Parallel, delayed

    with Parallel(n_jobs=chosen.jobs) as parallel:
        for name, worlds in groups(chosen.stress):
            cells = parallel(
                delayed(simulate)(world, chosen.repetitions, chosen.seed) for world in worlds
            )
            print(json.dumps(summarise(name, cells, chosen.repetitions)), flush=True)


if __name__ == "__main__":
    main()
