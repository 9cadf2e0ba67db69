"""What can be planted: each plant changes what a model sees of some rows, or what is written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.independent_worlds.scene import (
    SIZES,
    VOCABULARY,
    Array,
    Bools,
    Ints,
    Scene,
    draw,
)

# Share of rows that a plant of size 1 takes.
MISREAD, WRONG_KEYS, TWO_READINGS = 0.13, 0.085, 0.25
RARE_SHARE = 0.35


@dataclass(frozen=True)
class Seen:
    """What a model sees of n rows: `shown` is what the picture seems to hold, `second` another
    reading or -1, `strength` and `memory` factors of d' and of what training remembers, `reference`
    what is written. `elsewhere`: rows whose model looks beside the box."""

    shown: Ints
    second: Ints
    strength: Array
    memory: Array
    reference: Ints
    elsewhere: Bools


Planted = tuple[Scene, Seen]
Plant = Callable[[Scene, Seen, np.random.Generator], Planted]


def untouched(scene: Scene) -> Seen:
    """Without plants."""
    n = len(scene)
    ones, nowhere = np.ones(n), np.zeros(n, dtype=bool)
    return Seen(scene.truth, np.full(n, -1), ones, ones, scene.truth, nowhere)


def planted(scene: Scene, rng: np.random.Generator) -> Planted:
    """The scene and what is seen of it once every plant of the design is in."""
    seen = untouched(scene)
    for plant in scene.design.planted:
        scene, seen = PLANTS[plant](scene, seen, rng)
    return scene, seen


def _chosen(scene: Scene, share: float, rng: np.random.Generator) -> Bools:
    return np.asarray(rng.random(len(scene)) < share * scene.design.size)


def _misread(scene: Scene, seen: Seen, rows: Bools, rng: np.random.Generator) -> Seen:
    """Something else is seen: an answer of the type, by the question's own chances."""
    return replace(seen, shown=np.where(rows, draw(scene.prior, rng), seen.shown))


def _noise(scene: Scene, seen: Seen, rng: np.random.Generator) -> Planted:
    """Wrong keys in both splits: half of them any other answer, half a plausible one."""
    rows = _chosen(scene, WRONG_KEYS, rng)
    flat = np.where(np.isfinite(scene.prior), 0.0, -np.inf)
    logs = np.where(rng.random(len(scene))[:, None] < 0.5, flat, scene.prior)
    return scene, replace(seen, reference=np.where(rows, _other(logs, scene, rng), seen.reference))


def _other(logs: Array, scene: Scene, rng: np.random.Generator) -> Ints:
    """An answer that is not the truth (n)."""
    logs = logs.copy()
    logs[np.arange(len(scene)), scene.truth] = -np.inf
    return draw(logs, rng)


def _domain(scene: Scene, seen: Seen, rng: np.random.Generator) -> Planted:
    factor = np.where(scene.other_domain, 0.5, 1.0)
    return scene, replace(seen, strength=seen.strength * factor)


def _overfit(scene: Scene, seen: Seen, rng: np.random.Generator) -> Planted:
    """Planted by the design's own error rates: all of training is remembered."""
    return scene, seen


def _rare(scene: Scene, seen: Seen, rng: np.random.Generator) -> Planted:
    """Rare answers are not known beyond training."""
    pairs = scene.kind * 1000 + seen.reference
    frequency = np.bincount(pairs[scene.trained], minlength=int(pairs.max()) + 1)[pairs]
    wide = SIZES[scene.kind] >= 15
    limit = np.quantile(frequency[wide & ~scene.trained], RARE_SHARE)
    rows = wide & (frequency <= limit) & ~scene.trained
    return scene, replace(seen, strength=np.where(rows, seen.strength * 0.4, seen.strength))


def _new_words(scene: Scene, seen: Seen, rng: np.random.Generator) -> Planted:
    """A word that training never had stands in some evaluation questions: they are misread."""
    rows = _chosen(scene, MISREAD, rng) & ~scene.trained
    fresh = VOCABULARY + rng.integers(0, 150, int(rows.sum()))
    owner, word = np.r_[scene.owner, np.flatnonzero(rows)], np.r_[scene.word, fresh]
    scene = replace(scene, owner=owner, word=word, length=scene.length + rows)
    return scene, _misread(scene, seen, rows, rng)


def _hard_words(scene: Scene, seen: Seen, rng: np.random.Generator) -> Planted:
    """Some words, known to training, were not learnt: rows with one are misread in both splits."""
    often = np.bincount(scene.word[scene.trained[scene.owner]], minlength=VOCABULARY)
    rows = np.zeros(len(scene), dtype=bool)
    for word in rng.permutation(np.flatnonzero((often >= 10) & (often <= 120))):
        if rows.mean() >= MISREAD * scene.design.size:
            break
        rows[scene.owner[scene.word == word]] = True
    seen = replace(seen, memory=np.where(rows, 0.3 * seen.memory, seen.memory))
    return scene, _misread(scene, seen, rows, rng)


def _off_box(scene: Scene, seen: Seen, rng: np.random.Generator) -> Planted:
    rows = _chosen(scene, MISREAD, rng)
    seen = replace(seen, elsewhere=seen.elsewhere | rows)
    return scene, _misread(scene, seen, rows, rng)


def _blind(scene: Scene, seen: Seen, rng: np.random.Generator) -> Planted:
    """The picture gives nothing; the answer is what the text alone gives, but for run noise."""
    rows = _chosen(scene, 1.2 * MISREAD, rng)
    return scene, replace(seen, strength=np.where(rows, 0.0, seen.strength))


def _cut(scene: Scene, seen: Seen, rng: np.random.Generator) -> Planted:
    """Two words are left of a question: another one is answered."""
    rows = _chosen(scene, MISREAD, rng)
    kept = ~rows[scene.owner]
    length = np.where(rows, 2, scene.length)
    scene = replace(scene, length=length, owner=scene.owner[kept], word=scene.word[kept])
    return scene, _misread(scene, seen, rows, rng)


def _ambiguous(scene: Scene, seen: Seen, rng: np.random.Generator) -> Planted:
    """Two readings are seen alike; one of them was written down."""
    rows = _chosen(scene, TWO_READINGS, rng)
    other = _other(scene.prior, scene, rng)
    written = np.where(rng.random(len(scene)) < 0.5, other, scene.truth)
    reference = np.where(rows, written, seen.reference)
    return scene, replace(seen, second=np.where(rows, other, -1), reference=reference)


PLANTS: Mapping[str, Plant] = {
    "noise": _noise,
    "domain": _domain,
    "overfit": _overfit,
    "rare": _rare,
    "new_words": _new_words,
    "hard_words": _hard_words,
    "off_box": _off_box,
    "blind": _blind,
    "cut": _cut,
    "ambiguous": _ambiguous,
}
