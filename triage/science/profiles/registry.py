"""All profiles, and the one that a table is read by."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from triage.science.profiles import benchmarks, captions, datasets, exports, judged, tools, yes_no
from triage.science.profiles.profile import Companion, Profile, Reading, Seen
from triage.science.readers import Reader
from triage.science.record.mapping import ColumnMapping, propose
from triage.science.record.paths import paths_in
from triage.science.record.records import FIELDS, RawBatch, Refusal
from triage.science.record.values import SPLITS, credit

# The likeliest first: what only one tool writes comes before what many may.
PROFILES: tuple[Profile, ...] = (
    *yes_no.PROFILES,
    *datasets.PROFILES,
    *judged.PROFILES,
    *benchmarks.PROFILES,
    *exports.PROFILES,
    *tools.PROFILES,
    *captions.PROFILES,
    *datasets.BY_FILE_NAME,
)
BY_NAME: Mapping[str, Profile] = {profile.name: profile for profile in PROFILES}
COMPANIONS: tuple[Companion, ...] = (
    *captions.COMPANIONS,
    *yes_no.COMPANIONS,
    *benchmarks.COMPANIONS,
)
FIELD_NAMES = [field.name for field in FIELDS]
# Names like these are a verdict only where their values are one.
_SHARE_OF_VERDICTS = 0.95


def recognise(seen: Seen) -> tuple[Profile | None, Reading]:
    """The profile of a table, and how it is read; None with what the columns' names suggest."""
    for profile in PROFILES:
        reading = profile.read(seen)
        if reading is not None:
            return profile, reading
    columns = [*sorted(seen.columns, key=_order(seen))]
    proposed = propose(columns, FIELD_NAMES).columns
    return None, Reading({k: v for k, v in proposed.items() if _fits(k, v, seen)})


def companion_of(seen: Seen) -> Companion | None:
    """What a table that stands beside predictions is; None where it is joined as it is."""
    return next((each for each in COMPANIONS if each.fits(seen)), None)


def _order(seen: Seen) -> Any:
    first = list(dict.fromkeys(key for row in seen.rows for key in row))
    place = {name: at for at, name in enumerate(first)}
    return lambda name: (place.get(name, len(place)), name)


def _fits(name: str, columns: Sequence[str], seen: Seen) -> bool:
    """Whether what a column holds can be the field that its name suggests."""
    if name == "split":
        return all(str(value).strip().lower() in SPLITS for value in seen.values(columns[0]))
    if name != "correct":
        return True
    values = seen.values(columns[0])
    verdicts = sum(_is_verdict(value) for value in values)
    return bool(values) and verdicts >= _SHARE_OF_VERDICTS * len(values)


def _is_verdict(value: Any) -> bool:
    try:
        return credit(value) in (0.0, 1.0) or isinstance(value, float)
    except (ValueError, TypeError):
        return False


class ProfiledReader:
    """A reader with the columns that its profile derives beside those of the file."""

    def __init__(self, reader: Reader, reading: Reading) -> None:
        self.reader = reader
        self.reading = reading
        self.description = reader.description
        self.assumed = reader.assumed
        self.total_bytes = reader.total_bytes
        self.passed_over: list[Refusal] = []

    def columns(self) -> list[str]:
        """Those of the file, then the derived."""
        return list(dict.fromkeys(key for row in self.preview(200) for key in row)) or (
            self.reader.columns()
        )

    def preview(self, count: int = 20) -> list[dict[str, Any]]:
        """The first rows with what is derived of them."""
        rows = self.reader.preview(count)
        self.passed_over = self.reader.passed_over
        return rows_with(rows, self.reading)

    def batches(self) -> Iterator[RawBatch]:
        """All rows with what is derived of them."""
        for raw in self.reader.batches():
            if self.reading.derive is None or not len(raw.rows):
                yield raw
                continue
            listed = {
                name: column.to_pylist() if isinstance(column, pa.Array) else column
                for name, column in raw.columns.items()
            }
            derived = _derived(self.reading, listed)
            yield RawBatch({**raw.columns, **derived}, raw.rows, raw.refusals, raw.bytes_done)


def rows_with(rows: list[dict[str, Any]], reading: Reading) -> list[dict[str, Any]]:
    """Rows with what a profile derives of them."""
    if reading.derive is None or not rows:
        return rows
    names = dict.fromkeys(key for row in rows for key in row)
    derived = _derived(reading, {name: [row.get(name) for row in rows] for name in names})
    return [
        {**row, **{name: column[at] for name, column in derived.items() if column[at] is not None}}
        for at, row in enumerate(rows)
    ]


def _derived(reading: Reading, columns: Mapping[str, list[Any]]) -> Mapping[str, list[Any]]:
    assert reading.derive is not None
    try:
        return reading.derive(columns)
    except KeyError:
        # A batch without a column that the first rows had: there is nothing to derive from.
        return {}


def seen_of(name: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Seen:
    """The first look at a table."""
    return Seen(name, frozenset(paths_in(columns, rows[:50])), rows)


def mapping_of(reading: Reading) -> ColumnMapping:
    """The mapping that a reading proposes."""
    return ColumnMapping(dict(reading.fields))
