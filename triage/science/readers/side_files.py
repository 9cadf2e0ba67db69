"""Attention, embeddings and losses in a file of their own, by `sample_id`: .npz or Parquet.

Such values are bulky: as text they are five times as large. What a side file holds is laid beside
the rows of the file of predictions while those are read, and is checked there like any column.
"""

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from triage.science.readers.faults import UnreadableFile
from triage.science.readers.parquet_file import plain
from triage.science.record import values
from triage.science.record.mapping import ColumnMapping
from triage.science.record.records import RawBatch, texts_of
from triage.science.words import Sentence
from triage.science.words import gettext_noop as _

KEY = "sample_id"
FIELDS = (
    "attention",
    "token_attention",
    "image_embedding",
    "text_embedding",
    "region_embeddings",
    "word_embeddings",
    "hidden_state",
    "loss",
)
# An array of the archive: a row is one number, a vector, or a grid.
_AXES = {"loss": (1, 2), "attention": (3,), "region_embeddings": (3,)}
_IN_ARCHIVES = tuple(name for name in FIELDS if name not in ("token_attention", "word_embeddings"))
# What an archive may unpack to, as a multiple of its size on disk, and in any case.
MAX_RATIO, RATIO_FLOOR_BYTES = 200, 64 * 1024**2
# It is held in memory while it is read.
MOST_BYTES = 8 * 1024**3
# Columns of side files go by names that no column of a file has.
_PREFIX = "\x00side:"


@dataclass
class SideFile:
    """A side file that was looked at: its fields, and which row is whose.

    `rows`: row by sample_id. Values are read when they are first asked for, and then held.
    """

    path: Path
    name: str
    fields: tuple[str, ...]
    rows: Mapping[str, int]
    matched: int = 0
    _columns: dict[str, pa.Array] = field(default_factory=dict)

    def known(self, names: Sequence[str | None]) -> int:
        """How many of these sample_ids it has."""
        return sum(name in self.rows for name in names)

    def columns(self, names: Sequence[str | None]) -> dict[str, pa.Array]:
        """Its fields for these sample_ids, null where it has none. Raises UnreadableFile."""
        if not self._columns:
            self._columns = _read(self.path, self.name, self.fields)
        places = pa.array([self.rows.get(name) if name else None for name in names], pa.int64())
        self.matched += len(places) - places.null_count
        return {name: column.take(places) for name, column in self._columns.items()}


def open_side_file(path: Path, original_name: str | None = None) -> SideFile:
    """Look at a side file: its fields and its sample_ids.

    Raises UnreadableFile where it is no .npz or Parquet file, lacks `sample_id` or any field that
    may stand beside, holds a sample_id twice, or does not have one row a sample_id throughout.
    """
    name = original_name or path.name
    if not path.is_file():
        raise UnreadableFile(_("{name}: there is no such file"), name=name)
    with path.open("rb") as stream:
        start = stream.read(4)
    if start == b"PAR1":
        fields, keys = _looked_at_parquet(path, name)
    elif start[:2] == b"PK":
        fields, keys = _looked_at_archive(path, name)
    else:
        raise UnreadableFile(
            _("{name}: a side file is an .npz archive or a Parquet file"), name=name
        )
    if not fields:
        raise UnreadableFile(
            _("{name}: holds none of the fields that may stand beside: {fields}"),
            name=name,
            fields=", ".join(FIELDS),
        )
    return SideFile(path, name, fields, _places(keys, name))


def check_mapping(sides: Sequence[SideFile], mapping: ColumnMapping) -> None:
    """Raise UnreadableFile where a field would come from two places."""
    taken = {name: "the file of predictions" for name in FIELDS if mapping.columns_of(name)}
    for side in sides:
        for name in side.fields:
            if name in taken:
                raise UnreadableFile(
                    _("{name}: {field} is also in {other}; leave it out of one of them"),
                    name=side.name,
                    field=name,
                    other=taken[name],
                )
            taken[name] = side.name


def beside(
    raw: RawBatch, mapping: ColumnMapping, sides: Sequence[SideFile]
) -> tuple[RawBatch, ColumnMapping]:
    """The batch with the side files' columns, and a mapping that takes them."""
    if not sides:
        return raw, mapping
    names = texts_of(raw, mapping, KEY)
    columns, mapped = dict(raw.columns), dict(mapping.columns)
    for side in sides:
        for name, column in side.columns(names).items():
            columns[_PREFIX + name] = column
            mapped[name] = (_PREFIX + name,)
    return RawBatch(columns, raw.rows, raw.refusals, raw.bytes_done), ColumnMapping(mapped)


def nothing_matched(side: SideFile, example: str) -> Sentence:
    """What to say of a side file none of whose samples is in the file."""
    return Sentence(
        _(
            "{name}: none of its {n} sample_ids is in the file; it has for example '{own}', "
            "the file '{example}'"
        ),
        name=side.name,
        n=len(side.rows),
        own=next(iter(side.rows), "")[:80],
        example=example[:80],
    )


def _places(keys: Sequence[Any], name: str) -> dict[str, int]:
    """Row by sample_id."""
    found: dict[str, int] = {}
    for row, key in enumerate(keys):
        try:
            text = values.text(key)
        except ValueError as problem:
            raise UnreadableFile(
                _("{name}, row {row}, sample_id: {problem}"),
                name=name,
                row=str(row + 1),
                problem=str(problem),
            ) from None
        if text in found:
            raise UnreadableFile(
                _("{name}, row {row}, sample_id: '{text}' is already used in row {other}"),
                name=name,
                row=str(row + 1),
                text=text[:80],
                other=str(found[text] + 1),
            )
        found[text] = row
    if not found:
        raise UnreadableFile(_("{name}: the file has no rows"), name=name)
    return found


