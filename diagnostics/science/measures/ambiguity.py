"""Whether several answers are right: where the reference stands, and whether people agree."""

import numpy as np
import scipy

from diagnostics.science.measures.results import (
    Chart,
    Figure,
    Measure,
    Result,
    Row,
    Series,
    Table,
    Value,
)
from diagnostics.science.measures.samples import Bools, Floats, Groups, Samples
from diagnostics.science.measures.values import (
    errors_of_evaluation,
    mean_difference,
    mean_of,
    named,
    share_of,
    shares_of,
)
from triage.science.words import gettext_noop as _

PLACES = (1, 3, 5)
CLOSE = 0.1
LEAST = 10
DIVIDED = 0.5
BINS = np.array([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])


def compute(samples: Samples) -> Result:
    """Top-K inclusion, near misses, attention by context, disagreement of the references."""
    chosen = samples.evaluated()
    figures: list[Figure] = []
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    absent: list[str] = []
    rank = samples.number("reference_rank")
    if rank is None:
        absent.append("candidates")
    else:
        figures += _top_k(samples, chosen, rank)
        types = samples.group("question_type")
        tables = () if types is None else (_by_type(samples, chosen, types, rank),)
    margin = samples.number("top_margin")
    if margin is not None:
        close = chosen & samples.error & (margin < CLOSE)
        figures.append(
            Figure(
                "close_errors",
                _("Errors where the first two candidates are less than 10 points apart"),
                share_of(int(close.sum()), int((chosen & samples.error & ~np.isnan(margin)).sum())),
                behind=named(samples.position, close, -margin),
            )
        )
    divergence = samples.number("token_attention_divergence")
    if divergence is None:
        absent.append("token_attention")
    else:
        figures += _attention(samples, chosen, divergence)
    if samples.reference_counts is None or not (samples.reference_counts.sum(axis=1) > 1).any():
        absent.append(_("answers (several a sample)"))
    else:
        figures += _people(samples, chosen, disagreement(samples.reference_counts))
        charts = (_by_disagreement(samples, chosen, disagreement(samples.reference_counts)),)
    return Result(tuple(figures), tables, charts, tuple(absent))


def disagreement(counts: Floats) -> Floats:
    """Share (n) of people who gave another answer than the commonest; NaN with fewer than two."""
    given = counts.sum(axis=1)
    best = counts.max(axis=1, initial=0.0)
    unknown = np.full(len(counts), np.nan)
    return np.asarray(np.divide(given - best, given, out=unknown, where=given > 1))


def _top_k(samples: Samples, chosen: Bools, rank: Floats) -> list[Figure]:
    here = chosen & ~np.isnan(rank)
    figures = [
        Figure(
            f"top_{place}",
            f"Reference among the first {place}" if place > 1 else _("Reference first"),
            share_of(int((here & (rank <= place)).sum()), int(here.sum())),
            behind=named(samples.position, here & (rank > place), -rank),
        )
        for place in PLACES
    ]
    wrong = here & samples.error
    missed = wrong & (rank >= 2) & (rank <= PLACES[-1])
    return [
        *figures,
        Figure(
            "near_misses",
            _("Errors whose reference is second to fifth"),
            share_of(int(missed.sum()), int(wrong.sum())),
            _(
                "The right reading is there and not first: context or several right answers may "
                "help."
            ),
            named(samples.position, missed, -rank),
        ),
    ]


def _by_type(samples: Samples, chosen: Bools, types: Groups, rank: Floats) -> Table:
    here = chosen & ~np.isnan(rank)
    counts = types.counts(here)
    columns = [shares_of(types.counts(here & (rank <= place)), counts) for place in PLACES]
    rows = tuple(
        Row(
            label,
            tuple(column[code] for column in columns),
            behind=errors_of_evaluation(samples, question_type=[label]),
        )
        for code, label in enumerate(types.labels)
        if counts[code] >= LEAST
    )
    names = tuple(f"among the first {place}" if place > 1 else _("first") for place in PLACES)
    return Table(
        "top_k_by_type",
        _("Where the reference stands"),
        _("Question type"),
        names,
        rows,
    )


