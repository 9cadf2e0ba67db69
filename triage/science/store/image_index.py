"""Which file a name in a data set means: pictures are indexed once, names are looked up.

A name is matched exactly, then without regard to case, Unicode form and kind of slash, then by the
end of its path, by its stem, and by a COCO number. Nothing is opened by a name that a file gave.
"""

import os
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from triage.science.store.images_archive import SUFFIXES

How = Literal["exact", "form", "path", "stem", "number", "missing", "several", "address"]

# More files than this under one folder are no data set of pictures.
MOST_FILES = 2_000_000
_NUMBER = re.compile(r"(?:^|[_-])0*(\d{1,12})$")
_ADDRESS = re.compile(r"^[a-z][a-z0-9+.-]+://", re.I)
# Names that are told of each way of matching.
EXAMPLES = 3


@dataclass(frozen=True)
class Match:
    """The file's path relative to its folder (None where there is none), and how it was found."""

    path: str | None
    how: How


@dataclass
class Matches:
    """What became of the names of one run: how often each way, with examples of those not found."""

    how: Counter[str] = field(default_factory=Counter)
    missing: dict[str, None] = field(default_factory=dict)
    guessed: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, match: Match, rows: int = 1) -> None:
        """Count a name that so many rows have."""
        self.how[match.how] += rows
        if match.path is None and len(self.missing) < EXAMPLES:
            self.missing.setdefault(name)
        elif match.how not in ("exact", "form") and match.path and len(self.guessed) < EXAMPLES:
            self.guessed.setdefault(name, match.path)

    def to_dict(self) -> dict[str, object]:
        """{named, found, guessed, missing, how, missing_examples, guessed_examples}."""
        lost = self.how["missing"] + self.how["several"] + self.how["address"]
        named = sum(self.how.values())
        guessed = self.how["path"] + self.how["stem"] + self.how["number"]
        return {
            "named": named,
            "found": named - lost,
            "guessed": guessed,
            "missing": lost,
            "how": {how: n for how, n in sorted(self.how.items()) if n},
            "missing_examples": list(self.missing),
            "guessed_examples": dict(self.guessed),
        }


class ImageIndex:
    """The pictures under one folder, by the ways in which files name them."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._exact: set[str] = set()
        self._forms: dict[str, list[str]] = defaultdict(list)
        self._names: dict[str, list[str]] = defaultdict(list)
        self._stems: dict[str, list[str]] = defaultdict(list)
        self._numbers: dict[str, list[str]] = defaultdict(list)
        self._known: dict[str, Match] = {}
        for path in paths:
            form = _form(path)
            base = form.rsplit("/", 1)[-1]
            stem = base.rsplit(".", 1)[0]
            self._exact.add(path)
            self._forms[form].append(path)
            self._names[base].append(path)
            self._stems[stem].append(path)
            number = _NUMBER.search(stem)
            if number is not None:
                self._numbers[number[1]].append(path)

    def __len__(self) -> int:
        return len(self._exact)

    def find(self, name: str) -> Match:
        """The file that `name` means, and how that was found."""
        if name not in self._known:
            self._known[name] = self._look(name)
        return self._known[name]

    def _look(self, name: str) -> Match:
        if not self._exact:
            return Match(None, "address" if _ADDRESS.match(name) else "missing")
        if name in self._exact:
            return Match(name, "exact")
        form = _form(name)
        base = form.rsplit("/", 1)[-1]
        stem, dot, suffix = base.rpartition(".")
        bare = stem if dot and f".{suffix}" in SUFFIXES else base
        ways: list[tuple[How, list[str]]] = [
            ("form", self._forms.get(form, [])),
            ("path", _longest_end(form, self._names.get(base, []))),
            ("stem", _longest_end(form, self._stems.get(bare, []), stems=True)),
        ]
        number = _NUMBER.search(bare)
        if number is not None:
            ways.append(("number", self._numbers.get(number[1], [])))
        for how, candidates in ways:
            if len(candidates) == 1:
                return Match(candidates[0], how)
            if candidates:
                return Match(None, "several")
        return Match(None, "address" if _ADDRESS.match(name) else "missing")


def index_folder(folder: Path) -> ImageIndex:
    """The pictures under a folder, its own folders included; links out of it are not followed."""
    found: list[str] = []
    for at, _folders, names in os.walk(folder):
        below = Path(at).relative_to(folder).as_posix()
        for name in names:
            if Path(name).suffix.lower() in SUFFIXES:
                found.append(name if below == "." else f"{below}/{name}")
        if len(found) > MOST_FILES:
            break
    return ImageIndex(found)


def common_prefix(names: Sequence[str]) -> str:
    """The folder that all names begin with ('/home/ann/coco/'); '' where there is none."""
    folders = [re.split(r"[\\/]", name)[:-1] for name in names if re.search(r"[\\/]", name)]
    if not folders or len(folders) < len(names):
        return ""
    shared = [parts[0] for parts in zip(*folders, strict=False) if len(set(parts)) == 1]
    # Only as far as all agree from the first on.
    shared = shared[: next((i for i, part in enumerate(shared) if part != folders[0][i]), None)]
    return "/".join(shared) + "/" if shared else ""


def _form(path: str) -> str:
    """One spelling of a path: slashes, Unicode form, case."""
    plain = unicodedata.normalize("NFC", path.replace("\\", "/")).casefold()
    return plain.removeprefix("./").lstrip("/")


def _longest_end(form: str, candidates: list[str], *, stems: bool = False) -> list[str]:
    """Of files with the right name, those that share most of the end of the path."""
    if len(candidates) < 2:
        return candidates
    wanted = form.split("/")[::-1][1 if stems else 0 :]
    best, longest = [], -1
    for path in candidates:
        parts = _form(path).split("/")[::-1][1 if stems else 0 :]
        same = 0
        for one, other in zip(wanted, parts, strict=False):
            if one != other:
                break
            same += 1
        if same > longest:
            best, longest = [path], same
        elif same == longest:
            best.append(path)
    return best
