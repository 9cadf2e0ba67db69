"""What a cluster is about: a name, its commonest confusions, and samples that stand for it."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from triage.science.analysis.clustering import UNCLUSTERED
from triage.science.analysis.encoders import sample_text

TERMS = 4
CONFUSIONS = 5
EXEMPLARS = 6
# A value names a cluster if most of it has it and it is not simply what most errors have.
DOMINANT_SHARE = 0.6
DOMINANT_LIFT = 1.3
# A word in more than this share of the clusters marks none of them, if there are a few.
COMMONPLACE_SHARE, COMMONPLACE_FROM = 0.8, 4
# A word marks a cluster among those of one head if it is this much commoner there (or else this).
SIBLING_LIFTS = (1.2, 1.02)
# At least two characters, the first a letter.
WORD = r"(?u)\b[^\W\d_]\w+\b"
# The words of questions are stop words to a search engine and the point here.
TELLING = frozenset(
    "above after before behind below beside between bottom few five four how in less many more "
    "no not on over side six three top two under when where who why".split()
)
METADATA = ("question_type", "category", "template", "difficulty", "split", "domain")


@dataclass(frozen=True)
class Confusion:
    """A prediction where something else was the reference answer, and how often."""

    prediction: str
    reference: str
    count: int


@dataclass(frozen=True)
class Share:
    """A value of a metadata column, how many of the cluster's samples have it, and the lift over
    all error samples."""

    column: str
    value: str
    count: int
    share: float
    lift: float


@dataclass(frozen=True)
class ClusterCard:
    """One cluster in words. `cluster` is −1 for the unclustered."""

    cluster: int
    name: str
    terms: tuple[str, ...]
    size: int
    share_of_errors: float
    confusions: tuple[Confusion, ...]
    shares: tuple[Share, ...]
    exemplars: tuple[int, ...]

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


def make_cards(
    rows: Sequence[dict[str, Any]],
    labels: np.ndarray,
    strength: np.ndarray,
    map_xy: np.ndarray,
) -> list[ClusterCard]:
    """A card for each cluster, largest first, the unclustered last. `rows` are light sample rows
    with `position`, aligned with the arrays (n,).
    """
    present = sorted(set(labels.tolist()) - {UNCLUSTERED})
    members = {n: np.flatnonzero(labels == n) for n in [*present, UNCLUSTERED]}
    chosen = {n: [rows[i] for i in each.tolist()] for n, each in members.items()}
    shares = {n: _shares(each, rows) for n, each in chosen.items()}
    heads = {n: _head(shares[n]) for n in present}
    terms = class_terms([sample_text(row) for row in rows], labels, heads, most=2 * TERMS)
    cards: list[ClusterCard] = []
    for number in present + ([UNCLUSTERED] if chosen[UNCLUSTERED] else []):
        words, confusions = terms.get(number, []), _confusions(chosen[number])
        taken = {card.name for card in cards}
        clustered = number != UNCLUSTERED
        cards.append(
            ClusterCard(
                cluster=number,
                name=_name(heads[number], words, taken) if clustered else "Unclustered",
                terms=tuple(words[:TERMS]),
                size=len(chosen[number]),
                share_of_errors=len(chosen[number]) / len(rows),
                confusions=confusions,
                shares=shares[number],
                exemplars=_exemplars(rows, members[number], strength, map_xy),
            )
        )
    return cards


def class_terms(
    texts: Sequence[str],
    labels: np.ndarray,
    heads: Mapping[int, str] | None = None,
    most: int = TERMS,
) -> dict[int, list[str]]:
    """The words that mark each cluster, by class-based TF-IDF (Grootendorst 2022):
    tf(term, cluster) · log(1 + mean words per cluster / frequency of the term).

    From four clusters on, a word that stands in more than 80 % of them marks none. `heads` say
    what else a cluster is named for: of clusters with one head, words that all use alike mark none.
    """
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

    numbers = sorted(set(labels.tolist()) - {UNCLUSTERED})
    if not numbers:
        return {}
    stop = sorted(set(ENGLISH_STOP_WORDS) - TELLING)
    vectorizer = CountVectorizer(stop_words=stop, token_pattern=WORD)
    joined = [
        " ".join(t for t, own in zip(texts, labels, strict=True) if own == n) for n in numbers
    ]
    try:
        counts = vectorizer.fit_transform(joined).toarray().astype(float)
    except ValueError:  # nothing but stop words
        return {}
    words = vectorizer.get_feature_names_out()
    frequency = counts.sum(axis=0)
    commonplace = (counts > 0).mean(axis=0) > COMMONPLACE_SHARE
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    weights = shares * np.log1p(counts.sum() / len(numbers) / frequency)
    if len(numbers) >= COMMONPLACE_FROM:
        weights[:, commonplace] = 0.0
    if heads is not None:
        weights = _above_siblings(weights, shares, numbers, heads)
    return {
        number: [str(words[i]) for i in np.argsort(-row, kind="stable")[:most] if row[i] > 0]
        for number, row in zip(numbers, weights, strict=True)
    }


def _above_siblings(
    weights: np.ndarray, shares: np.ndarray, numbers: Sequence[int], heads: Mapping[int, str]
) -> np.ndarray:
    """Weights (clusters, words) without the words that a cluster has no more often than the others
    of its head: every 'how many' question counts. A cluster that would be left without any is
    held to less, and in the end keeps all of its own."""
    kept = np.zeros_like(weights)
    named = np.array([heads[number] for number in numbers])
    for head in set(named.tolist()):
        siblings = np.flatnonzero(named == head)
        lift = shares[siblings] / np.maximum(shares[siblings].mean(axis=0), 1e-12)
        for least in (*SIBLING_LIFTS, 0.0) if len(siblings) > 1 else (0.0,):
            bare = siblings[~kept[siblings].any(axis=1)]
            kept[bare] = weights[bare] * (lift[np.isin(siblings, bare)] >= least)
    return kept


def _head(shares: Sequence[Share]) -> str:
    """The metadata that most of the cluster shares."""
    dominant = [each.value for each in shares if each.column in ("question_type", "category")]
    return " · ".join(dict.fromkeys(dominant[:2]))


def _name(head: str, terms: Sequence[str], taken: Collection[str]) -> str:
    """Marking words after the head; further words, or else a number, where the name is taken."""
    words = [term for term in terms if term.lower() not in head.lower().split()]
    name = ""
    for count in range(min(3, len(words)), len(words) + 1):
        tail = ", ".join([*words[: min(2, count)], *words[max(2, count - 1) : count]])
        name = name or tail
        tried = ": ".join(part for part in (head, tail) if part) or "Without words"
        if tried not in taken:
            return tried
    first = ": ".join(part for part in (head, name) if part) or "Without words"
    number = 2
    while f"{first} ({number})" in taken:
        number += 1
    return f"{first} ({number})"


def _shares(chosen: Sequence[dict[str, Any]], rows: Sequence[dict[str, Any]]) -> tuple[Share, ...]:
    """Metadata values that most of the cluster has and that the other errors have less often."""
    found = []
    for column in METADATA:
        inside = Counter(row.get(column) for row in chosen if row.get(column) is not None)
        if not inside:
            continue
        value, count = inside.most_common(1)[0]
        overall = sum(row.get(column) == value for row in rows) / len(rows)
        share = count / len(chosen)
        if share >= DOMINANT_SHARE and share / overall >= DOMINANT_LIFT:
            found.append(Share(column, str(value), count, share, share / overall))
    return tuple(found)


def _confusions(chosen: Sequence[dict[str, Any]]) -> tuple[Confusion, ...]:
    pairs = Counter(
        (row["prediction"], Counter(row.get("answers") or ["—"]).most_common(1)[0][0])
        for row in chosen
    )
    return tuple(Confusion(*pair, count) for pair, count in pairs.most_common(CONFUSIONS))


def _exemplars(
    rows: Sequence[dict[str, Any]], members: np.ndarray, strength: np.ndarray, map_xy: np.ndarray
) -> tuple[int, ...]:
    """Positions of samples that belong most strongly, spread over the cluster: the strongest
    first, then each time the one farthest from those chosen (among the stronger half)."""
    ranked = members[np.argsort(-strength[members], kind="stable")]
    pool = ranked[: max(EXEMPLARS, (len(ranked) + 1) // 2)]
    chosen = [int(pool[0])]
    distance = np.linalg.norm(map_xy[pool] - map_xy[pool[0]], axis=1)
    while len(chosen) < min(EXEMPLARS, len(pool)):
        distance[np.isin(pool, chosen)] = -1.0
        chosen.append(int(pool[int(distance.argmax())]))
        nearer = np.linalg.norm(map_xy[pool] - map_xy[chosen[-1]], axis=1)
        distance = np.minimum(distance, nearer)
    return tuple(int(rows[index]["position"]) for index in chosen)