def _attention(samples: Samples, chosen: Bools, divergence: Floats) -> list[Figure]:
    wrong, right = divergence[chosen & samples.error], divergence[chosen & ~samples.error]
    return [
        Figure(
            "attention_by_context",
            _("How far a word's attention moves with its context"),
            mean_of(divergence[chosen]),
            _(
                "Jensen–Shannon divergence from the word's usual attention, 0 to 1. "
                "Near 0 the context changes nothing."
            ),
        ),
        Figure(
            "attention_by_context_gap",
            _("The same, errors minus right answers"),
            mean_difference(wrong, right),
        ),
    ]


def _people(samples: Samples, chosen: Bools, apart: Floats) -> list[Figure]:
    here = chosen & np.isfinite(apart)
    divided = here & (apart > 1 - DIVIDED)
    figures = [
        Figure(
            "disagreement",
            _("People who gave another answer"),
            mean_of(apart[here], "share"),
        ),
        Figure(
            "divided",
            _("Samples whose commonest answer has no majority"),
            share_of(int(divided.sum()), int(here.sum())),
            behind=named(samples.position, divided, apart),
        ),
    ]
    if len(np.unique(apart[here])) > 1 and len(np.unique(samples.credit[here])) > 1:
        found = scipy.stats.spearmanr(apart[here], samples.credit[here])
        limits = _fisher(float(found.statistic), int(here.sum()))
        figures.append(
            Figure(
                "disagreement_trend",
                _("Rank correlation of disagreement and credit"),
                Value(
                    float(found.statistic),
                    "number",
                    *limits,
                    int(here.sum()),
                    _("Fisher’s z"),
                ),
                _("Below 0: the more people differ, the more often the model is wrong."),
            )
        )
    return figures


def _fisher(correlation: float, count: int) -> tuple[float | None, float | None]:
    """Limits of a rank correlation (Bonett and Wright 2000)."""
    if count < 4 or abs(correlation) >= 1:
        return None, None
    reach = 1.959963985 * ((1 + correlation**2 / 2) / (count - 3)) ** 0.5
    middle = np.arctanh(correlation)
    return float(np.tanh(middle - reach)), float(np.tanh(middle + reach))


def _by_disagreement(samples: Samples, chosen: Bools, apart: Floats) -> Chart:
    """Error rate by how many people gave another answer, at each bin's middle."""
    here = chosen & np.isfinite(apart)
    place = np.clip(np.searchsorted(BINS, apart[here], side="right") - 1, 0, len(BINS) - 2)
    counts = np.bincount(place, minlength=len(BINS) - 1)
    wrong = np.bincount(place[samples.error[here]], minlength=len(BINS) - 1)
    filled = counts > 0
    values = shares_of(wrong[filled], counts[filled])
    series = Series(
        _("error rate"),
        tuple(((BINS[1:] + BINS[:-1]) / 2)[filled].tolist()),
        tuple(float(each.value or 0) for each in values),
        tuple(float(each.low or 0) for each in values),
        tuple(float(each.high or 0) for each in values),
        tuple(counts[filled].tolist()),
    )
    return Chart(
        "by_disagreement",
        _("Errors where people differ"),
        "line",
        _("share of people who gave another answer"),
        _("error rate"),
        (series,),
        y_top=1.0,
    )


MEASURE = Measure(
    "ambiguity",
    _("Ambiguity"),
    _("Is a right reading among the candidates, and do people agree?"),
    compute,
)


# Sentences that are put together above, whole for the catalogue of translations.
COMPOSED = (
    _("among the first 3"),
    _("among the first 5"),
    _("Reference among the first 3"),
    _("Reference among the first 5"),
)
