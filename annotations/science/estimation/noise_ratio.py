"""From verdict counts to what the noise page may say.

Two answers stand side by side: the rule as written (the point estimate against the threshold) and
what is established (the exact interval against the threshold).

The ratio is taken over decided items. The u items judged `unsure` or `unusable` are members of the
population that have no decided verdict, so the decided items are a random sample of the at most
N - u members that would get one; N - u is the population of the interval. (An upper bound, hence a
slightly wide interval; in a census it is exact and the interval is a point.) The bounds say what
the undecided ones could hide.
"""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from annotations.science.estimation.intervals import (
    critical_counts,
    hypergeometric_count_interval,
    hypergeometric_interval,
)
from annotations.science.estimation.protocols import Protocol

MATCH, MISMATCH, WRONG_ANSWER, AMBIGUOUS = "match", "mismatch", "wrong_answer", "ambiguous"
DECIDED_KINDS = (MATCH, MISMATCH, WRONG_ANSWER, AMBIGUOUS)
DEFAULT_NOISE_KINDS = (MISMATCH, WRONG_ANSWER)
# How sure a forecast of `items_to_settle` is.
PREDICTIVE_PROBABILITY = 0.8

Rule = Literal["at_least", "below", "no_verdicts"]
Established = Literal["at_least", "below", "not_settled"]


@dataclass(frozen=True)
class Tally:
    """How the drawn items stand after resolution; `waiting` have no resolution yet.

    Raises ValueError unless the parts add up to `drawn` and `drawn` <= `population`.
    """

    population: int
    drawn: int
    match: int = 0
    mismatch: int = 0
    wrong_answer: int = 0
    ambiguous: int = 0
    unsure: int = 0
    unusable: int = 0
    waiting: int = 0

    def __post_init__(self) -> None:
        parts = [getattr(self, kind) for kind in (*DECIDED_KINDS, "unsure", "unusable", "waiting")]
        if min(parts) < 0:
            raise ValueError(f"a count cannot be negative: {self}")
        if sum(parts) != self.drawn:
            raise ValueError(f"{sum(parts)} items counted, but {self.drawn} were drawn")
        if self.drawn > self.population:
            raise ValueError(f"{self.drawn} drawn of a population of only {self.population}")

    @property
    def decided(self) -> int:
        """Items in the denominator."""
        return self.match + self.mismatch + self.wrong_answer + self.ambiguous

    @property
    def undecided(self) -> int:
        """Items left out of the denominator, and bounded."""
        return self.unsure + self.unusable

    def count(self, kinds: Collection[str]) -> int:
        """Items with one of these decided verdicts. Raises ValueError for another kind."""
        if unknown := set(kinds) - set(DECIDED_KINDS):
            raise ValueError(f"{', '.join(sorted(unknown))} cannot count as noise")
        return sum(getattr(self, kind) for kind in set(kinds))


@dataclass(frozen=True)
class Estimate:
    """A share with its exact interval; `point` is None where nothing is decided."""

    point: float | None
    low: float
    high: float


@dataclass(frozen=True)
class Bounds:
    """The ratio if every undecided item were noise, and if none were; None without any item.

    `low` and `high` are the exact interval's outermost ends over both cases.
    """

    if_all_noise: float | None
    if_none_noise: float | None
    low: float
    high: float


@dataclass(frozen=True)
class PlannedLook:
    """Where a planned audit stands: after `looked_at` items, `at_least` or `below` once stopped.

    Undecided items count against either claim: `fewest` noisy ones if none of them were noise,
    `most` if all were. A claim made so is made by the true count too, at this item or before, so
    that its chance to be wrong is no larger.
    """

    looked_at: int
    fewest: int
    most: int
    cap: int
    stopped: Literal["at_least", "below"] | None
    low: float
    high: float


