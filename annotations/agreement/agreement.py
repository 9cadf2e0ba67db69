"""How far the people of an audit agree: always a question put to the verdicts that stand.

`agreement_of` reads them once; the page, the JSON and the API repeat what it finds.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from statistics import median
from typing import Any

import numpy as np

from annotations.models import UNDECIDED, Audit, Verdict
from annotations.science.estimation import agreement_intervals as agreeing
from annotations.science.estimation.agreement_intervals import (
    Coefficient,
    FleissKappa,
    PairAgreement,
    Share,
    Unanimity,
    VerdictUnanimity,
)
from annotations.science.estimation.latent_rates import LatentRates, latent_rates
from annotations.standing.gold import Accuracy, accuracies
from annotations.standing.standing import cluster_name

# Fewer timed verdicts than this are not cut into quarters.
FEWEST_FOR_QUARTERS = 8


@dataclass(frozen=True)
class StandingVote:
    """One verdict that stands, on the item drawn at `place` (from 0)."""

    place: int
    cluster: int | None
    annotator: str
    kind: str
    seconds: float | None
    at: datetime


@dataclass(frozen=True)
class ClusterAgreement:
    """A cluster of the population (-1: unclustered) and how far people agree in it."""

    cluster: int
    name: str
    agreement: Unanimity


@dataclass(frozen=True)
class ConfusedPair:
    """Pairs of verdicts on one item, one of each of the two kinds (or both of the same)."""

    first: str
    second: str
    pairs: int


@dataclass(frozen=True)
class Quarter:
    """A quarter of one person's verdicts, in the order given: median seconds, and noise found."""

    verdicts: int
    median_seconds: float
    noise: Share


@dataclass(frozen=True)
class Work:
    """What one annotator did: verdicts, speed and its drift; `quarters` is empty for too few.

    `same` compares each verdict with every other person's on the same item.
    """

    annotator: str
    count: int
    timed: int
    median_seconds: float | None
    verdicts: dict[str, int]
    same: int
    compared: int
    quarters: list[Quarter]


@dataclass(frozen=True)
class Agreement:
    """Everything that is said of the agreement in an audit.

    `drawn` items, of which `judged` have a verdict and `overlapped` those of two people or more;
    each item asks for `overlap` people.
    """

    drawn: int
    judged: int
    overlapped: int
    overlap: int
    annotators: int
    unanimous: Share
    same_pairs: Coefficient
    alpha: Coefficient
    fleiss: FleissKappa
    verdicts: dict[str, VerdictUnanimity]
    clusters: list[ClusterAgreement]
    pairs: list[PairAgreement]
    confusions: list[ConfusedPair]
    rates: LatentRates
    people: list[Work]
    gold: list[Accuracy]


