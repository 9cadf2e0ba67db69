"""What people, and the mismatch score, said of a run's samples: one row a sample, for experiments.

It is frozen with the experiment: verdicts given later do not change what a trial reads.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.conf import settings
from django.utils.translation import gettext as _

from annotations.cleaning.cleaning import standing_repairs
from annotations.cleaning.scoring_runs import read_scores
from annotations.exports.curated import stored_at, verdicts_of
from annotations.models import Audit, CuratedSet, Item, MismatchScore, Verdict, VerdictKind
from annotations.science.curation.curation import CORRECTED, KEPT, Judgement, Recipe
from annotations.standing.standing import standing_of
from diagnostics.science.experiments.design.material import Curated, Material
from triage.models import Run
from triage.science.record.csv_cells import restore_cell
from triage.science.store.store import DataRoot

# A verdict, or a repair, that says that a sample is as it should be.
CLEAN = ("match", "repair_keep")
# What becomes of a sample, its weight in training, and its corrected answer if there is one.
Decision = tuple[str, float, str | None]


class CuratedSetUnreadable(ValueError):
    """The files of a curated set are not here, or not what they were; the message says which."""


def judged_samples(
    run: Run,
    curated: CuratedSet | None = None,
    score: MismatchScore | None = None,
    recipe: Recipe | None = None,
) -> pa.Table:
    """Every sample of `run` in its order, with what was decided and said of it.

    Columns: sample_id, position; of the curated set decision, weight, corrected_answer (null
    without one); suspicion (null where not scored); found_clean, judged; accepted, the answers that
    people accepted beside the references (null without a closed top-5 check).
    `recipe`: decides where there is no curated set yet. Raises CuratedSetUnreadable.
    """
    samples = pa.concat_tables(run.folder.read_samples(["sample_id", "position"]))
    verdicts = verdicts_of(run).decisions
    clean = [name for name, each in verdicts.items() if each.kind in CLEAN]
    columns = {
        **_decided(samples["sample_id"], _decisions(curated, verdicts, recipe)),
        "suspicion": _suspicion(samples["position"], score),
        "found_clean": _is_in(samples["sample_id"], clean),
        "judged": _is_in(samples["sample_id"], _drawn_or_repaired(run)),
        "accepted": _accepted(samples["sample_id"], run),
    }
    return pa.table({"sample_id": samples["sample_id"], "position": samples["position"], **columns})


def with_people(material: Material, said: pa.Table, curated: str = "") -> Material:
    """The material of a run with what `judged_samples` said of it; what nobody said stays None.

    `curated`: the uuid of the curated set.
    """
    order = pc.index_in(pa.array(material.position), value_set=said["position"].combine_chunks())
    rows = said.take(order)
    return replace(
        material,
        curated=_curated(rows, curated),
        suspicion=_floats(rows["suspicion"]),
        found_clean=_flags(rows["found_clean"]),
        judged=_flags(rows["judged"]),
        accepted=_together(material.answers, rows["accepted"]),
    )


def read_decisions(curated: CuratedSet) -> dict[str, Decision]:
    """Decision, weight and corrected answer by sample id, as the curated set was written.

    Raises CuratedSetUnreadable where its files are elsewhere, or were changed since.
    """
    rows = _rows_of(curated, "weights", ("sample_id", "decision", "weight"))
    corrected = _rows_of(curated, CORRECTED, ("sample_id", "corrected_answer"))
    answers = {row["sample_id"]: row["corrected_answer"] for row in corrected}
    return {
        row["sample_id"]: (row["decision"], float(row["weight"]), answers.get(row["sample_id"]))
        for row in rows
    }


def _rows_of(
    curated: CuratedSet, part: str, columns: tuple[str, ...]
) -> Iterable[Mapping[str, Any]]:
    checksums = {each["name"]: each["sha256"] for each in curated.manifest.get("files", [])}
    # Beside the training file, in the record; sets of before had it among the files.
    name = next((each for each in checksums if PurePosixPath(each).stem == part), part)
    root = DataRoot(settings.DATA_ROOT)
    try:
        data = root.get(f"{stored_at(curated)}/{name}")
    except FileNotFoundError:
        words = _("The files of this curated set are not in the data root: export it here.")
        raise CuratedSetUnreadable(words) from None
    if hashlib.sha256(data).hexdigest() != checksums.get(name):
        words = _("%(name)s of this curated set was changed since it was frozen.")
        raise CuratedSetUnreadable(words % {"name": name})
    if name.endswith(".parquet"):
        table = pq.read_table(pa.BufferReader(data), columns=list(columns))
        found: list[dict[str, Any]] = table.to_pylist()
        return found
    if name.endswith(".jsonl"):
        return [orjson.loads(line) for line in data.splitlines() if line]
    return [
        {restore_cell(key): restore_cell(cell) for key, cell in row.items()}
        for row in csv.DictReader(io.StringIO(data.decode()))
    ]


def _decisions(
    curated: CuratedSet | None, verdicts: Mapping[str, Judgement], recipe: Recipe | None
) -> dict[str, Decision] | None:
    if curated is not None:
        return read_decisions(curated)
    if recipe is None:
        return None
    found = {}
    for name, each in verdicts.items():
        decision, weight, _why = recipe.outcome(each.kind, each.corrected_answer)
        answer = each.corrected_answer if decision == CORRECTED else None
        found[name] = (decision, weight, answer)
    return found


def _decided(sample_ids: pa.ChunkedArray, known: dict[str, Decision] | None) -> dict[str, pa.Array]:
    if known is None:
        count = len(sample_ids)
        return {
            "decision": pa.nulls(count, pa.string()),
            "weight": pa.nulls(count, pa.float64()),
            "corrected_answer": pa.nulls(count, pa.string()),
        }
    # A sample that the set does not name stays as it is.
    rows = [known.get(name, (KEPT, 1.0, None)) for name in sample_ids.to_pylist()]
    return {
        "decision": pa.array([row[0] for row in rows], pa.string()),
        "weight": pa.array([row[1] for row in rows], pa.float64()),
        "corrected_answer": pa.array([row[2] for row in rows], pa.string()),
    }


def _suspicion(positions: pa.ChunkedArray, score: MismatchScore | None) -> Any:
    if score is None:
        return pa.nulls(len(positions), pa.float64())
    scores = read_scores(score)
    place = pc.index_in(positions, value_set=scores["position"].combine_chunks())
    return pc.take(scores["score"], place)


def _drawn_or_repaired(run: Run) -> list[str]:
    drawn = Item.objects.filter(audit__run=run).values_list("sample_id", flat=True)
    repaired = standing_repairs(run).values_list("sample_id", flat=True)
    return sorted({*drawn, *repaired})


def _is_in(sample_ids: pa.ChunkedArray, names: list[str]) -> Any:
    if not names:
        return pa.nulls(len(sample_ids), pa.bool_())
    return pc.is_in(sample_ids, pa.array(names, pa.string()))


def _accepted(sample_ids: pa.ChunkedArray, run: Run) -> pa.Array:
    """Candidates that people called right in closed top-5 checks, by sample."""
    audits = run.audits.filter(question=Audit.Question.TOP_FIVE, state=Audit.State.CLOSED)
    found: dict[str, list[str]] = {}
    for audit in audits.select_related("run", "score"):
        kept = {each.item for each in standing_of(audit).items if each.kind == VerdictKind.AMONG}
        said = Verdict.objects.standing().filter(item__in=kept, candidate__isnull=False)
        for verdict in said.select_related("item").order_by("item__place", "candidate"):
            candidates = verdict.item.snapshot.get("candidates") or []
            rank = int(verdict.candidate or 0)
            if 1 <= rank <= len(candidates):
                found.setdefault(verdict.item.sample_id, []).append(
                    str(candidates[rank - 1]["answer"])
                )
    if not found:
        return pa.nulls(len(sample_ids), pa.list_(pa.string()))
    names = sample_ids.to_pylist()
    return pa.array([found.get(name, []) for name in names], pa.list_(pa.string()))


def _curated(rows: pa.Table, name: str) -> Curated | None:
    if rows["decision"].null_count == rows.num_rows:
        return None
    return Curated(
        decision=np.array(rows["decision"].to_pylist(), dtype=np.str_),
        weight=rows["weight"].to_numpy().astype(np.float64),
        corrected=tuple(answer or "" for answer in rows["corrected_answer"].to_pylist()),
        name=name,
    )


def _floats(column: pa.ChunkedArray) -> Any:
    known = column.null_count < len(column)
    return column.to_numpy().astype(np.float64) if known else None


def _flags(column: pa.ChunkedArray) -> Any:
    known = column.null_count < len(column)
    return np.array(column.to_pylist(), dtype=bool) if known else None


def _together(
    answers: tuple[tuple[str, ...], ...], more: pa.ChunkedArray
) -> tuple[tuple[str, ...], ...] | None:
    if more.null_count == len(more):
        return None
    return tuple(
        tuple(dict.fromkeys((*known, *further)))
        for known, further in zip(answers, more.to_pylist(), strict=True)
    )
