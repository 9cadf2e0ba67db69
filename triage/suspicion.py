"""What makes any sample of a run suspicious of being noise, without asking a person.

Measured for right and wrong samples of every split; an input whose fields are absent is null, and
its entry says which field of the record would provide it. Nothing here sees a verdict.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from triage.encoders import unit
from triage.scoring import normalise

Floats = npt.NDArray[np.float64]
# Neighbours that a sample's reference answer is held against.
NEIGHBOURS = 15
# Rows whose similarities to all others are held in memory at once.
_BLOCK = 1024
# A median absolute deviation times this is a standard deviation, for normal values.
_MAD_TO_SD = 1.4826


@dataclass(frozen=True)
class Input:
    """One measured quantity: which end of it is suspicious, and what the record has to hold."""

    name: str
    description: str
    suspicious: Literal["low", "high"]
    needs: str


INPUTS: tuple[Input, ...] = (
    Input(
        "reference_probability",
        "the model's probability of a reference answer",
        "low",
        "candidates with probabilities, answers",
    ),
    Input(
        "reference_margin",
        "probability of a reference answer minus that of the best other candidate",
        "low",
        "candidates with probabilities, answers",
    ),
    Input(
        "neighbour_agreement",
        "share of the nearest samples by image and question with the same reference answer",
        "low",
        "answers",
    ),
    Input(
        "image_text_similarity",
        "cosine of image and text embedding (one space)",
        "low",
        "image_embedding and text_embedding, or a CLIP-type encoder",
    ),
    Input(
        "extreme_loss",
        "how far the mean training loss lies above its split's median, in robust deviations",
        "high",
        "loss",
    ),
)
NAMES = tuple(each.name for each in INPUTS)
# What the record has to be read for.
COLUMNS = ("position", "sample_id", "split", "answers", "candidates", "loss")


def measure(rows: pa.Table, vectors: np.ndarray | None, similarity: np.ndarray | None) -> pa.Table:
    """One row a sample: position, sample_id and every input as a nullable double.

    `rows` (n) has COLUMNS; `vectors` (n, d) were made without looking at any answer; `similarity`
    (n): cosines, NaN where unknown.
    """
    light = rows.select(["answers", "candidates", "split", "loss"]).to_pylist()
    answers = [normalise(row["answers"][0]) if row["answers"] else None for row in light]
    pairs = [reference_probabilities(row["candidates"], row["answers"]) for row in light]
    losses = [float(np.mean(row["loss"])) if row["loss"] else np.nan for row in light]
    measured: dict[str, Floats] = {
        "reference_probability": np.array([pair[0] for pair in pairs]),
        "reference_margin": np.array([pair[0] - pair[1] for pair in pairs]),
        "neighbour_agreement": neighbour_agreement(vectors, answers),
        "image_text_similarity": _whole(similarity, len(light)),
        "extreme_loss": extreme_loss(np.array(losses), [row["split"] for row in light]),
    }
    columns = {
        name: pa.array(
            np.where(np.isfinite(values), values, np.nan), pa.float64(), from_pandas=True
        )
        for name, values in measured.items()
    }
    return pa.table({**{name: rows[name] for name in ("position", "sample_id")}, **columns})


def reference_probabilities(
    candidates: Sequence[dict[str, Any]] | None, answers: Sequence[str] | None
) -> tuple[float, float]:
    """(probability of the references together, of the best other candidate); NaN if not known.

    A reference that is not among the candidates has probability 0: less than any that is listed.
    """
    if not candidates or not answers or any(each["probability"] is None for each in candidates):
        return np.nan, np.nan
    wanted = {normalise(answer) for answer in answers}
    found, other = 0.0, 0.0
    for each in candidates:
        if normalise(each["answer"]) in wanted:
            found += each["probability"]
        else:
            other = max(other, each["probability"])
    return found, other


def neighbour_agreement(
    vectors: np.ndarray | None, answers: Sequence[str | None], neighbours: int = NEIGHBOURS
) -> Floats:
    """Share of each sample's `neighbours` nearest others (cosine, those with an answer) whose
    answer is its own; NaN without vectors, an answer, or two samples with one.

    Time and memory: n²·d and n per row of a block, so n is capped by the caller.
    """
    out = np.full(len(answers), np.nan)
    known = np.array([index for index, answer in enumerate(answers) if answer is not None])
    if vectors is None or len(known) < 2:
        return out
    codes = np.unique([answers[index] for index in known], return_inverse=True)[1]
    space = unit(vectors[known]).astype(np.float32)
    count = min(neighbours, len(known) - 1)
    for start in range(0, len(known), _BLOCK):
        block = np.arange(start, min(start + _BLOCK, len(known)))
        cosines = space[block] @ space.T
        cosines[np.arange(len(block)), block] = -np.inf
        nearest = np.argpartition(cosines, -count, axis=1)[:, -count:]
        out[known[block]] = (codes[nearest] == codes[block][:, None]).mean(axis=1)
    return out


def extreme_loss(losses: Floats, splits: Sequence[str | None]) -> Floats:
    """(loss - median) / (1.4826 · MAD) within each split; NaN for an unknown loss.

    A split whose losses do not vary has 0 everywhere: nothing in it is extreme.
    """
    out = np.full(len(losses), np.nan)
    named = np.array([split or "" for split in splits])
    for split in np.unique(named):
        here = (named == split) & np.isfinite(losses)
        if not here.any():
            continue
        off = losses[here] - np.median(losses[here])
        spread = _MAD_TO_SD * float(np.median(np.abs(off)))
        out[here] = off / spread if spread > 0 else 0.0
    return out


def suspicious_ranks(inputs: pa.Table) -> dict[str, Floats]:
    """Mid-percentile rank (0..1) of every known value by how suspicious it is; NaN for unknown."""
    from scipy.stats import rankdata

    ranks = {}
    for each in INPUTS:
        values = inputs[each.name].to_numpy(zero_copy_only=False).astype(np.float64)
        oriented = -values if each.suspicious == "low" else values
        known = np.isfinite(oriented)
        rank = np.full(len(values), np.nan)
        if known.any():
            rank[known] = (rankdata(oriented[known]) - 0.5) / known.sum()
        ranks[each.name] = rank
    return ranks


def _whole(values: np.ndarray | None, count: int) -> Floats:
    return np.full(count, np.nan) if values is None else np.asarray(values, dtype=np.float64)
