"""What every measure returns: figures, tables and charts that a page, a file and a report share.

A measure never formats for a page: it says what a number is, how sure it is and which samples stand
behind it. Words are English source text that holds no number and no name from the data, so that
pages can translate them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from diagnostics.science.measures.samples import Samples

# share: 0..1, shown in per cent; points: a difference of shares; number: as it is; count: whole;
# p: of a test.
Unit = Literal["share", "points", "number", "count", "p"]


@dataclass(frozen=True)
class Value:
    """A number with its interval; `low` and `high` are None where there is none, `how` says which.

    `value` None: not defined here (too few samples); `how` then says why. `p`: of the test that
    `how` names.
    """

    value: float | None
    unit: Unit = "share"
    low: float | None = None
    high: float | None = None
    count: int | None = None
    how: str = ""
    p: float | None = None


@dataclass(frozen=True)
class Behind:
    """The samples behind a number: as criteria of the sample list, or named one by one.

    `criteria`: what triage.browsing.SampleFilter.from_dict reads. `positions`: at most 500, the
    most telling first; None where criteria suffice.
    """

    criteria: dict[str, list[str] | str | bool] = field(default_factory=dict)
    positions: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Figure:
    """One number that a lead reads: `name` is stable, for rules and files; `words` is its label.

    `of` is the column that it speaks of; `beside` the same number of right answers, without which
    a share of errors says little.
    """

    name: str
    words: str
    value: Value
    note: str = ""
    behind: Behind | None = None
    of: str = ""
    beside: Value | None = None


@dataclass(frozen=True)
class Row:
    """One row of a table: its label, one value per column, and what is established about it."""

    label: str
    values: tuple[Value, ...]
    badge: str = ""
    behind: Behind | None = None


@dataclass(frozen=True)
class Table:
    """Rows under columns: `words` its title, `of` the column spoken of, `note` how to read it."""

    name: str
    words: str
    label: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    note: str = ""
    of: str = ""
    # Rows that are not listed, because the table would be endless.
    left: int = 0


@dataclass(frozen=True)
class Series:
    """Points of one line or one set of bars; `low` and `high` are its band, `counts` its sizes."""

    words: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Chart:
    """A line chart, bars over bins (x: left edges, one more than y), or a reliability diagram."""

    name: str
    words: str
    kind: Literal["line", "bins", "reliability"]
    x_words: str
    y_words: str
    series: tuple[Series, ...]
    y_top: float | None = None
    # A horizontal line to compare with, such as the overall rate.
    level: float | None = None
    # Names of the points where x is a kind and no quantity.
    x_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """What one measure found. `absent`: fields of the record that would have said more."""

    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    absent: tuple[str, ...] = ()
    note: str = ""

    def figure(self, name: str) -> Figure | None:
        """The figure of that name, if it could be measured."""
        return next((each for each in self.figures if each.name == name), None)


@dataclass(frozen=True)
class Measure:
    """An entry of the registry: what is asked, in a sentence, and the function that answers."""

    name: str
    title: str
    question: str
    compute: Callable[[Samples], Result]
