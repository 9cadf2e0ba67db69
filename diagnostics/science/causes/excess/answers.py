"""What the static claimer reads: a run's samples, and three things that samples do not hold."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from diagnostics.science.measures.samples import Bools, Floats, Samples

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Candidates:
    """The candidates of some samples, flat and in any order within a sample.

    `owner` (m): row of the run, ascending; `logs` (m): natural log of the probability, finite;
    `reference` (m): whether it is a reference answer.
    """

    owner: Rows
    logs: Floats
    reference: Bools

    def of(self, chosen: Bools) -> "Candidates":
        """Those of the chosen rows (n)."""
        kept = chosen[self.owner]
        return Candidates(self.owner[kept], self.logs[kept], self.reference[kept])


@dataclass(frozen=True)
class Words:
    """The words of the questions, flat: word number `word` (m) stands in row `owner` (m)."""

    owner: Rows
    word: Rows


@dataclass(frozen=True)
class Answers:
    """A run of n samples. What is None was not brought; a sign that needs it is not tested.

    `attention_distance` (n): see `attention.off_box`, NaN where the record has no grid or no box.
    """

    samples: Samples
    candidates: Candidates | None = None
    words: Words | None = None
    attention_distance: Floats | None = None
    evaluated: Bools = field(init=False)
    trained: Bools = field(init=False)

    def __post_init__(self) -> None:
        """Raises ValueError where a column's length is not the samples' own."""
        count = len(self.samples)
        if self.attention_distance is not None and self.attention_distance.shape != (count,):
            raise ValueError("attention_distance must have one entry a sample")
        for flat in (self.candidates, self.words):
            if flat is not None and len(flat.owner) and not 0 <= flat.owner.max() < count:
                raise ValueError("an owner lies outside the samples")
        object.__setattr__(self, "evaluated", self.samples.evaluated())
        object.__setattr__(self, "trained", self.samples.in_split("train"))

    @property
    def errors(self) -> int:
        """E: errors of the evaluation, of which every share is a part."""
        return int((self.samples.error & self.evaluated).sum())

    @property
    def types(self) -> Rows:
        """Question type (n) as a number; one type of all where the record has none."""
        return codes_of(self.samples, "question_type")

    def confidence(self) -> Floats:
        """Probability of the model's answer (n), from the record or its candidates."""
        for name in ("confidence", "top_probability"):
            found = self.samples.number(name)
            if found is not None:
                return found
        return np.full(len(self.samples), np.nan)


def codes_of(samples: Samples, name: str) -> Rows:
    """A column of names as numbers from 0 (n); 0 where the record says nothing."""
    group = samples.group(name)
    if group is None:
        return np.zeros(len(samples), dtype=np.int64)
    return np.asarray(group.codes + 1, dtype=np.int64)


def joined(first: Rows, second: Rows) -> Rows:
    """Each pair of numbers (n) as one number, from 0."""
    pairs = np.stack([first, second], axis=1)
    return np.asarray(np.unique(pairs, axis=0, return_inverse=True)[1].ravel(), dtype=np.int64)


def logit(share: Floats) -> Floats:
    """log(p / (1 − p)), p held inside 1e-9 … 1 − 1e-9."""
    held = np.clip(share, 1e-9, 1 - 1e-9)
    return np.asarray(np.log(held) - np.log1p(-held))
