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
    are what somebody who knows the format would warn of. `beside`: the companion without which
    a table among several is no table of answers.
    """

    name: str
    title: str
    read: Callable[[Seen], Reading | None]
    traps: Sequence[str] = field(default=())
    beside: str = ""


@dataclass(frozen=True)
class Companion:
    """A table that stands beside predictions: questions, right answers, what pictures show.

    `rows`: from the table's name and its rows to the rows that are joined, one a key. `only`: the
    profile whose tables it is brought into that shape for; '' for any.
    """

    name: str
    fits: Callable[[Seen], bool]
    rows: Callable[[str, Sequence[Mapping[str, Any]]], list[dict[str, Any]]]
    only: str = ""


def fields(**columns: str | tuple[str, ...] | None) -> dict[str, tuple[str, ...]]:
    """A mapping of fields, those without a column left out."""
    return {
        name: (each,) if isinstance(each, str) else each
        for name, each in columns.items()
        if each is not None
    }


# What a set is scored by, where its name is all that tells it.
_USUAL_RULES = {
    "anls": ("docvqa", "infovqa", "infographicvqa", "infographicsvqa", "stvqa", "st-vqa"),
    "relaxed": ("chartqa",),
}


def usual_rule(seen: Seen) -> str | None:
    """The rule of a set that is known by columns of its own, or by the file's name."""
    if seen.first("docId", "ucsf_document_id", "image_local_name"):
        return "anls"
    if seen.has("imgname", "query", "label"):
        return "relaxed"
    low = seen.name.lower().replace("_", "")
    found = (rule for rule, sets in _USUAL_RULES.items() if any(each in low for each in sets))
    return next(found, None)


def mostly(values: Sequence[Any], known: frozenset[str] | set[str]) -> bool:
    """Whether nearly all values are words of `known`, whatever their case; False without any."""
    said = [str(each).strip().lower() for each in values]
    return bool(said) and sum(each in known for each in said) >= 0.95 * len(said)
