"""Many tests of one run, held together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from diagnostics.science.measures.samples import Floats

# From a one-sided level to the limits of a share: (low, high).
Limits = Callable[[float], tuple[float, float]]


@dataclass(frozen=True)
class Tested:
    """One tested sign of one cause: its share of the errors and the chance of its null.

    `p`: one-sided, of the null that the share is not above its tolerance. `limits`: what an
    interval with that one-sided level on each side is.
    """

    cause: str
    source: str
    share: float
    p: float
    limits: Limits


def holm(p: Sequence[float]) -> Floats:
    """Adjusted p values (m) of Holm (1979): the k-th smallest times m − k + 1, made ascending."""
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    steps = np.arange(len(values), 0, -1) * values[order]
    adjusted = np.empty(len(values))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def normal_limits(share: float, error: float) -> Limits:
    """Limits share ± z · error, held inside 0..1."""

    def limits(level: float) -> tuple[float, float]:
        reach = float(scipy.stats.norm.isf(level)) * error
        return min(max(share - reach, 0.0), 1.0), min(max(share + reach, 0.0), 1.0)

    return limits


def above(value: float, error: float, tolerance: float) -> float:
    """One-sided normal p of a value against the null that it is at most `tolerance`.

    1 where the error is 0: without variation nothing is shown.
    """
    return float(scipy.stats.norm.sf((value - tolerance) / error)) if error > 0 else 1.0
