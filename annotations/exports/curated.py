"""Curated exports: what people found, taken out as a training set with its papers.

The recipe decides (`curation.py`) and the writer writes (`export_files.py`); here the standing
verdicts of all audits of a run are brought together and the row is made. Files first, row last.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_noop

from annotations.cleaning.cleaning import standing_repairs
from annotations.exports.run_pictures import pictures_of
from annotations.exports.votes import votes_of
from annotations.models import Audit, CuratedSet
from annotations.science.curation.curation import (
    Counts,
    Judgement,
    Recipe,
    count,
    decide,
    decided_schema,
)
from annotations.science.curation.export_files import (
    MANIFEST,
    ExportRefused,
    format_named,
    write_export,
)
from annotations.standing.standing import Standing, standing_of
from triage.models import Run
from triage.science.progress import Progress
from triage.science.record.records import FIELDS
from triage.science.store.browsing import RunBrowser
from triage.science.store.store import DataRoot
from triage.science.words import Sentence

GROUPS = ("split", "question_type")
ALWAYS = ("sample_id", "question", "answers", "prediction", "position", "row", "credit", "is_error")
# What else is computed at the import can be computed again.
EXPORTED = {*(field.name for field in FIELDS), *ALWAYS, "meta"}
PACKAGES = ("alignment-triage", "numpy", "pyarrow", "Django")

__all__ = ["ExportRefused", "export_curated", "export_to_data_root", "preview"]


@dataclass(frozen=True)
class Verdicts:
    """The final verdict of every judged sample of a run, and the audits they come from.

    A sample drawn by several audits keeps the verdict of the newest; `overruled` counts those
    whose older verdict was another one.
    """

    judgements: dict[str, Judgement]
    standings: tuple[Standing, ...]
    overruled: int
    repairs: dict[str, Judgement]

    @property
    def decisions(self) -> dict[str, Judgement]:
        """What is known of each sample: the audits' verdicts, then the cleaning queue's repairs."""
        return {**self.repairs, **self.judgements}

    @property
    def counts(self) -> dict[str, int]:
        """Samples by final verdict."""
        return dict(Counter(each.kind for each in self.judgements.values()))


@dataclass(frozen=True)
class GroupCounts:
    """What becomes of the samples of one split or question type."""

    value: str | None
    counts: Counts


@dataclass(frozen=True)
class ExportPreview:
    """What an export with this recipe would hold."""

    counts: Counts
    groups: dict[str, list[GroupCounts]]


def verdicts_of(run: Run) -> Verdicts:
    """The final verdicts of all noise audits of `run`; items that wait have none."""
    audits = run.audits.filter(question=Audit.Question.NOISE).order_by("created_at", "pk")
    standings = tuple(standing_of(audit) for audit in audits)
    judgements: dict[str, Judgement] = {}
    overruled = 0
    for standing in standings:
        for item in standing.items:
            if item.kind is None:
                continue
            new = Judgement(item.kind, item.corrected_answer)
            overruled += judgements.get(item.sample_id, new).kind != new.kind
            judgements[item.sample_id] = new
    return Verdicts(judgements, standings, overruled, _repairs(run))


def _repairs(run: Run) -> dict[str, Judgement]:
    rows = standing_repairs(run).values_list("sample_id", "action", "corrected_answer")
    return {sample_id: Judgement(f"repair_{action}", answer) for sample_id, action, answer in rows}


def preview(run: Run, recipe: Recipe) -> ExportPreview:
    """What would be kept, dropped and corrected, in all and by split and question type."""
    judgements = verdicts_of(run).decisions
    total = Counts(0, 0, 0)
    found: dict[str, Counter[tuple[str | None, str]]] = {name: Counter() for name in GROUPS}
    for part in run.folder.read_samples(columns=["sample_id", *GROUPS]):
        decided = decide(part, judgements, recipe)
        here = count(decided)
        total = Counts(*(a + b for a, b in zip(_parts(total), _parts(here), strict=True)))
        for name in GROUPS:
            rows = decided.group_by([name, "decision"]).aggregate([([], "count_all")]).to_pylist()
            for row in rows:
                found[name][row[name], row["decision"]] += row["count_all"]
    return ExportPreview(total, {name: _grouped(counts) for name, counts in found.items()})


def export_curated(
    run: Run,
    *,
    to: Path | str,
    file_format: str,
    recipe: Recipe | None = None,
    user: Any | None = None,
    progress: Progress = lambda share, step: None,
    curated: CuratedSet | None = None,
    pictures: bool = True,
) -> CuratedSet:
    """Write the curated set of `run` into the folder `to` (absent or empty) and store its row.

    Every sample of the run is kept, dropped or corrected by `recipe` (the default one without);
    `pictures`: whether those of the run go with it.
    Raises ExportRefused for an unknown format or a folder that cannot be written.
    """
    format_named(file_format)
    recipe = recipe or Recipe()
    curated = curated or CuratedSet(run=run)
    verdicts = verdicts_of(run)
    columns = _columns(run)
    parts = run.folder.read_samples(columns=columns)
    first = next(parts)
    schema = decided_schema(first.schema)
    exported = write_export(
        to,
        _decided(first, parts, verdicts.decisions, recipe, run.samples, progress),
        schema,
        file_format,
        manifest_of(run, curated, verdicts, recipe, user),
        pictures=pictures_of(run, wanted=pictures),
        votes=votes_of(run),
        title=run.name,
    )
    if exported.counts.total != run.samples:
        raise RuntimeError(f"{exported.counts.total} samples exported of {run.samples}")
    curated.recipe, curated.file_format = recipe.as_dict(), file_format
    curated.manifest, curated.created_by = exported.manifest, user
    curated.save()
    return curated


def export_to_data_root(
    run: Run,
    *,
    file_format: str,
    recipe: Recipe | None = None,
    user: Any | None = None,
    progress: Progress = lambda share, step: None,
    pictures: bool = True,
) -> CuratedSet:
    """The same, into the data root, from where leads can download it."""
    root = DataRoot(settings.DATA_ROOT)
    curated = CuratedSet(run=run)
    target = root.join(stored_at(curated))
    export = partial(
        export_curated,
        run,
        file_format=file_format,
        recipe=recipe,
        user=user,
        progress=progress,
        curated=curated,
        pictures=pictures,
    )
    if root.is_local:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        return export(to=target)
    with tempfile.TemporaryDirectory() as folder:
        local = Path(folder) / "export"
        saved = export(to=local)
        for path in sorted(local.rglob("*")):
            if path.is_file():
                name = path.relative_to(local).as_posix()
                root.fs.put_file(str(path), f"{target}/{name}")
    return saved


def stored_at(curated: CuratedSet) -> str:
    """The folder of an export under the data root."""
    return f"exports/{curated.uuid.hex}"


def is_stored(root: DataRoot, curated: CuratedSet) -> bool:
    """Whether the files of an export are in the data root."""
    folder = stored_at(curated)
    # Exports of before had their manifest beside the files.
    return root.has(f"{folder}/{MANIFEST}") or root.has(f"{folder}/manifest.json")


def manifest_of(
    run: Run, curated: CuratedSet, verdicts: Verdicts, recipe: Recipe, user: Any | None
) -> dict[str, Any]:
    """Where the export comes from: enough to repeat it and to doubt it."""
    return {
        "curated_set": str(curated.uuid),
        "created_at": timezone.now().isoformat(timespec="seconds"),
        "created_by": user.get_username() if user is not None else None,
        "run": {
            "uuid": str(run.uuid),
            "name": run.name,
            "source_name": run.source_name,
            "source_sha256": run.source_sha256,
            "scoring": run.scoring,
            "samples": run.samples,
            "errors": run.errors,
        },
        "recipe": recipe.as_dict(),
        "verdict_counts": verdicts.counts,
        "overruled_by_a_newer_audit": verdicts.overruled,
        "audits": [_audit_papers(standing) for standing in verdicts.standings],
        "repairs": [
            {
                "sample_id": sample_id,
                "action": repair.kind.removeprefix("repair_"),
                "corrected_answer": repair.corrected_answer or None,
                "overruled_by_an_audit": sample_id in verdicts.judgements,
            }
            for sample_id, repair in sorted(verdicts.repairs.items())
        ],
        "versions": {name: version(name) for name in PACKAGES},
    }


def _audit_papers(standing: Standing) -> dict[str, Any]:
    audit = standing.audit
    return {
        "uuid": str(audit.uuid),
        "name": audit.name,
        "protocol": audit.protocol,
        "design": audit.design,
        "size": audit.size,
        "threshold": str(audit.threshold),
        "comparison": standing.protocol.comparison,
        "overlap": audit.overlap,
        "seed": audit.seed,
        "criteria": audit.criteria,
        "population": audit.population,
        "frame_sha256": audit.frame_sha256,
        "verdict_counts": standing.verdicts,
        "verdicts": [
            {
                "sample_id": item.sample_id,
                "verdict": item.kind,
                "given": list(item.votes),
                "corrected_answer": item.corrected_answer or None,
            }
            for item in standing.items
            if item.votes
        ],
    }


def _columns(run: Run) -> list[str]:
    """The columns that hold something, in the order of the record."""
    folder = run.folder
    present = {*RunBrowser(folder).columns_present(), *ALWAYS} & EXPORTED
    with folder.root.fs.open(folder.sample_parts()[0], "rb") as stream:
        names = pq.read_schema(stream).names
    return [name for name in names if name in present]


def _decided(
    first: pa.Table,
    others: Iterator[pa.Table],
    judgements: dict[str, Judgement],
    recipe: Recipe,
    samples: int,
    progress: Progress,
) -> Iterator[pa.Table]:
    done = 0
    for part in chain([first], others):
        yield decide(part, judgements, recipe)
        done += part.num_rows
        progress(
            0.95 * done / max(samples, 1), Sentence(gettext_noop("{n} samples written"), n=done)
        )


def _parts(counts: Counts) -> tuple[int, int, int]:
    return tuple(asdict(counts).values())


def _grouped(found: Counter[tuple[str | None, str]]) -> list[GroupCounts]:
    values = sorted({value for value, _ in found}, key=lambda value: (value is None, value or ""))
    return [
        GroupCounts(
            value,
            Counts(found[value, "kept"], found[value, "dropped"], found[value, "corrected"]),
        )
        for value in values
    ]