@dataclass(frozen=True)
class NoiseRatio:
    """Everything the page, the API and the command line say about an audit."""

    successes: int
    decided: int
    undecided: int
    waiting: int
    drawn: int
    population: int
    point: float | None
    low: float
    high: float
    level: float
    rule: Rule
    established: Established
    complete: bool
    mismatch_only: Estimate
    bounds: Bounds
    items_to_settle: int | None
    # `exact` (hypergeometric), or the design's own: `score_assisted`, `stratified`, `planned_stop`.
    method: str = "exact"
    # How many more items the exact interval would have needed to be as narrow.
    extra_items: int = 0
    planned: PlannedLook | None = None


@dataclass(frozen=True)
class GroupTally:
    """One group (a cluster, a question type) of an audit's items and of its population."""

    name: str
    population: int
    drawn: int
    successes: int
    decided: int
    undecided: int = 0


@dataclass(frozen=True)
class GroupRatio:
    """A group's ratio with its exact interval: where to look next, not a claim (DESIGN 8)."""

    name: str
    population: int
    drawn: int
    successes: int
    decided: int
    point: float | None
    low: float
    high: float


def noise_ratio(
    tally: Tally,
    protocol: Protocol,
    noise_kinds: Collection[str] = DEFAULT_NOISE_KINDS,
    level: float = 0.95,
) -> NoiseRatio:
    """Estimate the noise ratio and hold it against the protocol's threshold.

    While items are waiting (`complete` is false) the interval describes the items decided so far;
    it is not to be watched for a crossing, and `established` does not use it: see `established`.
    Raises ValueError for kinds that cannot count as noise.
    """
    successes, decided = tally.count(noise_kinds), tally.decided
    whole = _estimate(successes, decided, tally.population - tally.undecided, level)
    finding = established(
        successes, decided, tally.undecided, tally.waiting, tally.population, protocol, level
    )
    return NoiseRatio(
        successes=successes,
        decided=decided,
        undecided=tally.undecided,
        waiting=tally.waiting,
        drawn=tally.drawn,
        population=tally.population,
        point=whole.point,
        low=whole.low,
        high=whole.high,
        level=level,
        rule=rule_as_written(successes, decided, protocol),
        established=finding,
        complete=tally.waiting == 0,
        mismatch_only=_estimate(tally.mismatch, decided, tally.population - tally.undecided, level),
        bounds=_bounds(successes, decided, tally.undecided, tally.population, level),
        items_to_settle=(
            items_to_settle(tally, successes, protocol, level) if finding == "not_settled" else None
        ),
    )


def rule_as_written(successes: int, decided: int, protocol: Protocol) -> Rule:
    """The point estimate against the threshold, compared as whole numbers."""
    if decided == 0:
        return "no_verdicts"
    return "at_least" if protocol.meets(successes, decided) else "below"


def established(
    successes: int,
    decided: int,
    undecided: int,
    waiting: int,
    population: int,
    protocol: Protocol,
    level: float = 0.95,
) -> Established:
    """What the finished audit's exact interval says, or is already bound to say.

    With nothing waiting: `at_least` when the interval's low end meets the threshold, `below` when
    its high end does not. With r items waiting, an answer is given only if all completions lead to
    it (curtailment), so looking often costs no error. It is enough to look at one completion each:

    Let p_up(x, d, N) = P(X >= x) under M = needed(N) - 1 and p_down(x, d, N) = P(X <= x) under
    M = needed(N); an answer stands when its p is <= (1 - level) / 2. An item ends as noise
    (x+1, d+1, N), not noise (x, d+1, N) or undecided (x, d, N-1).

    *at_least* is worst off when all end as not noise. Against noise: p_up falls with x. Against
    undecided: fix a clean member e of the population and condition on e being drawn,
    P(X >= x | N, M, d+1) = q P(X >= x | N-1, M, d) + (1-q) P(X >= x | N-1, M, d+1)
    >= P(X >= x | N-1, M, d), as a larger sample holds no fewer; and needed(N-1) <= needed(N).

    *below* is worst off when all end as noise. Against not noise: p_down rises with x. Against
    undecided: fix a noisy member e, P(X <= x+1 | N, M, d+1) = q P(X <= x | N-1, M-1, d)
    + (1-q) P(X <= x+1 | N-1, M-1, d+1) >= P(X <= x | N-1, M-1, d), as one more draw adds at most
    one; and needed(N-1) >= needed(N) - 1, because the threshold is below 1.
    """
    total = decided + waiting
    if total == 0:
        return "not_settled"
    decidable = population - undecided
    critical = critical_counts(total, decidable, protocol.needed_count(decidable), level)
    if successes >= critical.at_least:
        return "at_least"
    if successes + waiting <= critical.below:
        return "below"
    return "not_settled"


