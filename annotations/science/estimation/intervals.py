"""Exact intervals for a count in a finite population, from a simple random sample of it.

A population of N errors holds an unknown number M of noisy ones. A simple random sample of n
without replacement holds X ~ Hypergeometric(N, M, n). The interval is the set of every M that an
equal-tailed exact test does not reject (Wright 1991, "Exact confidence bounds when sampling from
small finite universes"):

    low  = smallest M with P(X >= x | M) > (1 - level) / 2
    high = largest  M with P(X <= x | M) > (1 - level) / 2

so its coverage is at least `level` for every M, with no approximation anywhere.

Probabilities come from the ratio of neighbouring terms,
pmf(j+1) / pmf(j) = (M-j)(n-j) / ((j+1)(N-M-n+j+1)), normalised by their own sum: exact to rounding
for any N, where differences of log-gammas lose digits.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """An interval for a share: 0 <= low <= high <= 1."""

    low: float
    high: float


@dataclass(frozen=True)
class CountInterval:
    """An interval for how many of `population` members are noisy, both ends included."""

    low: int
    high: int
    population: int

    def shares(self) -> Interval:
        """The same interval as shares; (0, 1) for an empty population."""
        if self.population == 0:
            return Interval(0.0, 1.0)
        return Interval(self.low / self.population, self.high / self.population)


@dataclass(frozen=True)
class CriticalCounts:
    """What a finished sample must show to settle the question 'M >= needed?'.

    `at_least`: the smallest count that establishes M >= needed (sample size + 1: none does).
    `below`: the largest count that establishes M < needed (-1: none does).
    """

    at_least: int
    below: int


def hypergeometric_interval(
    successes: int, sample_size: int, population_size: int, level: float = 0.95
) -> Interval:
    """The exact interval for the share M / N of noisy members.

    Raises ValueError for counts that cannot be: see `hypergeometric_count_interval`.
    """
    return hypergeometric_count_interval(successes, sample_size, population_size, level).shares()


def hypergeometric_count_interval(
    successes: int, sample_size: int, population_size: int, level: float = 0.95
) -> CountInterval:
    """The exact interval for the number M of noisy members among N.

    Nothing drawn says nothing: (0, N). Everything drawn leaves no doubt: (x, x).
    Raises ValueError unless 0 <= successes <= sample_size <= population_size, in whole numbers, and
    0 < level < 1.
    """
    _check(successes, sample_size, population_size, level)
    low, high = _count_interval(int(successes), int(sample_size), int(population_size), level)
    return CountInterval(low, high, int(population_size))


def interval_table(
    sample_size: int, population_size: int, level: float = 0.95
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Low and high counts for every possible number of successes 0..n: two arrays of n + 1."""
    _check(0, sample_size, population_size, level)
    rows = [
        hypergeometric_count_interval(x, sample_size, population_size, level)
        for x in range(sample_size + 1)
    ]
    low = np.array([row.low for row in rows], dtype=np.int64)
    return low, np.array([row.high for row in rows], dtype=np.int64)


def upper_tail(successes: int, sample_size: int, population_size: int, noisy: int) -> float:
    """P(X >= successes) when `noisy` of the population are noisy."""
    _check(successes, sample_size, population_size, 0.5)
    _check_noisy(noisy, population_size)
    first, weights = _weights(sample_size, population_size, noisy)
    return _share(weights, max(successes - first, 0), len(weights))


def lower_tail(successes: int, sample_size: int, population_size: int, noisy: int) -> float:
    """P(X <= successes) when `noisy` of the population are noisy."""
    _check(successes, sample_size, population_size, 0.5)
    _check_noisy(noisy, population_size)
    first, weights = _weights(sample_size, population_size, noisy)
    return _share(weights, 0, max(successes - first + 1, 0))


def probabilities(sample_size: int, population_size: int, noisy: int) -> Floats:
    """P(X = 0..n): an array of sample_size + 1 that sums to one."""
    _check(0, sample_size, population_size, 0.5)
    _check_noisy(noisy, population_size)
    first, weights = _weights(sample_size, population_size, noisy)
    out = np.zeros(sample_size + 1)
    out[first : first + len(weights)] = weights / weights.sum()
    return out


@lru_cache(maxsize=4096)
def critical_counts(
    sample_size: int, population_size: int, needed: int, level: float = 0.95
) -> CriticalCounts:
    """The counts at which the exact interval of a finished sample settles 'M >= needed?'.

    The interval's low end is >= needed exactly when M = needed - 1 is rejected from above, and its
    high end is < needed exactly when M = needed is rejected from below (tails are monotone in M).
    Raises ValueError unless 1 <= needed <= population_size.
    """
    _check(0, sample_size, population_size, level)
    if not 1 <= needed <= population_size:
        raise ValueError(f"needed must be 1..{population_size}, not {needed}")
    tail = (1 - level) / 2
    up = np.cumsum(probabilities(sample_size, population_size, needed - 1)[::-1])[::-1]
    down = np.cumsum(probabilities(sample_size, population_size, needed))
    reached = np.flatnonzero(up <= tail)
    at_least = int(reached[0]) if len(reached) else sample_size + 1
    return CriticalCounts(at_least, int(np.count_nonzero(down <= tail)) - 1)


def _check(successes: int, sample_size: int, population_size: int, level: float) -> None:
    for count in (successes, sample_size, population_size):
        if count % 1:
            raise ValueError(f"counts must be whole numbers, not {count}")
    if not 0 <= sample_size <= population_size:
        raise ValueError(
            f"the sample size must be 0..{population_size} (the population), not {sample_size}"
        )
    if not 0 <= successes <= sample_size:
        raise ValueError(f"successes must be 0..{sample_size} (the sample size), not {successes}")
    if not 0 < level < 1:
        raise ValueError(f"the level must lie between 0 and 1, not {level}")


def _check_noisy(noisy: int, population_size: int) -> None:
    if not 0 <= noisy <= population_size:
        raise ValueError(f"noisy must be 0..{population_size} (the population), not {noisy}")


def _weights(n: int, population: int, noisy: int) -> tuple[int, Floats]:
    """The smallest possible X, and weights proportional to P(X = that, +1, ...)."""
    first = max(0, n - (population - noisy))
    last = min(n, noisy)
    j = np.arange(first, last, dtype=np.float64)
    ratios = np.log((noisy - j) * (n - j)) - np.log((j + 1) * (population - noisy - n + j + 1))
    logs = np.concatenate(([0.0], np.cumsum(ratios)))
    weights: Floats = np.exp(logs - logs.max())
    return first, weights


def _share(weights: Floats, start: int, stop: int) -> float:
    return float(weights[start:stop].sum() / weights.sum())


@lru_cache(maxsize=65536)
def _count_interval(x: int, n: int, population: int, level: float) -> tuple[int, int]:
    tail = (1 - level) / 2
    # M can be no less than the noisy ones seen and no more than all but the clean ones seen.
    least, most = x, population - (n - x)
    low, above = least, most  # P(X >= x) rises with M: find the first M above the tail
    while low < above:
        middle = (low + above) // 2
        if upper_tail(x, n, population, middle) > tail:
            above = middle
        else:
            low = middle + 1
    under, high = least, most  # P(X <= x) falls with M: find the last M above the tail
    while under < high:
        middle = (under + high + 1) // 2
        if lower_tail(x, n, population, middle) > tail:
            under = middle
        else:
            high = middle - 1
    return low, high