def _looked_at_parquet(path: Path, name: str) -> tuple[tuple[str, ...], list[Any]]:
    try:
        file = pq.ParquetFile(path)
        columns = file.schema_arrow.names
        if KEY not in columns:
            raise UnreadableFile(
                _("{name}: has no column {key}; it has: {columns}"),
                name=name,
                key=KEY,
                columns=", ".join(columns),
            )
        groups = range(file.metadata.num_row_groups)
        _check_size(sum(file.metadata.row_group(each).total_byte_size for each in groups), name)
        keys = plain(file.read([KEY]).column(KEY)).to_pylist()
    except (pa.ArrowInvalid, OSError) as problem:
        raise UnreadableFile(
            _("{name}: not a whole Parquet file ({problem}); copy it again"),
            name=name,
            problem=str(problem),
        ) from None
    return tuple(each for each in FIELDS if each in columns), keys


def _looked_at_archive(path: Path, name: str) -> tuple[tuple[str, ...], list[Any]]:
    shapes = _shapes(path, name)
    if KEY not in shapes:
        raise UnreadableFile(
            _("{name}: has no array {key}; it has: {shapes}"),
            name=name,
            key=KEY,
            shapes=", ".join(shapes),
        )
    if len(shapes[KEY]) != 1:
        raise UnreadableFile(
            _("{name}, {key}: should be one name a row, has shape {shape}"),
            name=name,
            key=KEY,
            shape=str(shapes[KEY]),
        )
    count = shapes[KEY][0]
    fields = tuple(each for each in _IN_ARCHIVES if each in shapes)
    for each in fields:
        shape = shapes[each]
        if len(shape) not in _AXES.get(each, (2,)) or shape[0] != count:
            raise UnreadableFile(
                _("{name}, {each}: has shape {shape}; {count} sample_ids need ({count}, …)"),
                name=name,
                each=each,
                shape=str(shape),
                count=str(count),
            )
    with np.load(path, allow_pickle=False) as archive:
        keys = archive[KEY].tolist()
    return fields, keys


def _shapes(path: Path, name: str) -> dict[str, tuple[int, ...]]:
    """Shape of each array, by its header alone; nothing that lies about its size gets further."""
    found: dict[str, tuple[int, ...]] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [each for each in archive.infolist() if each.filename.endswith(".npy")]
            unpacked = sum(each.file_size for each in entries)
            _check_size(unpacked, name)
            if unpacked > max(RATIO_FLOOR_BYTES, MAX_RATIO * path.stat().st_size):
                raise UnreadableFile(
                    _("{name}: unpacks to more than {max_ratio} times its size; refused"),
                    name=name,
                    max_ratio=str(MAX_RATIO),
                )
            for each in entries:
                field_name = each.filename.removesuffix(".npy")
                with archive.open(each) as stream:
                    shape, kind = _header(stream)
                if kind.hasobject:
                    raise UnreadableFile(
                        _(
                            "{name}, {field_name}: holds Python objects, which are never unpacked; "
                            "save it as numbers or fixed-width text"
                        ),
                        name=name,
                        field_name=field_name,
                    )
                if int(np.prod(shape, dtype=object)) * kind.itemsize > each.file_size:
                    raise UnreadableFile(
                        _("{name}, {field_name}: is shorter than its header says"),
                        name=name,
                        field_name=field_name,
                    )
                found[field_name] = shape
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, RuntimeError) as problem:
        if isinstance(problem, UnreadableFile):
            raise
        raise UnreadableFile(
            _("{name}: not a whole .npz archive ({problem})"), name=name, problem=str(problem)
        ) from None
    return found


def _check_size(unpacked: int, name: str) -> None:
    if unpacked > MOST_BYTES:
        raise UnreadableFile(
            _(
                "{name}: holds {unpacked} GB, at most {most_bytes} GB are read at once; split"
                " its fields among several side files"
            ),
            name=name,
            unpacked=f"{unpacked / 1024**3:.1f}",
            most_bytes=str(MOST_BYTES // 1024**3),
        )


def _header(stream: Any) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0
    if version != (1, 0):
        read = np.lib.format.read_array_header_2_0
    shape, _fortran, kind = read(stream)
    return shape, kind


def _read(path: Path, name: str, fields: Sequence[str]) -> dict[str, pa.Array]:
    """The columns, whole."""
    try:
        with path.open("rb") as stream:
            parquet = stream.read(4) == b"PAR1"
        if parquet:
            table = pq.read_table(path, columns=list(fields))
            return {each: plain(table.column(each)) for each in fields}
        with np.load(path, allow_pickle=False) as archive:
            return {each: _rows(archive[each]) for each in fields}
    except (pa.ArrowInvalid, OSError, ValueError, zipfile.BadZipFile) as problem:
        raise UnreadableFile(
            _("{name}: damaged data ({problem}); copy it again"), name=name, problem=str(problem)
        ) from None


def _rows(array: np.ndarray[Any, Any]) -> pa.Array:
    """An array (n), (n, d) or (n, h, w) as a column of n; a row that is all NaN is null."""
    if array.dtype.kind not in "fiu":
        raise ValueError(f"holds {array.dtype}, not numbers")
    whole = np.ascontiguousarray(array, dtype=np.float64 if array.ndim == 1 else np.float32)
    absent = np.isnan(whole).reshape(len(whole), -1).all(axis=1)
    column = pa.array(whole.reshape(-1))
    for size in reversed(whole.shape[1:]):
        column = pa.FixedSizeListArray.from_arrays(column, size)
    if not absent.any():
        return column
    return column.take(pa.array(np.arange(len(whole)), mask=absent))
