"""What a process apart does with files: it opens them, tries a reading, brings them in.

What comes back is plain: a plan's reader holds open files and stays where it is.
"""

import glob
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from triage.science.ingest.ingesting import IngestResult, ingest
from triage.science.ingest.limited import Limits, writable
from triage.science.ingest.models import FirstRows
from triage.science.ingest.planning import Plan, plans, raw_of
from triage.science.ingest.tally import Pair
from triage.science.profiles.profile import Reading, Seen
from triage.science.progress import Progress
from triage.science.readers.side_files import KEY, SideFile, check_mapping, open_side_file
from triage.science.readers.sources import gather
from triage.science.record.mapping import ColumnMapping
from triage.science.record.records import RawBatch, Refusal, texts_of
from triage.science.store.images_archive import SUFFIXES, extract_images
from triage.science.store.store import DataRoot, RunFolder
from triage.science.words import Sentence
from triage.science.words import gettext_noop as _

PREVIEW_ROWS = 20
# Rows that a page reads again with each change of the form; a longer file is tried to here.
ROWS_TRIED = 20_000
_SHOWN = (
    "row", "sample_id", "image", "question", "answers", "options", "prediction", "answered",
    "answer_state", "steps", "chosen_option", "right_option", "split", "credit", "is_error",
)  # fmt: skip
# What the first rows may weigh in memory once they are back.
_MOST_WEIGHT = 16 * 1024**2
_LONGEST = (100_000, 2_000, 100)
_DEEPEST = 12
_MB = 1024**2
# Of a file's size: an honest list of JSON objects is held whole, at several times its size.
_MEMORY_A_BYTE = 8

Sides = Sequence[tuple[Path, str]]


@dataclass(frozen=True)
class Tried:
    """Rows as they would be read, and what the whole would come to; nothing is kept.

    `rows_tried` is None where the whole file was read, else how many of its rows were.
    """

    taken: list[dict[str, Any]]
    result: IngestResult
    rows_tried: int | None


@dataclass(frozen=True)
class SideSeen:
    """What is told of a side file; `known`: how many of the first rows it has."""

    name: str
    fields: tuple[str, ...]
    rows: range
    known: int = 0


@dataclass
class Described:
    """In place of a reader that stayed in the process apart: what is told of it."""

    description: str
    assumed: list[str]
    total_bytes: int
    names: list[str]
    passed_over: list[Refusal] = field(default_factory=list)

    def columns(self) -> list[str]:
        """The names of the columns."""
        return self.names

    def preview(self, count: int = 20) -> list[dict[str, Any]]:
        """None: the plan has them."""
        return []

    def batches(self) -> Iterator[RawBatch]:
        """Not here."""
        raise RuntimeError("these rows are read in a process apart")


@dataclass
class Opened:
    """Files that go together, opened when they are first asked for; the arguments of `gather`."""

    files: Sequence[tuple[Path, str]]
    # Without one, what archives hold is unpacked where it goes with the process apart.
    unpack_into: Path | None = None
    settled: frozenset[str] = frozenset()
    encoding: str | None = None
    _plans: list[Plan] = field(default_factory=list, init=False, repr=False)

    def plans(self) -> list[Plan]:
        """The runs that they will be."""
        if not self._plans:
            into = self.unpack_into or Path(tempfile.mkdtemp())
            gathered = gather(self.files, into, encoding=self.encoding)
            self._plans = plans(gathered, self.settled)
        return self._plans

    def described(self) -> list[Plan]:
        """The plans as a page needs them: without readers, rows only of the first."""
        return [_plain(plan, with_rows=at == 0) for at, plan in enumerate(self.plans())]

    def sides(self, given: Sides, mapping: ColumnMapping | None = None) -> list[SideSeen]:
        """What side files hold; with a mapping, how many of the first rows are among them."""
        opened = [open_side_file(path, name) for path, name in given]
        names: list[str | None] = []
        if opened and mapping is not None:
            plan = self.plans()[0]
            rows = raw_of(plan.columns, plan.rows[:PREVIEW_ROWS])
            names = [*texts_of(rows, mapping, KEY)]
        return [
            SideSeen(each.name, each.fields, range(len(each.rows)), each.known(names))
            for each in opened
        ]

    def check_sides(self, given: Sides, mapping: ColumnMapping) -> None:
        """Raise UnreadableFile where a field would come from two places."""
        check_mapping([open_side_file(path, name) for path, name in given], mapping)

    def tried(self, mapping: ColumnMapping, rule: str, split: str, sides: Sides) -> Tried:
        """What the first of the plans would come to, in the size of a page."""
        opened = [open_side_file(path, name) for path, name in sides]
        found = try_out(self.plans()[0], mapping, rule, split, opened)
        return replace(found, taken=cut_rows(found.taken), result=_told(found.result))

    def bring_in(
        self, at: int, mapping: ColumnMapping, rule: str, root: str, relative: str, **more: Any
    ) -> IngestResult:
        """Write one of the plans into the run's folder at `relative` under a local data root."""
        plan = replace(self.plans()[at], mapping=mapping, rule=rule)
        return _told(bring_in(plan, RunFolder(DataRoot(root), relative), **more))


