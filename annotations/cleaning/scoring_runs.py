"""Mismatch scores of a run's samples: measured, fitted to verdicts where there are enough, frozen.

A score is a file that nobody changes and a row that names it, so that an audit can be drawn with a
score that was there before it. Only verdicts of random noise audits are learnt from.
"""

from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.db import transaction
from django.utils.translation import gettext as _

from annotations.models import UNDECIDED, Audit, MismatchScore
from annotations.science.suspicion import mismatch, suspicion
from annotations.standing.standing import standing_of
from triage.clusters.analysing import RunPictures
from triage.models import Run
from triage.science.analysis.analysis import COLUMNS as ENCODED
from triage.science.analysis.encoders import encode, propose_encoder
from triage.science.progress import Progress

# Above this many samples a seeded part is scored: all errors first, then others at random.
MOST_SAMPLES = 50_000
Method = MismatchScore.Method


class ScoreRefused(ValueError):
    """The run cannot be scored as asked; the message is for the person who asked."""


@dataclass(frozen=True)
class Labels:
    """The decided verdicts that a score may learn from, by position in the run."""

    noisy_at: dict[int, bool]
    audits: tuple[str, ...]


def score_run(
    run: Run,
    *,
    label_free: bool = False,
    seed: int = 0,
    user: Any | None = None,
    progress: Progress = lambda share, step: None,
) -> MismatchScore:
    """Score the run's samples and freeze the result; fitted to verdicts unless there are too few.

    `label_free`: do not look at verdicts. Raises ScoreRefused for a run without samples.
    """
    # Here, not above: pages import this module, and scikit-learn costs a second.

    progress(0.02, _("Reading samples"))
    rows = _read(run, seed)
    if not rows.num_rows:
        raise ScoreRefused(_("The run has no samples to score."))
    vectors = _vectors(rows, run, lambda share, step: progress(0.05 + 0.6 * share, step))
    progress(0.66, _("Measuring"))
    inputs = suspicion.measure(rows, vectors.joint, vectors.similarity())
    ranks = suspicion.suspicious_ranks(inputs)
    progress(0.9, _("Fitting"))
    free, weights = mismatch.label_free_scores(ranks)
    labels = labels_of(run)
    document: dict[str, Any] = {
        "seed": seed,
        "samples": rows.num_rows,
        "of": run.samples,
        "encoder": vectors.encoder,
        "inputs": {each.name: _known(inputs[each.name]) for each in suspicion.INPUTS},
        "weights": weights,
        "verdicts": len(labels.noisy_at),
        "audits": list(labels.audits),
        "versions": {name: version(name) for name in ("numpy", "scikit-learn")},
    }
    scores, method = free, Method.LABEL_FREE
    if not label_free:
        try:
            fitted = _fitted(rows, inputs, free, labels, seed)
        except mismatch.TooFewVerdicts as reason:
            document["why_label_free"] = str(reason)
        else:
            scores, method = fitted.scores, Method.CLASSIFIER
            document |= {"weights": fitted.weights, "roc": roc_document(fitted.roc)}
    if method == Method.LABEL_FREE:
        document["roc"] = _checked(rows, scores, labels)
    progress(0.96, _("Writing"))
    return _freeze(run, rows, scores, ranks, method, document, user)


def labels_of(run: Run) -> Labels:
    """The decided verdicts of the run's random noise audits; a newer audit's verdict wins."""
    audits = run.audits.filter(question=Audit.Question.NOISE).order_by("created_at", "pk")
    noisy_at: dict[int, bool] = {}
    used = []
    for audit in audits.select_related("run", "score"):
        standing = standing_of(audit)
        decided = [item for item in standing.items if item.kind and item.kind not in UNDECIDED]
        noisy_at |= {item.position: standing.is_noise(item) for item in decided}
        used += [str(audit.uuid)] if decided else []
    return Labels(noisy_at, tuple(used))


def latest_score(run: Run) -> MismatchScore | None:
    """The newest score of the run."""
    return run.mismatch_scores.first()


def read_scores(score: MismatchScore) -> pa.Table:
    """position, sample_id, split, is_error, score, and each input's suspicious rank, as frozen."""
    return score.run.folder.read_table("scores", f"{score.uuid.hex}.parquet")


