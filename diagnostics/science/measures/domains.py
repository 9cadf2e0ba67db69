"""How far the model carries: accuracy by split and domain, and by how much training covered."""

import numpy as np
import scipy

from annotations.science.estimation.claims import holm
from diagnostics.science.measures.results import (
    Behind,
    Chart,
    Figure,
    Measure,
    Result,
    Row,
    Series,
    Table,
    Value,
)
from diagnostics.science.measures.samples import SPLITS, Bools, Floats, Samples
from diagnostics.science.measures.values import difference_of, named, share_of, shares_of
from triage.science.words import gettext_noop as _

LEAST = 20
ALPHA = 0.05
MOST_DOMAINS = 50
# Training samples of the template: none, a few shots, … many.
COVERAGE = (0, 1, 5, 20, 100, 500)
DECILES = 10


def compute(samples: Samples) -> Result:
    """Accuracy over splits and domains with the drop, and against the training's coverage."""
    figures, tables, charts, absent = [], [], [], []
    if samples.group("split") is None:
        absent.append("split")
    else:
        tables.append(_by_split(samples))
        drop = _ood_drop(samples)
        absent += [] if drop else [_("split (with ood rows)")]
        figures += [drop] if drop else []
    if samples.group("domain") is None:
        absent.append("domain")
    else:
        tables.append(_by_domain(samples))
    chosen = samples.evaluated()
    for name, words, x_words in (
        (
            "train_freq_of_template",
            _("Accuracy by coverage"),
            _("training samples of the template"),
        ),
        (
            "domain_ood_score",
            _("Accuracy by distance from training"),
            _("percentile of distance"),
        ),
    ):
        number = samples.number(name)
        if number is None:
            absent.append("template" if name.startswith("train") else _("split (with train rows)"))
            continue
        here = chosen & np.isfinite(number)
        if not (here & ~samples.error).any():
            # Measured on errors alone: there is no accuracy to set against it.
            continue
        place, middles = _bins(name, number[here])
        right = ~samples.error[here]
        figures.append(_trend(samples, name, words, here, place))
        charts.append(_curve(name, words, x_words, place, middles, right))
    return Result(tuple(figures), tuple(tables), tuple(charts), tuple(dict.fromkeys(absent)))


def _accuracy(samples: Samples, side: Bools) -> tuple[int, int]:
    """(right, samples) of a side."""
    return int((side & ~samples.error).sum()), int(side.sum())


def _own_domain(samples: Samples) -> Bools:
    """Evaluation samples of the domain that was trained on: test, else val."""
    test = samples.in_split("test")
    return test if test.any() else samples.in_split("val")


def _ood_drop(samples: Samples) -> Figure | None:
    own, far = _own_domain(samples), samples.in_split("ood")
    if not own.any() or not far.any():
        return None
    drop = difference_of(_accuracy(samples, own), _accuracy(samples, far))
    return Figure(
        "ood_drop",
        _("Accuracy lost out of domain"),
        drop,
        _("Test (or validation) minus out-of-domain accuracy."),
        Behind({"split": ["ood"]}),
    )


def _by_split(samples: Samples) -> Table:
    """Accuracy of each split, and what is lost from the one before."""
    rows, before = [], None
    for name in SPLITS:
        side = samples.in_split(name)
        if not side.any():
            continue
        own = _accuracy(samples, side)
        lost = Value(None, "points") if before is None else difference_of(before, own)
        rows.append(Row(name, (share_of(*own), lost), behind=Behind({"split": [name]})))
        before = own
    return Table(
        "by_split",
        _("From training outwards"),
        _("Split"),
        (_("accuracy"), _("lost")),
        tuple(rows),
    )


