"""Several annotators on one item: how far they agree, who is how reliable, what the item is.

A vote is a triple (item, annotator, verdict); each annotator votes at most once per item and any
vote may be missing: left out, or None or NaN in the place of its verdict. Votes come as any
collection of triples, as a mapping from (item, annotator) to the verdict, or as a table whose three
columns are item, annotator and verdict (anything with pandas' `itertuples`).
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Vote = tuple[Hashable, Hashable, str]
Votes = Iterable[Vote] | Mapping[tuple[Hashable, Hashable], str]
# Weights (resamples x patterns of votes) to coefficients (resamples).
Coefficient = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Agreement:
    """A coefficient of agreement and its interval; NaN where the votes do not define it."""

    value: float
    low: float
    high: float
    items: int
    votes: int


@dataclass(frozen=True)
class Consensus:
    """What Dawid and Skene's model makes of the votes.

    `items`, `annotators`, `verdicts` name the axes: `probabilities` (items x verdicts) of each
    verdict being true, `prevalence` (verdicts), `confusion` (annotators x true x given).
    """

    items: list[Hashable]
    annotators: list[Hashable]
    verdicts: list[str]
    probabilities: Floats
    prevalence: Floats
    confusion: Floats
    log_likelihood: float
    iterations: int
    converged: bool

    def resolved(self) -> dict[Hashable, str]:
        """The most probable verdict of each item; a tie goes to the first in `verdicts`."""
        best = self.probabilities.argmax(axis=1)
        return {item: self.verdicts[index] for item, index in zip(self.items, best, strict=True)}

    def sensitivity(self, annotator: Hashable, noisy: Iterable[str]) -> float:
        """Chance that the annotator gives one of the noisy verdicts where one of them is true."""
        return self._rate(annotator, set(noisy), of_noisy=True)

    def specificity(self, annotator: Hashable, noisy: Iterable[str]) -> float:
        """Chance that the annotator gives none of the noisy verdicts where none of them is true."""
        return self._rate(annotator, set(noisy), of_noisy=False)

    def _rate(self, annotator: Hashable, noisy: set[str], of_noisy: bool) -> float:
        kind = np.array([(verdict in noisy) is of_noisy for verdict in self.verdicts])
        weights = np.where(kind, self.prevalence, 0.0)
        if weights.sum() == 0:
            return float("nan")
        given = self.confusion[self.annotators.index(annotator)][:, kind].sum(axis=1)
        return float((weights * given).sum() / weights.sum())


def dawid_skene(
    votes: Votes, smoothing: float = 0.01, tolerance: float = 1e-8, most: int = 2000
) -> Consensus:
    """Dawid and Skene (1979): each annotator has a confusion matrix, fitted by EM.

    EM starts from each item's shares of votes. `smoothing` pseudo-votes per cell keep a verdict
    nobody gave from being impossible. Stops when the mean log-likelihood per vote moves by less
    than `tolerance`. Raises ValueError for no votes or two votes of one annotator on one item.
    """
    table = _Table.of(votes)
    if not len(table.item):
        raise ValueError("there are no votes")
    shape = len(table.items), len(table.verdicts)
    truth = _sums(table.item, table.given, shape)
    truth /= truth.sum(axis=1, keepdims=True)
    likelihood, moved, iteration = -np.inf, np.inf, 0
    prevalence, confusion = _maximise(table, truth, smoothing)
    while iteration < most and moved >= tolerance:
        iteration += 1
        logs = np.tile(np.log(prevalence), (shape[0], 1))
        np.add.at(logs, table.item, np.log(confusion[table.annotator, :, table.given]))
        top = logs.max(axis=1, keepdims=True)
        weights = np.exp(logs - top)
        now = float((top[:, 0] + np.log(weights.sum(axis=1))).sum())
        truth = weights / weights.sum(axis=1, keepdims=True)
        prevalence, confusion = _maximise(table, truth, smoothing)
        moved, likelihood = abs(now - likelihood) / len(table.item), now
    return Consensus(
        items=table.items,
        annotators=table.annotators,
        verdicts=table.verdicts,
        probabilities=truth,
        prevalence=prevalence,
        confusion=confusion,
        log_likelihood=likelihood,
        iterations=iteration,
        converged=moved < tolerance,
    )


def majority(votes: Votes) -> dict[Hashable, str | None]:
    """The most frequent verdict of each item; None for a tie."""
    table = _Table.of(votes)
    counts = table.counts()
    best = counts.max(axis=1, initial=0.0)
    tied = (counts == best[:, None]).sum(axis=1) > 1
    return {
        item: None if tied[row] else table.verdicts[int(counts[row].argmax())]
        for row, item in enumerate(table.items)
    }


def krippendorff_alpha(
    votes: Votes, level: float = 0.95, resamples: int = 2000, seed: int = 0
) -> Agreement:
    """Krippendorff's alpha for nominal verdicts; missing votes are allowed.

    alpha = 1 - observed / expected disagreement (Krippendorff 2011, section B). The interval is a
    percentile bootstrap over items. NaN without an item that two people judged, or with one
    verdict only. Raises ValueError for two votes of one annotator on one item, or a bad level.
    """
    counts, repeats = _patterns(_Table.of(votes).counts())

    def alphas(weights: Floats) -> Floats:
        """weights: resamples x patterns."""
        sizes = counts.sum(axis=1)
        same = (counts * (counts - 1)).sum(axis=1) / (sizes - 1)
        totals = weights @ counts
        whole = weights @ sizes
        observed = whole - weights @ same
        expected = (whole**2 - (totals**2).sum(axis=1)) / (whole - 1)
        return _one_minus_ratio(observed, expected)

    return _bootstrapped(counts, repeats, alphas, level, resamples, seed)


def observed_agreement(
    votes: Votes, level: float = 0.95, resamples: int = 2000, seed: int = 0
) -> Agreement:
    """The share of pairs of verdicts on the same item that are the same; chance is not taken off.

    The interval is a percentile bootstrap over items. NaN without an item that two people judged.
    Raises ValueError for two votes of one annotator on one item, or a bad level.
    """
    counts, repeats = _patterns(_Table.of(votes).counts())

    def shares(weights: Floats) -> Floats:
        sizes = counts.sum(axis=1)
        same = (counts * (counts - 1)).sum(axis=1)
        return np.asarray((weights @ same) / (weights @ (sizes * (sizes - 1))), dtype=np.float64)

    return _bootstrapped(counts, repeats, shares, level, resamples, seed)


def fleiss_kappa(
    votes: Votes, level: float = 0.95, resamples: int = 2000, seed: int = 0
) -> Agreement:
    """Fleiss' kappa (1971) with a percentile bootstrap over items.

    Raises ValueError where items have different numbers of votes (alpha has no such condition).
    """
    counts = _Table.of(votes).counts()
    sizes = counts.sum(axis=1)
    if len(set(sizes.tolist())) > 1:
        raise ValueError("Fleiss' kappa needs the same number of votes on every item")
    counts, repeats = _patterns(counts)

    def kappas(weights: Floats) -> Floats:
        per_item = counts.sum(axis=1)
        same = (counts * (counts - 1)).sum(axis=1) / (per_item * (per_item - 1))
        items = weights.sum(axis=1)
        shares = (weights @ counts) / (weights @ per_item)[:, None]
        return _one_minus_ratio(1 - (weights @ same) / items, 1 - (shares**2).sum(axis=1))

    return _bootstrapped(counts, repeats, kappas, level, resamples, seed)


def cohens_kappa(first: Sequence[str], second: Sequence[str], level: float = 0.95) -> Agreement:
    """Cohen's kappa of two annotators over the items both judged.

    The interval uses the large-sample variance of Fleiss, Cohen and Everitt (1969). NaN without
    items or with one verdict only. Raises ValueError for lists of different lengths.
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} verdicts against {len(second)}")
    _check_level(level)
    n = len(first)
    verdicts = sorted({*first, *second})
    place = {verdict: index for index, verdict in enumerate(verdicts)}
    table = np.zeros((len(verdicts), len(verdicts)))
    for one, two in zip(first, second, strict=True):
        table[place[one], place[two]] += 1
    if n == 0 or len(verdicts) == 1:
        return Agreement(float("nan"), float("nan"), float("nan"), n, 2 * n)
    shares = table / n
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    agreed, chance = float(np.trace(shares)), float(rows @ columns)
    kappa = (agreed - chance) / (1 - chance)
    margins = columns[:, None] + rows[None, :]
    diagonal = (np.diag(shares) * (1 - np.diag(margins) * (1 - kappa)) ** 2).sum()
    off = shares - np.diag(np.diag(shares))
    rest = (1 - kappa) ** 2 * (off * margins**2).sum()
    correction = (kappa - chance * (1 - kappa)) ** 2
    variance = max(float(diagonal + rest - correction), 0.0) / (n * (1 - chance) ** 2)
    reach = scipy.stats.norm.ppf((1 + level) / 2) * variance**0.5
    return Agreement(kappa, max(kappa - reach, -1.0), min(kappa + reach, 1.0), n, 2 * n)


