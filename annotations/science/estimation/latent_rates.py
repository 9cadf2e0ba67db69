"""Sensitivity and specificity of annotators without gold, by Dawid and Skene's model of two kinds.

Nobody knows which items are noise; where three people or more overlap, their agreements and
disagreements say how reliable each is (Dawid and Skene 1979, here with verdicts as noise or not).
The fit is that of `raters.dawid_skene`; this one fits all bootstrap resamples at once, over the
patterns of votes instead of the items.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from annotations.science.estimation.agreement_intervals import Share, exact_share

Floats = npt.NDArray[np.float64]
NoiseVote = tuple[Hashable, Hashable, bool]

# Below these there is too little to say.
FEWEST_SHARED = 10
FEWEST_ITEMS = 20
FEWEST_OF_A_KIND = 5
FEW_PEOPLE, FEW_ITEMS, ONE_KIND = "few_people", "few_items", "one_kind"

SMOOTHING = 0.01
MOST_STEPS = 500
# EM ends when no item's probability of noise moves by more.
TOLERANCE, RESAMPLED_TOLERANCE = 1e-6, 1e-3
FEWEST_RESAMPLES, MOST_CELLS = 200, 200_000


@dataclass(frozen=True)
class Rate:
    """A rate between 0 and 1 with its interval, from about `items` items; None: too few."""

    value: float | None
    low: float | None
    high: float | None
    items: float


@dataclass(frozen=True)
class AnnotatorRates:
    """How often an annotator calls noise noise (sensitivity) and the rest not (specificity)."""

    annotator: Hashable
    sensitivity: Rate
    specificity: Rate


@dataclass(frozen=True)
class LatentRates:
    """The rates of all annotators; `note` says why there are none.

    'few_people': no three who share items two by two. 'few_items', 'one_kind' of verdict.
    """

    items: int
    annotators: list[AnnotatorRates]
    note: str


@dataclass(frozen=True)
class _Patterns:
    """`noisy` and `clean` (patterns x annotators) hold 1 where that vote was given."""

    annotators: list[Hashable]
    noisy: Floats
    clean: Floats
    repeats: Floats

    @property
    def items(self) -> int:
        return int(self.repeats.sum())

    def shared(self) -> Floats:
        """Items in common, annotators x annotators."""
        voted = self.noisy + self.clean
        common: Floats = voted.T @ (voted * self.repeats[:, None])
        return common


def latent_rates(
    votes: Iterable[NoiseVote], level: float = 0.95, resamples: int = 400, seed: int = 0
) -> LatentRates:
    """Fit the model to (item, annotator, called noise) votes on items judged by two or more.

    Intervals: percentile bootstrap over items, widened to what the exact interval would be if the
    truth were known. A rate resting on fewer than five items is not given.
    """
    patterns = _patterns_of(votes)
    if note := _too_little(patterns):
        return LatentRates(patterns.items, [], note)
    start = patterns.noisy.sum(axis=1) / (patterns.noisy + patterns.clean).sum(axis=1)
    truth, sensitivity, specificity = _fit(patterns, patterns.repeats[None, :], start, TOLERANCE)
    # Where patterns are many the model rests on many items and fewer resamples will do.
    resamples = min(resamples, max(FEWEST_RESAMPLES, MOST_CELLS // len(patterns.repeats)))
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(patterns.items, patterns.repeats / patterns.items, resamples)
    _, sensitivities, specificities = _fit(
        patterns, drawn.astype(np.float64), truth[0], RESAMPLED_TOLERANCE
    )
    voted = patterns.noisy + patterns.clean
    of_noise = (patterns.repeats * truth[0]) @ voted
    of_rest = (patterns.repeats * (1 - truth[0])) @ voted
    rows = [
        AnnotatorRates(
            annotator,
            _rate(sensitivity[0, place], sensitivities[:, place], of_noise[place], level),
            _rate(specificity[0, place], specificities[:, place], of_rest[place], level),
        )
        for place, annotator in enumerate(patterns.annotators)
    ]
    return LatentRates(patterns.items, rows, "")


def _patterns_of(votes: Iterable[NoiseVote]) -> _Patterns:
    by_item: dict[Hashable, dict[Hashable, bool]] = defaultdict(dict)
    for item, annotator, noisy in votes:
        by_item[item][annotator] = noisy
    overlapped = [given for given in by_item.values() if len(given) >= 2]
    annotators = sorted({who for given in overlapped for who in given}, key=str)
    if not overlapped:
        nothing = np.zeros((0, 0))
        return _Patterns([], nothing, nothing, np.zeros(0))
    table = np.full((len(overlapped), len(annotators)), -1)
    place = {annotator: column for column, annotator in enumerate(annotators)}
    for row, given in enumerate(overlapped):
        for who, noisy in given.items():
            table[row, place[who]] = noisy
    rows, repeats = np.unique(table, axis=0, return_counts=True)
    noisy_votes, clean_votes = (rows == 1).astype(np.float64), (rows == 0).astype(np.float64)
    return _Patterns(annotators, noisy_votes, clean_votes, repeats.astype(np.float64))


def _too_little(patterns: _Patterns) -> str:
    near = (patterns.shared() >= FEWEST_SHARED).astype(np.float64)
    np.fill_diagonal(near, 0.0)
    # Three who share items two by two: a triangle in the graph of who shares with whom.
    if np.trace(near @ near @ near) == 0:
        return FEW_PEOPLE
    if patterns.items < FEWEST_ITEMS:
        return FEW_ITEMS
    if not patterns.noisy.any() or not patterns.clean.any():
        return ONE_KIND
    return ""


def _fit(
    patterns: _Patterns, weights: Floats, start: Floats, tolerance: float
) -> tuple[Floats, Floats, Floats]:
    """EM for each row of `weights` (fits x patterns) from these probabilities of noise.

    Returns how probable noise is (fits x patterns), sensitivity and specificity (fits x people).
    """
    noisy, clean = patterns.noisy, patterns.clean
    voted = noisy + clean
    truth = np.tile(start, (len(weights), 1))
    for _ in range(MOST_STEPS):
        of_noise, of_rest = weights * truth, weights * (1 - truth)
        sensitivity = (of_noise @ noisy + SMOOTHING) / (of_noise @ voted + 2 * SMOOTHING)
        specificity = (of_rest @ clean + SMOOTHING) / (of_rest @ voted + 2 * SMOOTHING)
        odds = (of_noise.sum(axis=1) + SMOOTHING) / (of_rest.sum(axis=1) + SMOOTHING)
        logit = np.log(odds)[:, None] + np.log(sensitivity / (1 - specificity)) @ noisy.T
        logit += np.log((1 - sensitivity) / specificity) @ clean.T
        before, truth = truth, expit(logit)
        if np.abs(truth - before).max() < tolerance:
            break
    return truth, sensitivity, specificity


def _rate(value: float, resampled: Sequence[float] | Floats, items: float, level: float) -> Rate:
    """With the exact interval as the least width, as if the truth had been known."""
    if items < FEWEST_OF_A_KIND:
        return Rate(None, None, None, float(items))
    low, high = np.quantile(resampled, [(1 - level) / 2, (1 + level) / 2])
    whole = int(items)
    known: Share = exact_share(round(float(value) * whole), whole, level)
    least, most = known.low or 0.0, 1.0 if known.high is None else known.high
    return Rate(float(value), min(float(low), least), max(float(high), most), float(items))
