"""What the noise ratio page shows, in the shapes that its templates take."""

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotations import noise_words
from annotations.estimation.noise_ratio import NoiseRatio
from annotations.growth_chart import draw_growth
from annotations.models import UNDECIDED, Audit, Item, Verdict, VerdictKind
from annotations.standing import WAITING, Standing, standing_of, with_standing_verdicts
from triage.browsing import SampleFilter
from triage.filters import selection_words
from triage.models import Run
from triage.templatetags.figures import percent

ITEMS_A_PAGE = 50
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


def noise_context(audit: Audit) -> dict[str, Any]:
    """The part that refreshes itself while the audit is open."""
    standing = standing_of(audit)
    ratio, protocol = standing.ratio, standing.protocol
    threshold = float(audit.threshold)
    top = strip_top(ratio.high, threshold)
    chart = draw_growth(standing.growth(), threshold)
    return {
        "audit": audit,
        "run": audit.run,
        "ratio": ratio,
        "threshold": threshold,
        "sentence": noise_words.sentence(ratio),
        "empty": _empty_words(ratio),
        "strip_top": top,
        "strip_scale": [top * step / STRIP_STEPS for step in range(STRIP_STEPS + 1)],
        "rule": noise_words.rule_finding(ratio, protocol),
        "established": noise_words.established_finding(ratio, protocol),
        "kinds": kind_bars(standing),
        "beside": _beside(ratio),
        "judged": ratio.drawn - ratio.waiting,
        "drawn": ratio.drawn,
        "progress_words": _progress_words(standing),
        "people": people(audit),
        "chart": chart,
        "chart_words": _chart_words(ratio),
        "clusters": [(each.ratio, each.claim) for each in standing.by_cluster()],
    }


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
                counts_as=_counts_as(kind, standing.audit.noise_kinds),
            )
        )
        before += count
    return bars


def _counts_as(kind: str, noise_kinds: Sequence[str]) -> str:
    if kind == WAITING:
        return _("open")
    if kind in UNDECIDED:
        return _("left out, bounded")
    return _("noise") if kind in noise_kinds else _("not noise")


def _empty_words(ratio: NoiseRatio) -> dict[str, str]:
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
        return {
            "title": _("Nothing decided"),
            "sentence": words.replace("%(n)s", number_format(ratio.undecided)),
        }
    words = _(
        "%(drawn)s of %(population)s errors were drawn at random and wait for their verdicts. The "
        "noise ratio appears with the first one and is settled with the last."
    )
    values = {"drawn": number_format(ratio.drawn), "population": number_format(ratio.population)}
    return {"title": _("No verdict yet"), "sentence": words % values}


