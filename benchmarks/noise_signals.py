"""How well each signal of the diagnosis finds noise injected into training: one JSON line.

    python -m benchmarks.noise_signals [--seeds 11 12 13 14 15 16]

A world is drawn and a model trained on it; a known share of its training pairs are shuffled and of
its answers wrong. AUROC of each signal among the training samples, mean over the worlds: the losses
of the epochs (mean, last, area under the margin, forgetting, largest jump), influence through the
model's answer layer (on itself, on the errors), what the model gives to the reference after
training, the label-free mismatch score, and, where it can be imported (pip install cleanlab), the
best of cleanlab's label quality scores on the same candidates, chosen anew in every world. A signal
that is not known of a sample stands in the middle.
"""

import argparse
import json
import tempfile
import uuid
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from annotations.science.suspicion import mismatch, suspicion
from benchmarks.mismatch_score import cleanlab_areas, rows_of, table_of, vectors_of
from diagnostics.science.columns.gathering import Sources, gather
from diagnostics.science.measures.noise_signals import forgetting_events, mean_margin
from diagnostics.science.measures.samples import Samples
from diagnostics.science.testbed.run_files import write_run
from diagnostics.science.testbed.training import TrainingConfig
from diagnostics.science.testbed.world import WorldConfig
from triage.science.ingest.ingesting import ingest
from triage.science.readers import open_reader
from triage.science.record.mapping import propose
from triage.science.record.records import FIELDS
from triage.science.store.store import DataRoot


def gathered(folder: Path, rows: list[dict[str, Any]], vectors: np.ndarray) -> Samples:
    """The run as the diagnosis reads it, each row with its vector as the image's embedding."""
    source = folder / "with-vectors.jsonl"
    with source.open("w") as sink:
        for row, vector in zip(rows, vectors, strict=True):
            sink.write(json.dumps({**row, "image_embedding": vector.round(5).tolist()}) + "\n")
    reader = open_reader(source)
    mapping = propose(reader.columns(), [field.name for field in FIELDS])
    run = DataRoot(str(folder / "data")).run(uuid.UUID(int=1))
    ingest(reader, source, run, mapping=mapping, rule="exact")
    return gather(Sources(run, "exact"), image_size=lambda path: None)


def signals_of(samples: Samples) -> dict[str, np.ndarray]:
    """Every signal (n), higher where noise is more likely."""
    losses = samples.losses
    assert losses is not None
    chance = np.exp(-losses)
    return {
        "mean_loss": losses.mean(axis=1),
        "last_loss": losses[:, -1],
        "area_under_margin": -mean_margin(losses),
        "forgetting": forgetting_events(chance),
        "never_learnt": (chance <= 0.5).all(axis=1).astype(float),
        "largest_jump": np.diff(losses, axis=1).max(axis=1),
        "self_influence": samples.numbers["self_influence"],
        "influence_on_errors": samples.numbers["influence_on_errors"],
        "reference_probability": -samples.numbers["reference_probability"],
    }


def one_world(seed: int) -> dict[str, float | None]:
    """AUROC of each signal in one world."""
    with tempfile.TemporaryDirectory(prefix="alignment-triage-bench-") as name:
        folder = Path(name)
        write_run(folder, WorldConfig(seed=seed), TrainingConfig())
        rows, noisy = rows_of(folder)
        table = table_of(rows)
        vectors = vectors_of(table, folder / "images")
        samples = gathered(folder, rows, vectors)
        inputs = suspicion.measure(table, vectors, None)
    free, _ = mismatch.label_free_scores(suspicion.suspicious_ranks(inputs))
    trained = samples.in_split("train")
    found: dict[str, float | None] = {
        signal: _area(noisy[trained], values[trained])
        for signal, values in {**signals_of(samples), "mismatch_label_free": free}.items()
    }
    rival = cleanlab_areas(table.filter(trained), noisy[trained], np.ones(trained.sum(), bool))
    found["cleanlab_best"] = None if rival is None else rival["all"]
    return {"noisy": float(noisy[trained].mean()), **found}


def _area(noisy: np.ndarray, values: np.ndarray) -> float:
    known = np.isfinite(values)
    return float(roc_auc_score(noisy, np.where(known, values, np.median(values[known]))))


def main() -> None:
    """Measure every world, print one line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[11, 12, 13, 14, 15, 16])
    seeds = parser.parse_args().seeds
    worlds = [one_world(seed) for seed in seeds]
    means = {
        name: None
        if any(world[name] is None for world in worlds)
        else round(float(np.mean([world[name] for world in worlds])), 3)
        for name in worlds[0]
    }
    print(json.dumps({"benchmark": "noise_signals", "seeds": seeds, **means}))


if __name__ == "__main__":
    main()