@dataclass(frozen=True)
class CorrectedShare:
    """A share of noise corrected for annotators' errors; `apparent` is before correction."""

    apparent: float
    point: float
    low: float
    high: float


def lang_reiczigel_interval(
    noisy: int,
    decided: int,
    gold_noisy_found: int,
    gold_noisy: int,
    gold_clean_found: int,
    gold_clean: int,
    level: float = 0.95,
) -> CorrectedShare:
    """Lang and Reiczigel (2014): a share corrected by sensitivity and specificity from gold items.

    `gold_noisy_found` of `gold_noisy` noisy gold items were called noisy (sensitivity), and
    `gold_clean_found` of `gold_clean` clean ones clean (specificity). The point is Rogan and
    Gladen's (1978), clipped to 0..1. Sampling is taken as from a large population. Raises
    ValueError for counts that cannot be, no gold items of a kind, or annotators no better than a
    coin (sensitivity + specificity <= 1), where no correction exists.
    """
    pairs = ((noisy, decided), (gold_noisy_found, gold_noisy), (gold_clean_found, gold_clean))
    if any(total < 1 or not 0 <= part <= total for part, total in pairs):
        raise ValueError(f"counts must be 0..total of at least 1: {pairs}")
    _check_level(level)
    apparent = float(noisy / decided)
    plain = gold_noisy_found / gold_noisy + gold_clean_found / gold_clean - 1
    z = float(scipy.stats.norm.ppf((1 + level) / 2))
    n, sens_n, spec_n = decided + z**2, gold_noisy + 2, gold_clean + 2
    share = (noisy + z**2 / 2) / n
    sens, spec = (gold_noisy_found + 1) / sens_n, (gold_clean_found + 1) / spec_n
    informed = sens + spec - 1
    if plain <= 0 or informed <= 0:
        raise ValueError("annotators do no better than chance on gold: no correction is possible")
    centre = (share + spec - 1) / informed
    sens_part, spec_part = sens * (1 - sens) / sens_n, spec * (1 - spec) / spec_n
    spread = share * (1 - share) / n + centre**2 * sens_part + (1 - centre) ** 2 * spec_part
    shift = 2 * z**2 * (centre * sens_part - (1 - centre) * spec_part)
    reach = z * spread**0.5 / informed
    point = (apparent + gold_clean_found / gold_clean - 1) / plain
    low, high = centre + shift - reach, centre + shift + reach
    return CorrectedShare(apparent, _clip(point), _clip(low), _clip(high))


