"""Agreement as CSV: the votes themselves, and every figure of the page with its interval."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from annotations.agreement.agreement import agreement_of, vote_book
from annotations.models import Audit
from annotations.science.estimation.agreement_intervals import Coefficient, Share, exact_share
from triage.science.record.csv_cells import guard_cell

Cell = str | int | float | None
FIGURE_COLUMNS = ("figure", "of", "value", "low", "high", "count")


def vote_rows(audit: Audit) -> Iterator[list[str | int]]:
    """A header and a row per drawn item: place (from 1), sample, cluster, each person's verdict."""
    book = vote_book(audit)
    given = {(vote.place, vote.annotator): vote.kind for vote in book.votes}
    yield ["place", "sample_id", "cluster", *(guard_cell(who) for who in book.people)]
    for item in audit.items.drawn().order_by("place").only("place", "sample_id", "cluster"):
        cluster = "" if item.cluster is None else item.cluster
        kinds = [given.get((item.place, who), "") for who in book.people]
        yield [item.place + 1, guard_cell(item.sample_id), cluster, *kinds]


def figure_rows(audit: Audit) -> Iterator[list[Cell]]:
    """A header and a row per figure of the agreement page: its value with its 95 % interval.

    `count` is the number of items (or comparisons, or verdicts) behind it; empty cells: not known.
    """
    found = agreement_of(audit)
    yield list(FIGURE_COLUMNS)
    yield _share("all said the same", "", found.unanimous)
    yield _coefficient("two people say the same", "", found.same_pairs)
    yield _coefficient("Krippendorff alpha", "", found.alpha)
    yield _coefficient("Fleiss kappa", "", found.fleiss.kappa)
    for kind, verdict in found.verdicts.items():
        yield _share("given by all", kind, verdict.by_all)
        yield _coefficient("Krippendorff alpha", kind, verdict.alpha)
    for cluster in found.clusters:
        yield _share("all said the same", cluster.name, cluster.agreement.unanimous)
        yield _coefficient("Krippendorff alpha", cluster.name, cluster.agreement.alpha)
    for pair in found.pairs:
        names = f"{pair.first} / {pair.second}"
        yield _share("differ", names, pair.differ)
        yield _coefficient("Cohen kappa", names, pair.kappa)
    for one in found.rates.annotators:
        for name, rate in (("sensitivity", one.sensitivity), ("specificity", one.specificity)):
            who = guard_cell(str(one.annotator))
            yield [name, who, rate.value, rate.low, rate.high, round(rate.items, 1)]
    for accuracy in found.gold:
        share = exact_share(accuracy.same, accuracy.judged)
        yield _share("gold items right", accuracy.annotator, share)
    for work in found.people:
        who = guard_cell(work.annotator)
        yield ["median seconds", who, work.median_seconds, None, None, work.timed]


def write(rows: Iterable[Any], target: Any) -> None:
    """Rows as CSV: text quoted, and guarded against being run as a formula."""
    csv.writer(target, quoting=csv.QUOTE_NONNUMERIC).writerows(rows)


def _share(figure: str, of: str, share: Share) -> list[Cell]:
    return [figure, guard_cell(of), share.share, share.low, share.high, share.whole]


def _coefficient(figure: str, of: str, found: Coefficient) -> list[Cell]:
    return [figure, guard_cell(of), found.value, found.low, found.high, found.items]
