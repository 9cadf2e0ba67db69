"""Text files as blocks of whole lines: plain or gzipped, UTF-8, with bounds on what is believed."""

import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from triage.science.readers.faults import UnreadableFile
from triage.science.words import gettext_noop as _

BLOCK_BYTES = 8 * 1024**2
MAX_LINE_BYTES = 16 * 1024**2
# What a .gz may grow to, as a multiple of its size on disk (text rarely passes 30) and in all.
MAX_GZIP_RATIO = 200
GZIP_FLOOR_BYTES = 64 * 1024**2
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Block:
    """Whole lines; `first_line` is the number of the first of them, from 1."""

    data: bytes
    first_line: int
    last: bool
    bytes_done: int


class TextSource:
    """A text file that may be gzipped."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name
        self.total_bytes = path.stat().st_size
        with path.open("rb") as stream:
            start = stream.read(4)
        self.zipped = start[:2] == b"\x1f\x8b"
        if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise UnreadableFile(
                _("{name}: the file is UTF-16; save it as UTF-8 and try again"), name=name
            )
        if name.lower().endswith(".gz") and not self.zipped:
            raise UnreadableFile(_("{name}: not a gzip file, although its name says so"), name=name)

    def first_character(self) -> str:
        """The first character that is not white space ('' if there is none in the first 64 KB)."""
        with self._open() as stream:
            start = self._read(stream, 65536).removeprefix(_BOM).lstrip()
        return chr(start[0]) if start else ""

    def blocks(self, size: int = BLOCK_BYTES) -> Iterator[Block]:
        """Blocks of whole lines, checked to be UTF-8; the last may lack its newline."""
        with self.path.open("rb") as raw, self._unzipped(raw) as stream:
            rest, line, unpacked, first = b"", 1, 0, True
            while True:
                chunk = self._read(stream, size)
                unpacked += len(chunk)
                self._check_growth(unpacked)
                data = rest + chunk
                if first:
                    data, first = data.removeprefix(_BOM), False
                cut = len(data) if not chunk else data.rfind(b"\n") + 1
                whole, rest = data[:cut], data[cut:]
                if len(rest) > MAX_LINE_BYTES:
                    line += whole.count(b"\n")
                    raise UnreadableFile(
                        _(
                            "{name}, row {line}: a line is longer than {max_line_bytes} MB; keep "
                            "images and embeddings in side files"
                        ),
                        name=self.name,
                        line=str(line),
                        max_line_bytes=str(MAX_LINE_BYTES // 1024**2),
                    )
                if whole:
                    self._check_text(whole, line)
                    yield Block(whole, line, not chunk, min(raw.tell(), self.total_bytes))
                    line += whole.count(b"\n")
                if not chunk:
                    return

    def text(self) -> io.TextIOWrapper:
        """The whole file as a text stream, for parsers that need one (CSV)."""
        return io.TextIOWrapper(io.BufferedReader(_Joined(self.blocks())), "utf-8", newline="")

    def _open(self) -> BinaryIO:
        return gzip.open(self.path) if self.zipped else self.path.open("rb")  # type: ignore[return-value]

    def _unzipped(self, raw: BinaryIO) -> BinaryIO:
        return gzip.GzipFile(fileobj=raw) if self.zipped else raw  # type: ignore[return-value]

    def _read(self, stream: BinaryIO, size: int) -> bytes:
        try:
            return stream.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as problem:
            raise UnreadableFile(
                _("{name}: the gzip data is cut off or damaged ({problem}); copy it again"),
                name=self.name,
                problem=str(problem),
            ) from None

    def _check_growth(self, unpacked: int) -> None:
        most = max(GZIP_FLOOR_BYTES, self.total_bytes * MAX_GZIP_RATIO)
        if self.zipped and unpacked > most:
            raise UnreadableFile(
                _("{name}: unpacks to more than {max_gzip_ratio} times its size; refused"),
                name=self.name,
                max_gzip_ratio=str(MAX_GZIP_RATIO),
            )

    def _check_text(self, data: bytes, first_line: int) -> None:
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as problem:
            row = first_line + data.count(b"\n", 0, problem.start)
            column = problem.start - (data.rfind(b"\n", 0, problem.start) + 1)
            raise UnreadableFile(
                _(
                    "{name}, row {row}: byte 0x{start} at offset {column} is not UTF-8; the file "
                    "mixes encodings or is not UTF-8: convert it and try again"
                ),
                name=self.name,
                row=str(row),
                start=f"{data[problem.start]:02X}",
                column=str(column),
            ) from None


class _Joined(io.RawIOBase):
    """Blocks as one readable stream."""

    def __init__(self, blocks: Iterator[Block]) -> None:
        self._blocks = blocks
        self._left = memoryview(b"")
        self.bytes_done = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self._left:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._left, self.bytes_done = memoryview(block.data), block.bytes_done
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count
