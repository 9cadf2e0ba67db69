"""From what was given to the runs that it will be: roles, joins, profile, models, names of rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from triage.science.ingest.models import OnlyRows, split_by_model, wide_models
from triage.science.ingest.roles import completed, roles, said, without_repeats
from triage.science.profiles.profile import Profile, Reading
from triage.science.profiles.registry import (
    ProfiledReader,
    recognise,
    rows_with,
    seen_of,
)
from triage.science.readers import Reader, UnreadableFile
from triage.science.readers.rows import RowsReader
from triage.science.readers.sources import Gathered, Table
from triage.science.record.mapping import ColumnMapping, propose
from triage.science.record.paths import column_at
from triage.science.record.records import RawBatch, conform
from triage.science.record.scoring import propose_rule
from triage.science.words import Sentence
from triage.science.words import gettext_noop as _

# More rows than this share have the name of another: the name is not one.
MOST_NAMED_TWICE = 0.05


@dataclass(frozen=True)
class Plan:
    """One run to be: where its rows come from, how they are read, and what is to be told of it.

    `asks`: what a person should look at before it is imported. `rows`: the first of them.
    """

    name: str
    reader: Reader
    source: Path
    mapping: ColumnMapping
    rule: str
    columns: list[str]
    rows: list[dict[str, Any]]
    profile: Profile | None = None
    model: str = ""
    notes: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    pictures: Path | None = None
    # Whether the pictures lie where an archive was unpacked: a run must carry them.
    unpacked: bool = False
    published: Mapping[str, float] = field(default_factory=dict)

    @property
    def profile_name(self) -> str:
        """Of the profile; '' for a table that is known by its columns alone."""
        return self.profile.name if self.profile else ""


def plans(gathered: Gathered, settled: frozenset[str] = frozenset()) -> list[Plan]:
    """The runs that the gathered tables will be, one a model.

    `settled`: fields that a person maps; what is told apart by them is then left together.
    """
    tables = without_repeats(gathered.tables)
    answers, others = roles(tables)
    found: list[Plan] = []
    for table in answers:
        whole, notes, asks = completed(table, others)
        several = len(answers) > 1
        found += _plans_of(whole, gathered, notes, asks, settled, several=several)
    return found


def _plans_of(
    table: Table,
    gathered: Gathered,
    notes: list[str],
    asks: list[str],
    settled: frozenset[str],
    *,
    several: bool,
) -> list[Plan]:
    seen = seen_of(table.name, table.columns, [*table.rows, *_last_rows(table)])
    profile, reading = recognise(seen)
    reader: Reader = table.reader
    if reading.derive is not None:
        reader = ProfiledReader(reader, reading)
    rows = rows_with(table.rows, reading)
    columns = list(dict.fromkeys([*table.columns, *(key for row in rows for key in row)]))
    mapping = ColumnMapping({k: v for k, v in reading.fields.items() if _there(v, rows)})
    base = Plan(
        name=table.stem,
        reader=reader,
        source=table.path,
        mapping=mapping,
        rule="",
        columns=columns,
        rows=rows,
        profile=profile,
        notes=(*table.reader.assumed, *notes),
        asks=tuple(asks),
        pictures=gathered.pictures,
        unpacked=gathered.unpacked,
        published=gathered.published,
    )
    if {"prediction", "model"} & settled:
        told_apart = [base]
    else:
        told_apart = _by_model(base, several)
    if "sample_id" not in settled:
        told_apart = [_named(each) for each in told_apart]
    return [_ruled(each, reading) for each in told_apart]


def _last_rows(table: Table) -> list[dict[str, Any]]:
    """Rows at the end that the first look did not reach; none of a file that is read in parts."""
    if not isinstance(table.reader, RowsReader):
        return []
    start = max(2 * len(table.rows), len(table.reader.rows) - _LAST)
    return [row for row in table.reader.rows[start:] if isinstance(row, dict)]


_LAST = 100


def _there(columns: tuple[str, ...], rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether some first row holds the columns of a field; a mapping to nothing says nothing."""
    if not rows:
        return True
    names = dict.fromkeys(key for row in rows for key in row)
    held = {name: [row.get(name) for row in rows] for name in names}
    found = (column_at(held, column) for column in columns)
    return any(values is not None and any(v is not None for v in values) for values in found)


