"""Images that come as a zip: unpacked by our own rules, never by the archive's."""

import hashlib
import stat
import zipfile
from collections.abc import Callable, Set
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from triage.science.words import Refused
from triage.science.words import gettext_noop as _

MAX_FILES = 200_000
MAX_TOTAL_BYTES = 20 * 1024**3
MAX_FILE_BYTES = 200 * 1024**2
MAX_RATIO = 200
_UTF8_NAME = 0x800
_LONGEST_PART = 240
SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp"}


class BadArchive(Refused):
    """The archive is damaged or not to be trusted; nothing of it was kept."""


@dataclass(frozen=True)
class Unpacked:
    """How many images were taken, and how many other files were passed over."""

    images: int
    passed_over: int


def extract_images(
    archive: Path, into: Path, progress: Callable[[float], None] = lambda share: None
) -> Unpacked:
    """Unpack the images of a zip under `into`, keeping their folders. Raises as `extract_files`."""
    return extract_files(archive, into, SUFFIXES, progress)


def extract_files(
    archive: Path,
    into: Path,
    suffixes: Set[str],
    progress: Callable[[float], None] = lambda share: None,
) -> Unpacked:
    """Unpack the files of a zip that end in one of `suffixes` under `into`, keeping their folders.

    Raises BadArchive, before anything is written, for paths that leave the folder, links, encrypted
    entries and bombs; and for damaged data.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = [entry for entry in opened.infolist() if not entry.is_dir()]
            _check(entries)
            wanted = [e for e in entries if PurePosixPath(e.filename).suffix.lower() in suffixes]
            for number, entry in enumerate(wanted):
                _write(opened, entry, into / _short(_safe_path(_name(entry))))
                progress((number + 1) / len(wanted))
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError) as problem:
        raise BadArchive(
            _("the zip of images is damaged or cut off ({problem}); make it anew and import again"),
            problem=str(problem),
        ) from None
    return Unpacked(len(wanted), len(entries) - len(wanted))


def _check(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_FILES:
        raise BadArchive(
            _("the zip holds {count} files: at most {max_files} are taken"),
            count=str(len(entries)),
            max_files=str(MAX_FILES),
        )
    if sum(entry.file_size for entry in entries) > MAX_TOTAL_BYTES:
        raise BadArchive(
            _("the zip unpacks to more than {max_total_bytes} GB"),
            max_total_bytes=str(MAX_TOTAL_BYTES // 1024**3),
        )
    for entry in entries:
        _safe_path(entry.filename)
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise BadArchive(_("'{filename}' is a link"), filename=entry.filename)
        if entry.flag_bits & 0x1:
            raise BadArchive(_("'{filename}' is encrypted"), filename=entry.filename)
        if entry.file_size > MAX_FILE_BYTES:
            raise BadArchive(
                _("'{filename}' is larger than {max_file_bytes} MB"),
                filename=entry.filename,
                max_file_bytes=str(MAX_FILE_BYTES // 1024**2),
            )
        if entry.file_size > 1024**2 and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise BadArchive(
                _("'{filename}' unpacks to more than {max_ratio} times its size"),
                filename=entry.filename,
                max_ratio=str(MAX_RATIO),
            )


def _safe_path(name: str) -> PurePosixPath:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or "\x00" in name or ":" in path.parts[0]:
        raise BadArchive(_("'{name}' would be written outside the image folder"), name=name)
    return path


def _name(entry: zipfile.ZipInfo) -> str:
    """The entry's name; one that is marked as no UTF-8 in the encoding it was written in."""
    if entry.flag_bits & _UTF8_NAME:
        return entry.filename
    try:
        written = entry.filename.encode("cp437")
    except UnicodeEncodeError:
        return entry.filename
    for encoding in ("utf-8", "gbk"):
        try:
            return written.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename


def _short(path: PurePosixPath) -> PurePosixPath:
    """The path with no part longer than a file system takes; the end of a name is kept."""
    return PurePosixPath(*(_cut(part) for part in path.parts))


def _cut(part: str) -> str:
    if len(part.encode()) <= _LONGEST_PART:
        return part
    digest = hashlib.sha256(part.encode()).hexdigest()[:16]
    return digest + part.encode()[-(_LONGEST_PART - 16) :].decode("utf-8", "ignore")


def _write(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    left = MAX_FILE_BYTES
    with opened.open(entry) as source, target.open("wb") as sink:
        # The declared size is the archive's word; count what really comes out.
        while chunk := source.read(1024**2):
            left -= len(chunk)
            if left < 0:
                raise BadArchive(_("'{filename}' is larger than it says"), filename=entry.filename)
            sink.write(chunk)
