"""The designs an audit may be drawn by, and the interval that belongs to each.

A design is chosen before the draw and stored with it: choosing the narrowest of several intervals
afterwards would break its coverage.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Literal

import numpy as np

from annotations.science.estimation.noise_ratio import Established, NoiseRatio, PlannedLook
from annotations.science.estimation.prediction_powered import stratified_score_assisted_interval
from annotations.science.estimation.protocols import Protocol
from annotations.science.estimation.sequential import repeated_interval, stopping_boundaries

SIMPLE_RANDOM = "simple_random"
PROPORTIONAL = "proportional_per_cluster"
SCORE_ASSISTED = "score_assisted"
PLANNED_STOP = "planned_stop"

# A planned early stop looks from this item on, and errs at most this often on each side.
FIRST_LOOK = 30
ALPHA = 0.025

Outcome = Literal["noise", "clean", "undecided"]


@dataclass(frozen=True)
class Design:
    """One way to draw, with its one-sentence explanation and what it needs."""

    name: str
    title: str
    sentence: str
    needs_clusters: bool = False
    needs_score: bool = False


DESIGNS: dict[str, Design] = {
    design.name: design
    for design in (
        Design(
            SIMPLE_RANDOM,
            "Simple random",
            "Every error has the same chance, and the interval is exact: nothing to explain.",
        ),
        Design(
            PROPORTIONAL,
            "Proportional per cluster",
            "Every cluster gives its share of the items, so no draw can miss a large cluster by "
            "bad luck; with a frozen mismatch score the interval uses that too.",
            needs_clusters=True,
        ),
        Design(
            SCORE_ASSISTED,
            "Score-assisted",
            "Drawn at random all the same; the mismatch score, frozen before the draw, narrows the "
            "interval as far as it turns out to be right, and costs nothing where it is not.",
            needs_score=True,
        ),
        Design(
            PLANNED_STOP,
            "Planned early stop",
            "Judged in random order and stopped as soon as the question is settled, from item 30 "
            "on; the boundaries are fixed now, so looking at every item costs no error.",
        ),
    )
}


@dataclass(frozen=True)
class Stratum:
    """A stratum's population, and the mean of the frozen scores over it (0 without scores)."""

    population: int
    mean_score: float = 0.0


@dataclass(frozen=True)
class JudgedItem:
    """One item with its outcome, its stratum (0 where there is one only) and its frozen score."""

    outcome: Outcome
    stratum: int = 0
    score: float = 0.0


def score_assisted_ratio(
    ratio: NoiseRatio, items: Sequence[JudgedItem], strata: Sequence[Stratum], protocol: Protocol
) -> NoiseRatio:
    """`ratio` with point and interval of the stratified score-assisted estimator.

    `items` are the judged ones. The target is the decidable part of the population, as it is of the
    exact interval: undecided items leave their stratum, with their scores. What is established is
    said of finished audits alone. Unchanged while nothing is decided. Raises ValueError for a
    stratum number outside `strata`.
    """
    decided = [item for item in items if item.outcome != "undecided"]
    if not decided:
        return ratio
    noisy: list[list[int]] = [[] for _ in strata]
    scores: list[list[float]] = [[] for _ in strata]
    left_out: list[list[float]] = [[] for _ in strata]
    for item in items:
        if not 0 <= item.stratum < len(strata):
            raise ValueError(f"stratum {item.stratum} is not among the {len(strata)} of the plan")
        if item.outcome == "undecided":
            left_out[item.stratum].append(item.score)
        else:
            noisy[item.stratum].append(int(item.outcome == "noise"))
            scores[item.stratum].append(item.score)
    sizes = [each.population - len(out) for each, out in zip(strata, left_out, strict=True)]
    means = [
        (each.population * each.mean_score - sum(out)) / size if size else 0.0
        for each, out, size in zip(strata, left_out, sizes, strict=True)
    ]
    kept = [number for number, size in enumerate(sizes) if size]
    found = stratified_score_assisted_interval(
        [np.array(noisy[number], dtype=np.float64) for number in kept],
        [np.array(scores[number], dtype=np.float64) for number in kept],
        [means[number] for number in kept],
        [sizes[number] for number in kept],
        ratio.level,
    )
    low, high = max(found.low, 0.0), min(found.high, 1.0)
    return replace(
        ratio,
        point=min(max(found.point, 0.0), 1.0),
        low=low,
        high=high,
        established=_held_against(low, high, protocol) if ratio.complete else "not_settled",
        method=found.method,
        extra_items=found.extra_items,
    )


def planned_ratio(ratio: NoiseRatio, outcomes: Sequence[Outcome], protocol: Protocol) -> NoiseRatio:
    """`ratio` with the repeated interval of the planned audit and what it has established.

    `outcomes`: of the items in the order of the draw; those that still wait are undecided.
    """
    look = planned_look(outcomes, ratio.population, ratio.drawn, protocol, ratio.level)
    return replace(
        ratio,
        low=look.low,
        high=look.high,
        established=look.stopped or "not_settled",
        method=PLANNED_STOP,
        planned=look,
    )


def planned_look(
    outcomes: Sequence[Outcome], population: int, cap: int, protocol: Protocol, level: float = 0.95
) -> PlannedLook:
    """Where the planned audit stands: it ends at the first item that crosses a boundary.

    `cap`: items drawn. Later outcomes say nothing any more: the claim is that of the stop. Raises
    ValueError for more outcomes than the cap.
    """
    if len(outcomes) > cap:
        raise ValueError(f"{len(outcomes)} outcomes of an audit that stops at {cap}")
    first = min(FIRST_LOOK, cap)
    bounds = stopping_boundaries(
        population, protocol.threshold, protocol.strict, ALPHA, cap, first_look=first
    )
    fewest = most = looked_at = 0
    stopped: Literal["at_least", "below"] | None = None
    for looked_at, outcome in enumerate(outcomes, start=1):
        fewest += outcome == "noise"
        most += outcome != "clean"
        if fewest >= bounds.at_least[looked_at]:
            stopped = "at_least"
        elif most <= bounds.below[looked_at]:
            stopped = "below"
        if stopped:
            break
    interval = partial(
        repeated_interval, population_size=population, cap=cap, level=level, first_look=first
    )
    low, high = interval(fewest, looked_at).low, interval(most, looked_at).high
    return PlannedLook(looked_at, fewest, most, cap, stopped, low, high)


def _held_against(low: float, high: float, protocol: Protocol) -> Established:
    """What an interval says of the threshold; floats are compared as the fractions they are."""
    least, most = Fraction(low), Fraction(high)
    if least > protocol.threshold or (least == protocol.threshold and not protocol.strict):
        return "at_least"
    if most < protocol.threshold or (most == protocol.threshold and protocol.strict):
        return "below"
    return "not_settled"
