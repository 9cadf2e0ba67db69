"""Score-assisted intervals: fewer items for the same width, honest when the scores are useless.

A mismatch score is known for all N errors and verdicts for the n drawn. The regression estimator
(Cassel, Sarndal and Wretman 1976; the mean of PPI++, Angelopoulos et al. 2023, with its optimal
weight) moves the sample share by weight * (population mean score - sample mean score). What differs
from the textbook z-interval, whose coverage falls to 88 % and below:

- finite population correction (1 - n/N);
- leave-one-out residuals e / (1 - leverage), as the weight was fitted to the same items;
- half a pseudo-mismatch, a squared residual of 1 at half weight, against residuals that look too
  good;
- Korn-Graubard limits: Clopper-Pearson at the effective sample size p (1 - p) / variance, reduced
  by (t_{n-1} / t_{df})^2;
- the plain exact interval where fewer than 10 of either kind were seen.

The score must have been frozen before the draw, or cross-fitted: fitted to these very verdicts
it covers as little as 59 %. The intervals are for a sample size fixed beforehand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import scipy

from annotations.science.estimation.intervals import hypergeometric_interval

Floats = npt.NDArray[np.float64]

# With fewer of either kind seen, variance estimates are too poor to be believed.
FEWEST_OF_A_KIND = 10
PSEUDO_MISMATCH = 0.5


@dataclass(frozen=True)
class Estimate:
    """A share of noise with its interval.

    `method`: `score_assisted`, or `exact` where the fallback applied. `weight`: the fitted weight
    of the scores. `extra_items`: how many more items the exact interval would have needed to be as
    narrow (0: the scores were worth none).
    """

    point: float
    low: float
    high: float
    method: Literal["score_assisted", "exact"] = "score_assisted"
    weight: float = 0.0
    extra_items: int = 0


def score_assisted_interval(
    noisy: npt.ArrayLike,
    scores: npt.ArrayLike,
    population_mean_score: float,
    population_size: int,
    level: float = 0.95,
) -> Estimate:
    """For a simple random sample: `noisy` (n of 0/1) and `scores` (n) of the decided items.

    `population_mean_score`: mean score of all N. Raises ValueError for an empty sample, lengths
    that differ, verdicts other than 0 and 1, scores that are not finite, n > N or a bad level.
    """
    return stratified_score_assisted_interval(
        [noisy], [scores], [population_mean_score], [population_size], level
    )


def stratified_score_assisted_interval(
    noisy_by_stratum: Sequence[npt.ArrayLike],
    scores_by_stratum: Sequence[npt.ArrayLike],
    population_mean_scores: Sequence[float],
    population_sizes: Sequence[int],
    level: float = 0.95,
) -> Estimate:
    """For a proportional draw per stratum, with one weight pooled over all strata.

    A weight per small stratum would be fitted to a handful of items (coverage down to 80 %). A
    stratum with fewer than two decided items is merged with its neighbour in the order given. With
    constant scores this is the plain stratified estimator. Raises ValueError as above, for lists
    of different lengths, and for a merged design that still has an empty stratum.
    """
    strata = _strata(noisy_by_stratum, scores_by_stratum, population_mean_scores, population_sizes)
    if not 0 < level < 1:
        raise ValueError(f"the level must lie between 0 and 1, not {level}")
    noisy = np.concatenate([stratum.noisy for stratum in strata])
    n, total = len(noisy), sum(stratum.size for stratum in strata)
    seen = int(noisy.sum())
    exact = hypergeometric_interval(seen, n, total, level)
    if min(seen, n - seen) < FEWEST_OF_A_KIND:
        return Estimate(seen / n, exact.low, exact.high, method="exact")
    weight, point, variance, freedom = _regression(strata, total)
    low, high = _korn_graubard(point, variance, n, freedom, level)
    ratio = (exact.high - exact.low) / (high - low) if high > low else 1.0
    extra = min(max(round(n * (ratio**2 - 1)), 0), total - n)
    return Estimate(point, low, high, "score_assisted", weight, extra)


@dataclass(frozen=True)
class _Stratum:
    noisy: Floats
    scores: Floats
    mean_score: float
    size: int


def _strata(
    noisy_by_stratum: Sequence[npt.ArrayLike],
    scores_by_stratum: Sequence[npt.ArrayLike],
    mean_scores: Sequence[float],
    sizes: Sequence[int],
) -> list[_Stratum]:
    """Checked strata, those too small to have a variance merged with a neighbour."""
    if len({len(noisy_by_stratum), len(scores_by_stratum), len(mean_scores), len(sizes)}) != 1:
        raise ValueError("every stratum needs its verdicts, scores, mean score and size")
    merged: list[_Stratum] = []
    for parts in zip(noisy_by_stratum, scores_by_stratum, mean_scores, sizes, strict=True):
        stratum = _checked(*parts)
        if merged and min(len(merged[-1].noisy), len(stratum.noisy)) < 2:
            merged[-1] = _merge(merged[-1], stratum)
        elif stratum.size:
            merged.append(stratum)
    if not merged or len(merged[0].noisy) == 0:
        raise ValueError("there is no decided item")
    return merged


def _checked(noisy: npt.ArrayLike, scores: npt.ArrayLike, mean_score: float, size: int) -> _Stratum:
    verdicts = np.asarray(noisy, dtype=np.float64).ravel()
    values = np.asarray(scores, dtype=np.float64).ravel()
    if len(verdicts) != len(values):
        raise ValueError(f"{len(verdicts)} verdicts, but {len(values)} scores")
    if not np.isin(verdicts, (0.0, 1.0)).all():
        raise ValueError("verdicts must be 0 (not noisy) or 1 (noisy)")
    # A stratum of nobody has no mean score, and needs none.
    mean = float(mean_score) if size else 0.0
    if not (np.isfinite(values).all() and np.isfinite(mean)):
        raise ValueError("scores must be finite numbers")
    if len(verdicts) > size:
        raise ValueError(f"{len(verdicts)} items decided in a population of only {size}")
    return _Stratum(verdicts, values, mean, int(size))


def _merge(one: _Stratum, two: _Stratum) -> _Stratum:
    size = one.size + two.size
    mean = (one.mean_score * one.size + two.mean_score * two.size) / max(size, 1)
    return _Stratum(
        np.concatenate([one.noisy, two.noisy]),
        np.concatenate([one.scores, two.scores]),
        mean,
        size,
    )


def _regression(strata: list[_Stratum], total: int) -> tuple[float, float, float, int]:
    """Weight, point estimate, its variance, and degrees of freedom."""
    spread = sum(float(((s.scores - s.scores.mean()) ** 2).sum()) for s in strata)
    shared = sum(
        float(((s.scores - s.scores.mean()) * (s.noisy - s.noisy.mean())).sum()) for s in strata
    )
    # Below this the scores differ by rounding only.
    scale = sum(float((s.scores**2).sum()) for s in strata)
    weight = shared / spread if spread > 1e-12 * max(scale, 1e-300) else 0.0
    count = sum(len(s.noisy) for s in strata)
    point = variance = 0.0
    for s in strata:
        n, share = len(s.noisy), s.size / total
        centred = s.scores - s.scores.mean()
        point += share * (s.noisy.mean() + weight * (s.mean_score - s.scores.mean()))
        leverage = centred**2 / spread if weight else np.zeros(n)
        residuals = (s.noisy - s.noisy.mean() - weight * centred) / np.maximum(
            1.0 - leverage - (1.0 / n if len(strata) == 1 else 0.0), 1e-6
        )
        # A single item in the whole design cannot get here: 10 of either kind were seen.
        squares = float((residuals**2).sum()) + PSEUDO_MISMATCH * n / count
        spare = n if len(strata) == 1 else n - 1
        variance += share**2 * (1.0 - n / s.size) * squares / spare / n
    return weight, float(min(max(point, 0.0), 1.0)), float(variance), count - len(strata)


def _korn_graubard(
    point: float, variance: float, n: int, freedom: int, level: float
) -> tuple[float, float]:
    """Korn and Graubard (1998): exact binomial limits at the effective sample size."""
    if variance <= 0.0:
        return point, point
    tail = (1 - level) / 2
    # At a point estimate of 0 or 1 the binomial variance vanishes; half an item keeps it alive.
    inner = min(max(point, 0.5 / n), 1 - 0.5 / n)
    penalty = (scipy.stats.t.ppf(1 - tail, n - 1) / scipy.stats.t.ppf(1 - tail, freedom)) ** 2
    effective = inner * (1 - inner) / variance * penalty
    hits = point * effective
    low = float(scipy.stats.beta.ppf(tail, hits, effective - hits + 1)) if hits > 0 else 0.0
    high = float(scipy.stats.beta.ppf(1 - tail, hits + 1, effective - hits)) if point < 1 else 1.0
    return low, high
