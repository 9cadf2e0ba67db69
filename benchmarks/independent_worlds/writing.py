"""What a team would bring of a simulated run: answers, candidates, attention, the text alone."""

from dataclasses import dataclass

import numpy as np

from benchmarks.independent_worlds.answering import Noise, fitted, logits, make_noise
from benchmarks.independent_worlds.designs import Design
from benchmarks.independent_worlds.plants import Seen, planted, untouched
from benchmarks.independent_worlds.scene import NAMES, WIDEST, Array, Bools, Scene, make_scene
from diagnostics.science.causes.excess.answers import Answers, Candidates, Words
from diagnostics.science.causes.excess.attention import off_box
from diagnostics.science.measures.samples import Groups, Samples

LISTED = 5
GRID = 7


@dataclass(frozen=True)
class World:
    """`answers`: what is brought. `of_plant`: share of the evaluation's errors that are right in
    the same draws without plants. `error`, `train_error`: rates."""

    design: Design
    answers: Answers
    of_plant: float
    error: float
    train_error: float


def make_world(design: Design, seed: int) -> World:
    """One world; everything follows from the seed."""
    rng = np.random.default_rng([seed, *design.name.encode()])
    plain = make_scene(design, rng)
    noise = make_noise(len(plain), rng)
    model = fitted(plain, noise)
    before = logits(plain, untouched(plain), model, noise).argmax(axis=1) == plain.truth
    scene, seen = planted(plain, rng)
    found = logits(scene, seen, model, noise)
    error = found.argmax(axis=1) != seen.reference
    answers = _written(scene, seen, found, noise, rng)
    side = ~scene.trained
    return World(
        design,
        answers,
        float(before[side & error].mean()),
        float(error[side].mean()),
        float(error[~side].mean()),
    )


def _written(
    scene: Scene, seen: Seen, found: Array, noise: Noise, rng: np.random.Generator
) -> Answers:
    design, n = scene.design, len(scene)
    prediction = found.argmax(axis=1)
    error = prediction != seen.reference
    groups = {"answer": _named(seen.reference + WIDEST * scene.kind)}
    groups["prediction"] = _named(prediction + WIDEST * scene.kind)
    numbers = {"question_words": scene.length.astype(float)}
    position = np.arange(n)
    if design.minimal:
        samples = Samples(position, (~error).astype(float), error, groups, numbers)
        return Answers(samples)
    groups["split"] = Groups(np.where(scene.trained, 0, 1).astype(np.int32), ("train", "test"))
    groups["question_type"] = Groups(scene.kind.astype(np.int32), NAMES)
    groups["template"] = _named(scene.template)
    groups["domain"] = Groups(scene.other_domain.astype(np.int32), ("home", "other"))
    shares = _softmax(found * design.stretch)
    ordered = -np.sort(-shares, axis=1)
    numbers |= {"confidence": ordered[:, 0], "question_novelty": _novelty(scene)}
    if design.with_candidates:
        numbers |= {"top_probability": ordered[:, 0], "top_margin": ordered[:, 0] - ordered[:, 1]}
    if design.with_text_only:
        numbers |= _text_only(scene, noise, prediction, ~scene.trained | (rng.random(n) < 0.5))
    distance = None
    if design.with_boxes:
        distance, numbers["attention_entropy"] = _attention(scene, seen, rng)
    samples = Samples(position, (~error).astype(float), error, groups, numbers)
    candidates = _candidates(shares, seen) if design.with_candidates else None
    return Answers(samples, candidates, Words(scene.owner, scene.word), distance)


def _named(codes: np.ndarray) -> Groups:
    return Groups(codes.astype(np.int32), tuple(str(each) for each in range(int(codes.max()) + 1)))


def _softmax(found: Array) -> Array:
    return np.asarray(np.exp(found - np.logaddexp.reduce(found, axis=1, keepdims=True)))


def _candidates(shares: Array, seen: Seen) -> Candidates:
    """The first five of each row, as a file lists them."""
    listed = np.argsort(-shares, axis=1)[:, :LISTED]
    owner = np.repeat(np.arange(len(shares)), LISTED)
    flat = listed.ravel()
    chances = shares[owner, flat]
    kept = chances > 1e-12
    owner, flat = owner[kept], flat[kept]
    return Candidates(owner, np.log(chances[kept]), flat == seen.reference[owner])


def _text_only(
    scene: Scene, noise: Noise, prediction: np.ndarray, brought: Bools
) -> dict[str, Array]:
    alone = scene.prior + noise.alone
    confidence = _softmax(alone * scene.design.stretch).max(axis=1)
    same = (alone.argmax(axis=1) == prediction).astype(float)
    return {
        "text_only_same": np.where(brought, same, np.nan),
        "text_confidence": np.where(brought, confidence, np.nan),
    }


def _novelty(scene: Scene) -> Array:
    """Share of a question's words that fewer than two (other) training questions have."""
    size = int(scene.word.max()) + 1
    pairs = np.unique(np.stack([scene.owner, scene.word], 1)[scene.trained[scene.owner]], axis=0)
    often = np.bincount(pairs[:, 1], minlength=size)[scene.word]
    new = often < np.where(scene.trained[scene.owner], 3, 2)
    counts = np.bincount(scene.owner, weights=new, minlength=len(scene))
    return np.asarray(counts / np.maximum(scene.length, 1))


def _attention(scene: Scene, seen: Seen, rng: np.random.Generator) -> tuple[Array, Array]:
    """Distance of attention from box, and its entropy, of grids (n, 7, 7) with a broad floor.

    Also without a plant a twentieth looks elsewhere, twice as many where a row is hard, and a
    twentieth of the grids are flat.
    """
    n, side = len(scene), scene.design.box
    corner = rng.random((n, 2)) * (1 - side)
    middle = corner + side / 2
    hard = scene.ease < np.quantile(scene.ease, 0.25)
    elsewhere = seen.elsewhere & (rng.random(n) < 0.85)
    elsewhere |= rng.random(n) < np.where(hard, 0.08, 0.04)
    focus = np.where(elsewhere[:, None], rng.random((n, 2)), middle + rng.normal(0, 0.04, (n, 2)))
    cells = (np.arange(GRID) + 0.5) / GRID
    far = (cells[None, :, None] - focus[:, 1, None, None]) ** 2
    far = far + (cells[None, None, :] - focus[:, 0, None, None]) ** 2
    height = np.where(rng.random(n) < 0.05, 0.0, 1.0)[:, None, None]
    grids = height * np.exp(-far / 0.02) + 0.03 * (1 + rng.random((n, GRID, GRID)))
    shares = grids / grids.sum(axis=(1, 2), keepdims=True)
    entropy = -(shares * np.log(shares)).sum(axis=(1, 2)) / np.log(GRID * GRID)
    return off_box(grids, np.concatenate([corner, corner + side], axis=1)), np.asarray(entropy)
