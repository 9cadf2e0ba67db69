"""The frame of an audit, and what the run's Parquet says of the samples drawn from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from django.conf import settings

from annotations.snapshots import COLUMNS
from triage.browsing import RunBrowser, SampleFilter
from triage.models import Clustering, Run
from triage.store import DataRoot, RunFolder


@dataclass(frozen=True)
class Frame:
    """The error samples that an audit may draw: ids and positions in the same order."""

    sample_ids: Sequence[str]
    positions: Sequence[int]

    @cached_property
    def position_of(self) -> dict[str, int]:
        """Position by sample id."""
        return dict(zip(self.sample_ids, self.positions, strict=True))


def folder_of(run: Run) -> RunFolder:
    """The run's files."""
    return DataRoot(settings.DATA_ROOT).run(run.uuid)


def error_filter(criteria: Mapping[str, Any]) -> SampleFilter:
    """The selection that `criteria` names, held to error samples whatever they say.

    Raises ValueError for a criterion that does not exist.
    """
    return SampleFilter.from_dict({**criteria, "errors_only": True})


def frame_size(run: Run, criteria: Mapping[str, Any]) -> int:
    """How many error samples match."""
    if not criteria:
        return int(run.errors)
    return RunBrowser(folder_of(run)).count(error_filter(criteria))


def frame_of(run: Run, criteria: Mapping[str, Any]) -> Frame:
    """The error samples of `run` that match `criteria`, by position."""
    if not run.errors:
        return Frame((), ())
    folder = folder_of(run)
    chosen = RunBrowser(folder).positions(error_filter(criteria))
    ids: list[str] = []
    for part in folder.read_samples(columns=["position", "sample_id"]):
        here = np.isin(part["position"].to_numpy(), chosen, assume_unique=True)
        ids += part["sample_id"].filter(here).to_pylist()
    return Frame(ids, chosen.tolist())


def rows_at(run: Run, positions: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What a snapshot needs of the samples at `positions`, by position, in one query."""
    rows = RunBrowser(folder_of(run)).rows(positions, COLUMNS)
    return {row["position"]: row for row in rows}


def cluster_of_positions(run: Run, clustering: Clustering | None) -> dict[int, int]:
    """The cluster of each error sample by position; empty without a clustering."""
    if clustering is None:
        return {}
    table = folder_of(run).read_table(
        "clusterings", f"{clustering.uuid.hex}.parquet", columns=["position", "cluster"]
    )
    return dict(zip(table["position"].to_pylist(), table["cluster"].to_pylist(), strict=True))
