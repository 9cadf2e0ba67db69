"""Text files as blocks of whole lines: plain or gzipped, UTF-8, with bounds on what is believed."""

import codecs
import gzip
import io
import tempfile
import weakref
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from triage.science.readers.encodings import SAMPLE_BYTES, encoding_of
from triage.science.readers.faults import UnreadableFile
from triage.science.words import Sentence
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
    """A text file that may be gzipped; `assumed` says what was taken for granted of it."""

    def __init__(self, path: Path, name: str, encoding: str | None = None) -> None:
        self.path = path
        self.name = name
        self.total_bytes = path.stat().st_size
        self.assumed: list[str] = []
        with path.open("rb") as stream:
            self.zipped = stream.read(2) == b"\x1f\x8b"
        if name.lower().endswith(".gz") and not self.zipped:
            raise UnreadableFile(_("{name}: not a gzip file, although its name says so"), name=name)
        self._decode(encoding)

    def _decode(self, encoding: str | None) -> None:
        """Find the encoding; a file that is not UTF-8 is written anew as it."""
        with self._open() as stream:
            start = self._read(stream, SAMPLE_BYTES)
        self.encoding = encoding or encoding_of(start)
        if self.encoding in ("utf-8", "utf-8-sig"):
            return
        self.assumed = [Sentence(_("encoding {encoding}"), encoding=self.encoding)]
        anew = tempfile.NamedTemporaryFile(suffix=".txt", delete=False)  # noqa: SIM115
        # It is there for as long as somebody reads it.
        weakref.finalize(self, Path(anew.name).unlink, missing_ok=True)
        decoder = codecs.getincrementaldecoder(self.encoding)()
        with anew, self._open() as stream:
            done = 0
            while chunk := self._read(stream, BLOCK_BYTES):
                done += len(chunk)
                self._check_growth(done)
                anew.write(self._text_of(decoder, chunk))
            anew.write(self._text_of(decoder, b"", final=True))
        self.path, self.zipped = Path(anew.name), False
        self.total_bytes = self.path.stat().st_size

    def _text_of(
        self, decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False
    ) -> bytes:
        try:
            return decoder.decode(chunk, final).encode()
        except UnicodeError as problem:
            raise UnreadableFile(
                _("{name}: not text in {encoding} ({problem}); say which encoding it is in"),
                name=self.name,
                encoding=self.encoding,
                problem=str(problem),
            ) from None

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
                    self.check_text(whole, line)
                    yield Block(whole, line, not chunk, min(raw.tell(), self.total_bytes))
                    line += whole.count(b"\n")
                if not chunk:
                    return

    def start(self, size: int = 256 * 1024) -> bytes:
        """The first bytes, unpacked, without a mark of their order."""
        with self._open() as stream:
            return self._read(stream, size).removeprefix(_BOM)

    def chunks(self) -> Iterator[bytes]:
        """The whole file, unpacked, in pieces that may end anywhere."""
        unpacked = 0
        with self._open() as stream:
            while chunk := self._read(stream, BLOCK_BYTES):
                unpacked += len(chunk)
                self._check_growth(unpacked)
                yield chunk

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

    def check_text(self, data: bytes, first_line: int) -> None:
        """Raise UnreadableFile where bytes are no UTF-8, naming the row."""
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