def _beside(ratio: NoiseRatio) -> list[Pair]:
    pairs = []
    if ratio.mismatch_only.point is not None:
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
        ) % {
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


def _chart_words(ratio: NoiseRatio) -> str:
    if not ratio.decided:
        return ""
    return _(
        "After %(n)s decided items the share of noise is %(point)s, from %(low)s to %(high)s."
    ) % {
        "n": ratio.decided,
        "point": percent(ratio.point),
        "low": percent(ratio.low),
        "high": percent(ratio.high),
    }


def people(audit: Audit) -> list[dict[str, Any]]:
    """How many items each person has judged, most first: counts and nothing else."""
    standing = Verdict.objects.standing().filter(item__audit=audit)
    rows = standing.values("annotator__username").annotate(verdicts=Count("item", distinct=True))
    return [
        {"name": row["annotator__username"], "verdicts": row["verdicts"]}
        for row in rows.order_by("-verdicts", "annotator__username")
    ]


def items_of(audit: Audit, chosen: str) -> QuerySet[Item]:
    """The items, those with a standing verdict of the chosen kind, or those without any."""
    standing = Verdict.objects.standing()
    items = audit.items.order_by("place")
    if chosen == WAITING:
        return items.exclude(pk__in=standing.filter(item__audit=audit).values("item"))
    if chosen in VerdictKind.values:
        return items.filter(pk__in=standing.filter(item__audit=audit, kind=chosen).values("item"))
    return items


def items_context(audit: Audit, chosen: str, number: str) -> dict[str, Any]:
    """The table of items: one page of it."""
    standing = Verdict.objects.standing().filter(item__audit=audit)
    judged = dict(standing.values_list("kind").annotate(n=Count("item", distinct=True)).order_by())
    total = audit.items.count()
    waiting = total - standing.values("item").distinct().count()
    choices = [{"kind": "", "name": _("all"), "count": total}]
    choices += [
        {"kind": kind.value, "name": kind.label, "count": judged[kind.value]}
        for kind in audit.choices
        if judged.get(kind.value)
    ]
    choices.append({"kind": WAITING, "name": _("no verdict"), "count": waiting})
    items = with_standing_verdicts(items_of(audit, chosen))
    page = Paginator(items, ITEMS_A_PAGE).get_page(number)
    for item in page:
        _dress(item)
    return {
        "audit": audit,
        "run": audit.run,
        "items": page,
        "item_choices": choices,
        "chosen_kind": chosen,
    }


def _dress(item: Any) -> None:
    """What a row of the table says of an item, from its snapshot."""
    snapshot = item.snapshot
    item.question = snapshot.get("question") or ""
    item.prediction = snapshot.get("prediction") or ""
    item.answers = ", ".join(dict.fromkeys(snapshot.get("answers") or []))
    image = snapshot.get("image") or {}
    item.has_image = bool(item.image_sha256)
    item.image_words = {
        "missing": _("missing"),
        "refused": _("refused"),
    }.get(str(image.get("status")), _("no image"))
    item.place_words = item.place + 1


def draw_context(audit: Audit) -> dict[str, Any]:
    """How it was drawn, in words and as a command."""
    protocol = standing_protocol_words(audit)
    noise = [str(VerdictKind(kind).label) for kind in audit.noise_kinds]
    population = _("%(n)s errors of run “%(run)s”: %(filter)s") % {
        "n": number_format(audit.population, force_grouping=True),
        "run": audit.run,
        "filter": selection_words(SampleFilter.from_dict(audit.criteria)),
    }
    return {
        "protocol_words": protocol,
        "population_words": population,
        "noise_kind_words": ", ".join(noise),
        "command": repeat_command(audit),
    }


def standing_protocol_words(audit: Audit) -> str:
    """The protocol by name, size and rule."""
    sign = ">" if audit.strict else "≥"
    exact = audit.threshold * 100
    share = percent(float(audit.threshold), 0 if exact.denominator == 1 else 1)
    return _("%(name)s: %(size)s items, noise %(sign)s %(share)s") % {
        "name": audit.protocol,
        "size": number_format(audit.size),
        "sign": sign,
        "share": share,
    }


def repeat_command(audit: Audit) -> str:
    """The command that draws the same items again, where the frame is still nameable."""
    parts = ["manage.py", "draw_audit", str(audit.run.uuid), "--protocol", audit.protocol]
    if audit.protocol == "custom":
        parts += ["--size", str(audit.size), "--threshold", str(audit.threshold)]
        parts += ["--strict"] if audit.strict else []
    if audit.criteria:
        stored = audit.run.stored_filters.filter(criteria=audit.criteria).first()
        parts += ["--stored-filter", stored.name] if stored else []
        parts += [] if stored else ["--criteria", json.dumps(audit.criteria)]
    if audit.overlap > 1:
        parts += ["--overlap", str(audit.overlap)]
    return shlex.join(["python", *parts, "--seed", str(audit.seed)])


def audit_rows(run: Run) -> list[AuditRow]:
    """The audits of a run with their ratios, newest first."""
    return [audit_row(audit) for audit in run.audits.select_related("run")]


def audit_row(audit: Audit) -> AuditRow:
    """One audit with its ratio."""
    standing = standing_of(audit)
    words = noise_words.established_words(standing.ratio, standing.protocol)
    return AuditRow(audit, standing.ratio, float(audit.threshold), words)
