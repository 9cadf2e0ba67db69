"""Questions about a run's samples, asked with DuckDB straight from its Parquet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import duckdb
import numpy as np

from triage.science.store.error_rates import clopper_pearson
from triage.science.store.store import RunFolder
from triage.science.words import gettext_noop

# Columns that samples can be grouped and filtered by.
GROUPINGS = (
    "split", "question_type", "template", "category", "difficulty", "domain", "answer_state",
    "near_border",
)  # fmt: skip
# What runs that were imported long ago do not hold: absent, as it is where nothing was read.
LATER = {
    "images": "VARCHAR[]", "options": "VARCHAR[]", '"group"': "VARCHAR", "model": "VARCHAR",
    "answered": "VARCHAR", "answer_state": "VARCHAR", "steps": "VARCHAR[]",
    "chosen_option": "SMALLINT", "right_option": "SMALLINT", "near_border": "VARCHAR",
}  # fmt: skip
# Samples that the model gave an answer to, be it one that could not be read.
ANSWERED = ("answered", "not_readable", "—")
SORTABLE = ("position", "question", "prediction", "confidence", "credit", *GROUPINGS)
# What a list of samples shows: nothing bulky.
LIGHT = (
    "position", "sample_id", "image", "question", "answers", "prediction", "confidence", "credit",
    "is_error", "options", "answered", "steps", "chosen_option", "right_option", *GROUPINGS,
)  # fmt: skip
NOT_SAID = "—"


@dataclass(frozen=True)
class SampleFilter:
    """A selection of a run's samples; stored with a filter's name, or as an audit's frame."""

    errors_only: bool = True
    split: tuple[str, ...] = ()
    question_type: tuple[str, ...] = ()
    template: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    difficulty: tuple[str, ...] = ()
    domain: tuple[str, ...] = ()
    answer_state: tuple[str, ...] = ()
    near_border: tuple[str, ...] = ()
    text: str = ""
    # A cluster number means nothing without the clustering that gave it.
    clustering: str = ""
    cluster: tuple[int, ...] = ()
    # Samples named one by one, as a confirmed cluster does.
    positions: tuple[int, ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Only what differs from the default, ready for JSON."""
        stored: dict[str, Any] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if value != each.default:
                stored[each.name] = list(value) if isinstance(value, tuple) else value
        return stored

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "SampleFilter":
        """The inverse of `to_dict`; ValueError for a criterion that does not exist."""
        known = {each.name: each for each in fields(cls)}
        unknown = sorted(set(stored) - set(known))
        if unknown:
            raise ValueError(f"unknown criteria: {', '.join(unknown)}")
        values: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list | tuple) else v for k, v in stored.items()
        }
        chosen = cls(**values)
        if chosen.cluster and not chosen.clustering:
            raise ValueError("a cluster needs the clustering it belongs to")
        return chosen


@dataclass(frozen=True)
class Group:
    """One value of a grouping column: how many samples, how many errors, the exact interval."""

    value: str | None
    samples: int
    errors: int
    rate: float
    low: float
    high: float


@dataclass(frozen=True)
class Facet:
    """One value a filter may take, and how many samples have it."""

    value: str | None
    count: int


class RunBrowser:
    """Reads one run. Make one per request; it opens its own in-memory DuckDB."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder

    @cached_property
    def _db(self) -> duckdb.DuckDBPyConnection:
        db = duckdb.connect(":memory:", config={"threads": 2})
        if not self.folder.root.is_local:
            db.register_filesystem(self.folder.root.fs)
        return db

    @cached_property
    def _source(self) -> str:
        parts = self.folder.sample_parts()
        if not self.folder.root.is_local:
            parts = [self.folder.root.fs.unstrip_protocol(part) for part in parts]
        return self._whole(f"read_parquet({_quoted_list(parts)})")

    def _whole(self, source: str) -> str:
        """The source with the columns that it lacks, empty."""
        known = self.folder.sample_columns()
        lacking = [n for n in LATER if n.strip('"') not in known] if known else []
        if not lacking:
            return source
        empty = ", ".join(f"NULL::{LATER[name]} AS {name}" for name in lacking)
        return f"(SELECT *, {empty} FROM {source})"

    def count(self, chosen: SampleFilter) -> int:
        """How many samples are chosen."""
        where, values = self._where(chosen)
        return int(self._row(f"SELECT count(*) FROM {self._source} s {where}", values)[0])

    def counts_by_split(self) -> list[Group]:
        """Samples and errors of each split, in the order train, val, test, ood."""
        order = {"train": 0, "val": 1, "test": 2, "ood": 3}
        found = self.groups("split", SampleFilter(errors_only=False))
        return sorted(found, key=lambda group: order.get(group.value or "", 9))

    def groups(self, by: str, chosen: SampleFilter, limit: int | None = None) -> list[Group]:
        """Error rate by a grouping column over the chosen samples, highest rate first."""
        if by not in GROUPINGS:
            raise ValueError(f"cannot group by '{by}' (known: {', '.join(GROUPINGS)})")
        where, values = self._where(chosen)
        rows = self._rows(
            f"SELECT {by}, count(*), count(*) FILTER (is_error) FROM {self._source} s {where} "
            "GROUP BY 1",
            values,
        )
        samples = np.array([row[1] for row in rows], dtype=np.int64)
        errors = np.array([row[2] for row in rows], dtype=np.int64)
        low, high = clopper_pearson(errors, samples)
        found = [
            Group(row[0], int(n), int(k), float(k / n), float(lo), float(hi))
            for row, n, k, lo, hi in zip(rows, samples, errors, low, high, strict=True)
        ]
        found.sort(key=lambda group: (-group.rate, -group.samples, group.value or ""))
        return found[:limit] if limit else found

    def facets(self, chosen: SampleFilter, most: int = 30) -> dict[str, list[Facet]]:
        """For each grouping column, its commonest values among the chosen samples.

        A column's own criterion is left out of its counts, so that a second value can be added.
        """
        shared = [name for name in GROUPINGS if not getattr(chosen, name)]
        counted = self._counted_at_once(shared, chosen, most) if shared else {}
        for name in set(GROUPINGS) - set(shared):
            where, values = self._where(chosen, leave_out=name)
            counted[name] = self._rows(
                f"SELECT {name}, count(*) AS n FROM {self._source} s {where} "
                f"GROUP BY 1 ORDER BY n DESC, 1 LIMIT {int(most)}",
                values,
            )
        found: dict[str, list[Facet]] = {}
        for name in GROUPINGS:
            rows = counted[name]
            if rows and not (len(rows) == 1 and rows[0][0] is None):
                found[name] = [Facet(value, int(count)) for value, count in rows]
        return found

    def _counted_at_once(
        self, names: Sequence[str], chosen: SampleFilter, most: int
    ) -> dict[str, list[tuple[Any, ...]]]:
        """The commonest values of several columns in one scan: none has a criterion of its own."""
        where, values = self._where(chosen)
        columns = ", ".join(names)
        sets = ", ".join(f"({name})" for name in names)
        rows = self._rows(
            f"SELECT g, v, n FROM (SELECT grouping({columns}) AS g, "
            f"coalesce({columns}, NULL) AS v, count(*) AS n FROM {self._source} s {where} "
            f"GROUP BY GROUPING SETS ({sets})) "
            f"QUALIFY row_number() OVER (PARTITION BY g ORDER BY n DESC, v) <= {int(most)} "
            "ORDER BY g, n DESC, v",
            values,
        )
        # Of the columns, all but the one that a row counts are marked in its mask.
        every = (1 << len(names)) - 1
        named = {every - (1 << (len(names) - 1 - at)): name for at, name in enumerate(names)}
        counted: dict[str, list[tuple[Any, ...]]] = {name: [] for name in names}
        for mask, value, count in rows:
            counted[named[mask]].append((value, count))
        return counted

    def page(
        self,
        chosen: SampleFilter,
        *,
        sort: str = "position",
        descending: bool = False,
        offset: int = 0,
        limit: int = 50,
    ) -> list[dict[str, Any]]:
        """One page of the chosen samples, light columns only."""
        if sort not in SORTABLE:
            raise ValueError(f"cannot sort by '{sort}'")
        where, values = self._where(chosen)
        direction = "DESC" if descending else "ASC"
        # First the keys, then the rows: the text of a million rows is not carried through a sort.
        keys = self._rows(
            f"SELECT position FROM {self._source} s {where} "
            f"ORDER BY {sort} {direction} NULLS LAST, position LIMIT ? OFFSET ?",
            [*values, int(limit), int(offset)],
        )
        positions = [int(row[0]) for row in keys]
        return self.rows(positions)

    def rows(
        self, positions: Sequence[int], columns: Sequence[str] = LIGHT
    ) -> list[dict[str, Any]]:
        """The samples at `positions`, in that order; positions that do not exist are left out."""
        if not positions:
            return []
        chosen = ", ".join(columns)
        wanted = [int(position) for position in positions]
        table = self._db.sql(
            f"SELECT {chosen} FROM {self._source} s "
            f"WHERE position IN ({', '.join(map(str, wanted))})"
        ).to_arrow_table()
        found = {row["position"]: row for row in table.to_pylist()}
        return [found[position] for position in wanted if position in found]

    def sample(self, position: int) -> dict[str, Any] | None:
        """Everything about one sample; None where there is no such position."""
        part = self._part_of(position)
        if part is None:
            return None
        if not self.folder.root.is_local:
            part = self.folder.root.fs.unstrip_protocol(part)
        table = self._db.sql(
            f"SELECT * FROM {self._whole(f'read_parquet({_quoted(part)})')} s WHERE position = ?",
            params=[int(position)],
        ).to_arrow_table()
        return table.to_pylist()[0] if table.num_rows else None

    def _part_of(self, position: int) -> str | None:
        """The part that would hold `position`: parts lie in its order, so few footers are read."""
        import pyarrow.parquet as pq

        parts = self.folder.sample_parts()
        low, high = 0, len(parts)
        while low < high:
            middle = (low + high) // 2
            with self.folder.root.fs.open(parts[middle], "rb") as stream:
                last = _last_position(pq.read_metadata(stream))
            low, high = (middle + 1, high) if last < position else (low, middle)
        return parts[low] if low < len(parts) else None

    def neighbours(self, chosen: SampleFilter, position: int) -> tuple[int | None, int | None]:
        """The chosen positions just before and just after `position`."""
        where, values = self._where(chosen)
        glue = "AND" if where else "WHERE"
        found = []
        for sign, best in (("<", "max"), (">", "min")):
            query = (
                f"SELECT {best}(position) FROM {self._source} s {where} {glue} position {sign} ?"
            )
            value = self._row(query, [*values, int(position)])[0]
            found.append(None if value is None else int(value))
        return found[0], found[1]

    def positions(self, chosen: SampleFilter) -> np.ndarray:
        """All chosen positions, ascending, int64."""
        where, values = self._where(chosen)
        query = f"SELECT position FROM {self._source} s {where} ORDER BY position"
        found = self._db.execute(query, values).fetchnumpy()["position"]
        return np.asarray(found, dtype=np.int64)

    def columns_present(self) -> list[str]:
        """Record columns that hold a value in some row."""
        import pyarrow.parquet as pq

        present: set[str] = set()
        for part in self.folder.sample_parts():
            with self.folder.root.fs.open(part, "rb") as stream:
                metadata = pq.read_metadata(stream)
            present |= _columns_with_values(metadata)
        return sorted(present)

    def _where(self, chosen: SampleFilter, leave_out: str = "") -> tuple[str, list[Any]]:
        clauses: list[str] = []
        values: list[Any] = []
        if chosen.errors_only:
            clauses.append("is_error")
        for name in GROUPINGS:
            wanted = getattr(chosen, name)
            if wanted and name != leave_out:
                named = [value for value in wanted if value != NOT_SAID]
                options = [f"{name} IN ({', '.join('?' * len(named))})"] if named else []
                values += named
                options += [f"{name} IS NULL"] if NOT_SAID in wanted else []
                clauses.append(f"({' OR '.join(options)})")
        if chosen.cluster:
            path = self.folder.path("clusterings", f"{_uuid_hex(chosen.clustering)}.parquet")
            if not self.folder.root.is_local:
                path = self.folder.root.fs.unstrip_protocol(path)
            numbers = ", ".join(str(int(each)) for each in chosen.cluster)
            clauses.append(
                f"position IN (SELECT position FROM read_parquet({_quoted(path)}) "
                f"WHERE cluster IN ({numbers}))"
            )
        if chosen.positions is not None:
            listed = ", ".join(str(int(each)) for each in chosen.positions) or "NULL"
            clauses.append(f"position IN ({listed})")
        if chosen.text:
            clauses.append(
                "(contains(lower(question), ?) OR contains(lower(prediction), ?) "
                "OR contains(lower(sample_id), ?) "
                "OR contains(lower(array_to_string(answers, ' ')), ?))"
            )
            values += [chosen.text.lower()] * 4
        return (f"WHERE {' AND '.join(clauses)}" if clauses else ""), values

    def _rows(self, query: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        return self._db.execute(query, list(values)).fetchall()

    def _row(self, query: str, values: Sequence[Any]) -> tuple[Any, ...]:
        found = self._db.execute(query, list(values)).fetchone()
        assert found is not None  # an aggregate always gives a row
        return found


def _columns_with_values(metadata: Any) -> set[str]:
    present: set[str] = set()
    for group in range(metadata.num_row_groups):
        rows = metadata.row_group(group)
        for index in range(rows.num_columns):
            column = rows.column(index)
            known = column.statistics
            if known is None or known.null_count is None or known.null_count < column.num_values:
                present.add(column.path_in_schema.split(".")[0])
    return present


def _last_position(metadata: Any) -> int:
    """The largest position of a part; -1 of an empty one."""
    names = [metadata.schema.column(n).path for n in range(metadata.num_columns)]
    at = names.index("position")
    groups = (metadata.row_group(n).column(at) for n in range(metadata.num_row_groups))
    return max((int(group.statistics.max) for group in groups if group.statistics), default=-1)


def _uuid_hex(value: str) -> str:
    """The clustering's uuid as hex; ValueError for anything else, because it becomes a path."""
    import uuid

    return uuid.UUID(value).hex


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _quoted_list(texts: Sequence[str]) -> str:
    return "[" + ", ".join(_quoted(text) for text in texts) + "]"


# The columns as pages call them: their names without the underscore.
COMPOSED = (
    gettext_noop("split"),
    gettext_noop("question type"),
    gettext_noop("template"),
    gettext_noop("category"),
    gettext_noop("difficulty"),
    gettext_noop("domain"),
    gettext_noop("answer state"),
    gettext_noop("near border"),
)