@dataclass(frozen=True)
class _Table:
    """Votes as positions: arrays of equal length, one entry per vote."""

    items: list[Hashable]
    annotators: list[Hashable]
    verdicts: list[str]
    item: Ints
    annotator: Ints
    given: Ints

    @classmethod
    def of(cls, votes: Votes) -> "_Table":
        rows = _triples(votes)
        items = {item: None for item, _, _ in rows}
        annotators = {annotator: None for _, annotator, _ in rows}
        try:
            verdicts = sorted({verdict for _, _, verdict in rows})
        except TypeError:
            raise ValueError("verdicts must all be text, or all numbers") from None
        if len({(item, annotator) for item, annotator, _ in rows}) < len(rows):
            raise ValueError("an annotator has two votes on one item")
        item_at = {item: index for index, item in enumerate(items)}
        annotator_at = {annotator: index for index, annotator in enumerate(annotators)}
        verdict_at = {verdict: index for index, verdict in enumerate(verdicts)}
        return cls(
            list(items),
            list(annotators),
            verdicts,
            np.array([item_at[item] for item, _, _ in rows], dtype=np.int64),
            np.array([annotator_at[annotator] for _, annotator, _ in rows], dtype=np.int64),
            np.array([verdict_at[verdict] for _, _, verdict in rows], dtype=np.int64),
        )

    def counts(self) -> Floats:
        """Votes by item and verdict."""
        return _sums(self.item, self.given, (len(self.items), len(self.verdicts)))


