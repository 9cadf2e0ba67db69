"""The pictures of a run while it is exported: found where the run has them, counted, copied.

A picture that is named but not there (or is no image) never stops an export: it is counted, and
its name stays in the row as it was.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from triage.science.store.image_files import ImageHeader, NotAPicture, read_header

# Names of pictures that were not written, as many as the manifest shows.
MOST_NAMES = 20
# Not there, not to be opened, or a name that no file can have.
_NOT_THERE = (OSError, ValueError)
WRITTEN, MISSING, REFUSED, LEFT_OUT = "written", "missing", "refused", "left_out"


@dataclass(frozen=True)
class Picture:
    """One picture as the run has it: its bytes, what its header says, a safe relative name."""

    data: bytes
    header: ImageHeader
    name: str


def no_picture(name: str) -> bytes:
    """The reader of a run without pictures. Raises FileNotFoundError."""
    raise FileNotFoundError(name)


@dataclass
class Pictures:
    """Reads a run's pictures by the names that its rows give them.

    `read` gives the bytes of a picture; it raises FileNotFoundError where there is none and
    NotAPicture where it may not be read. `wanted` is False where pictures are to be left out,
    `there` where some are known to be there: without any, a column of names stays one of names.
    """

    read: Callable[[str], bytes] = no_picture
    wanted: bool = True
    there: bool = True
    # What became of each name: written, missing, refused or left out.
    known: dict[str, str] = field(default_factory=dict)
    _paths: dict[str, str] = field(default_factory=dict)
    # Sizes of copied pictures by their path, compared without case.
    _taken: dict[str, tuple[int, int]] = field(default_factory=dict)

    def get(self, name: str | None) -> Picture | None:
        """The picture of that name; None where it is not to be had, which is counted."""
        if not name:
            return None
        if not self.wanted or not self.there:
            self.known.setdefault(name, MISSING if self.wanted else LEFT_OUT)
            return None
        if self.known.get(name) in (MISSING, REFUSED):
            return None
        try:
            found = _opened(self.read, name)
        except NotAPicture:
            self.known[name] = REFUSED
            return None
        except _NOT_THERE:
            self.known[name] = MISSING
            return None
        self.known[name] = WRITTEN
        return found

    def copied(self, name: str | None, folder: Path, under: str = "images") -> str | None:
        """The picture's path relative to `folder`, where it lies from now on under its own name.

        A name without a picture comes back as it is.
        """
        if not name or name in self._paths:
            return self._paths.get(name or "", name)
        found = self.get(name)
        if found is None:
            self._paths[name] = name
            return name
        inside = found.name.startswith(f"{under}/")
        path = self._free(found.name if inside else f"{under}/{found.name}")
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(found.data)
        self._paths[name] = path
        self._taken[path.casefold()] = (found.header.width, found.header.height)
        return path

    @property
    def copies(self) -> list[str]:
        """The paths of the copies."""
        return [path for path in self._paths.values() if path.casefold() in self._taken]

    def size_at(self, path: str) -> tuple[int, int] | None:
        """Width and height of the picture copied to that path; None for none."""
        return self._taken.get(path.casefold())

    def _free(self, path: str) -> str:
        """`path`, or one with a number where another picture has it (also but for case)."""
        whole, number = PurePosixPath(path), 1
        while path.casefold() in self._taken:
            number += 1
            path = str(whole.with_name(f"{whole.stem}-{number}{whole.suffix}"))
        return path

    def summary(self) -> dict[str, object]:
        """For the manifest: how many pictures were written or not, and some that were not."""
        outcomes = list(self.known.values())
        counts: dict[str, object] = {
            each: outcomes.count(each) for each in (WRITTEN, MISSING, REFUSED, LEFT_OUT)
        }
        absent = sorted(name for name, each in self.known.items() if each in (MISSING, REFUSED))
        return {**counts, "not_written": absent[:MOST_NAMES]}


def can_be_read(read: Callable[[str], bytes], name: str) -> bool:
    """Whether there is a picture of that name."""
    try:
        _opened(read, name)
    except _NOT_THERE:
        return False
    return True


def _opened(read: Callable[[str], bytes], name: str) -> Picture:
    data = read(name)
    return Picture(data, read_header(data), safe_name(name))


def safe_name(name: str) -> str:
    """A picture's own name as a path that stays inside any folder."""
    parts = [part for part in PurePosixPath(name).parts if part not in ("/", "//", "..", ".")]
    return "/".join(parts) or "picture"


def bytes_of(found: list[Picture | None]) -> int:
    """How much these pictures weigh together."""
    return sum(len(each.data) for each in found if each is not None)
