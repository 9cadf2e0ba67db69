"""What may be claimed of single groups: exact tests, held to the number of groups (Holm 1979).

With many clusters some stand out by chance. A claim is a hypothesis that an exact test rejects
after Holm's step-down correction over all groups and both directions, so that the chance of even
one false claim among them is at most `alpha`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
import scipy

Claim = Literal["at_least", "below", "none"]


@dataclass(frozen=True)
class GroupCount:
    """A group of `population` errors of which `decided` were judged at random, `noisy` of them
    noise."""

    noisy: int
    decided: int
    population: int

    def __post_init__(self) -> None:
        if not 0 <= self.noisy <= self.decided <= self.population:
            raise ValueError(
                f"{self.noisy} noisy of {self.decided} decided of {self.population} cannot be"
            )


@dataclass(frozen=True)
class GroupClaim:
    """What is claimed of one group, and the adjusted p-values of both directions."""

    claim: Claim
    p_at_least: float
    p_below: float


def claims(
    groups: Sequence[GroupCount], threshold: Fraction, strict: bool, alpha: float = 0.05
) -> list[GroupClaim]:
    """A claim for each group, in their order.

    'at_least' rejects that the group's share of noise is under the threshold (`strict`: not over
    it), 'below' rejects the opposite. Raises ValueError for an alpha outside (0, 1).
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1, not {alpha}")
    raw = [_p_values(group, threshold, strict) for group in groups]
    adjusted = holm([p for pair in raw for p in pair])
    found = []
    for at_least, below in zip(adjusted[0::2], adjusted[1::2], strict=True):
        claim: Claim = "at_least" if at_least <= alpha else "below" if below <= alpha else "none"
        found.append(GroupClaim(claim, float(at_least), float(below)))
    return found


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Adjusted p-values (n,) by Holm's step-down method: max over j <= i of (n - j) p_(j), at
    most 1."""
    raw = np.asarray(p_values, dtype=float)
    order = np.argsort(raw, kind="stable")
    scaled = raw[order] * np.arange(len(raw), 0, -1)
    adjusted = np.empty_like(raw)
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return adjusted


def _p_values(group: GroupCount, threshold: Fraction, strict: bool) -> tuple[float, float]:
    """Exact one-sided p-values at the hardest null: the nearest count on the other side."""
    needed = _needed(group.population, threshold, strict)
    draw = (group.population, group.decided)
    # The largest count that does not meet the rule, and the smallest that does.
    p_at_least = (
        float(scipy.stats.hypergeom.sf(group.noisy - 1, draw[0], needed - 1, draw[1]))
        if needed > 0
        else 0.0
    )
    p_below = (
        float(scipy.stats.hypergeom.cdf(group.noisy, draw[0], needed, draw[1]))
        if needed <= group.population
        else 0.0
    )
    return p_at_least, p_below


def _needed(population: int, threshold: Fraction, strict: bool) -> int:
    """The smallest number of noisy errors that meets the rule."""
    exact = threshold * population
    return math.floor(exact) + 1 if strict else math.ceil(exact)
