"""Shares, differences and means with their intervals, as measures hand them on."""

import numpy as np
import scipy

from diagnostics.science.measures.results import Behind, Unit, Value
from diagnostics.science.measures.samples import Bools, Floats, Samples
from triage.science.store.error_rates import clopper_pearson
from triage.science.words import gettext_noop as _

LEVEL = 0.95
# Named one by one behind a number: more is no longer looked at.
MOST_NAMED = 200


def share_of(found: int, total: int) -> Value:
    """`found` of `total` with the exact interval; no value of nothing."""
    if not total:
        return Value(None, "share", count=0, how=_("no samples"))
    low, high = clopper_pearson(np.array([found]), np.array([total]), LEVEL)
    return Value(
        found / total, "share", float(low[0]), float(high[0]), int(total), "Clopper–Pearson"
    )


def shares_of(found: np.ndarray, total: np.ndarray) -> list[Value]:
    """Many shares at once."""
    low, high = clopper_pearson(found, total, LEVEL)
    return [
        Value(int(k) / int(n), "share", float(lo), float(hi), int(n), "Clopper–Pearson")
        if n
        else Value(None, "share", count=0, how=_("no samples"))
        for k, n, lo, hi in zip(found, total, low, high, strict=True)
    ]


def difference_of(first: tuple[int, int], second: tuple[int, int]) -> Value:
    """first minus second, each (found, total), with Newcombe's (1998, method 10) interval."""
    (k1, n1), (k2, n2) = first, second
    if not n1 or not n2:
        return Value(None, "points", count=0, how=_("no samples"))
    p1, p2 = k1 / n1, k2 / n2
    (low1, high1), (low2, high2) = wilson(k1, n1), wilson(k2, n2)
    gap = p1 - p2
    low = gap - ((p1 - low1) ** 2 + (high2 - p2) ** 2) ** 0.5
    high = gap + ((high1 - p1) ** 2 + (p2 - low2) ** 2) ** 0.5
    return Value(gap, "points", low, high, int(n1 + n2), "Newcombe")


def wilson(found: int, total: int) -> tuple[float, float]:
    """Wilson's (1927) score limits of a share."""
    z = float(scipy.stats.norm.ppf((1 + LEVEL) / 2))
    p, square = found / total, z * z
    middle = (p + square / (2 * total)) / (1 + square / total)
    reach = z / (1 + square / total) * (p * (1 - p) / total + square / (4 * total**2)) ** 0.5
    return max(middle - reach, 0.0), min(middle + reach, 1.0)


def mean_of(values: Floats, unit: Unit = "number") -> Value:
    """Mean of the known values with Student's interval; a share of zeros and ones with the exact
    one. Equal values are not certain: differences of credit that are all the same are given the
    reach that none of n samples leaves open."""
    known = values[np.isfinite(values)]
    if len(known) < 2:
        return Value(
            float(known[0]) if len(known) else None,
            unit,
            count=len(known),
            how=_("too few samples"),
        )
    if unit == "share" and np.isin(known, (0.0, 1.0)).all():
        return share_of(int(known.sum()), len(known))
    middle = float(known.mean())
    reach = float(scipy.stats.t.ppf((1 + LEVEL) / 2, len(known) - 1)) * float(
        scipy.stats.sem(known)
    )
    how = _("Student’s t")
    if unit == "points" and (known == known[0]).all():
        reach, how = share_of(0, len(known)).high or 0.0, "Clopper–Pearson"
    low, high = middle - reach, middle + reach
    if unit != "number":
        low, high = max(low, 0.0 if unit == "share" else -1.0), min(high, 1.0)
    return Value(middle, unit, low, high, len(known), how)


def mean_difference(first: Floats, second: Floats, unit: Unit = "number") -> Value:
    """Mean of first minus mean of second, with Welch's (1947) interval."""
    one, two = first[np.isfinite(first)], second[np.isfinite(second)]
    count = len(one) + len(two)
    if len(one) < 2 or len(two) < 2:
        return Value(None, unit, count=count, how=_("too few samples"))
    a, b = float(one.var(ddof=1)) / len(one), float(two.var(ddof=1)) / len(two)
    gap = float(one.mean() - two.mean())
    if a + b == 0:
        return Value(gap, unit, gap, gap, count, _("Welch’s t"))
    freedom = (a + b) ** 2 / (a**2 / (len(one) - 1) + b**2 / (len(two) - 1))
    reach = float(scipy.stats.t.ppf((1 + LEVEL) / 2, freedom)) * (a + b) ** 0.5
    return Value(gap, unit, gap - reach, gap + reach, count, _("Welch’s t"))


def errors_of_evaluation(samples: Samples, **criteria: list[str]) -> Behind:
    """The errors that an evaluation speaks of, narrowed further by `criteria`."""
    split = samples.groups.get("split")
    if split is not None and "train" in split.labels and not samples.evaluated().all():
        criteria["split"] = [label for label in split.labels if label != "train"]
    return Behind(dict(criteria))


def named(positions: np.ndarray, chosen: Bools, rank: Floats | None = None) -> Behind:
    """The chosen samples (n), those that rank highest first."""
    rows = np.flatnonzero(chosen)
    if rank is not None:
        rows = rows[np.argsort(-np.nan_to_num(rank[rows], nan=-np.inf), kind="stable")]
    return Behind(positions=tuple(int(each) for each in positions[rows[:MOST_NAMED]]))
