"""How an audit stands: always a question put to the verdicts, never a counter.

`standing_of` reads the verdicts once; everything that the page, the JSON, the API and the commands
say about an audit is worked out from that one reading, so that they cannot disagree.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from annotations.models import UNDECIDED, Audit, Item, Verdict, VerdictKind
from annotations.science.estimation import designs
from annotations.science.estimation import noise_ratio as estimation
from annotations.science.estimation.claims import Claim, GroupCount, claims
from annotations.science.estimation.noise_ratio import GroupRatio, GroupTally, NoiseRatio, Tally
from annotations.science.estimation.protocols import Protocol
from annotations.science.estimation.raters import CorrectedShare, lang_reiczigel_interval
from annotations.science.estimation.sequential import repeated_band
from annotations.standing.gold import Accuracy, accuracies, together
from annotations.standing.resolution import ResolvedItem, resolved_items

WAITING = "waiting"
# A chart is no sharper for more steps than this.
MOST_LOOKS = 300
# The score-assisted estimator with the same score for all: a proportional draw without a score.
STRATIFIED = "stratified"
# With fewer gold items of a kind, a rate of errors is a guess; 50 of each make a good one.
FEWEST_GOLD = 10
# How the two answers of a top-5 check are tallied.
_COUNTS_AS: dict[str, str] = {
    VerdictKind.AMONG: estimation.AMBIGUOUS,
    VerdictKind.NOT_AMONG: estimation.MATCH,
}


@dataclass(frozen=True)
class Look:
    """The estimate after `decided` decided items, the last of them drawn at `place` (from 0), and
    the band that is valid at every look."""

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
class TypeRatio:
    """A question type's ratio, and what may be claimed of it after Holm over all types."""

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
        return self.audit.drawn_by

    @cached_property
    def verdicts(self) -> dict[str, int]:
        """Items by final verdict in the order of the buttons, `waiting` last; the sum is drawn."""
        counts = Counter(item.kind or WAITING for item in self.items)
        kinds = (each.value for each in self.audit.choices)
        return {kind: counts[kind] for kind in (*kinds, WAITING)}

    @cached_property
    def tally(self) -> Tally:
        """The counts as the estimate takes them.

        A top-5 check counts in the same way: an error with a right reading among its candidates is
        an ambiguous one, any other a match.
        """
        counts = {_COUNTS_AS.get(kind, kind): count for kind, count in self.verdicts.items()}
        return Tally(population=self.audit.population, drawn=len(self.items), **counts)

    @cached_property
    def ratio(self) -> NoiseRatio:
        """The ratio against the protocol's threshold, with the interval of the audit's design."""
        counted = [_COUNTS_AS.get(kind, kind) for kind in self.audit.noise_kinds]
        ratio = estimation.noise_ratio(self.tally, self.protocol, counted)
        design = self.audit.design
        if design == designs.PLANNED_STOP:
            return designs.planned_ratio(ratio, self.outcomes_so_far(), self.protocol)
        if design == designs.SIMPLE_RANDOM:
            return ratio
        strata = [
            designs.Stratum(each["population"], each["mean_score"])
            for each in self.audit.plan["strata"]
        ]
        judged = [
            designs.JudgedItem(self.outcome(item), item.stratum or 0, item.score or 0.0)
            for item in self.items
            if item.kind is not None
        ]
        found = designs.score_assisted_ratio(ratio, judged, strata, self.protocol)
        if found.method == "score_assisted" and self.audit.score is None:
            return replace(found, method=STRATIFIED, extra_items=0)
        return found

    def outcomes_so_far(self) -> list[designs.Outcome]:
        """Outcomes in the order of the draw, up to the last item that has one.

        An item that still waits among them is undecided: it counts against either claim, so that
        nobody's lunch holds up the rest.
        """
        last = max((n for n, item in enumerate(self.items) if item.kind is not None), default=-1)
        return [
            "undecided" if item.kind is None else self.outcome(item)
            for item in self.items[: last + 1]
        ]

    def outcome(self, item: ResolvedItem) -> designs.Outcome:
        """What a resolved item counts as."""
        if item.kind in UNDECIDED:
            return "undecided"
        return "noise" if self.is_noise(item) else "clean"

    def is_noise(self, item: ResolvedItem) -> bool:
        """Whether its final verdict counts as noise in this audit."""
        return item.kind in self.audit.noise_kinds

    @property
    def resolved_by(self) -> dict[str, int]:
        """Resolved items by the step that resolved them."""
        return dict(Counter(item.by for item in self.items if item.kind is not None))

    @cached_property
    def gold(self) -> Accuracy:
        """How all people together judged the audit's gold items."""
        return together(accuracies(self.audit) if self.audit.plan.get("gold") else [])

    @cached_property
    def corrected(self) -> CorrectedShare | None:
        """The share of noise corrected for annotators' errors; None where gold does not allow it:
        too few of either kind judged, or people no better than chance on them."""
        gold, ratio = self.gold, self.ratio
        if min(gold.noisy, gold.clean) < FEWEST_GOLD or not ratio.decided:
            return None
        counts = (gold.noisy_found, gold.noisy, gold.clean_found, gold.clean)
        try:
            return lang_reiczigel_interval(ratio.successes, ratio.decided, *counts)
        except ValueError:
            return None

    @property
    def decided(self) -> list[ResolvedItem]:
        """The items of the denominator, in draw order."""
        return [item for item in self.items if item.kind and item.kind not in UNDECIDED]

    def by_cluster(self) -> list[ClusterRatio]:
        """Each cluster of the population, largest first, the unclustered last."""
        populations = {int(k): n for k, n in self.audit.population_by_cluster.items()}
        order = sorted(populations, key=lambda cluster: (cluster == -1, -populations[cluster]))
        found = self._by_group(
            [(cluster_name(self.audit, cluster), populations[cluster]) for cluster in order],
            [[item for item in self.items if item.cluster == cluster] for cluster in order],
        )
        return [
            ClusterRatio(cluster, ratio, claim)
            for cluster, (ratio, claim) in zip(order, found, strict=True)
        ]

    def by_question_type(self) -> list[TypeRatio]:
        """Each question type of the population, largest first; empty where none is known."""
        populations: dict[str, int] = self.audit.plan.get("question_types", {})
        order = sorted(populations, key=lambda name: (-populations[name], name))
        found = self._by_group(
            [(name, populations[name]) for name in order],
            [[item for item in self.items if item.question_type == name] for name in order],
        )
        return [TypeRatio(ratio, claim) for ratio, claim in found]

    def _by_group(
        self, groups: Sequence[tuple[str, int]], members: Sequence[Sequence[ResolvedItem]]
    ) -> list[tuple[GroupRatio, Claim]]:
        """Ratio and claim of each group: its (name, population) and its drawn items."""
        tallies = []
        for (name, population), items in zip(groups, members, strict=True):
            outcomes = Counter(self.outcome(item) for item in items if item.kind is not None)
            tallies.append(
                GroupTally(
                    name=name,
                    population=population,
                    drawn=len(items),
                    successes=outcomes["noise"],
                    decided=outcomes["noise"] + outcomes["clean"],
                    undecided=outcomes["undecided"],
                )
            )
        # Undecided items stand outside, as they do in the ratio of the whole.
        counts = [
            GroupCount(each.successes, each.decided, each.population - each.undecided)
            for each in tallies
        ]
        made = claims(counts, self.audit.threshold, self.audit.strict)
        ratios = estimation.by_group(tallies)
        return [(ratio, found.claim) for ratio, found in zip(ratios, made, strict=True)]

    def growth(self, most: int = MOST_LOOKS) -> list[Look]:
        """The estimate after each decided item, in the order of the draw, with a band that holds
        however often one looks: all its intervals together miss the truth in 1 draw of 20 at most.

        Past `most` items only every k-th is kept, and always the last. The band is that of a simple
        random draw, whatever the design: a part of any of them in random order is one, but for the
        shares that a proportional draw fixes, which only narrow it.
        """
        decided = self.decided
        if not decided:
            return []
        running = np.cumsum([self.is_noise(item) for item in decided])
        undecided = self.tally.undecided
        low, high = repeated_band(
            running.tolist(),
            self.audit.population - undecided,
            cap=len(self.items) - undecided,
            first_look=min(designs.FIRST_LOOK, len(self.items) - undecided),
        )
        step = -(-len(decided) // most)
        kept = [n for n in range(len(decided)) if (n + 1) % step == 0 or n + 1 == len(decided)]
        return [
            Look(
                decided[n].place, n + 1, int(running[n]), float(running[n] / (n + 1)),
                float(low[n]), float(high[n]),
            )
            for n in kept
        ]  # fmt: skip


def standing_of(audit: Audit) -> Standing:
    """Read the verdicts of `audit`, in two queries whatever its size."""
    return Standing(audit, resolved_items(audit))


def noise_ratio(audit: Audit) -> NoiseRatio:
    """The noise ratio as it stands now."""
    return standing_of(audit).ratio


def cluster_name(audit: Audit, cluster: int) -> str:
    """What a cluster of the audit's population is called."""
    if cluster == -1:
        return _("unclustered")
    return audit.cluster_names.get(str(cluster)) or _("cluster %(n)s") % {"n": cluster}


def with_standing_verdicts(items: QuerySet[Item]) -> QuerySet[Item]:
    """The items, each with the verdicts that stand on it as `standing_votes`, in one more query."""
    votes = Verdict.objects.standing().select_related("annotator").order_by("created_at", "pk")
    return items.prefetch_related(Prefetch("verdicts", queryset=votes, to_attr="standing_votes"))