def roc_document(roc: mismatch.RocCurve) -> dict[str, Any]:
    """The curve as JSON, its points thinned to at most about a hundred."""
    step = max(1, len(roc.false_positive) // 100)
    last = len(roc.false_positive) - 1
    kept = sorted({*range(0, last + 1, step), last})
    return {
        "auroc": roc.auroc,
        "low": roc.low,
        "high": roc.high,
        "noisy": roc.noisy,
        "clean": roc.clean,
        "points": [
            [round(float(roc.false_positive[n]), 4), round(float(roc.true_positive[n]), 4)]
            for n in kept
        ],
    }


def _read(run: Run, seed: int) -> pa.Table:
    """The columns that are measured and encoded, of all samples or of the seeded part."""
    columns = list(dict.fromkeys([*suspicion.COLUMNS, *ENCODED, "is_error"]))
    folder = run.folder
    if run.samples <= MOST_SAMPLES:
        return pa.concat_tables(folder.read_samples(columns))
    keys = pa.concat_tables(folder.read_samples(["position", "is_error"]))
    order = np.random.default_rng(seed).permutation(keys.num_rows)
    wrong = keys["is_error"].to_numpy(zero_copy_only=False)[order]
    chosen = np.concatenate([order[wrong], order[~wrong]])[:MOST_SAMPLES]
    wanted = keys["position"].take(pa.array(chosen)).combine_chunks()
    parts = folder.read_samples(columns)
    return pa.concat_tables(part.filter(pc.is_in(part["position"], wanted)) for part in parts)


def _vectors(rows: pa.Table, run: Run, progress: Progress) -> Any:
    """Embeddings of image and question alone: neighbours by the answer would agree on it."""
    blank = pa.array([[]] * rows.num_rows, pa.list_(pa.string()))
    empty = pa.array([""] * rows.num_rows, pa.string())
    for name, values in (("answers", blank), ("prediction", empty)):
        rows = rows.set_column(rows.schema.get_field_index(name), name, values)
    return encode(propose_encoder(rows), rows, RunPictures(run).load, progress)


def _fitted(
    rows: pa.Table, inputs: pa.Table, free: np.ndarray, labels: Labels, seed: int
) -> mismatch.FittedScores:
    """Cross-fitted on the verdicts. Raises mismatch.TooFewVerdicts."""
    positions = rows["position"].to_numpy()
    judged = np.flatnonzero(np.isin(positions, list(labels.noisy_at)))
    noisy = np.array([labels.noisy_at[int(positions[index])] for index in judged], dtype=bool)
    # Samples without an image are groups of their own.
    images = [path or f"\\0{n}" for n, path in enumerate(rows["image"].to_pylist())]
    groups = np.unique(images, return_inverse=True)[1][judged].astype(np.int64)
    columns = {name: _floats(inputs[name]) for name in suspicion.NAMES}
    rng = np.random.default_rng(seed)
    return mismatch.cross_fitted_scores({**columns, "label_free": free}, judged, noisy, groups, rng)


def _checked(rows: pa.Table, scores: np.ndarray, labels: Labels) -> dict[str, Any] | None:
    """A label-free score held against the verdicts, which it never saw; None without both kinds."""
    at = dict(zip(rows["position"].to_pylist(), scores.tolist(), strict=True))
    pairs = [(noisy, at[place]) for place, noisy in labels.noisy_at.items() if place in at]
    noisy = np.array([pair[0] for pair in pairs], dtype=bool)
    if not len(noisy) or noisy.all() or not noisy.any():
        return None
    return roc_document(mismatch.roc_curve(noisy, np.array([pair[1] for pair in pairs])))


def _freeze(
    run: Run,
    rows: pa.Table,
    scores: np.ndarray,
    ranks: dict[str, np.ndarray],
    method: str,
    document: dict[str, Any],
    user: Any | None,
) -> MismatchScore:
    """The file first, then the row that names it."""
    score = MismatchScore(run=run, method=method, parameters=document, created_by=user)
    light = {name: rows[name] for name in ("position", "sample_id", "split", "is_error")}
    columns = {
        name: pa.array(values, pa.float32(), from_pandas=True) for name, values in ranks.items()
    }
    table = pa.table({**light, "score": pa.array(scores, pa.float64()), **columns})
    run.folder.write_table(table, "scores", f"{score.uuid.hex}.parquet")
    with transaction.atomic():
        score.save(force_insert=True)
    return score


def _floats(column: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)


def _known(column: pa.ChunkedArray) -> int:
    return len(column) - column.null_count