def _by_model(plan: Plan, several: bool) -> list[Plan]:
    """One plan a model: of a column that names models, or of a column a model."""
    wide = wide_models(plan.columns, plan.rows)
    if wide:
        taken = {column.split(".")[0] for column in wide.values()}
        rest = {k: v for k, v in plan.mapping.columns.items() if not taken & set(v)}
        if "answers" not in rest:
            free = [name for name in plan.columns if name not in taken]
            rest |= propose(free, ["answers"]).columns
        return [
            replace(
                plan,
                name=f"{plan.name} · {model}",
                model=model,
                mapping=ColumnMapping({**rest, "prediction": (column,)}),
            )
            for model, column in wide.items()
        ]
    named = plan.mapping.columns_of("model")
    if len(named) == 1:
        models = split_by_model(plan.reader, named[0], plan.rows)
        if len(models) > 1:
            return [
                replace(
                    plan,
                    name=f"{plan.name} · {model}",
                    model=model,
                    reader=OnlyRows(plan.reader, named[0], model),
                    rows=[row for row in plan.rows if said(row, named[0]) == model],
                )
                for model in models
            ]
        if models:
            return [replace(plan, model=models[0])]
    return [replace(plan, model=plan.name if several else "")]


def _named(plan: Plan) -> Plan:
    """The plan with rows that have names of their own: by more columns where one does not do."""
    given = plan.mapping.columns_of("sample_id")
    if not given:
        note = _("no column names the rows: they go by their numbers in the file")
        return replace(plan, notes=(*plan.notes, note))
    if _named_twice(plan.rows, given) <= MOST_NAMED_TWICE:
        return plan
    others = [plan.mapping.columns_of(name) for name in ("question", "image", "category", "group")]
    singles = [each for each in others if len(each) == 1 and each[0] not in given]
    for more in (*((each,) for each in singles), tuple(singles)):
        columns = tuple(dict.fromkeys([*given, *(name for each in more for name in each)]))
        if more and _named_twice(plan.rows, columns) <= MOST_NAMED_TWICE / 5:
            note = Sentence(
                _("{name} is not unique: rows go by {names}"),
                name="-".join(given),
                names=" + ".join(columns),
            )
            mapping = ColumnMapping({**plan.mapping.columns, "sample_id": columns})
            return replace(plan, mapping=mapping, notes=(*plan.notes, note))
    return plan


def _named_twice(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> float:
    """Share of rows whose name an earlier row has."""
    names = [tuple(said(row, column) for column in columns) for row in rows]
    return 1 - len(set(names)) / len(names) if names else 0.0


def _ruled(plan: Plan, reading: Reading) -> Plan:
    """The plan with its scoring rule: the file's own verdict, the tool's rule, the likeliest."""
    return replace(plan, rule=rule_for(plan.columns, plan.rows, plan.mapping, reading.rule))


def rule_for(
    columns: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    mapping: ColumnMapping,
    usual: str | None = None,
) -> str:
    """The likeliest scoring rule for the first rows, read under `mapping`."""
    table = conform(raw_of(columns, rows), mapping).table
    read = table.select(["answers", "correct", "options", "prediction"]).to_pylist()
    proposed = propose_rule(read)
    if proposed == "given" and not mapping.columns_of("correct") and mapping.columns_of("answers"):
        # No first row fits: what is wrong with them is to be said, not that a verdict is missing.
        return usual or "exact"
    return proposed if proposed == "given" or usual is None else usual


def raw_of(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> RawBatch:
    """First rows as a raw batch."""
    held = {name: [row.get(name) for row in rows] for name in columns}
    return RawBatch(held, np.arange(1, len(rows) + 1))


def nothing_said(plan: Plan) -> UnreadableFile:
    """The refusal of a table that holds no predictions."""
    return UnreadableFile(
        _("{name}: no column holds what a model wrote; it has: {columns}"),
        name=plan.name,
        columns=", ".join(plan.columns[:40]),
    )