def _triples(votes: Any) -> list[Vote]:
    """Votes of any accepted form as triples, missing ones left out. Raises ValueError."""
    if isinstance(votes, Mapping):
        rows = [(*_parts(key), verdict) for key, verdict in votes.items()]
    elif hasattr(votes, "itertuples"):
        rows = list(votes.itertuples(index=False, name=None))
    else:
        rows = [_parts(vote) for vote in votes]
    if odd := next((row for row in rows if len(row) != 3), None):
        raise ValueError(f"a vote is (item, annotator, verdict), not {odd!r}")
    # Not-a-number is the one value that differs from itself.
    return [row for row in rows if row[2] is not None and row[2] == row[2]]


def _parts(vote: Any) -> tuple[Any, ...]:
    return tuple(vote) if isinstance(vote, tuple | list | np.ndarray) else (vote,)


def _sums(rows: Ints, columns: Ints, shape: tuple[int, int]) -> Floats:
    flat = np.bincount(rows * shape[1] + columns, minlength=shape[0] * shape[1])
    return flat.astype(np.float64).reshape(shape)


def _maximise(table: _Table, truth: Floats, smoothing: float) -> tuple[Floats, Floats]:
    """Prevalence and confusion matrices given how probable each verdict of each item is."""
    kinds = len(table.verdicts)
    confusion = np.full((len(table.annotators), kinds, kinds), smoothing)
    # Transposed so that one vote adds its item's row of probabilities at once.
    np.add.at(confusion.transpose(0, 2, 1), (table.annotator, table.given), truth[table.item])
    prevalence = truth.sum(axis=0) + smoothing
    return prevalence / prevalence.sum(), confusion / confusion.sum(axis=2, keepdims=True)


def _one_minus_ratio(observed: Floats, expected: Floats) -> Floats:
    defined = expected > 1e-12
    return np.where(defined, 1 - observed / np.where(defined, expected, 1.0), np.nan)


def _patterns(counts: Floats) -> tuple[Floats, Floats]:
    """The different rows among items with two votes or more, and how many items have each.

    A bootstrap over items needs to know no more, and there are few patterns for many items.
    """
    counts = counts[counts.sum(axis=1) >= 2]
    if not len(counts):
        return counts, np.zeros(0)
    rows, repeats = np.unique(counts, axis=0, return_counts=True)
    return rows, repeats.astype(np.float64)


def _bootstrapped(
    counts: Floats,
    repeats: Floats,
    coefficient: Coefficient,
    level: float,
    resamples: int,
    seed: int,
) -> Agreement:
    _check_level(level)
    items, votes = int(repeats.sum()), int(repeats @ counts.sum(axis=1))
    if items == 0:
        return Agreement(float("nan"), float("nan"), float("nan"), 0, 0)
    value = float(coefficient(repeats[None, :])[0])
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(items, repeats / items, resamples).astype(np.float64)
    found = coefficient(drawn)
    found = found[~np.isnan(found)]
    if np.isnan(value) or len(found) == 0:
        return Agreement(value, float("nan"), float("nan"), items, votes)
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return Agreement(value, float(low), float(high), items, votes)


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"the level must lie between 0 and 1, not {level}")


def _clip(share: float) -> float:
    return float(min(max(share, 0.0), 1.0))
