"""How an audit stands: always a question put to the verdicts, never a counter.

`standing_of` reads the verdicts once; everything that the page, the JSON, the API and the commands
say about an audit is worked out from that one reading, so that they cannot disagree.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from annotations import noise_words
from annotations.audits import protocol_of
from annotations.estimation import noise_ratio as estimation
from annotations.estimation.claims import Claim, GroupCount, claims
from annotations.estimation.intervals import hypergeometric_interval
from annotations.estimation.noise_ratio import GroupRatio, GroupTally, NoiseRatio, Tally
from annotations.estimation.protocols import Protocol
from annotations.models import CHOICES, UNDECIDED, Audit, Item, Verdict
from annotations.resolution import ResolvedItem, resolved_items

WAITING = "waiting"
# A chart is no sharper for more steps than this.
MOST_LOOKS = 300


@dataclass(frozen=True)
class Look:
    """The estimate after `decided` decided items, the last of them drawn at `place` (from 0)."""

    place: int
    decided: int
    successes: int
    point: float
    low: float
    high: float


@dataclass(frozen=True)
class ClusterRatio:
    """A cluster's number (-1: unclustered) beside its ratio, and what may be claimed of it after
    Holm's correction over all clusters: at_least, below, or none."""

    cluster: int
    ratio: GroupRatio
    claim: Claim