def items_to_settle(
    tally: Tally, successes: int, protocol: Protocol, level: float = 0.95
) -> int | None:
    """How many items beyond those drawn would settle the question with probability >= 80 %.

    A forecast for planning a larger draw, not a licence to extend this one until it is settled.
    Under a uniform prior on M the noise among the next m decided items is beta-binomial
    (m, x + 1, d - x + 1); the answer is the smallest such m found by bisection (the probability
    rises with m but for a small saw-tooth), less the items still waiting, and grown by the share of
    items that stay undecided. 0: those still waiting will probably do. A census always settles it.
    None when nothing is decided yet, or the whole population is drawn already.
    """
    decided, remaining = tally.decided, tally.population - tally.undecided - tally.decided
    unseen = tally.population - tally.drawn
    if decided == 0 or unseen == 0:
        return None
    decidable = decided + remaining
    needed = protocol.needed_count(decidable)

    def settles(more: int) -> bool:
        critical = critical_counts(decided + more, decidable, needed, level)
        chances = _beta_binomial(more, successes + 1, decided - successes + 1)
        reached = chances[max(critical.at_least - successes, 0) :].sum()
        fallen = chances[: max(critical.below - successes + 1, 0)].sum()
        return float(reached + fallen) >= PREDICTIVE_PROBABILITY

    few, enough = 0, 1
    while enough < remaining and not settles(enough):
        few, enough = enough, enough * 2
    enough = min(enough, remaining)
    while enough - few > 1:
        middle = (few + enough) // 2
        few, enough = (few, middle) if settles(middle) else (middle, enough)
    looked_at = decided / (decided + tally.undecided)
    return min(max(math.ceil(enough / looked_at) - tally.waiting, 0), unseen)


def by_group(groups: Iterable[GroupTally], level: float = 0.95) -> list[GroupRatio]:
    """Each group's ratio with its exact interval, in the order given.

    Given how many of a simple random sample fell into a group, they are a simple random sample of
    it. Raises ValueError for counts that cannot be.
    """
    out = []
    for group in groups:
        found = _estimate(group.successes, group.decided, group.population - group.undecided, level)
        out.append(
            GroupRatio(
                name=group.name,
                population=group.population,
                drawn=group.drawn,
                successes=group.successes,
                decided=group.decided,
                point=found.point,
                low=found.low,
                high=found.high,
            )
        )
    return out


def _estimate(successes: int, decided: int, population: int, level: float) -> Estimate:
    interval = hypergeometric_interval(successes, decided, population, level)
    point = successes / decided if decided else None
    return Estimate(point, interval.low, interval.high)


def _bounds(successes: int, decided: int, undecided: int, population: int, level: float) -> Bounds:
    total = decided + undecided
    if total == 0:
        return Bounds(None, None, 0.0, 1.0)
    return Bounds(
        if_all_noise=(successes + undecided) / total,
        if_none_noise=successes / total,
        low=hypergeometric_count_interval(successes, total, population, level).shares().low,
        high=hypergeometric_count_interval(successes + undecided, total, population, level)
        .shares()
        .high,
    )


def _beta_binomial(trials: int, a: int, b: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """P(0..trials) for a share drawn from Beta(a, b): ratios of neighbouring terms, normalised."""
    j = np.arange(trials, dtype=np.float64)
    ratios = np.log((trials - j) * (a + j)) - np.log((j + 1) * (b + trials - j - 1))
    logs = np.concatenate(([0.0], np.cumsum(ratios)))
    weights = np.exp(logs - logs.max())
    chances: np.ndarray[tuple[int], np.dtype[np.float64]] = weights / weights.sum()
    return chances
