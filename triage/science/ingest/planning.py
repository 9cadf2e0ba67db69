"""From what was given to the runs that it will be: roles, joins, profile, models, names of rows."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from triage.science.ingest.models import OnlyRows, split_by_model, wide_models
from triage.science.profiles.profile import Profile, Reading
from triage.science.profiles.registry import (
    ProfiledReader,
    companion_of,
    recognise,
    rows_with,
    seen_of,
)
from triage.science.readers import Reader, UnreadableFile
from triage.science.readers.joining import best_join, joined, told
from triage.science.readers.rows import RowsReader
from triage.science.readers.sources import Gathered, Table
from triage.science.record.mapping import ColumnMapping, propose
from triage.science.record.paths import column_at
from triage.science.record.records import RawBatch, conform
from triage.science.record.scoring import propose_rule
from triage.science.words import Sentence
from triage.science.words import gettext_noop as _

# Names that a table of right answers or of questions goes by.
_GOLD = (
    "gold",
    "gt",
    "ground",
    "label",
    "annotation",
    "reference",
    "key",
    "val_answers",
    "answers",
)
# What a table of nothing but predictions holds beside the names of its rows.
_SAID = {"answer", "prediction", "pred", "response", "output", "text", "caption", "score"}
# A smaller share of rows than this finds its partner: somebody should look.
ASKS_BELOW = 0.99
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
    published: Mapping[str, float] = field(default_factory=dict)

    @property
    def profile_name(self) -> str:
        """Of the profile; '' for a table that is known by its columns alone."""
        return self.profile.name if self.profile else ""


def plans(gathered: Gathered, settled: frozenset[str] = frozenset()) -> list[Plan]:
    """The runs that the gathered tables will be, one a model.

    `settled`: fields that a person maps; what is told apart by them is then left together.
    """
    tables = _without_repeats(gathered.tables)
    answers, others = _roles(tables)
    found: list[Plan] = []
    for table in answers:
        completed, notes, asks = _completed(table, others)
        several = len(answers) > 1
        found += _plans_of(completed, gathered, notes, asks, settled, several=several)
    return found


def _without_repeats(tables: list[Table]) -> list[Table]:
    """Of tables with the same rows, the one that holds most: a judged file beside the plain one."""
    kept: list[Table] = []
    for table in sorted(tables, key=lambda each: -len(each.columns)):
        same = (
            set(table.columns) < set(other.columns) and _same_rows(table, other) for other in kept
        )
        if not any(same):
            kept.append(table)
    return [table for table in tables if table in kept]


def _same_rows(one: Table, other: Table) -> bool:
    shared = [name for name in ("question", "prediction", "answer") if name in one.columns]
    if len(shared) < 2:
        return False
    first = [{name: str(row.get(name)) for name in shared} for row in one.rows[:20]]
    second = [{name: str(row.get(name)) for name in shared} for row in other.rows]
    return sum(row in second for row in first) > len(first) / 2


def _roles(tables: list[Table]) -> tuple[list[Table], list[Table]]:
    """Tables with predictions, and those that stand beside them."""
    if len(tables) == 1:
        return tables, []
    kinds = [_role(table, tables) for table in tables]
    answers = [table for table, kind in zip(tables, kinds, strict=True) if kind == "answers"]
    others = [table for table, kind in zip(tables, kinds, strict=True) if kind == "beside"]
    if not answers:
        answers, others = tables, []
    if len(answers) > 1 and _are_parts(answers):
        answers = [_put_together(answers)]
    if others and all(_holds_references(table) for table in answers) and _alike(answers + others):
        return answers + others, []
    return answers, others


def _are_parts(tables: Sequence[Table]) -> bool:
    """Whether tables are parts of one: the same columns, and no row's name in two of them."""
    if not _alike(tables):
        return False
    _profile, reading = recognise(seen_of(tables[0].name, tables[0].columns, tables[0].rows))
    named = [*reading.fields.get("sample_id", ()), *reading.fields.get("model", ())]
    if not reading.fields.get("sample_id"):
        named += [c for f in ("image", "question") for c in reading.fields.get(f, ())]
    if not named:
        # Rows without names: as many of one file as of another are several models' answers.
        return all(re.search(_PART, table.stem.lower()) for table in tables)
    seen: set[tuple[str, ...]] = set()
    for table in tables:
        names = {tuple(_said(row, column) for column in named) for row in table.rows}
        if len(names & seen) > 0.05 * len(names):
            return False
        seen |= names
    return True


def _put_together(tables: Sequence[Table]) -> Table:
    """Parts as one table, with the name of each row's file."""
    rows = [{**row, "file": table.stem} for table in tables for row in _all_rows(table.reader)]
    first = tables[0].reader
    size = sum(table.reader.total_bytes for table in tables)
    reader = RowsReader(rows, first.description, total_bytes=size, assumed=first.assumed)
    letters = zip(*(table.stem for table in tables), strict=False)
    shared = "".join(each[0] for each in takewhile(lambda each: len(set(each)) == 1, letters))
    name = shared.strip("-_. ") or tables[0].stem
    folder = tables[0].path.parent
    return Table(name, reader, folder, reader.columns(), reader.preview(2000))


# Names of files that are parts of one data set.
_PART = r"(part|shard|chunk|split|rank|train|val|test|dev)[-_]?\d*|\d+[-_]of[-_]\d+|[-_]\d+$"