def _by_domain(samples: Samples) -> Table:
    """Accuracy of each domain held against the evaluation of the trained domain, with Holm."""
    groups = samples.groups["domain"]
    own = _own_domain(samples)
    chosen = samples.evaluated()
    if not own.any():
        own = chosen
    counts, wrong = groups.counts(chosen), groups.counts(chosen & samples.error)
    kept = np.flatnonzero(counts >= LEAST)
    kept = kept[np.argsort(-wrong[kept] / counts[kept], kind="stable")][:MOST_DOMAINS]
    rows, tests = [], []
    for code in kept:
        here = chosen & (groups.codes == code)
        rest = own & ~here
        mine, theirs = _accuracy(samples, here), _accuracy(samples, rest)
        # Fisher's one-sided test of more errors here than in the rest of the trained domain.
        errors = mine[1] - mine[0], theirs[1] - theirs[0]
        tests.append(
            float(
                scipy.stats.hypergeom.sf(errors[0] - 1, mine[1] + theirs[1], sum(errors), mine[1])
            )
            if theirs[1]
            else 1.0
        )
        label = groups.labels[code]
        values = (share_of(*mine), difference_of(theirs, mine))
        rows.append(Row(label, values, behind=Behind({"domain": [label]})))
    marked = tuple(
        Row(row.label, row.values, _("worse") if p <= ALPHA else "", row.behind)
        for row, p in zip(rows, holm(tests), strict=True)
    )
    return Table(
        "by_domain",
        _("Domains"),
        _("Domain"),
        (_("accuracy"), _("lost against the trained domain")),
        marked,
        _("Worse: by Fisher’s exact test after Holm’s correction over the domains."),
    )


def _bins(name: str, number: Floats) -> tuple[np.ndarray, Floats]:
    """Which bin each sample is in, and where the bins are drawn."""
    if name == "train_freq_of_template":
        edges = np.array(COVERAGE, dtype=float)
        place = np.searchsorted(edges, number, side="right") - 1
        # Drawn evenly: from none to many is no matter of centimetres.
        return np.asarray(place), np.arange(len(edges), dtype=float)
    edges = np.linspace(0, 100, DECILES + 1)
    place = np.clip(np.searchsorted(edges, number, side="right") - 1, 0, DECILES - 1)
    return np.asarray(place), (edges[1:] + edges[:-1]) / 2


def cochran_armitage(place: np.ndarray, right: Bools) -> tuple[float, float]:
    """z and two-sided p of a linear trend of shares over ordered groups (Cochran 1954, Armitage
    1955), scored by their places."""
    n, k = len(place), right.sum()
    scores = place.astype(float)
    spread = n * (scores**2).sum() - scores.sum() ** 2
    if k in (0, n) or spread == 0:
        return 0.0, 1.0
    found = n * scores[right].sum() - k * scores.sum()
    z = found / (k * (n - k) * spread / n) ** 0.5
    return float(z), float(2 * scipy.stats.norm.sf(abs(z)))


def _trend(samples: Samples, name: str, words: str, here: Bools, place: np.ndarray) -> Figure:
    """The trend over the bins `place` of the samples `here`; behind it the errors, first those of
    the end where the accuracy is lower."""
    z, p_value = cochran_armitage(place, ~samples.error[here])
    behind = named(
        samples.position, samples.error & here, samples.numbers[name] * (-1.0 if z > 0 else 1.0)
    )
    value = Value(z, "number", count=len(place), how="Cochran–Armitage", p=p_value)
    return Figure(
        f"{name}_trend", _("Trend of the accuracy, z"), value,
        _("Above 0: the more there is of it, the better."), behind, words.lower(),
    )  # fmt: skip


def _curve(
    name: str, words: str, x_words: str, place: np.ndarray, middles: Floats, right: Bools
) -> Chart:
    counts = np.bincount(place, minlength=len(middles))
    hits = np.bincount(place[right], minlength=len(middles))
    filled = counts > 0
    values = shares_of(hits[filled], counts[filled])
    series = Series(
        "accuracy",
        tuple(float(each) for each in middles[filled]),
        tuple(float(each.value or 0.0) for each in values),
        tuple(float(each.low or 0.0) for each in values),
        tuple(float(each.high or 0.0) for each in values),
        tuple(int(each) for each in counts[filled]),
    )
    x_names = ("0", "1–4", "5–19", "20–99", "100–499", "500+")
    return Chart(
        name,
        words,
        "line",
        x_words,
        "accuracy",
        (series,),
        y_top=1.0,
        level=float(right.mean()),
        x_names=tuple(np.array(x_names)[filled]) if name.startswith("train") else (),
    )


MEASURE = Measure(
    "domains",
    _("Other domains"),
    _("How far does the model carry beyond what it was trained on?"),
    compute,
)


# Sentences that are put together above, whole for the catalogue of translations.
COMPOSED = (
    _("accuracy by distance from training"),
    _("accuracy by coverage"),
)
