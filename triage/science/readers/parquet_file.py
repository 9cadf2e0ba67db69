"""Parquet, image bytes included."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from triage.science.readers.faults import UnreadableFile
from triage.science.record.records import RawBatch, Refusal
from triage.science.words import gettext_noop as _

ROWS_A_BATCH = 20_000
BATCH_BYTES = 256 * 1024**2
# What a batch of texts may come to once each row holds its own.
MOST_TEXT_BYTES = 256 * 1024**2


class ParquetReader:
    """Parquet; images may be a column of bytes or of {bytes, path} as Hugging Face writes it."""

    description = _("Parquet, with images as {bytes, path} if it holds them")

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        self.assumed: list[str] = []
        self.total_bytes = path.stat().st_size
        self.passed_over: list[Refusal] = []
        try:
            texts = [f.name for f in pq.read_schema(path) if _is_text(f.type)]
            # As dictionaries: a value that stands in a million rows is then held once.
            self.file = pq.ParquetFile(path, read_dictionary=texts)
        except (pa.ArrowInvalid, OSError) as problem:
            raise UnreadableFile(
                _("{name}: not a whole Parquet file ({problem}); copy it again"),
                name=name,
                problem=str(problem),
            ) from None
        names = self.file.schema_arrow.names
        twice = [each for each, count in Counter(names).items() if count > 1]
        if twice:
            raise UnreadableFile(
                _("{name}: column names used twice: {twice}"), name=name, twice=str(sorted(twice))
            )
        if self.file.metadata.num_rows == 0:
            raise UnreadableFile(_("{name}: the file has no rows"), name=name)

    def columns(self) -> list[str]:
        """The names in its schema."""
        return list(self.file.schema_arrow.names)

    def preview(self, count: int = 20) -> list[dict[str, Any]]:
        """The first `count` rows."""
        for batch in self._read(min(count, self._rows_a_batch())):
            _check_growth(batch, self.name)
            return [{k: v for k, v in r.items() if v is not None} for r in batch.to_pylist()]
        return []

    def batches(self) -> Iterator[RawBatch]:
        """Every row, in order."""
        done, total = 0, self.file.metadata.num_rows
        for batch in self._read(self._rows_a_batch()):
            _check_growth(batch, self.name)
            table = pa.Table.from_batches([batch])
            columns = {name: plain(table.column(name)) for name in table.column_names}
            rows = np.arange(done + 1, done + 1 + batch.num_rows)
            done += batch.num_rows
            yield RawBatch(columns, rows, bytes_done=int(self.total_bytes * done / total))

    def _rows_a_batch(self) -> int:
        """As many rows as fit a batch of pictures in memory."""
        groups = range(self.file.metadata.num_row_groups)
        size = sum(self.file.metadata.row_group(each).total_byte_size for each in groups)
        each = max(1, size // self.file.metadata.num_rows)
        return int(min(ROWS_A_BATCH, max(64, BATCH_BYTES // each)))

    def _read(self, size: int) -> Iterator[pa.RecordBatch]:
        try:
            yield from self.file.iter_batches(batch_size=size)
        except (pa.ArrowInvalid, OSError) as problem:
            raise UnreadableFile(
                _("{name}: damaged data ({problem}); copy it again"),
                name=self.name,
                problem=str(problem),
            ) from None


def plain(column: pa.ChunkedArray) -> pa.Array:
    """One array; dictionary-encoded and large text as plain text."""
    array = column.combine_chunks()
    kind = array.type
    if pa.types.is_dictionary(kind):
        array = array.dictionary_decode()
        kind = array.type
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        array = array.cast(pa.string())
    return array


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _check_growth(batch: pa.RecordBatch, name: str) -> None:
    """Refuse a batch whose texts, few on disk, would fill the memory."""
    for field, column in zip(batch.schema, batch.columns, strict=True):
        if not pa.types.is_dictionary(field.type) or not len(column.dictionary):
            continue
        values = column.dictionary
        if not _is_text(values.type):
            continue
        longest = pc.max(pc.binary_length(values)).as_py() or 0
        if longest * len(column) > MOST_TEXT_BYTES and 4 * len(values) < len(column):
            raise UnreadableFile(
                _("{name}, {field}: holds values of {n} bytes in many rows; refused"),
                name=name,
                field=field.name,
                n=longest,
            )