@dataclass(frozen=True)
class VoteBook:
    """One reading of an audit's standing verdicts."""

    audit: Audit
    votes: Sequence[StandingVote]

    @cached_property
    def triples(self) -> list[tuple[int, str, str]]:
        """The votes as the science takes them."""
        return [(vote.place, vote.annotator, vote.kind) for vote in self.votes]

    @property
    def kinds(self) -> list[str]:
        """The verdicts that the audit offers, in the order of the buttons."""
        return [kind.value for kind in self.audit.choices]

    @cached_property
    def people(self) -> list[str]:
        """Annotators in the order of the alphabet."""
        return sorted({vote.annotator for vote in self.votes})

    def clusters(self) -> list[ClusterAgreement]:
        """Clusters with an item that two people judged: largest first, the unclustered last."""
        groups: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
        for vote in self.votes:
            if vote.cluster is not None:
                groups[vote.cluster].append((vote.place, vote.annotator, vote.kind))
        size = {int(key): count for key, count in self.audit.population_by_cluster.items()}
        found = []
        for cluster in sorted(groups, key=lambda each: (each == -1, -size.get(each, 0), each)):
            agreement = agreeing.unanimity(groups[cluster])
            if agreement.unanimous.whole:
                name = cluster_name(self.audit, cluster)
                found.append(ClusterAgreement(cluster, name, agreement))
        return found

    def confusions(self) -> list[ConfusedPair]:
        """The pairs of verdicts that met on an item, in the order of the buttons."""
        counts = agreeing.confusions(self.triples)
        pairs = [
            ConfusedPair(one, other, counts.get((min(one, other), max(one, other)), 0))
            for row, one in enumerate(self.kinds)
            for other in self.kinds[row:]
        ]
        return [each for each in pairs if each.pairs]

    def rates(self) -> LatentRates:
        """Dawid and Skene's rates of noise against not noise; undecided verdicts are left out."""
        noise = self.audit.noise_kinds
        decided = (vote for vote in self.triples if vote[2] not in UNDECIDED)
        return latent_rates((place, who, kind in noise) for place, who, kind in decided)

    def work(self) -> list[Work]:
        """What each person did."""
        same, compared = self._with_others()
        mine: dict[str, list[StandingVote]] = defaultdict(list)
        for vote in self.votes:
            mine[vote.annotator].append(vote)
        return [
            self._work_of(who, mine[who], same[who], compared[who] - same[who])
            for who in self.people
        ]

    def _work_of(self, who: str, votes: list[StandingVote], same: int, differ: int) -> Work:
        timed = [vote for vote in votes if vote.seconds is not None]
        kinds = Counter(vote.kind for vote in votes)
        return Work(
            annotator=who,
            count=len(votes),
            timed=len(timed),
            median_seconds=_median_seconds(timed) if timed else None,
            verdicts={kind: kinds[kind] for kind in self.kinds},
            same=same,
            compared=same + differ,
            quarters=self._quarters(timed),
        )

    def _quarters(self, timed: Sequence[StandingVote]) -> list[Quarter]:
        if len(timed) < FEWEST_FOR_QUARTERS:
            return []
        ordered = sorted(timed, key=lambda vote: vote.at)
        found = []
        for places in np.array_split(np.arange(len(ordered)), 4):
            part = [ordered[place] for place in places]
            decided = [vote for vote in part if vote.kind not in UNDECIDED]
            noise = sum(vote.kind in self.audit.noise_kinds for vote in decided)
            share = agreeing.exact_share(noise, len(decided))
            found.append(Quarter(len(part), _median_seconds(part), share))
        return found

    def _with_others(self) -> tuple[Counter[str], Counter[str]]:
        by_item: dict[int, list[StandingVote]] = defaultdict(list)
        for vote in self.votes:
            by_item[vote.place].append(vote)
        same: Counter[str] = Counter()
        compared: Counter[str] = Counter()
        for given in by_item.values():
            kinds = Counter(vote.kind for vote in given)
            for vote in given:
                same[vote.annotator] += kinds[vote.kind] - 1
                compared[vote.annotator] += len(given) - 1
        return same, compared


def vote_book(audit: Audit) -> VoteBook:
    """The verdicts that stand on drawn items, in the order given: one query."""
    standing = Verdict.objects.standing().filter(item__audit=audit, item__gold="")
    rows = standing.order_by("created_at", "pk").values_list(
        "item__place", "item__cluster", "annotator__username", "kind", "seconds", "created_at"
    )
    return VoteBook(audit, [StandingVote(*row) for row in rows])


def agreement_of(audit: Audit) -> Agreement:
    """How far the people of the audit agree, in two queries; one more where gold is mixed in."""
    book = vote_book(audit)
    whole = agreeing.unanimity(book.triples)
    given = {vote.kind for vote in book.votes}
    return Agreement(
        drawn=audit.items.drawn().count(),
        judged=len({vote.place for vote in book.votes}),
        overlapped=whole.unanimous.whole,
        overlap=audit.overlap,
        annotators=len(book.people),
        unanimous=whole.unanimous,
        same_pairs=agreeing.same_pairs(book.triples),
        alpha=whole.alpha,
        fleiss=agreeing.fleiss(book.triples),
        verdicts=agreeing.by_verdict(book.triples, [kind for kind in book.kinds if kind in given]),
        clusters=book.clusters(),
        pairs=agreeing.by_pair(book.triples),
        confusions=book.confusions(),
        rates=book.rates(),
        people=book.work(),
        gold=accuracies(audit) if audit.plan.get("gold") else [],
    )


def agreement_document(audit: Audit) -> dict[str, Any]:
    """The agreement as plain values: what the JSON and the API repeat."""
    about = {"id": audit.pk, "name": audit.name, "noise_kinds": audit.noise_kinds}
    return {"audit": about, **asdict(agreement_of(audit))}


def _median_seconds(votes: Sequence[StandingVote]) -> float:
    return median(vote.seconds for vote in votes if vote.seconds is not None)
