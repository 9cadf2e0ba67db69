"""What an experiment trains and tests on: a run's samples as columns, and what people said."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Optional

import numpy as np
import numpy.typing as npt

from diagnostics.science.measures.samples import Bools, Floats, Groups


@dataclass(frozen=True)
class Curated:
    """What a curated set makes of every sample (n): decision, training weight, corrected answer."""

    decision: npt.NDArray[np.str_]
    weight: Floats
    corrected: tuple[str, ...]
    # uuid of the curated set, so that a trial can be repeated.
    name: str = ""


@dataclass(frozen=True)
class Material:
    """n samples in the order of the run; whatever the record lacks is None or empty, not guessed.

    `answers`: the references of each sample, as the file has them. `accepted`: those and every
    further answer that people accepted. `image` (n): row of `regions` that a sample shows, -1 where
    its picture is missing. `regions` (u, r, d), float32: frozen features of the r regions of each
    distinct picture; `grid`: rows and columns where the regions are cells of a grid. `varied`: the
    same pictures as augmentation shows them, (v, u, r, d), for each of v variations. `looked_at`
    (n, r): share of each region in the true boxes, rows sum to 1, or to 0 where there is no box.
    `suspicion` (n): probability of noise by the mismatch score. `loss` (n): mean loss in training.
    `found_clean` (n): people judged it a match. `judged` (n): drawn by an audit or repaired.
    `strata`: question_type and other columns that results are read by.
    """

    sample_id: npt.NDArray[np.str_]
    position: npt.NDArray[np.int64]
    split: npt.NDArray[np.str_]
    question: tuple[str, ...]
    answers: tuple[tuple[str, ...], ...]
    image: npt.NDArray[np.int64]
    regions: npt.NDArray[np.float32]
    grid: tuple[int, int] | None = None
    varied: npt.NDArray[np.float32] | None = None
    looked_at: Floats | None = None
    accepted: tuple[tuple[str, ...], ...] | None = None
    suspicion: Floats | None = None
    loss: Floats | None = None
    found_clean: Bools | None = None
    judged: Bools | None = None
    strata: Mapping[str, Groups] = field(default_factory=dict)
    curated: Curated | None = None
    # word → other words for the same thing, from the team.
    glossary: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rule: str = "exact"
    # The checksum of the source file.
    checksum: str = ""
    target: Optional["Material"] = None

    def __len__(self) -> int:
        return len(self.sample_id)

    def trained(self) -> npt.NDArray[np.int64]:
        """Rows of the training split."""
        return np.flatnonzero(self.split == "train")

    def tested(self) -> npt.NDArray[np.int64]:
        """Rows that results are read on: the test split and others out of domain.

        The validation split where there is neither; never a training sample.
        """
        rows = np.flatnonzero(np.isin(self.split, ("test", "ood")))
        return rows if len(rows) else np.flatnonzero(self.split == "val")
