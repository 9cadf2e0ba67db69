"""What a profile is: how a file is recognised, which columns are which fields, and its traps."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# Columns by name, as lists of one length.
Columns = Mapping[str, list[Any]]


@dataclass(frozen=True)
class Seen:
    """The first look at a table: its file name, its columns (paths among them), its first rows."""

    name: str
    columns: frozenset[str]
    rows: Sequence[Mapping[str, Any]]

    def has(self, *names: str) -> bool:
        """Whether all of these columns are there."""
        return all(name in self.columns for name in names)

    def first(self, *names: str) -> str | None:
        """The first of these columns that is there."""
        return next((name for name in names if name in self.columns), None)

    def values(self, name: str) -> list[Any]:
        """What the first rows hold in a column, nothing left out but null."""
        return [row[name] for row in self.rows if row.get(name) is not None]


@dataclass(frozen=True)
class Reading:
    """How a table is read: field of the record → columns, and the columns to derive first.

    `rule`: the scoring rule that the tool itself uses, where the file does not say more.
    """

    fields: Mapping[str, tuple[str, ...]]
    derive: Callable[[Columns], Mapping[str, list[Any]]] | None = None
    rule: str | None = None


@dataclass(frozen=True)
class Profile:
    """The files of one tool or data set.

    `read` gives None for a table that is not of this kind; `title` is shown to people; `traps`
    are what somebody who knows the format would warn of.
    """

    name: str
    title: str
    read: Callable[[Seen], Reading | None]
    traps: Sequence[str] = field(default=())


def fields(**columns: str | tuple[str, ...] | None) -> dict[str, tuple[str, ...]]:
    """A mapping of fields, those without a column left out."""
    return {
        name: (each,) if isinstance(each, str) else each
        for name, each in columns.items()
        if each is not None
    }
