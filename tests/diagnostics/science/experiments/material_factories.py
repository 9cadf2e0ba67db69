"""A small run as experiments read it: pictures of four cells, one of which holds a colour."""

from typing import Any

import numpy as np

from diagnostics.science.experiments.design.material import Curated, Material
from diagnostics.science.measures.samples import Groups

COLOURS = ("red", "green", "blue")


def make_material(train: int = 60, val: int = 12, test: int = 24, **changed: Any) -> Material:
    """Every sample shows a picture of its own and asks for the colour or the side of its mark."""
    count = train + val + test
    rng = np.random.default_rng(11)
    colour, cell = rng.integers(3, size=count), rng.integers(4, size=count)
    regions = np.zeros((count, 4, 6), dtype=np.float32)
    regions[np.arange(count), cell, colour] = 3.0
    regions += rng.normal(0, 0.1, regions.shape).astype(np.float32)
    looked_at = np.zeros((count, 4))
    looked_at[np.arange(count), cell] = 1.0
    asks = np.arange(count) % 2
    questions = ("What colour is the mark?", "Is the mark on the left or the right?")
    answers = [
        (COLOURS[colour[n]],) if asks[n] == 0 else (("left", "right")[cell[n] % 2],)
        for n in range(count)
    ]
    values: dict[str, Any] = {
        "sample_id": np.array([f"s{n}" for n in range(count)]),
        "position": np.arange(count),
        "split": np.repeat(["train", "val", "test"], [train, val, test]),
        "question": tuple(questions[each] for each in asks),
        "answers": tuple(answers),
        "image": np.arange(count),
        "regions": regions,
        "grid": (2, 2),
        "looked_at": looked_at,
        "strata": {"question_type": Groups(asks.astype(np.int32), ("attribute", "position"))},
    }
    return Material(**{**values, **changed})


def curated(
    material: Material,
    dropped: tuple[int, ...] = (),
    corrected: dict[int, str] | None = None,
    weights: dict[int, float] | None = None,
) -> Curated:
    """A curated set that drops, corrects and weights these rows, and keeps all others."""
    decision = np.full(len(material), "kept", dtype="U9")
    decision[list(dropped)] = "dropped"
    weight = np.ones(len(material))
    weight[list(dropped)] = 0.0
    answers = [""] * len(material)
    for row, answer in (corrected or {}).items():
        decision[row], answers[row] = "corrected", answer
    for row, value in (weights or {}).items():
        weight[row] = value
    return Curated(decision, weight, tuple(answers), "f" * 32)