def try_out(
    plan: Plan, mapping: ColumnMapping, rule: str, default_split: str, sides: Sequence[SideFile]
) -> Tried:
    """Read the file under `mapping` as an import would, and keep nothing of it.

    Of a long file only the first rows are read. Raises UnreadableFile and NothingToImport.
    """
    reader = FirstRows(plan.reader, ROWS_TRIED)
    with tempfile.TemporaryDirectory() as root:
        folder = DataRoot(root).run(uuid4())
        result = ingest(
            reader, plan.source, folder, mapping=mapping, rule=rule,
            default_split=default_split, sides=sides,
        )  # fmt: skip
        first = next(folder.read_samples([*_SHOWN])).slice(0, PREVIEW_ROWS).to_pylist()
    return Tried(first, result, reader.rows_read if reader.cut else None)


def bring_in(
    plan: Plan,
    folder: RunFolder,
    *,
    default_split: str,
    images: Path | None,
    sides: Sides,
    leave: frozenset[str],
    carry: bool = False,
    progress: Progress = lambda share, step: None,
) -> IngestResult:
    """Write what `plan` says into `folder`; `images` is a folder, or a zip that is unpacked there.

    `carry`: the folder of images will not last, so the run gets them.

    Raises what `ingest` raises, and BadArchive.
    """
    image_root = None
    if images is not None and images.is_dir():
        image_root = images.resolve()
        if carry:
            image_root = _carried(image_root, Path(folder.path("images")))
    elif images is not None:
        image_root = Path(folder.path("images"))
        image_root.mkdir(parents=True, exist_ok=True)
        extract_images(
            images, image_root, lambda share: progress(0.3 * share, _("Unpacking images"))
        )
    return ingest(
        plan.reader,
        plan.source,
        folder,
        mapping=plan.mapping,
        rule=plan.rule,
        default_split=default_split,
        image_root=image_root,
        sides=[open_side_file(path, known_as) for path, known_as in sides],
        leave=leave,
        progress=progress,
    )


def _carried(images: Path, into: Path) -> Path:
    """The pictures of a folder in another, in the folders they lie in."""
    for path in sorted(images.rglob("*")):
        if path.suffix.lower() in SUFFIXES and path.is_file() and not path.is_symlink():
            target = into / path.relative_to(images)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    return into


def limits_for(paths: Sequence[Path], *, whole: bool) -> Limits:
    """What reading these files may take; `whole`: all rows are imported, not only looked at."""
    size = sum(_size(path) for path in paths) // _MB
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // _MB
    megabytes = min(2048 + _MEMORY_A_BYTE * size, max(1024, there * 3 // 4))
    seconds = 900 + 4 * size if whole else 10 + size // 4
    return Limits(megabytes, seconds, 4 * seconds + 20)


def _size(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    if path.is_dir():
        return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
    return sum(_size(Path(each)) for each in glob.glob(str(path)) if Path(each).exists())


# Plain copies.


def _plain(plan: Plan, *, with_rows: bool) -> Plan:
    told = plan.reader
    names = [writable(each) for each in plan.columns]
    reader = Described(told.description, told.assumed, told.total_bytes, names)
    profile = plan.profile and replace(plan.profile, read=_not_here)
    rows = cut_rows(plan.rows) if with_rows else []
    return replace(
        plan,
        name=writable(plan.name),
        model=writable(plan.model),
        reader=reader,
        profile=profile,
        columns=names,
        rows=rows,
    )


def _not_here(seen: Seen) -> Reading | None:
    raise RuntimeError("a profile reads in a process apart")


def cut_rows(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """First rows, as many and as much of them as a page can hold."""
    kept: list[dict[str, Any]] = []
    for longest in _LONGEST:
        cut = _Cut(longest)
        kept = []
        for row in rows:
            made = cut.of(row)
            if cut.weight > _MOST_WEIGHT:
                break
            kept.append(made)
        if len(kept) >= min(PREVIEW_ROWS, len(rows)):
            break
    return kept


@dataclass
class _Cut:
    """Makes copies of values that are cut to a length, and adds up what they weigh."""

    longest: int
    weight: int = 0

    def of(self, value: Any, depth: int = 0) -> Any:
        """The value, its texts, lists and depth cut."""
        self.weight += 64
        if isinstance(value, bytes):
            return Sentence(_("{count} bytes"), count=len(value))
        if isinstance(value, str):
            self.weight += 2 * min(len(value), self.longest)
            if isinstance(value, Sentence):
                return value
            return writable(value if len(value) < self.longest else f"{value[: self.longest]}…")
        if isinstance(value, Mapping | list | tuple) and depth > _DEEPEST:
            return "…"
        if isinstance(value, Mapping):
            if not depth:
                # A row has all its columns, by their names.
                return {writable(key): self.of(each, 1) for key, each in value.items()}
            first = list(value.items())[: self.longest]
            return {self.of(key, depth): self.of(each, depth + 1) for key, each in first}
        if isinstance(value, list | tuple):
            return [self.of(each, depth + 1) for each in value[: self.longest]]
        return value


def _told(result: IngestResult) -> IngestResult:
    """The result without the rows that it was counted over."""
    first_errors = [_short(each) for each in result.counts.first_errors]
    rules = (replace(each, pairs=tuple(map(_short, each.pairs))) for each in result.rules)
    counts = replace(result.counts, tried=None, first_errors=first_errors)
    reasons = tuple(_Cut(2_000).of(each) for each in result.reasons)
    return replace(result, counts=counts, rules=tuple(rules), reasons=reasons)


def _short(pair: Pair) -> Pair:
    """A pair as far as it is shown, which is the end of its texts."""
    references = tuple(each[-2_000:] for each in pair.references[:3])
    return replace(
        pair,
        sample_id=pair.sample_id[:2_000],
        prediction=pair.prediction[-2_000:],
        answered=pair.answered[-2_000:],
        references=references,
    )
