"""Parquet, image bytes included."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from triage.science.readers.faults import UnreadableFile
from triage.science.record.records import RawBatch, Refusal
from triage.science.words import gettext_noop as _

ROWS_A_BATCH = 20_000


class ParquetReader:
    """Parquet; images may be a column of bytes or of {bytes, path} as Hugging Face writes it."""

    description = _("Parquet, with images as {bytes, path} if it holds them")

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        self.total_bytes = path.stat().st_size
        self.passed_over: list[Refusal] = []
        try:
            self.file = pq.ParquetFile(path)
        except (pa.ArrowInvalid, OSError) as problem:
            raise UnreadableFile(
                _("{name}: not a whole Parquet file ({problem}); copy it again"),
                name=name,
                problem=str(problem),
            ) from None
        if self.file.metadata.num_rows == 0:
            raise UnreadableFile(_("{name}: the file has no rows"), name=name)

    def columns(self) -> list[str]:
        """The names in its schema."""
        return list(self.file.schema_arrow.names)

    def preview(self, count: int = 20) -> list[dict[str, Any]]:
        """The first `count` rows."""
        for batch in self._read(count):
            return [{k: v for k, v in r.items() if v is not None} for r in batch.to_pylist()]
        return []

    def batches(self) -> Iterator[RawBatch]:
        """Every row, in order."""
        done, total = 0, self.file.metadata.num_rows
        for batch in self._read(ROWS_A_BATCH):
            table = pa.Table.from_batches([batch])
            columns = {name: plain(table.column(name)) for name in table.column_names}
            rows = np.arange(done + 1, done + 1 + batch.num_rows)
            done += batch.num_rows
            yield RawBatch(columns, rows, bytes_done=int(self.total_bytes * done / total))

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
