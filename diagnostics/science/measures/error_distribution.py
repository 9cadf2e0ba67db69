"""Where the errors are: rates by every column, and the worst slices, corrected for the search."""

import numpy as np
import scipy

from diagnostics.science.measures.results import Behind, Figure, Measure, Result, Row, Table, Value
from diagnostics.science.measures.samples import Groups, Samples
from diagnostics.science.measures.slices import Slice, worst_slices
from diagnostics.science.measures.values import named, share_of, shares_of
from triage.science.words import gettext_noop as _

# What stands in for a column that the file does not have.
MINED = {"template": "mined_template"}
# Columns that the sample list can be narrowed by.
LISTED = ("split", "question_type", "template", "category", "difficulty", "domain")
# What an answer is, and which cluster an error was put in, is no place where errors are.
LEFT_OUT = {"answer", "prediction", "cluster"}
MOST_ROWS = 30
MOST_SLICES = 20
# Adjusted residuals from here on are rare by chance: two sides of 5 %.
STRIKING = 1.96


def compute(samples: Samples) -> Result:
    """Error rates by every column of names, whether the column matters, and the worst slices."""
    columns = {
        name: found
        for name in samples.groups
        if name not in LEFT_OUT and (found := samples.group(name)) is not None
    }
    absent = tuple(
        name for name in LISTED if name not in columns and MINED.get(name) not in columns
    )
    overall = Figure(
        "error_rate",
        _("Error rate"),
        share_of(int(samples.error.sum()), len(samples)),
        behind=Behind(),
    )
    if not len(samples):
        return Result((overall,), absent=absent)
    tables = [_by_column(samples, name, groups) for name, groups in columns.items()]
    strengths = [
        strength
        for name, groups in columns.items()
        if (strength := _association(samples, name, groups)) is not None
    ]
    strengths.sort(key=lambda figure: -(figure.value.value or 0.0))
    evaluated = samples.evaluated()
    slices, searched = worst_slices(
        {name: groups for name, groups in columns.items() if name != "split"},
        samples.error,
        evaluated,
    )
    number = Figure(
        "slices",
        _("Slices that are worse than the rest"),
        Value(len(slices), "count", count=searched),
        _("Of all slices searched: single values and pairs of two columns, of 20 samples or more."),
    )
    worst = _slice_table(samples, slices)
    return Result((overall, number, *strengths), (worst, *tables), absent=absent)


def cramers_v(table: np.ndarray) -> tuple[float, float]:
    """Bias-corrected Cramér's V (Bergsma 2013) of a table of counts, and its chi-square p-value."""
    kept = table[:, table.sum(axis=0) > 0]
    if kept.shape[1] < 2 or (kept.sum(axis=1) == 0).any():
        return 0.0, 1.0
    tested = scipy.stats.chi2_contingency(kept, correction=False)
    n, rows, columns = kept.sum(), *kept.shape
    phi = max(0.0, tested.statistic / n - (rows - 1) * (columns - 1) / (n - 1))
    fewer = min(rows - (rows - 1) ** 2 / (n - 1) - 1, columns - (columns - 1) ** 2 / (n - 1) - 1)
    return float((phi / fewer) ** 0.5) if fewer > 0 else 0.0, float(tested.pvalue)


def _association(samples: Samples, name: str, groups: Groups) -> Figure | None:
    """How much the error rate depends on a column; None where it has one value."""
    counts, wrong = groups.counts(), groups.counts(samples.error)
    if (counts > 0).sum() < 2:
        return None
    strength, p_value = cramers_v(np.stack([wrong, counts - wrong]))
    value = Value(strength, "number", count=int(counts.sum()), how=_("chi-square"), p=p_value)
    words = _("How much the error rate depends on the column (Cramér’s V)")
    behind = _standing_out(samples, groups)
    return Figure(f"depends_on_{name}", words, value, behind=behind, of=_words(name))


