"""Which table is what (predictions, what stands beside them, parts of one), and their joins."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any

import pyarrow as pa

from triage.science.profiles.registry import companion_of, recognise, seen_of
from triage.science.readers import Reader
from triage.science.readers.joining import best_join, joined, told
from triage.science.readers.rows import RowsReader
from triage.science.readers.sources import Table
from triage.science.record.paths import column_at
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


def without_repeats(tables: list[Table]) -> list[Table]:
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


def roles(tables: list[Table]) -> tuple[list[Table], list[Table]]:
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
        names = {tuple(said(row, column) for column in named) for row in table.rows}
        if len(names & seen) > 0.05 * len(names):
            return False
        seen |= names
    return True


def _put_together(tables: Sequence[Table]) -> Table:
    """Parts as one table, with the name of each row's file."""
    rows = [{**row, "file": table.stem} for table in tables for row in all_rows(table.reader)]
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
    # A name such as 'answers' says something only where no other table holds the right ones.
    told = any(_holds_references(other) for other in tables if other is not table)
    if plain <= {"prediction"} and any(word in low for word in _GOLD) and not told:
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


def completed(table: Table, others: Sequence[Table]) -> tuple[Table, list[str], list[str]]:
    """The table with what stands beside it in other files; how the joins went."""
    if not others:
        return table, [], []
    rows = [*all_rows(table.reader)]
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


def all_rows(reader: Reader) -> Iterator[dict[str, Any]]:
    """Every row of a reader, as an object without what is null."""
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
    rows = [*all_rows(table.reader)]
    companion = companion_of(seen_of(table.name, table.columns, table.rows))
    if companion is not None and companion.only in ("", beside):
        return companion.rows(table.name, rows)
    plain = {name for name in table.columns if not _is_name(name)}
    if plain <= {"prediction"}:
        return [
            {("answers" if k == "prediction" else k): v for k, v in row.items()} for row in rows
        ]
    return rows


def said(row: Mapping[str, Any], path: str) -> str:
    """What a row holds at a path, as text; '' for nothing."""
    found = column_at({name: [value] for name, value in row.items()}, path)
    return "" if found is None or found[0] is None else str(found[0])
