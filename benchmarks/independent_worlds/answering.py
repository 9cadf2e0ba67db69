"""A simulated model answers, with and without what is planted.

The picture gives each answer evidence z ~ N(s · [it is what is seen], 1); the posterior is
log prior + s · z, so that a model with `stretch` 1 is calibrated. Training rows are seen better and
their references remembered. A plant changes what is seen, how well, or which reference is written:
an error is "of the cause" where the same draws without the plant are right.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.independent_worlds.plants import Seen, untouched
from benchmarks.independent_worlds.scene import WIDEST, Array, Bools, Scene

# How much logits of the same question vary from one run of the model to the next.
RUN_NOISE = 0.12


@dataclass(frozen=True)
class Model:
    """`skill`: d' of an evaluation row; `memory`: logits that a training reference is given."""

    skill: float
    memory: float


@dataclass(frozen=True)
class Noise:
    """All chance of the model (n, WIDEST), drawn once: worlds with and without plants share it."""

    evidence: Array
    run: Array
    alone: Array


def make_noise(n: int, rng: np.random.Generator) -> Noise:
    shape = (n, WIDEST)
    return Noise(
        rng.normal(size=shape),
        rng.normal(0, RUN_NOISE, shape),
        rng.normal(0, RUN_NOISE, shape),
    )


def logits(scene: Scene, seen: Seen, model: Model, noise: Noise) -> Array:
    """The model's own logits (n, WIDEST), before they are stretched."""
    rows = np.arange(len(scene))
    skill = model.skill + scene.ease + scene.trained * 0.5
    strength = np.maximum(skill, scene.design.floor) * seen.strength
    evidence = noise.evidence.copy()
    evidence[rows, seen.shown] += strength
    two = seen.second >= 0
    evidence[rows[two], seen.second[two]] += strength[two]
    found = scene.prior + strength[:, None] * evidence + noise.run
    found[rows, seen.reference] += model.memory * scene.trained * seen.memory
    return np.asarray(found)


def fitted(scene: Scene, noise: Noise) -> Model:
    """The model whose error rates, without plants, are the design's."""
    seen, design = untouched(scene), scene.design

    def errors(model: Model, rows: Bools) -> float:
        wrong = logits(scene, seen, model, noise).argmax(axis=1) != scene.truth
        return float(wrong[rows].mean())

    skill = _bisect(lambda x: errors(Model(x, 0.0), ~scene.trained), design.base_error, 0.5, 7.0)
    target = design.base_error * design.train_share
    memory = _bisect(lambda x: errors(Model(skill, x), scene.trained), target, 0.0, 14.0)
    return Model(skill, memory)


def _bisect(falling: Callable[[float], float], target: float, low: float, high: float) -> float:
    """Where a falling function meets its target, between two places."""
    for _ in range(11):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > target else (low, middle)
    return (low + high) / 2
