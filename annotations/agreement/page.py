"""What the agreement page shows, in the shapes that its template takes."""

from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotations.agreement.agreement import Agreement, Work, agreement_of
from annotations.models import Audit, VerdictKind
from annotations.science.estimation import agreement_intervals as agreeing
from annotations.science.estimation import latent_rates
from annotations.science.estimation.agreement_intervals import Coefficient, PairAgreement
from annotations.science.estimation.latent_rates import Rate
from annotations.standing.gold import Accuracy
from triage.templatetags.figures import percent


@dataclass(frozen=True)
class Figure:
    """A coefficient as words: its name, value, interval (or why there is none), what it is of."""

    name: str
    value: str
    words: str
    of: str


@dataclass(frozen=True)
class CoefficientWords:
    """A coefficient in a table: its value, and under it the interval where there is one."""

    value: str
    under: str


@dataclass(frozen=True)
class Cell:
    """One cell of a matrix: what it says, and the same in a sentence."""

    words: str
    count: str
    title: str
    diagonal: bool


@dataclass(frozen=True)
class Row:
    """One row of a matrix; `kind` names a verdict's colour."""

    name: str
    kind: str
    cells: list[Cell]


@dataclass(frozen=True)
class Piece:
    """One verdict of one person's: a piece of the stacked bar (x and width in 0..100)."""

    kind: str
    name: str
    count: int
    x: str
    width: str


@dataclass(frozen=True)
class PersonRow:
    """What one annotator did."""

    work: Work
    same: float | None
    pieces: list[Piece]
    gold: Accuracy | None


def agreement_context(audit: Audit) -> dict[str, Any]:
    """The whole page."""
    found = agreement_of(audit)
    names = {kind.value: str(kind.label) for kind in VerdictKind}
    known = {each.annotator: each for each in found.gold}
    return {
        "audit": audit,
        "run": audit.run,
        "agreement": found,
        "empty": "" if found.overlapped else empty_words(found),
        "sentence": _sentence(found),
        "figures": _figures(found),
        "verdicts": [
            {"kind": kind, "name": names[kind], "row": row, "alpha": coefficient_words(row.alpha)}
            for kind, row in found.verdicts.items()
            if row.by_all.whole
        ],
        "clusters": [
            {
                "name": each.name,
                "share": each.agreement.unanimous,
                "alpha": coefficient_words(each.agreement.alpha),
            }
            for each in found.clusters
        ],
        "disagreements": _disagreements(found),
        "pairs": [_pair_row(pair) for pair in found.pairs],
        "confusions": _confusions(found, names),
        "rates": _rates(found),
        "rates_words": rates_words(found),
        "people": [_person_row(work, names, known.get(work.annotator)) for work in found.people],
        "has_gold": bool(known),
        "timed": any(work.timed for work in found.people),
        "quartered": any(work.quarters for work in found.people),
    }


def empty_words(found: Agreement) -> dict[str, str]:
    """For an audit in which nobody has judged what another has."""
    if not found.judged:
        words = _("Nobody has judged an item of this audit.")
        return {"title": _("No verdict yet"), "sentence": words}
    if found.overlap == 1:
        words = _(
            "Each item was judged by one person, as this audit asks: there is nothing to compare. "
            "Draw an audit with more people per item to see agreement."
        )
    elif found.annotators == 1:
        words = _(
            "One person has judged so far. Agreement appears when a second person judges an item "
            "that the first has judged."
        )
    else:
        words = _(
            "No item was judged by two people yet. Agreement appears when a second person judges "
            "an item that another has judged."
        )
    return {"title": _("Nobody overlaps"), "sentence": words}


def coefficient_words(found: Coefficient) -> CoefficientWords:
    """The coefficient and its interval for one cell."""
    if found.value is None:
        undefined = found.note == agreeing.ONE_VERDICT
        return CoefficientWords("—", _("not defined") if undefined else "")
    if found.low is None or found.high is None:
        return CoefficientWords(_number(found.value), "")
    values = {"low": _number(found.low), "high": _number(found.high)}
    return CoefficientWords(_number(found.value), _("%(low)s to %(high)s") % values)


def _number(value: float) -> str:
    # Rounded here: number_format cuts digits off.
    return number_format(round(value, 2) or 0.0, 2)


def _sentence(found: Agreement) -> str:
    whole = found.unanimous
    if whole.share is None:
        return ""
    return _(
        "%(overlapped)s of %(drawn)s drawn items were judged by two people or more. On %(part)s of "
        "these (%(share)s; %(low)s to %(high)s, 95 %%, exact) all of them said the same."
    ) % {
        "overlapped": number_format(found.overlapped),
        "drawn": number_format(found.drawn),
        "part": number_format(whole.part),
        "share": percent(whole.share),
        "low": percent(whole.low),
        "high": percent(whole.high),
    }


