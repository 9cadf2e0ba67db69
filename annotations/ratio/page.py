"""What the noise ratio page shows, in the shapes that its templates take."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from django.db.models import Count, Q
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotations.models import UNDECIDED, Audit, Flag, Seat, Verdict
from annotations.ratio.growth_chart import GrowthChart, draw_growth
from annotations.review.flagging import open_flags
from annotations.science.estimation.designs import DESIGNS
from annotations.science.estimation.noise_ratio import GroupRatio, NoiseRatio
from annotations.standing import gold
from annotations.standing import words as noise_words
from annotations.standing.gold import Accuracy
from annotations.standing.standing import WAITING, Standing, standing_of
from triage.models import Run
from triage.templatetags.figures import percent

# The strip under the estimate shows this much more than it must.
STRIP_STEPS = 4


@dataclass(frozen=True)
class KindBar:
    """One verdict: its count, and its piece of the stacked bar (x and width in 0..100)."""

    kind: str
    name: str
    count: int
    share: float
    x: str
    width: str
    counts_as: str


@dataclass(frozen=True)
class Pair:
    """A name and what is said of it."""

    name: str
    words: str


@dataclass(frozen=True)
class Forest:
    """One forest plot: its key, its titles, its rows with their claims, and where to look next."""

    key: str
    title: str
    group: str
    rows: Sequence[tuple[GroupRatio, str]]
    look_next: str


@dataclass(frozen=True)
class AuditRow:
    """One audit in the list of a run."""

    audit: Audit
    ratio: NoiseRatio
    threshold: float
    established: str

    @property
    def judged(self) -> int:
        """Items with a final verdict."""
        return self.ratio.drawn - self.ratio.waiting

    @property
    def drawn(self) -> int:
        """Items drawn."""
        return self.ratio.drawn


@dataclass(frozen=True)
class Person:
    """One annotator: items judged, items kept for them, and how they judged gold, if any did."""

    name: str
    verdicts: int
    kept: int
    gold: Accuracy | None


@dataclass(frozen=True)
class Empty:
    """What stands in place of an estimate while there is none."""

    title: str
    sentence: str


@dataclass(frozen=True)
class NoisePart:
    """The part that refreshes itself while the audit is open; its fields are the template's names.

    `threshold`, `strip_top` and `strip_scale` are shares, 0..1. `judged` and `drawn` count items,
    `for_lead` those that wait for a lead.
    """

    audit: Audit
    run: Run
    ratio: NoiseRatio
    threshold: float
    sentence: str
    method_words: str
    empty: Empty
    strip_top: float
    strip_scale: list[float]
    rule: noise_words.Answer
    established: noise_words.Answer
    kinds: list[KindBar]
    beside: list[Pair]
    judged: int
    drawn: int
    progress_words: str
    people: list[Person]
    chart: GrowthChart | None
    chart_words: str
    forests: list[Forest]
    for_lead: int
    flags: Sequence[Flag]


def noise_part(audit: Audit) -> NoisePart:
    """The noise ratio of an audit as its page shows it."""
    standing = standing_of(audit)
    ratio, protocol = standing.ratio, standing.protocol
    threshold = float(audit.threshold)
    top = strip_top(ratio.high, threshold)
    chart = draw_growth(standing.growth(), threshold)
    return NoisePart(
        audit=audit,
        run=audit.run,
        ratio=ratio,
        threshold=threshold,
        sentence=noise_words.sentence(ratio, audit.question),
        method_words=noise_words.method_words(ratio),
        empty=_empty_words(ratio, audit.question),
        strip_top=top,
        strip_scale=[top * step / STRIP_STEPS for step in range(STRIP_STEPS + 1)],
        rule=noise_words.rule_finding(ratio, protocol, audit.question),
        established=noise_words.established_finding(ratio, protocol),
        kinds=kind_bars(standing),
        beside=_beside(standing),
        judged=ratio.drawn - ratio.waiting,
        drawn=ratio.drawn,
        progress_words=_progress_words(standing),
        people=people(audit),
        chart=chart,
        chart_words=_chart_words(ratio, audit.question),
        forests=_forests(standing),
        for_lead=sum(item.for_lead for item in standing.items),
        flags=open_flags(audit),
    )


def strip_top(high: float, threshold: float) -> float:
    """The right end of the strip: room for interval and threshold, in steps of 20 points."""
    for top in (0.4, 0.6, 0.8):
        if max(high, threshold) <= top * 0.95:
            return top
    return 1.0


def kind_bars(standing: Standing) -> list[KindBar]:
    """The verdicts with their counts, in the order of the buttons, those who wait last."""
    drawn = len(standing.items)
    bars, before = [], 0
    names: dict[str, str] = {kind.value: str(kind.label) for kind in standing.audit.choices}
    for kind, count in standing.verdicts.items():
        bars.append(
            KindBar(
                kind=kind,
                name=names.get(kind) or _("waiting"),
                count=count,
                share=count / drawn if drawn else 0.0,
                x=f"{100 * before / max(drawn, 1):.3f}",
                width=f"{100 * count / max(drawn, 1):.3f}" if count else "",
                counts_as=_counts_as(kind, standing.audit),
            )
        )
        before += count
    return bars


def _counts_as(kind: str, audit: Audit) -> str:
    if kind == WAITING:
        return _("open")
    if kind in UNDECIDED:
        return _("left out, bounded")
    if audit.question == Audit.Question.TOP_FIVE:
        return _("a right reading") if kind in audit.noise_kinds else _("no right reading")
    return _("noise") if kind in audit.noise_kinds else _("not noise")


def _empty_words(ratio: NoiseRatio, question: str) -> Empty:
    """For a page with nothing to estimate yet: nobody has judged, or nobody could decide."""
    if ratio.undecided:
        words = ngettext(
            "%(n)s item was judged, but as unsure or unusable: nothing is decided, so there is no "
            "ratio. The true share may lie anywhere from 0 % to 100 %.",
            "%(n)s items were judged, all of them unsure or unusable: nothing is decided, so there "
            "is no ratio. The true share may lie anywhere from 0 % to 100 %.",
            ratio.undecided,
        )
        # The percent signs above are text, not formats.
        sentence = words.replace("%(n)s", number_format(ratio.undecided))
        return Empty(_("Nothing decided"), sentence)
    words = _(
        "%(drawn)s of %(population)s errors were drawn at random and wait for their verdicts. The "
        "noise ratio appears with the first one and is settled with the last."
    )
    if question == Audit.Question.TOP_FIVE:
        words = _(
            "%(drawn)s of %(population)s errors were drawn at random and wait for their verdicts. "
            "The ratio appears with the first one and is settled with the last."
        )
    values = {
        "drawn": noise_words.grouped(ratio.drawn),
        "population": noise_words.grouped(ratio.population),
    }
    return Empty(_("No verdict yet"), words % values)


def _forests(standing: Standing) -> list[Forest]:
    """The ratio by cluster and by question type, as far as the population is known by them."""
    clusters = tuple((each.ratio, each.claim) for each in standing.by_cluster())
    types = tuple((each.ratio, each.claim) for each in standing.by_question_type())
    found = [
        Forest("clusters", _("By cluster"), _("Cluster"), clusters, _next_words(clusters)),
        Forest("types", _("By question type"), _("Question type"), types, _next_words(types)),
    ]
    return [each for each in found if each.rows]


def _next_words(rows: Sequence[tuple[GroupRatio, str]]) -> str:
    """Where to look next: the unclaimed groups with the largest shares of noise so far."""
    open_rows = [row for row, claim in rows if claim == "none" and row.successes]
    most = sorted(open_rows, key=lambda row: (-(row.point or 0), -row.population))[:3]
    if not most:
        return ""
    names = ", ".join(f"{row.name} ({row.successes}/{row.decided})" for row in most)
    return _("Look here next: %(names)s.") % {"names": names}


def _beside(standing: Standing) -> list[Pair]:
    ratio, pairs = standing.ratio, _design_pairs(standing)
    if ratio.mismatch_only.point is not None and standing.audit.question == Audit.Question.NOISE:
        only = ratio.mismatch_only
        words = _("%(point)s, between %(low)s and %(high)s (95 %%, exact)") % {
            "point": percent(only.point),
            "low": percent(only.low),
            "high": percent(only.high),
        }
        pairs.append(Pair(_("Mismatches only"), words))
    if ratio.undecided and ratio.bounds.if_all_noise is not None:
        words = _(
            "%(none)s if none of the %(n)s undecided items were noise, %(all)s if all were; with "
            "either, the true share is between %(low)s and %(high)s"
        )
        if standing.audit.question == Audit.Question.TOP_FIVE:
            words = _(
                "%(none)s if none of the %(n)s undecided items had a right reading, %(all)s if all "
                "had; with either, the true share is between %(low)s and %(high)s"
            )
        words %= {
            "n": ratio.undecided,
            "none": percent(ratio.bounds.if_none_noise),
            "all": percent(ratio.bounds.if_all_noise),
            "low": percent(ratio.bounds.low),
            "high": percent(ratio.bounds.high),
        }
        pairs.append(Pair(_("Unsure and unusable"), words))
    elif ratio.decided:
        pairs.append(Pair(_("Unsure and unusable"), _("none: nothing to bound")))
    return pairs


def _design_pairs(standing: Standing) -> list[Pair]:
    """What the design, the policy and the gold items add to the estimate."""
    ratio, pairs = standing.ratio, []
    if ratio.method == "score_assisted":
        worth = ngettext(
            "the frozen scores were worth %(n)s more item",
            "the frozen scores were worth %(n)s more items",
            ratio.extra_items,
        ) % {"n": ratio.extra_items}
        pairs.append(Pair(_("Score-assisted"), worth))
    elif ratio.method == "exact" and standing.audit.plan.get("strata") and ratio.decided:
        few = _("fewer than 10 of either kind were seen, so the plain exact interval is shown")
        pairs.append(Pair(_(DESIGNS[standing.audit.design].title), few))
    if (fixed := standing.corrected) is not None:
        words = _(
            "%(point)s, between %(low)s and %(high)s, by gold: %(noisy_found)s of %(noisy)s noisy "
            "items found, %(clean_found)s of %(clean)s clean ones kept (Lang–Reiczigel)"
        ) % {
            "point": percent(fixed.point),
            "low": percent(fixed.low),
            "high": percent(fixed.high),
            **asdict(standing.gold),
        }
        pairs.append(Pair(_("Corrected for annotators’ errors"), words))
    elif standing.audit.plan.get("gold"):
        words = _("too few gold items judged for a correction: %(noisy)s noisy, %(clean)s clean")
        pairs.append(Pair(_("Corrected for annotators’ errors"), words % asdict(standing.gold)))
    steps = standing.resolved_by
    if standing.audit.overlap > 1 and steps:
        names = dict(Audit.Policy.choices)
        words = ", ".join(f"{names[step]} {count}" for step, count in sorted(steps.items()))
        pairs.append(Pair(_("Resolved by"), words))
    return pairs


def _progress_words(standing: Standing) -> str:
    ratio = standing.ratio
    words = _("%(judged)s of %(drawn)s items have their verdict.") % {
        "judged": number_format(ratio.drawn - ratio.waiting),
        "drawn": number_format(ratio.drawn),
    }
    if disputed := sum(item.disagrees for item in standing.items):
        more = ngettext(
            "On %(n)s item people disagree; it waits.",
            "On %(n)s items people disagree; they wait.",
            disputed,
        )
        words += " " + more % {"n": disputed}
    return words


def _chart_words(ratio: NoiseRatio, question: str) -> str:
    if not ratio.decided:
        return ""
    words = _(
        "After %(n)s decided items the share of noise is %(point)s, from %(low)s to %(high)s."
    )
    if question == Audit.Question.TOP_FIVE:
        words = _(
            "After %(n)s decided items the share with a right reading is %(point)s, from %(low)s "
            "to %(high)s."
        )
    return words % {
        "n": ratio.decided,
        "point": percent(ratio.point),
        "low": percent(ratio.low),
        "high": percent(ratio.high),
    }


def people(audit: Audit) -> list[Person]:
    """What each person has judged, what is kept for them, how they judged gold: most first."""
    standing = Verdict.objects.standing().filter(item__audit=audit)
    rows = standing.values("annotator__username").annotate(verdicts=Count("item", distinct=True))
    judged = {row["annotator__username"]: row["verdicts"] for row in rows}
    reserved = Seat.objects.filter(item__audit=audit, reserved_for__isnull=False)
    open_seats = reserved.filter(Q(annotator__isnull=True) | Q(leased_until__isnull=False))
    kept = dict(open_seats.values_list("reserved_for__username").annotate(n=Count("pk")))
    known = (
        {each.annotator: each for each in gold.accuracies(audit)} if audit.plan.get("gold") else {}
    )
    names = sorted({*judged, *kept}, key=lambda name: (-judged.get(name, 0), name))
    return [Person(name, judged.get(name, 0), kept.get(name, 0), known.get(name)) for name in names]


def audit_rows(run: Run) -> list[AuditRow]:
    """The audits of a run with their ratios, newest first."""
    return [audit_row(audit) for audit in run.audits.select_related("run")]


def audit_row(audit: Audit) -> AuditRow:
    """One audit with its ratio."""
    standing = standing_of(audit)
    words = noise_words.established_words(standing.ratio, standing.protocol)
    return AuditRow(audit, standing.ratio, float(audit.threshold), words)
