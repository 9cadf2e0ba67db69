"""The frame of an audit, and what the run's Parquet says of the samples drawn from it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from annotations.evidence.snapshots import COLUMNS
from annotations.models import MismatchScore
from triage.models import Clustering, Run
from triage.science.store.browsing import ANSWERED, RunBrowser, SampleFilter


@dataclass(frozen=True)
class Frame:
    """The error samples that an audit may draw: ids, positions and question types in one order."""

    sample_ids: Sequence[str]
    positions: Sequence[int]
    question_types: Sequence[str | None]

    @cached_property
    def position_of(self) -> dict[str, int]:
        """Position by sample id."""
        return dict(zip(self.sample_ids, self.positions, strict=True))

    @cached_property
    def question_type_of(self) -> dict[str, str | None]:
        """Question type by sample id."""
        return dict(zip(self.sample_ids, self.question_types, strict=True))


def error_filter(criteria: Mapping[str, Any]) -> SampleFilter:
    """The selection that `criteria` names, held to error samples whatever they say.

    A failed call and an empty answer are errors of their own kind: they are drawn only where the
    criteria ask for them. Raises ValueError for a criterion that does not exist.
    """
    return SampleFilter.from_dict({"answer_state": ANSWERED, **criteria, "errors_only": True})


def frame_size(run: Run, criteria: Mapping[str, Any]) -> int:
    """How many error samples match; of rows that are one question, one."""
    if run.outcome.get("groups"):
        return len(frame_of(run, criteria).sample_ids)
    if not criteria and not run.unanswered:
        return int(run.errors)
    return run.browser.count(error_filter(criteria))


def frame_of(run: Run, criteria: Mapping[str, Any], *, with_candidates: bool = False) -> Frame:
    """The error samples of `run` that match `criteria`, by position.

    Rows of one group are one question asked several times: the first of them that is an error
    stands for it. `with_candidates`: only those that carry at least two candidates, for a top-5
    check.
    """
    if not run.errors:
        return Frame((), (), ())
    folder = run.folder
    chosen = RunBrowser(folder).positions(error_filter(criteria))
    columns = ["position", "sample_id", "question_type"]
    grouped = ["group"] if run.outcome.get("groups") else []
    found = []
    extra = [*grouped, *(["candidates"] if with_candidates else [])]
    for part in folder.read_samples([*columns, *extra]):
        here = part.filter(np.isin(part["position"].to_numpy(), chosen, assume_unique=True))
        if with_candidates:
            here = here.filter(pc.greater(pc.list_value_length(here["candidates"]), 1))
        found.append(here.select([*columns, *grouped]))
    table = pa.concat_tables(found)
    if grouped:
        table = table.take(pa.array(_first_of_groups(table["group"].to_pylist())))
    return Frame(*(table[name].to_pylist() for name in ("sample_id", "position", "question_type")))


def _first_of_groups(groups: Sequence[str | None]) -> list[int]:
    """Places of the first row of each group, and of every row without one."""
    seen: set[str] = set()
    kept = []
    for place, group in enumerate(groups):
        if group is None or group not in seen:
            kept.append(place)
        if group is not None:
            seen.add(group)
    return kept


def positions_of(run: Run, sample_ids: Collection[str]) -> dict[str, int]:
    """Position by sample id, for those of the ids that the run holds."""
    wanted = pa.array(sorted(sample_ids), pa.string())
    found: dict[str, int] = {}
    for part in run.folder.read_samples(columns=["position", "sample_id"]):
        here = part.filter(pc.is_in(part["sample_id"], wanted))
        found |= dict(zip(here["sample_id"].to_pylist(), here["position"].to_pylist(), strict=True))
    return found


def scores_at(score: MismatchScore, positions: Sequence[int]) -> np.ndarray:
    """The frozen scores at `positions`, in that order; NaN where the score has none."""
    table = score.run.folder.read_table(
        "scores", f"{score.uuid.hex}.parquet", columns=["position", "score"]
    )
    known = dict(zip(table["position"].to_pylist(), table["score"].to_pylist(), strict=True))
    return np.array([known.get(position, np.nan) for position in positions], dtype=np.float64)


def rows_at(run: Run, positions: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What a snapshot needs of the samples at `positions`, by position, in one query."""
    rows = run.browser.rows(positions, COLUMNS)
    return {row["position"]: row for row in rows}


def cluster_of_positions(run: Run, clustering: Clustering | None) -> dict[int, int]:
    """The cluster of each error sample by position; empty without a clustering."""
    if clustering is None:
        return {}
    table = run.folder.read_table(
        "clusterings", f"{clustering.uuid.hex}.parquet", columns=["position", "cluster"]
    )
    return dict(zip(table["position"].to_pylist(), table["cluster"].to_pylist(), strict=True))