def _figures(found: Agreement) -> list[Figure]:
    same = found.same_pairs
    figures = [
        Figure(
            _("Same verdict in a pair"),
            percent(same.value),
            _interval_words(same, as_share=True),
            _items_words(same.items),
        ),
        Figure(
            _("Krippendorff's alpha"),
            "—" if found.alpha.value is None else _number(found.alpha.value),
            _interval_words(found.alpha),
            _items_words(found.alpha.items),
        ),
    ]
    kappa = found.fleiss.kappa
    of = ngettext(
        "%(n)s item with %(votes)s verdicts", "%(n)s items with %(votes)s verdicts", kappa.items
    ) % {"n": number_format(kappa.items), "votes": found.fleiss.votes}
    value = "—" if kappa.value is None else _number(kappa.value)
    return [*figures, Figure(_("Fleiss' kappa"), value, _interval_words(kappa), of)]


def _items_words(items: int) -> str:
    return ngettext("%(n)s item", "%(n)s items", items) % {"n": number_format(items)}


def _interval_words(found: Coefficient, as_share: bool = False) -> str:
    """The interval, or why there is none."""
    if found.low is not None and found.high is not None:
        write = percent if as_share else _number
        values = {"low": write(found.low), "high": write(found.high)}
        return _("%(low)s to %(high)s, 95 %%, bootstrap over items") % values
    return {
        agreeing.NOBODY_OVERLAPS: _("no item was judged by two people"),
        agreeing.ONE_VERDICT: _(
            "not defined: everybody gave the same verdict to every item, so that chance alone "
            "would agree as often"
        ),
        agreeing.ALL_AGREE: _("no interval: no disagreement was seen to estimate from"),
        agreeing.FEW_ITEMS: _("no interval: fewer than %(n)s items") % {"n": agreeing.FEWEST_ITEMS},
    }[found.note]


def _pair_row(pair: PairAgreement) -> dict[str, Any]:
    return {
        "first": pair.first,
        "second": pair.second,
        "differ": pair.differ,
        "kappa": coefficient_words(pair.kappa),
    }


def _disagreements(found: Agreement) -> list[Row]:
    """People against people: the share of differing verdicts."""
    people = [work.annotator for work in found.people]
    shares = {frozenset((pair.first, pair.second)): pair.differ for pair in found.pairs}
    rows = []
    for one in people:
        cells = []
        for other in people:
            share = shares.get(frozenset((one, other))) if one != other else None
            if share is None:
                cells.append(Cell("" if one == other else "—", "", "", one == other))
                continue
            title = _("%(one)s and %(other)s differ on %(part)s of %(whole)s items") % {
                "one": one,
                "other": other,
                "part": share.part,
                "whole": share.whole,
            }
            count = f"{number_format(share.part)} / {number_format(share.whole)}"
            cells.append(Cell(percent(share.share, 0), count, title, diagonal=False))
        rows.append(Row(one, "", cells))
    return rows


def _confusions(found: Agreement, names: dict[str, str]) -> list[Row]:
    """Verdicts against verdicts: how many pairs, and which share of all pairs."""
    counts = {frozenset((each.first, each.second)): each.pairs for each in found.confusions}
    total = sum(counts.values())
    present = [kind.value for kind in VerdictKind if any(kind in pair for pair in counts)]
    rows = []
    for one in present:
        cells = []
        for other in present:
            pairs = counts.get(frozenset((one, other)), 0)
            title = _("%(one)s beside %(other)s: %(n)s pairs") % {
                "one": names[one],
                "other": names[other],
                "n": pairs,
            }
            share = percent(pairs / total) if pairs else ""
            cells.append(Cell(number_format(pairs), share, title, one == other))
        rows.append(Row(names[one], one, cells))
    return rows


def rates_words(found: Agreement) -> str:
    """Why there are no rates of each annotator, or what they are."""
    few = {
        latent_rates.FEW_PEOPLE: _(
            "Too little to say: it takes three people, each two of whom have judged %(n)s of the "
            "same items or more."
        )
        % {"n": latent_rates.FEWEST_SHARED},
        latent_rates.FEW_ITEMS: _(
            "Too little to say: it takes %(n)s items that two people or more have decided."
        )
        % {"n": latent_rates.FEWEST_ITEMS},
        latent_rates.ONE_KIND: _(
            "Too little to say: all decided verdicts are of one kind, noise or not noise."
        ),
    }
    return few.get(found.rates.note, "")


def _rates(found: Agreement) -> list[dict[str, Any]]:
    return [
        {"name": each.annotator, "rates": [_rate(each.sensitivity), _rate(each.specificity)]}
        for each in found.rates.annotators
    ]


def _rate(rate: Rate) -> dict[str, Any]:
    about = {"n": number_format(round(rate.items))}
    return {
        "rate": rate,
        "about": _("from about %(n)s items") % about,
        "few": _("too few: about %(n)s items") % about,
    }


def _person_row(work: Work, names: dict[str, str], gold: Accuracy | None) -> PersonRow:
    pieces, before = [], 0
    for kind, count in work.verdicts.items():
        if count:
            x, width = 100 * before / work.count, 100 * count / work.count
            pieces.append(Piece(kind, names[kind], count, f"{x:.3f}", f"{width:.3f}"))
        before += count
    same = work.same / work.compared if work.compared else None
    return PersonRow(work, same, pieces, gold)
