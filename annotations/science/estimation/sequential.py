"""Stopping an audit early, as planned before it began, and the interval that stays valid then.

A truncated sequential test for a finite population. Items are judged in random order; after t of
them x were noisy. The claim 'at least' rejects M = needed - 1, the claim 'below' rejects
M = needed; each side may err with probability alpha in all, spent as alpha * (t / cap) ** power up
to look t (Lan and DeMets 1983). Boundaries come from the exact distribution of the count on paths
that have not crossed yet: given x noisy among t, the next is noisy with probability
(M - x) / (N - t). No approximation, no simulation.

A side's boundary ignores the other side's ('non-binding'), so the error holds even if a lead goes
on after a crossing. The chance that a null is ever rejected is monotone in M (couple the draws), so
the counts next to the threshold are the worst cases. Boundaries and repeated interval are one test:
an audit stops exactly when the repeated interval leaves the threshold behind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from annotations.science.estimation.intervals import Interval
from annotations.science.estimation.protocols import custom

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

# Nulls are tested one by one up to this population and on a grid of as many above it, where the
# ends of the repeated interval lie up to a 1,000th of the population further out. The work grows
# with nulls * cap^2, so long plans get a coarser grid, but never one of fewer than LEAST_NULLS.
MOST_NULLS = 1000
LEAST_NULLS = 200
WORK = MOST_NULLS * 200**2


@dataclass(frozen=True)
class Boundaries:
    """Running counts that end the audit, by items judged: arrays of cap + 1.

    After t items stop with 'at least' when the noisy ones reach at_least[t] (t + 1: not yet
    possible), with 'below' when they are at most below[t] (-1: not yet possible).
    """

    at_least: Counts
    below: Counts

    @property
    def cap(self) -> int:
        """The most items that are judged."""
        return len(self.at_least) - 1


@dataclass(frozen=True)
class Operating:
    """What a plan does when `noisy` of the population are noisy; probabilities are exact."""

    expected_items: float
    at_least: float
    below: float
    not_settled: float


def stopping_boundaries(
    population_size: int,
    threshold: Fraction | str | float,
    strict: bool,
    alpha: float,
    cap: int,
    first_look: int = 30,
    spending_power: float = 1.0,
) -> Boundaries:
    """Boundaries that err with probability at most `alpha` on each side, looking at every item.

    alpha = 0.025 agrees with the 95 % repeated interval. Raises ValueError unless
    1 <= cap <= population, 1 <= first_look, 0 < alpha < 0.5 and the threshold is a share.
    """
    _check(population_size, cap, alpha, first_look, spending_power)
    needed = custom(1, threshold, strict).needed_count(population_size)
    nulls, crossing = _table(population_size, cap, alpha, first_look, spending_power)
    at_least = crossing[np.searchsorted(nulls, needed - 1)]
    # A count of noisy ones at most l is a count of clean ones of at least t - l.
    enough_clean = crossing[np.searchsorted(nulls, population_size - needed)]
    # As many as the threshold needs, noisy or clean, settle it for certain at any look.
    at_least = np.minimum(at_least, needed)
    enough_clean = np.minimum(enough_clean, population_size - needed + 1)
    return Boundaries(at_least, np.arange(cap + 1) - enough_clean)


def operating_characteristics(
    boundaries: Boundaries, population_size: int, noisy: int
) -> Operating:
    """Expected items and the chance of each ending, for a population with `noisy` noisy members.

    Raises ValueError unless 0 <= noisy <= population_size and cap <= population_size.
    """
    if not 0 <= noisy <= population_size or boundaries.cap > population_size:
        raise ValueError(f"{noisy} noisy, cap {boundaries.cap}: not in {population_size}")
    paths = np.zeros((1, boundaries.cap + 1))
    paths[0, 0] = 1.0
    nulls = np.array([noisy])
    expected = up = down = 0.0
    counts = np.arange(boundaries.cap + 1)
    for look in range(1, boundaries.cap + 1):
        expected += float(paths.sum())
        _step(paths, nulls, population_size, look)
        reached = counts >= boundaries.at_least[look]
        fallen = counts <= boundaries.below[look]
        up += float(paths[0, reached].sum())
        down += float(paths[0, fallen & ~reached].sum())
        paths[0, reached | fallen] = 0.0
    return Operating(expected, up, down, max(1.0 - up - down, 0.0))


def repeated_interval(
    successes: int,
    looked_at: int,
    population_size: int,
    cap: int,
    level: float = 0.95,
    first_look: int = 30,
    spending_power: float = 1.0,
) -> Interval:
    """The interval for M / N after `looked_at` items, valid however often one looks.

    The chance that any of the intervals from first_look to cap misses the truth is at most
    1 - level. Before the first look only what was seen bounds the share. Raises ValueError for
    counts or a plan that cannot be.
    """
    low, high = _ends(
        np.array([successes]),
        np.array([looked_at]),
        population_size,
        cap,
        level,
        first_look,
        spending_power,
    )
    return Interval(int(low[0]) / int(population_size), int(high[0]) / int(population_size))


def repeated_band(
    running_counts: Sequence[int],
    population_size: int,
    cap: int,
    level: float = 0.95,
    first_look: int = 30,
    spending_power: float = 1.0,
) -> tuple[Floats, Floats]:
    """`repeated_interval` after each of items 1..t: two arrays of shares, for a growth chart.

    `running_counts[i]`: noisy ones among the first i + 1. Raises ValueError as above, and for
    counts that do not grow by 0 or 1.
    """
    counts = np.asarray(running_counts, dtype=np.int64)
    if len(counts) == 0:
        return np.empty(0), np.empty(0)
    if not np.isin(np.diff(counts, prepend=0), (0, 1)).all():
        raise ValueError("running counts grow by 0 or 1 from item to item")
    looks = np.arange(1, len(counts) + 1)
    low, high = _ends(counts, looks, population_size, cap, level, first_look, spending_power)
    return low / population_size, high / population_size


def _check(population: int, cap: int, alpha: float, first_look: int, power: float) -> None:
    if not 1 <= cap <= population:
        raise ValueError(f"the cap must be 1..{population} (the population), not {cap}")
    if not 0 < alpha < 0.5:
        raise ValueError(f"alpha must lie between 0 and 0.5, not {alpha}")
    if first_look < 1:
        raise ValueError(f"the first look must be at item 1 or later, not {first_look}")
    if not power > 0:
        raise ValueError(f"the spending power must be positive, not {power}")


def _step(paths: Floats, nulls: Counts, population: int, look: int) -> None:
    """Draw item number `look`: paths (nulls x counts) before it become paths after it, in place."""
    counts = np.arange(look)
    left = population - (look - 1)
    noisy = np.clip((nulls[:, None] - counts) / left, 0.0, 1.0)
    moved = paths[:, :look] * noisy
    paths[:, :look] -= moved
    paths[:, 1 : look + 1] += moved


def _upper(
    nulls: Counts, population: int, cap: int, alpha: float, first_look: int, power: float
) -> Counts:
    """For each null count M the smallest crossing counts by look: nulls x (cap + 1)."""
    out = np.tile(np.arange(1, cap + 2, dtype=np.int64), (len(nulls), 1))
    paths = np.zeros((len(nulls), cap + 1))
    paths[:, 0] = 1.0
    spent = np.zeros(len(nulls))
    for look in range(1, cap + 1):
        _step(paths, nulls, population, look)
        if look < first_look and look < cap:
            continue
        room = alpha * (look / cap) ** power - spent
        tails = np.cumsum(paths[:, look::-1], axis=1)  # tails[:, i]: P(count >= look - i)
        fits = (tails <= room[:, None]).sum(axis=1)  # how many of the highest counts cross
        out[:, look] = look + 1 - fits
        crossing = np.arange(look + 1) >= out[:, look][:, None]
        spent += np.where(crossing, paths[:, : look + 1], 0.0).sum(axis=1)
        paths[:, : look + 1][crossing] = 0.0
    return out


@lru_cache(maxsize=8)
def _table(
    population: int, cap: int, alpha: float, first_look: int, power: float
) -> tuple[Counts, Counts]:
    """A grid of nulls from 0 to N, and the smallest crossing counts that reject it and all below.

    Spending against discrete counts makes `_upper` saw-toothed in M by a few counts here and there;
    the running maximum makes the interval a hull, so that what it excludes is rejected throughout.
    """
    most = min(population, MOST_NULLS, max(WORK // cap**2, LEAST_NULLS))
    nulls = np.unique(np.linspace(0, population, most + 1).astype(np.int64))
    crossing = _upper(nulls, population, cap, alpha, first_look, power)
    return nulls, np.maximum.accumulate(crossing, axis=0)


def _ends(
    counts: Counts,
    looks: Counts,
    population: int,
    cap: int,
    level: float,
    first_look: int,
    power: float,
) -> tuple[Counts, Counts]:
    """Low and high M for running counts at looks."""
    if not 0 < level < 1:
        raise ValueError(f"the level must lie between 0 and 1, not {level}")
    plan = (population, cap, (1 - level) / 2, first_look, power)
    _check(*plan)
    if (looks < 0).any() or (looks > cap).any() or (counts < 0).any() or (counts > looks).any():
        raise ValueError(f"counts must be 0..items judged, and those 0..{cap} (the cap)")
    low = _lows(counts, looks, plan)
    high = population - _lows(looks - counts, looks, plan)
    return low, high


def _lows(counts: Counts, looks: Counts, plan: tuple[int, int, float, int, float]) -> Counts:
    """The smallest M that is not rejected in favour of more, for each count and look.

    On a grid this is one more than the last rejected null, as all between it and the next might
    stand. A true M is excluded only with the next null above it on the grid, which is no likelier
    than under that null: alpha at most, for every M and not only for those on the grid.
    """
    nulls, crossing = _table(*plan)
    rejected = (crossing[:, looks] <= counts).sum(axis=0)
    last = np.concatenate(([-1], nulls))[rejected]
    lows: Counts = np.maximum(last + 1, counts)
    return lows
