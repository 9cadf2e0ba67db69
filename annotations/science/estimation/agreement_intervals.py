"""How far people agree, in parts: shares with exact intervals, coefficients with a reason.

Items are the random draw, so every interval is over items. A bootstrap knows no disagreement where
none was seen, and little where few items were: there a coefficient has no interval and says why.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import isnan

from scipy.special import betaincinv

from annotations.science.estimation.raters import (
    Agreement,
    Vote,
    cohens_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    observed_agreement,
)

# With fewer items a bootstrap interval is shown to nobody.
FEWEST_ITEMS = 10
NOBODY_OVERLAPS, ONE_VERDICT = "nobody_overlaps", "one_verdict"
ALL_AGREE, FEW_ITEMS = "all_agree", "few_items"


@dataclass(frozen=True)
class Share:
    """`part` of `whole` with its exact interval (Clopper and Pearson 1934); None of nothing."""

    part: int
    whole: int
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Coefficient:
    """A coefficient over `items`; `note` says why it, or its interval, is not there.

    'nobody_overlaps', 'one_verdict': no value. 'all_agree', 'few_items': no interval.
    """

    value: float | None
    low: float | None
    high: float | None
    items: int
    note: str


@dataclass(frozen=True)
class Unanimity:
    """A group of items: on how many all who judged said the same, and alpha among them."""

    unanimous: Share
    alpha: Coefficient


@dataclass(frozen=True)
class VerdictUnanimity:
    """One verdict: how often it was given, on how many items, and on which share of them by all.

    `alpha` is of this verdict against all others.
    """

    votes: int
    by_all: Share
    alpha: Coefficient


@dataclass(frozen=True)
class PairAgreement:
    """Two annotators over the items both judged: how many they said different things of."""

    first: Hashable
    second: Hashable
    differ: Share
    kappa: Coefficient


@dataclass(frozen=True)
class FleissKappa:
    """Fleiss' kappa over the items with `votes` verdicts each (the most usual number)."""

    votes: int
    kappa: Coefficient


def exact_share(part: int, whole: int, level: float = 0.95) -> Share:
    """A share of independent items and its exact interval."""
    if whole == 0:
        return Share(0, 0, None, None, None)
    tail = (1 - level) / 2
    low = betaincinv(part, whole - part + 1, tail) if part else 0.0
    high = betaincinv(part + 1, whole - part, 1 - tail) if part < whole else 1.0
    return Share(part, whole, part / whole, float(low), float(high))


def overlapping(votes: Iterable[Vote]) -> list[Vote]:
    """The votes on items that two people or more have judged."""
    rows = list(votes)
    sizes = Counter(item for item, _, _ in rows)
    return [vote for vote in rows if sizes[vote[0]] >= 2]


def same_pairs(votes: Sequence[Vote]) -> Coefficient:
    """The share of pairs of verdicts on the same item that are the same."""
    return _coefficient(votes, observed_agreement)


def alpha(votes: Sequence[Vote]) -> Coefficient:
    """Krippendorff's alpha for nominal verdicts."""
    return _coefficient(votes, krippendorff_alpha)


def fleiss(votes: Sequence[Vote]) -> FleissKappa:
    """Fleiss' kappa over the items with the most usual number of verdicts, at least two."""
    sizes = Counter(item for item, _, _ in votes)
    usual = Counter(size for size in sizes.values() if size >= 2)
    if not usual:
        return FleissKappa(0, _coefficient([], fleiss_kappa))
    number = max(usual, key=lambda size: (usual[size], size))
    level = [vote for vote in votes if sizes[vote[0]] == number]
    return FleissKappa(number, _coefficient(level, fleiss_kappa))


def unanimity(votes: Sequence[Vote]) -> Unanimity:
    """How many of the items judged by two or more have one verdict only, and alpha."""
    said = _said(overlapping(votes))
    whole = sum(len(set(verdicts)) == 1 for verdicts in said.values())
    return Unanimity(exact_share(whole, len(said)), alpha(votes))


def by_verdict(votes: Sequence[Vote], verdicts: Sequence[str]) -> dict[str, VerdictUnanimity]:
    """Each verdict over the items judged by two or more."""
    rows = overlapping(votes)
    said = _said(rows)
    found = {}
    for verdict in verdicts:
        among = [given for given in said.values() if verdict in given]
        by_all = sum(set(given) == {verdict} for given in among)
        against = [(item, who, verdict if given == verdict else "") for item, who, given in rows]
        found[verdict] = VerdictUnanimity(
            votes=sum(given.count(verdict) for given in among),
            by_all=exact_share(by_all, len(among)),
            alpha=alpha(against),
        )
    return found


def by_pair(votes: Sequence[Vote]) -> list[PairAgreement]:
    """Every two annotators with an item in common, who differ most (by share) first."""
    given: dict[Hashable, dict[Hashable, str]] = defaultdict(dict)
    for item, annotator, verdict in votes:
        given[annotator][item] = verdict
    found = []
    for first, second in combinations(sorted(given, key=str), 2):
        common = [item for item in given[first] if item in given[second]]
        if not common:
            continue
        pair = [given[first][item] for item in common], [given[second][item] for item in common]
        differ = sum(one != other for one, other in zip(*pair, strict=True))
        kappa = _noted(cohens_kappa(*pair))
        found.append(PairAgreement(first, second, exact_share(differ, len(common)), kappa))
    return sorted(found, key=lambda each: -(each.differ.share or 0.0))


def confusions(votes: Sequence[Vote]) -> Mapping[tuple[str, str], int]:
    """Pairs of verdicts on the same item, counted; the two of a pair in alphabetical order."""
    counts: Counter[tuple[str, str]] = Counter()
    for given in _said(votes).values():
        for one, other in combinations(sorted(given), 2):
            counts[one, other] += 1
    return counts


def _said(votes: Sequence[Vote]) -> dict[Hashable, list[str]]:
    said: dict[Hashable, list[str]] = defaultdict(list)
    for item, _, verdict in votes:
        said[item].append(verdict)
    return said


def _coefficient(votes: Sequence[Vote], measure: Callable[..., Agreement]) -> Coefficient:
    return _noted(measure(votes))


def _noted(found: Agreement) -> Coefficient:
    """The coefficient with an interval where one is honest, else with the reason."""
    if found.items == 0:
        return Coefficient(None, None, None, 0, NOBODY_OVERLAPS)
    if isnan(found.value):
        return Coefficient(None, None, None, found.items, ONE_VERDICT)
    if found.items < FEWEST_ITEMS:
        return Coefficient(found.value, None, None, found.items, FEW_ITEMS)
    if found.value > 1 - 1e-12:
        return Coefficient(found.value, None, None, found.items, ALL_AGREE)
    return Coefficient(found.value, found.low, found.high, found.items, "")
