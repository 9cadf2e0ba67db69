"""One JSON list of objects."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson

from triage.science.readers.faults import UnreadableFile
from triage.science.readers.text_source import TextSource
from triage.science.record.records import RawBatch, Refusal
from triage.science.words import gettext_noop as _

MAX_BYTES = 1024**3
ROWS_A_BATCH = 20_000


class JsonListReader:
    """A .json file that is one list of objects; it is held in memory, so up to 1 GB."""

    description = _("JSON: one list of objects")

    def __init__(self, source: TextSource) -> None:
        self.source = source
        self.total_bytes = source.total_bytes
        self._loaded: list[Any] | None = None
        self.passed_over: list[Refusal] = []

    def columns(self) -> list[str]:
        """Keys of the first 200 objects."""
        return list(dict.fromkeys(key for row in self.preview(200) for key in row))

    def preview(self, count: int = 20) -> list[dict[str, Any]]:
        """The first `count` objects; entries that are none are passed over."""
        entries = self._load()[: count * 2]
        self.passed_over = [
            _no_object(number)
            for number, row in enumerate(entries, start=1)
            if not isinstance(row, dict)
        ]
        return [row for row in entries if isinstance(row, dict)][:count]

    def batches(self) -> Iterator[RawBatch]:
        """All entries; row n is the n-th entry of the list."""
        entries = self._load()
        for start in range(0, len(entries), ROWS_A_BATCH):
            part = entries[start : start + ROWS_A_BATCH]
            kept = [(start + i + 1, row) for i, row in enumerate(part) if isinstance(row, dict)]
            refusals = [
                _no_object(start + i + 1) for i, row in enumerate(part) if not isinstance(row, dict)
            ]
            names = dict.fromkeys(key for _, row in kept for key in row)
            columns = {name: [row.get(name) for _, row in kept] for name in names}
            rows = np.asarray([number for number, _ in kept], dtype=np.int64)
            done = int(self.total_bytes * (start + len(part)) / len(entries))
            yield RawBatch(columns, rows, refusals, done)

    def _load(self) -> list[Any]:
        if self._loaded is None:
            data = bytearray()
            # A list may stand on one line of any length: read bytes, not lines.
            with self.source._open() as stream:
                while chunk := self.source._read(stream, 8 * 1024**2):
                    data += chunk
                    if len(data) > MAX_BYTES:
                        raise UnreadableFile(
                            _(
                                "{name}: a JSON list of more than 1 GB; save it as JSON Lines "
                                "(one object a line) instead"
                            ),
                            name=self.source.name,
                        )
            self.source._check_text(bytes(data), 1)
            try:
                loaded = orjson.loads(bytes(data).removeprefix(b"\xef\xbb\xbf"))
            except orjson.JSONDecodeError as problem:
                raise UnreadableFile(
                    _("{name}, line {line}: not valid JSON ({problem}); the file may be cut off"),
                    name=self.source.name,
                    line=str(problem.lineno),
                    problem=str(problem.msg),
                ) from None
            if not isinstance(loaded, list) or not loaded:
                raise UnreadableFile(_("{name}: holds no list of objects"), name=self.source.name)
            self._loaded = loaded
        return self._loaded


def _no_object(number: int) -> Refusal:
    return Refusal(number, "", "is not a JSON object")
