"""How well the mismatch score finds injected noise: one JSON line.

    python -m benchmarks.mismatch_score [--seed 11] [--audits 10]

A world is drawn and a model trained on it; a known share of its pairs are shuffled and of its
answers wrong. AUROC of: the label-free score; the classifier, cross-fitted on 200 random errors'
true verdicts (mean over `audits` draws; those 200 are left out of what is read); and, where it can
be imported (pip install cleanlab), the best of cleanlab's label quality scores on the same
candidates. `all`: noise among all samples; `errors`: among errors alone, which is what audits draw.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.metrics import roc_auc_score

from annotations.science.suspicion import mismatch, suspicion
from diagnostics.science.testbed.run_files import write_run
from diagnostics.science.testbed.training import TrainingConfig
from diagnostics.science.testbed.world import WorldConfig
from triage.science.analysis.encoders import encode
from triage.science.record.scoring import normalise
from triage.science.store.image_files import NotAPicture
from triage.science.store.pictures import decode

JUDGED = 200
NOISE = ("mismatch", "wrong_answer")
SIDE = 384


def rows_of(folder: Path) -> tuple[list[dict[str, Any]], np.ndarray]:
    """The records of the run, and which of them are noise."""

    def lines(name: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (folder / name).read_text().splitlines()]

    rows = lines("predictions.jsonl")
    kind = {row["sample_id"]: row["kind"] for row in lines("truth.jsonl")}
    return rows, np.array([kind[row["sample_id"]] in NOISE for row in rows])


def table_of(rows: list[dict[str, Any]]) -> pa.Table:
    """The columns that the score is measured on."""
    columns: dict[str, Any] = {
        "position": pa.array(range(len(rows)), pa.int64()),
        "loss": pa.array([_losses(row.get("loss")) for row in rows], pa.list_(pa.float64())),
    }
    for name in ("sample_id", "split", "answers", "candidates", "image", "question", "prediction"):
        columns[name] = pa.array([row.get(name) for row in rows])
    return pa.table(columns)


def _losses(value: Any) -> list[float] | None:
    return None if value is None else list(np.atleast_1d(value).astype(float))


def vectors_of(table: pa.Table, images: Path) -> np.ndarray:
    """Image and question, no answer, as the product encodes them."""

    def load(path: str) -> Any:
        try:
            return decode((images / path).read_bytes(), SIDE).convert("RGB")
        except (OSError, NotAPicture):
            return None

    count = table.num_rows
    for name, values in (
        ("answers", pa.array([[]] * count, pa.list_(pa.string()))),
        ("prediction", pa.array([""] * count)),
    ):
        table = table.set_column(table.schema.get_field_index(name), name, values)
    return encode("builtin", table, load).joint


def area(noisy: np.ndarray, scores: np.ndarray, among: np.ndarray) -> float:
    """AUROC among some of the samples."""
    return float(roc_auc_score(noisy[among], scores[among]))


def fitted_areas(
    table: pa.Table,
    inputs: pa.Table,
    free: np.ndarray,
    noisy: np.ndarray,
    wrong: np.ndarray,
    audits: int,
) -> dict[str, float]:
    """The classifier's AUROC on what it was not fitted to: means over the draws."""
    columns = {name: inputs[name].to_numpy(zero_copy_only=False) for name in suspicion.NAMES}
    groups = np.unique(table["image"].to_pylist(), return_inverse=True)[1]
    found = []
    for seed in range(audits):
        rng = np.random.default_rng(seed)
        judged = rng.permutation(np.flatnonzero(wrong))[:JUDGED]
        fitted = mismatch.cross_fitted_scores(
            {**columns, "label_free": free}, judged, noisy[judged], groups[judged], rng
        )
        rest = ~np.isin(np.arange(len(noisy)), judged)
        found.append(
            (
                area(noisy, fitted.scores, rest),
                area(noisy, fitted.scores, rest & wrong),
                fitted.roc.auroc,
            )
        )
    means = np.mean(found, axis=0)
    return {"all": means[0], "errors": means[1], "errors_cross_fitted": means[2]}


def cleanlab_areas(
    table: pa.Table, noisy: np.ndarray, wrong: np.ndarray
) -> dict[str, float] | None:
    """The best of cleanlab's scores on each; None where it is not installed."""
    try:
        from cleanlab.rank import get_label_quality_scores
    except ImportError:
        return None
    answers = [normalise(each[0]) for each in table["answers"].to_pylist()]
    candidates = table["candidates"].to_pylist()
    names = {normalise(each["answer"]) for row in candidates for each in row} | set(answers)
    place = {name: number for number, name in enumerate(sorted(names))}
    shares = np.full((len(answers), len(place)), 1e-6)
    for row, listed in enumerate(candidates):
        for each in listed:
            shares[row, place[normalise(each["answer"])]] += each["probability"]
    shares /= shares.sum(axis=1, keepdims=True)
    labels = np.array([place[answer] for answer in answers])
    found = []
    for method in ("self_confidence", "normalized_margin", "confidence_weighted_entropy"):
        for adjusted in (False, True):
            if adjusted and method == "confidence_weighted_entropy":
                continue
            quality = get_label_quality_scores(
                labels, shares, method=method, adjust_pred_probs=adjusted
            )
            everything = np.ones(len(noisy), dtype=bool)
            found.append((area(noisy, -quality, everything), area(noisy, -quality, wrong)))
    best = np.max(found, axis=0)
    return {"all": float(best[0]), "errors": float(best[1])}


def main() -> None:
    """Make the world, measure, print one line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=11, help="of the world")
    parser.add_argument("--audits", type=int, default=10, help="draws of 200 verdicts")
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="alignment-triage-bench-") as name:
        folder = Path(name)
        write_run(folder, WorldConfig(seed=wish.seed), TrainingConfig())
        rows, noisy = rows_of(folder)
        table = table_of(rows)
        inputs = suspicion.measure(table, vectors_of(table, folder / "images"), None)
    free, _ = mismatch.label_free_scores(suspicion.suspicious_ranks(inputs))
    wrong = np.array([row["prediction"] not in row["answers"] for row in rows])
    everything = np.ones(len(noisy), dtype=bool)
    areas = {
        "label_free": {"all": area(noisy, free, everything), "errors": area(noisy, free, wrong)},
        "classifier": fitted_areas(table, inputs, free, noisy, wrong, wish.audits),
        "cleanlab_best": cleanlab_areas(table, noisy, wrong),
    }
    rounded = {
        name: None
        if found is None
        else {key: round(float(value), 3) for key, value in found.items()}
        for name, found in areas.items()
    }
    counts = {"samples": len(noisy), "noisy": int(noisy.sum()), "errors": int(wrong.sum())}
    print(json.dumps({"seed": wish.seed, **counts, **rounded}))


if __name__ == "__main__":
    main()