def _role(table: Table, tables: Sequence[Table]) -> str:
    seen = seen_of(table.name, table.columns, table.rows)
    if companion_of(seen) is not None:
        return "beside"
    profile, reading = recognise(seen)
    plain = {name for name in table.columns if not _is_name(name)}
    low = table.stem.lower()
    if profile is not None and "prediction" in reading.fields:
        lacks = profile.beside and profile.beside not in map(_companion_name, tables)
        return "beside" if lacks else "answers"
    if plain <= {"prediction"} and any(word in low for word in _GOLD):
        return "beside"
    # A text beside the name of a picture is what was asked of it.
    asks = plain == {"text"} and "image" in table.columns
    if len(plain) == 1 and plain <= _SAID and not asks and any(_holds_more(t) for t in tables):
        return "answers"
    said = reading.fields.get("prediction", ())
    # 'answer' and the like are references as long as something else is the prediction.
    if said and said[0] not in ("text", "caption"):
        return "answers"
    return "beside"


def _companion_name(table: Table) -> str:
    companion = companion_of(seen_of(table.name, table.columns, table.rows))
    return companion.name if companion else ""


def _is_name(column: str) -> bool:
    low = column.lower()
    return low in ("id", "index", "idx", "pid", "qid", "key", "image") or low.endswith(
        ("id", "_idx")
    )


def _holds_more(table: Table) -> bool:
    return bool({"question", "answers", "label", "gold"} & set(table.columns))


def _holds_references(table: Table) -> bool:
    _profile, reading = recognise(seen_of(table.name, table.columns, table.rows))
    return "answers" in reading.fields or "correct" in reading.fields


def _alike(tables: Sequence[Table]) -> bool:
    sets = [set(table.columns) for table in tables]
    return all(len(each & sets[0]) >= 0.7 * max(len(each), len(sets[0])) for each in sets)


def _completed(table: Table, others: Sequence[Table]) -> tuple[Table, list[str], list[str]]:
    """The table with what stands beside it in other files; how the joins went."""
    if not others:
        return table, [], []
    rows = [*_all_rows(table.reader)]
    rows = _with_prediction(table, rows)
    profile, _reading = recognise(seen_of(table.name, table.columns, table.rows))
    known_as = profile.name if profile else ""
    notes: list[str] = []
    asks: list[str] = []
    left = _parts_together(others)
    while left:
        tried = [
            (each, best_join(rows, beside), beside)
            for each in left
            for beside in [_rows(each, known_as)]
        ]
        fitting = [(each, join, beside) for each, join, beside in tried if join is not None]
        if not fitting:
            notes += [
                Sentence(_("{name} fits no row and was left out"), name=each.name) for each in left
            ]
            break
        other, join, beside = max(fitting, key=lambda each: each[1].share if each[1] else 0)
        assert join is not None
        rows, alone = joined(rows, beside, join)
        notes.append(told(other.name, join, alone))
        if join.share < ASKS_BELOW:
            asks.append(notes[-1])
        left.remove(other)
    reader = RowsReader(
        rows, table.reader.description, total_bytes=table.reader.total_bytes,
        assumed=table.reader.assumed,
    )  # fmt: skip
    whole = Table(table.name, reader, table.path, reader.columns(), reader.preview(2000))
    return whole, notes, asks


def _parts_together(tables: Sequence[Table]) -> list[Table]:
    """Tables with the same columns as one: right answers that lie in several files."""
    groups: dict[frozenset[str], list[Table]] = {}
    for table in tables:
        groups.setdefault(frozenset(table.columns), []).append(table)
    return [_put_together(each) if len(each) > 1 else each[0] for each in groups.values()]


def _all_rows(reader: Reader) -> Iterator[dict[str, Any]]:
    if isinstance(reader, RowsReader):
        yield from (row for row in reader.rows if isinstance(row, dict))
        return
    for raw in reader.batches():
        columns = {
            name: column.to_pylist() if isinstance(column, pa.Array) else column
            for name, column in raw.columns.items()
        }
        for at in range(len(raw.rows)):
            yield {n: column[at] for n, column in columns.items() if column[at] is not None}


def _with_prediction(table: Table, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a table of results calls 'answer' is a prediction once there are right answers."""
    profile, reading = recognise(seen_of(table.name, table.columns, table.rows))
    if profile is not None or "prediction" in reading.fields:
        return rows
    # A score is read with what it is a score of: of a caption it says whether it is a match.
    said = [name for name in table.columns if name in _SAID - {"score"} and not _is_name(name)]
    if len(said) != 1:
        return rows
    return [{("prediction" if k == said[0] else k): v for k, v in row.items()} for row in rows]


def _rows(table: Table, beside: str) -> list[dict[str, Any]]:
    """The rows of a table that stands beside one of the profile `beside`.

    Answers keyed by id are right answers there.
    """
    rows = [*_all_rows(table.reader)]
    companion = companion_of(seen_of(table.name, table.columns, table.rows))
    if companion is not None and companion.only in ("", beside):
        return companion.rows(table.name, rows)
    plain = {name for name in table.columns if not _is_name(name)}
    if plain <= {"prediction"}:
        return [
            {("answers" if k == "prediction" else k): v for k, v in row.items()} for row in rows
        ]
    return rows


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
                    rows=[row for row in plan.rows if _said(row, named[0]) == model],
                )
                for model in models
            ]
        if models:
            return [replace(plan, model=models[0])]
    return [replace(plan, model=plan.name if several else "")]


def _said(row: Mapping[str, Any], path: str) -> str:
    found = column_at({name: [value] for name, value in row.items()}, path)
    return "" if found is None or found[0] is None else str(found[0])


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
    names = [tuple(_said(row, column) for column in columns) for row in rows]
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
