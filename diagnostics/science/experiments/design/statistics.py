"""Intervals of an experiment: paired t over seeds, and a paired cluster bootstrap over samples.

The claim rests on the paired t with k - 1 degrees of freedom alone. There is no bootstrap over
seeds on purpose: resampling three to five seeds finds an effect in a quarter of the experiments
that have none. The bootstrap over samples holds the seeds as they were: it speaks of these runs.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from annotations.science.estimation.claims import holm as holm
from diagnostics.science.measures.samples import Floats

LEVEL = 0.95
# Two pairs have an interval on paper, and it is 12 standard deviations wide.
FEWEST_PAIRS = 3
DRAWS = 2000
# Numbers drawn at once: 32 MB.
_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Difference:
    """Mean of k paired differences; no interval and no p of fewer than FEWEST_PAIRS."""

    mean: float | None
    low: float | None
    high: float | None
    p: float | None
    count: int


@dataclass(frozen=True)
class Interval:
    """Lower and upper limit."""

    low: float
    high: float


def paired_t(
    differences: Floats | list[float], level: float = LEVEL, step: float = 0.0
) -> Difference:
    """Student's paired t over differences (k), treated minus control, one per seed.

    Differences that are all alike have their own value as their interval, and p 0, or 1 where they
    are 0. `step`: the unit in which the differences can vary at all, 1/n for a mean over n samples
    that are right or wrong. Its rounding variance, step²/12, is then added to that of the
    differences: with a handful of samples three seeds often agree to the last sample, and a plain t
    would take that for certainty. Raises ValueError for numbers that are not finite.
    """
    values = np.asarray(differences, dtype=float)
    if not np.isfinite(values).all():
        raise ValueError("differences have to be finite numbers")
    count = len(values)
    if count < FEWEST_PAIRS:
        mean = float(values.mean()) if count else None
        return Difference(mean, None, None, None, count)
    # Not the mean of equal numbers: that may be off by a last digit, and so differ from them.
    alike = bool((values == values[0]).all())
    middle = float(values[0]) if alike else float(values.mean())
    variance = (0.0 if alike else float(values.var(ddof=1))) + (
        step**2 / 12 if values.any() else 0.0
    )
    if variance == 0:
        return Difference(middle, middle, middle, 1.0 if middle == 0 else 0.0, count)
    error = float(np.sqrt(variance / count))
    reach = float(scipy.stats.t.ppf((1 + level) / 2, count - 1)) * error
    p = 2 * float(scipy.stats.t.sf(abs(middle) / error, count - 1))
    return Difference(middle, middle - reach, middle + reach, p, count)


def paired_bootstrap(
    control: Floats,
    treated: Floats,
    clusters: npt.NDArray[np.int64],
    rng: np.random.Generator,
    draws: int = DRAWS,
    level: float = LEVEL,
) -> Interval | None:
    """Percentile interval of treated minus control, credits (k, m), over samples: these runs only.

    The seeds are averaged first; then whole clusters (m: the cluster of each sample, such as its
    image) are drawn with replacement and the mean is taken over the samples drawn. Clusters of
    like size and like sum are counted together, which changes nothing in the distribution: the
    numbers of each kind drawn are multinomial. None of fewer than two clusters.
    """
    if control.shape != treated.shape or control.shape[1:] != clusters.shape:
        raise ValueError("control, treated and clusters have to be of the same samples")
    _, cluster = np.unique(clusters, return_inverse=True)
    if len(cluster) == 0 or cluster.max() == 0:
        return None
    gap = (treated - control).mean(axis=0)
    sums = np.round(np.bincount(cluster, weights=gap), 9)
    sizes = np.bincount(cluster).astype(float)
    kinds, number = np.unique(np.stack([sums, sizes]), axis=1, return_counts=True)
    chances = number / number.sum()
    rows = max(_AT_ONCE // len(chances), 1)
    means = np.empty(draws)
    for start in range(0, draws, rows):
        stop = min(start + rows, draws)
        drawn = rng.multinomial(number.sum(), chances, size=stop - start)
        means[start:stop] = (drawn @ kinds[0]) / (drawn @ kinds[1])
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))
