"""What is asked in a world, of which picture, in which words: everything but the model."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.independent_worlds.designs import Design

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
# Question types: how many answers each has, and how much harder it is (in d').
TYPES = {
    "is it there": (2, 0.0),
    "how many": (6, -0.3),
    "what colour": (10, 0.2),
    "which side": (4, -0.2),
    "what is it": (40, 0.4),
    "what happens": (24, -0.1),
}
NAMES = tuple(TYPES)
SIZES = np.array([size for size, _ in TYPES.values()])
WIDEST = int(SIZES.max())
TEMPLATES = 3
VOCABULARY = 1500
# Words of a question before those that name something.
STEM = 4


@dataclass(frozen=True)
class Scene:
    """n rows, training first. `prior` (n, WIDEST): log chances of the answers by the question's
    text, -inf beyond a type's answers. `owner`, `word`: the naming words, flat. `length`: words of
    the question. `ease`: what is added to a model's d' (standard deviations of its evidence)."""

    design: Design
    trained: Bools
    kind: Ints
    template: Ints
    prior: Array
    truth: Ints
    owner: Ints
    word: Ints
    length: Ints
    other_domain: Bools
    ease: Array

    def __len__(self) -> int:
        return len(self.kind)


def make_scene(design: Design, rng: np.random.Generator) -> Scene:
    """Rows of a world, without a model and without plants."""
    n = design.trained + design.evaluated
    trained = np.arange(n) < design.trained
    kind = np.zeros(n, np.int64) if design.yes_no_only else rng.integers(0, len(NAMES), n)
    prior = _priors(kind, rng)
    truth = draw(prior, rng)
    owner, word, naming = _words(design, n, rng)
    terse = rng.random(n) < 0.04
    length = np.where(terse, 2, STEM + naming)
    other = ~trained & (rng.random(n) < 0.35) & design.other_domain
    hardness = rng.normal(0, 0.25, VOCABULARY)
    of_words = np.bincount(owner, weights=hardness[word], minlength=n)
    kinds = np.array([ease for _, ease in TYPES.values()])
    ease = kinds[kind] + rng.normal(0, 0.5, n) + of_words
    template = kind * TEMPLATES + rng.integers(0, TEMPLATES, n)
    return Scene(design, trained, kind, template, prior, truth, owner, word, length, other, ease)


def draw(logs: Array, rng: np.random.Generator) -> Ints:
    """One answer of each row (n) by its log chances (n, k): Gumbel's trick."""
    return np.asarray((logs + rng.gumbel(size=logs.shape)).argmax(axis=1), dtype=np.int64)


def _priors(kind: Ints, rng: np.random.Generator) -> Array:
    """Answers are unequally frequent, and each question's text tilts them a little."""
    base = np.full((len(NAMES), WIDEST), -np.inf)
    for index, size in enumerate(SIZES):
        base[index, :size] = -0.8 * np.log(np.arange(1, size + 1)) if size > 2 else 0.0
    tilted = base[kind] + rng.normal(0, 0.5, (len(kind), WIDEST))
    return np.asarray(tilted - np.logaddexp.reduce(tilted, axis=1, keepdims=True))


def _words(design: Design, n: int, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    naming = rng.integers(1, 9, n) if design.varied_length else rng.integers(1, 4, n)
    owner = np.repeat(np.arange(n), naming)
    if design.varied_length:
        naming = naming - rng.integers(0, 3, n)
    chances = np.arange(1, VOCABULARY + 1) ** -(0.6 + 0.3 * design.tail)
    word = rng.choice(VOCABULARY, size=len(owner), p=chances / chances.sum())
    return owner.astype(np.int64), word.astype(np.int64), np.maximum(naming, 0)
