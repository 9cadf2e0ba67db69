"""A reader over rows that are held in memory, whatever they came from."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from triage.science.record.records import RawBatch, Refusal

ROWS_A_BATCH = 20_000


class RowsReader:
    """Rows that were read as a whole; row n is the n-th of them."""

    def __init__(
        self,
        rows: Sequence[Any],
        description: str,
        *,
        total_bytes: int = 0,
        assumed: Sequence[str] = (),
    ) -> None:
        self.rows = rows
        self.description = description
        self.total_bytes = total_bytes
        self.assumed = list(assumed)
        self.passed_over: list[Refusal] = []

    def columns(self) -> list[str]:
        """Keys of the first 200 rows, in the order first seen."""
        return list(dict.fromkeys(key for row in self.preview(200) for key in row))

    def preview(self, count: int = 20) -> list[dict[str, Any]]:
        """The first `count` rows; what is none is passed over."""
        first = self.rows[: count * 2]
        numbered = list(enumerate(first, start=1))
        self.passed_over = [_no_object(n) for n, row in numbered if not isinstance(row, dict)]
        return [row for row in first if isinstance(row, dict)][:count]

    def batches(self) -> Iterator[RawBatch]:
        """All rows, in order."""
        for start in range(0, len(self.rows), ROWS_A_BATCH):
            part = list(enumerate(self.rows[start : start + ROWS_A_BATCH], start=start + 1))
            kept = [(number, row) for number, row in part if isinstance(row, dict)]
            refusals = [_no_object(number) for number, row in part if not isinstance(row, dict)]
            names = dict.fromkeys(key for _, row in kept for key in row)
            columns = {name: [row.get(name) for _, row in kept] for name in names}
            rows = np.asarray([number for number, _ in kept], dtype=np.int64)
            done = int(self.total_bytes * (start + len(part)) / len(self.rows))
            yield RawBatch(columns, rows, refusals, done)


def _no_object(number: int) -> Refusal:
    return Refusal(number, "", "is not a JSON object")