@dataclass(frozen=True)
class Standing:
    """One reading of an audit's verdicts."""

    audit: Audit
    items: Sequence[ResolvedItem]

    @cached_property
    def protocol(self) -> Protocol:
        """The protocol fixed before the draw."""
        return protocol_of(self.audit)

    @cached_property
    def verdicts(self) -> dict[str, int]:
        """Items by final verdict in the order of the buttons, `waiting` last; the sum is drawn."""
        counts = Counter(item.kind or WAITING for item in self.items)
        return {kind: counts[kind] for kind in (*(each.value for each in CHOICES), WAITING)}

    @cached_property
    def tally(self) -> Tally:
        """The counts as the estimate takes them."""
        return Tally(population=self.audit.population, drawn=len(self.items), **self.verdicts)

    @cached_property
    def ratio(self) -> NoiseRatio:
        """The noise ratio against the protocol's threshold."""
        return estimation.noise_ratio(self.tally, self.protocol, self.audit.noise_kinds)

    def is_noise(self, item: ResolvedItem) -> bool:
        """Whether its final verdict counts as noise in this audit."""
        return item.kind in self.audit.noise_kinds

    @property
    def decided(self) -> list[ResolvedItem]:
        """The items of the denominator, in draw order."""
        return [item for item in self.items if item.kind and item.kind not in UNDECIDED]

    def by_cluster(self) -> list[ClusterRatio]:
        """Each cluster of the population, largest first, the unclustered last."""
        populations = {int(k): n for k, n in self.audit.population_by_cluster.items()}
        order = sorted(populations, key=lambda cluster: (cluster == -1, -populations[cluster]))
        drawn = Counter(item.cluster for item in self.items)
        decided = Counter(item.cluster for item in self.decided)
        noisy = Counter(item.cluster for item in self.decided if self.is_noise(item))
        undecided = Counter(item.cluster for item in self.items if item.kind in UNDECIDED)
        groups = [
            GroupTally(
                name=cluster_name(self.audit, cluster),
                population=populations[cluster],
                drawn=drawn[cluster],
                successes=noisy[cluster],
                decided=decided[cluster],
                undecided=undecided[cluster],
            )
            for cluster in order
        ]
        ratios = estimation.by_group(groups)
        # Undecided items stand outside, as they do in the ratio of the whole.
        counts = [
            GroupCount(each.successes, each.decided, each.population - each.undecided)
            for each in groups
        ]
        made = claims(counts, self.audit.threshold, self.audit.strict)
        return [
            ClusterRatio(cluster, ratio, found.claim)
            for cluster, ratio, found in zip(order, ratios, made, strict=True)
        ]

    def growth(self, most: int = MOST_LOOKS) -> list[Look]:
        """The estimate and its exact interval after each decided item, in the order of the draw.

        Past `most` items only every k-th is kept, and always the last.
        """
        decided = self.decided
        population = self.audit.population - self.tally.undecided
        step = -(-len(decided) // most) if decided else 1
        looks, noisy = [], 0
        for count, item in enumerate(decided, start=1):
            noisy += self.is_noise(item)
            if count % step and count != len(decided):
                continue
            interval = hypergeometric_interval(noisy, count, population)
            looks.append(Look(item.place, count, noisy, noisy / count, interval.low, interval.high))
        return looks


def standing_of(audit: Audit) -> Standing:
    """Read the verdicts of `audit`, in two queries whatever its size."""
    return Standing(audit, resolved_items(audit))


def tally(audit: Audit) -> Tally:
    """How the drawn items stand."""
    return standing_of(audit).tally


def noise_ratio(audit: Audit) -> NoiseRatio:
    """The noise ratio as it stands now."""
    return standing_of(audit).ratio


def by_verdict(audit: Audit) -> dict[str, int]:
    """Items by final verdict, `waiting` last."""
    return standing_of(audit).verdicts


def by_cluster(audit: Audit) -> list[ClusterRatio]:
    """The ratio in each cluster of the population, with its exact interval and claim."""
    return standing_of(audit).by_cluster()


def growth(audit: Audit) -> list[Look]:
    """The estimate as it grew."""
    return standing_of(audit).growth()


def cluster_name(audit: Audit, cluster: int) -> str:
    """What a cluster of the audit's population is called."""
    if cluster == -1:
        return _("unclustered")
    return audit.cluster_names.get(str(cluster)) or _("cluster %(n)s") % {"n": cluster}


def with_standing_verdicts(items: QuerySet[Item]) -> QuerySet[Item]:
    """The items, each with the verdicts that stand on it as `standing_votes`, in one more query."""
    votes = Verdict.objects.standing().select_related("annotator").order_by("created_at", "pk")
    return items.prefetch_related(Prefetch("verdicts", queryset=votes, to_attr="standing_votes"))


def ratio_document(ratio: NoiseRatio) -> dict[str, Any]:
    """The noise ratio as plain values: what the command prints and every other door repeats."""
    first = ("successes", "decided", "population", "point", "low", "high", "rule", "established")
    values = asdict(ratio)
    return {
        **{name: values[name] for name in first},
        "mismatch_only": values["mismatch_only"],
        "bounds": values["bounds"],
        "drawn": ratio.drawn,
        "waiting": ratio.waiting,
        "undecided": ratio.undecided,
        "complete": ratio.complete,
        "level": ratio.level,
        "items_to_settle": ratio.items_to_settle,
    }


def noise_document(audit: Audit) -> dict[str, Any]:
    """Everything the noise ratio page shows, as plain values."""
    standing = standing_of(audit)
    clusters = [
        {"cluster": each.cluster, "claim": each.claim, **asdict(each.ratio)}
        for each in standing.by_cluster()
    ]
    return {
        **ratio_document(standing.ratio),
        "sentence": noise_words.sentence(standing.ratio),
        "verdicts": standing.verdicts,
        "clusters": clusters,
        "growth": [asdict(look) for look in standing.growth()],
        "audit": {
            "id": audit.pk,
            "uuid": str(audit.uuid),
            "name": audit.name,
            "state": audit.state,
            "run": audit.run_id,
            "protocol": audit.protocol,
            "size": audit.size,
            "threshold": str(audit.threshold),
            "comparison": standing.protocol.comparison,
            "design": audit.design,
            "seed": audit.seed,
            "overlap": audit.overlap,
            "noise_kinds": audit.noise_kinds,
            "criteria": audit.criteria,
            "frame_sha256": audit.frame_sha256,
        },
    }
