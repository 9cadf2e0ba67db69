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

from triage.science.analysis.encoders import unit
from triage.science.record.scoring import normalise
from triage.science.words import gettext_noop as _

Floats = npt.NDArray[np.float64]
# The nearest samples of its split that a sample is held beside.
ALIKE = 30
# Rows whose similarities to all others are held in memory at once.
_BLOCK = 1024


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
        _("the model's probability of a reference answer"),
        "low",
        _("candidates with probabilities, answers"),
    ),
    Input(
        "reference_margin",
        _("probability of a reference answer minus that of the best other candidate"),
        "low",
        _("candidates with probabilities, answers"),
    ),
    Input(
        "probability_beside_alike",
        _("probability of a reference answer minus its mean over the samples most alike"),
        "low",
        _("candidates with probabilities, answers"),
    ),
    Input(
        "margin_beside_alike",
        _("margin of the reference answer minus its mean over the samples most alike"),
        "low",
        _("candidates with probabilities, answers"),
    ),
    Input(
        "agreement_beside_alike",
        _(
            "share of the samples most alike with the same reference answer, minus its mean "
            "over them"
        ),
        "low",
        "answers",
    ),
    Input(
        "loss_beside_alike",
        _(
            "training loss in the later half of the epochs minus its mean over the samples "
            "most alike"
        ),
        "high",
        "loss",
    ),
    Input(
        "image_text_similarity",
        _("cosine of image and text embedding (one space)"),
        "low",
        _("image_embedding and text_embedding, or a CLIP-type encoder"),
    ),
)
NAMES = tuple(each.name for each in INPUTS)
# What the record has to be read for.
COLUMNS = ("position", "sample_id", "split", "answers", "candidates", "loss")


def measure(rows: pa.Table, vectors: np.ndarray | None, similarity: np.ndarray | None) -> pa.Table:
    """One row a sample: position, sample_id and every input as a nullable double.

    `rows` (n) has COLUMNS; `vectors` (n, d) were made without looking at any answer; `similarity`
    (n): cosines, NaN where unknown. What is hard for the model is hard for all samples of a kind,
    and what is wrong is wrong for one: so a sample is held beside those most alike, too.
    """
    light = rows.select(["answers", "candidates", "split", "loss"]).to_pylist()
    answers = [normalise(row["answers"][0]) if row["answers"] else None for row in light]
    pairs = [reference_probabilities(row["candidates"], row["answers"]) for row in light]
    probability = np.array([pair[0] for pair in pairs])
    margin = np.array([pair[0] - pair[1] for pair in pairs])
    alike = most_alike(vectors, [row["split"] for row in light])
    measured: dict[str, Floats] = {
        "reference_probability": probability,
        "reference_margin": margin,
        "probability_beside_alike": beside(alike, probability),
        "margin_beside_alike": beside(alike, margin),
        "agreement_beside_alike": beside(alike, agreement(alike, answers)),
        "loss_beside_alike": beside(alike, np.array([late_loss(row["loss"]) for row in light])),
        "image_text_similarity": _whole(similarity, len(light)),
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


def most_alike(
    vectors: np.ndarray | None, splits: Sequence[str | None], count: int = ALIKE
) -> npt.NDArray[np.int64]:
    """The `count` nearest others (cosine) of each sample within its split: rows (n, count).

    -1 where there are fewer, and everywhere without vectors; no order. Samples without a split are
    one of their own. Time: the sum over splits of n²·d; memory: n per row of a block.
    """
    out = np.full((len(splits), count), -1, dtype=np.int64)
    if vectors is None:
        return out
    space = unit(vectors).astype(np.float32)
    named = np.array([split or "" for split in splits])
    for split in np.unique(named):
        here = np.flatnonzero(named == split)
        kept = min(count, len(here) - 1)
        for start in range(0, len(here) if kept else 0, _BLOCK):
            block = here[start : start + _BLOCK]
            cosines = space[block] @ space[here].T
            cosines[np.arange(len(block)), np.arange(start, start + len(block))] = -np.inf
            out[block, :kept] = here[np.argpartition(cosines, -kept, axis=1)[:, -kept:]]
    return out


def agreement(alike: npt.NDArray[np.int64], answers: Sequence[str | None]) -> Floats:
    """Share of each sample's `alike` (n, k) that have its answer, of those that have one; NaN
    without an answer or without any alike that has one."""
    known = np.array([answer is not None for answer in answers])
    codes = np.unique([answer or "" for answer in answers], return_inverse=True)[1]
    counted = (alike >= 0) & known[alike]
    same = counted & (codes[alike] == codes[:, None])
    number = counted.sum(axis=1)
    shares: Floats = same.sum(axis=1) / np.where(number, number, 1)
    return np.where(known & (number > 0), shares, np.nan)


def beside(alike: npt.NDArray[np.int64], values: Floats) -> Floats:
    """`values` (n) minus their mean over each sample's `alike` (n, k); NaN where either is not
    known."""
    theirs = np.where(alike >= 0, values[alike], np.nan)
    known = np.isfinite(theirs)
    number = known.sum(axis=1)
    means = np.where(known, theirs, 0.0).sum(axis=1) / np.where(number, number, 1)
    differences: Floats = np.where(number > 0, values - means, np.nan)
    return differences


def late_loss(losses: Sequence[float] | None) -> float:
    """Mean over the later half of the epochs' losses, the middle one counted; NaN without any.

    Early losses tell hard from easy; wrong from right shows once the rest is learnt.
    """
    return float(np.mean(losses[len(losses) // 2 :])) if losses else np.nan


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