def residuals(wrong: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Adjusted standardised residual (k) of each value's errors (Haberman 1973).

    Above 0: more errors than at the overall rate; 0 where it is not defined.
    """
    whole = max(int(counts.sum()), 1)
    rate = wrong.sum() / whole
    spread = counts * rate * (1 - rate) * (1 - counts / whole)
    gap = wrong - counts * rate
    root = np.sqrt(spread)
    return np.asarray(np.divide(gap, root, out=np.zeros(len(counts)), where=root > 0))


def _standing_out(samples: Samples, groups: Groups) -> Behind:
    """Errors of the values that have more of them than chance leaves, the most striking first."""
    found = residuals(groups.counts(samples.error), groups.counts())
    known = groups.codes >= 0
    own = np.where(known, found[groups.codes], -np.inf)
    striking = own >= min(STRIKING, float(found.max(initial=0.0)))
    return named(samples.position, samples.error & known & striking, own)


def _by_column(samples: Samples, name: str, groups: Groups) -> Table:
    """Rate, lift and share of all errors, by how many errors a value has."""
    counts, wrong = groups.counts(), groups.counts(samples.error)
    rates = shares_of(wrong, counts)
    overall = float(samples.error.mean())
    errors = max(int(samples.error.sum()), 1)
    order = np.lexsort((-counts, -wrong))[:MOST_ROWS]
    rows = tuple(
        Row(
            groups.labels[code],
            (
                Value(int(counts[code]), "count"),
                Value(int(wrong[code]), "count"),
                rates[code],
                _lift(rates[code], overall),
                Value(int(wrong[code]) / errors, "share"),
            ),
            behind=_behind(samples, {name: groups.labels[code]}),
        )
        for code in order
        if counts[code]
    )
    left = int((counts > 0).sum()) - len(rows)
    columns = (
        _("samples"),
        _("errors"),
        _("error rate"),
        _("lift"),
        _("of all errors"),
    )
    return Table(
        f"by_{name}",
        _("Error rate by column"),
        _("Value"),
        columns,
        rows,
        of=_words(name),
        left=left,
    )


def _lift(rate: Value, overall: float) -> Value:
    """Rate over the overall rate."""
    if rate.value is None or not overall:
        return Value(None, "number")
    return Value(rate.value / overall, "number")


def _slice_table(samples: Samples, found: list[Slice]) -> Table:
    rows = tuple(
        Row(
            " · ".join(f"{_words(name)}: {label}" for name, label in each.parts),
            (
                Value(each.samples, "count"),
                Value(each.errors, "count"),
                share_of(each.errors, each.samples),
                Value(each.rest_rate, "share"),
                Value(each.p_adjusted, "p"),
            ),
            behind=_behind(samples, dict(each.parts)),
        )
        for each in found[:MOST_SLICES]
    )
    note = _(
        "What stays after Holm’s correction over all slices searched; a pair only if it is worse "
        "than each of its parts."
    )
    columns = (
        _("samples"),
        _("errors"),
        _("error rate"),
        _("rate of the rest"),
        _("adjusted p"),
    )
    return Table("slices", _("Worst slices"), _("Slice"), columns, rows, note)


def _behind(samples: Samples, parts: dict[str, str]) -> Behind | None:
    """The sample list narrowed to these values, or their errors by name; None for metadata."""
    if all(name in LISTED for name in parts):
        return Behind(criteria={name: [label] for name, label in parts.items()})
    if any(name not in LISTED and name not in MINED.values() for name in parts):
        return None
    chosen = samples.error.copy()
    for name, label in parts.items():
        groups = samples.groups[name]
        chosen &= groups.codes == groups.labels.index(label)
    return named(samples.position, chosen)


def _words(name: str) -> str:
    return name.removeprefix("meta.").replace("_", " ")


MEASURE = Measure(
    "error_distribution",
    _("Error distribution"),
    _("Where are the errors, and where are too many?"),
    compute,
)
