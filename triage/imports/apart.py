"""Reading for the pages and the job: in a process apart, under limits, never in the web's own."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from triage.imports.importing import ImportRefused, SideFileRefused, Trial, tried_by
from triage.science.ingest.apart import Opened, SideSeen, limits_for
from triage.science.ingest.ingesting import IngestResult
from triage.science.ingest.limited import Apart
from triage.science.ingest.planning import Plan
from triage.science.progress import Progress
from triage.science.readers import UnreadableFile
from triage.science.record.mapping import ColumnMapping
from triage.science.store.store import RunFolder


def files_of(request: Mapping[str, Any]) -> list[tuple[Path, str]]:
    """The files of predictions of a job, with their names."""
    # Jobs that were queued before several files could be given have one path.
    files = request.get("files") or [{"path": request["path"], "name": request["source_name"]}]
    return [(Path(each["path"]), each["name"]) for each in files]


def sides_of(request: Mapping[str, Any]) -> list[tuple[Path, str]]:
    """The side files of a job, with their names."""
    # Jobs that were queued before there were side files have none.
    return [(Path(each["path"]), each["name"]) for each in request.get("sides", [])]


def opened(request: Mapping[str, Any]) -> Opened:
    """The files of a job; all rows as one run where that was asked for.

    What archives hold is unpacked beside the uploads, and goes with them.
    """
    staged = request.get("staged")
    settled = frozenset() if request.get("each_model", True) else frozenset({"model"})
    return Opened(files_of(request), Path(staged) if staged else None, settled)


def reading(request: Mapping[str, Any], *, whole: bool = False) -> Apart[Opened]:
    """A process that holds the files of a job; `whole`: all rows are imported."""
    files = files_of(request)
    paths = [path for path, _name in [*files, *sides_of(request)]]
    if whole and request.get("images"):
        paths.append(Path(request["images"]))
    names = ", ".join(name for _path, name in files)
    return Apart(opened(request), names, limits_for(paths, whole=whole))


def planned(request: Mapping[str, Any]) -> list[Plan]:
    """The runs that the files of a job will be, without readers. Raises ImportRefused."""
    with reading(request) as apart:
        return described(apart)


def described(apart: Apart[Opened]) -> list[Plan]:
    """The same, of files that are being read. Raises ImportRefused."""
    try:
        return apart.ask(Opened.described)
    except UnreadableFile as problem:
        raise ImportRefused(problem.sentence) from problem


def look_at_sides(request: Mapping[str, Any]) -> None:
    """Raises SideFileRefused where a side file is none."""
    if given := sides_of(request):
        with _reading_sides(request) as apart:
            try:
                apart.ask(Opened.sides, given)
            except UnreadableFile as problem:
                raise SideFileRefused(problem.sentence) from problem


def check_sides(request: Mapping[str, Any], mapping: ColumnMapping) -> None:
    """Raises ImportRefused where a field would come from two places."""
    if given := sides_of(request):
        with _reading_sides(request) as apart:
            try:
                apart.ask(Opened.check_sides, given, mapping)
            except UnreadableFile as problem:
                raise ImportRefused(problem.sentence) from problem


def _reading_sides(request: Mapping[str, Any]) -> Apart[Opened]:
    """As `reading`; what is refused is the side file."""
    given = sides_of(request)
    names = ", ".join(name for _path, name in given)
    return Apart(opened(request), names, limits_for([path for path, _name in given], whole=False))


def trial(
    request: Mapping[str, Any], mapping: ColumnMapping, rule: str, split: str
) -> tuple[Trial, Sequence[SideSeen]]:
    """What the files would come to, and what the side files hold. Of a long file the first rows."""
    sides = sides_of(request)
    seen: list[SideSeen] = []
    with reading(request) as apart:

        def work() -> Any:
            seen.extend(apart.ask(Opened.sides, sides, mapping))
            return apart.ask(Opened.tried, mapping, rule, split, sides)

        return tried_by(work), seen


def bringing_in(apart: Apart[Opened], at: int) -> Any:
    """What `import_plan` calls in place of `bring_in`: the process apart writes the plan's run."""

    def by(plan: Plan, folder: RunFolder, *, progress: Progress, **more: Any) -> IngestResult:
        if not folder.root.is_local:
            raise RuntimeError("a process apart writes only to a folder of this machine")
        place = (folder.root.path, folder.relative)
        return apart.ask(
            Opened.bring_in, at, plan.mapping, plan.rule, *place, progress=progress, **more
        )

    return by
