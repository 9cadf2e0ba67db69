"""The files a team would bring: predictions, images; and, apart from them, the truth."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from diagnostics.science.testbed.model import INPUT_SIDE, FusionModel
from diagnostics.science.testbed.pictures import draw_all, image_name
from diagnostics.science.testbed.questions import ANSWERS, right_answers
from diagnostics.science.testbed.rows import Shown, ask_all, rows_of, write_lines
from diagnostics.science.testbed.training import Answers, TrainingConfig, Vocabulary, train
from diagnostics.science.testbed.world import SPLITS, Sample, World, WorldConfig, make_world
from triage.science.progress import Progress

# Kinds of samples whose pair is wrong; a question that leaves its answer open is none of them.
NOISE = ("mismatch", "wrong_answer")


@dataclass(frozen=True)
class WrittenRun:
    """Where the files are, and what is true of them.

    `elsewhere`: predictions of the same model on another world, its images beside them.
    """

    predictions: Path
    images: Path
    truth: Path
    samples: dict[str, int]
    accuracy: dict[str, float]
    accuracy_by_type: dict[str, float]
    errors: int
    noise_among_errors: float
    seconds: dict[str, float] = field(default_factory=dict)
    elsewhere: Path | None = None


@dataclass(frozen=True)
class Elsewhere:
    """Another world that the model is asked about as well, and where its files go."""

    to: Path
    config: WorldConfig


def write_run(
    to: Path,
    config: WorldConfig,
    training: TrainingConfig,
    progress: Progress = lambda share, step: None,
    elsewhere: Elsewhere | None = None,
) -> WrittenRun:
    """Make the world, draw it, train on it, predict all of it and write the files under `to`.

    `elsewhere`: a world that is never trained on, only asked about.
    """
    seconds: dict[str, float] = {}
    begun = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal begun
        seconds[name] = round(time.perf_counter() - begun, 1)
        begun = time.perf_counter()

    progress(0.0, "Drawing scenes")
    world = make_world(config)
    images = to / "images"
    pictures = draw_all(world.scenes, images, INPUT_SIDE)
    lap("draw")
    samples = world.samples
    questions = [sample.question.text for sample in samples]
    trained = [index for index, sample in enumerate(samples) if sample.split == "train"]
    vocabulary = Vocabulary.of([questions[index] for index in trained])
    words = vocabulary.encode(questions)
    shown = pictures[[sample.scene for sample in samples]]
    targets = np.array([ANSWERS.index(sample.answer) for sample in samples])
    model, losses = train(
        shown[trained],
        words[trained],
        targets[trained],
        vocabulary,
        seed=config.seed,
        config=training,
        progress=lambda share, step: progress(0.1 + 0.75 * share, step),
    )
    lap("train")
    progress(0.87, "Asking the model")
    said = ask_all(model, shown, words)
    lap("predict")
    progress(0.94, "Writing predictions")
    rows = rows_of(_shown(samples), said, dict(zip(trained, losses, strict=True)))
    predictions, truth = to / "predictions.jsonl", to / "truth.jsonl"
    write_lines(predictions, rows)
    write_lines(truth, _truth(world))
    if elsewhere is not None:
        _write_elsewhere(elsewhere, model, vocabulary)
    lap("write")
    found = _summary(world, said.full, predictions, images, truth, seconds)
    return replace(found, elsewhere=elsewhere.to / "predictions.jsonl" if elsewhere else None)


def _write_elsewhere(elsewhere: Elsewhere, model: FusionModel, vocabulary: Vocabulary) -> None:
    """Draw the other world and write what the trained model says of all of it."""
    world = make_world(elsewhere.config)
    pictures = draw_all(world.scenes, elsewhere.to / "images", INPUT_SIDE)
    words = vocabulary.encode([sample.question.text for sample in world.samples])
    said = ask_all(model, pictures[[sample.scene for sample in world.samples]], words)
    write_lines(elsewhere.to / "predictions.jsonl", rows_of(_shown(world.samples), said, {}))
    write_lines(elsewhere.to / "truth.jsonl", _truth(world))


def _shown(samples: Iterable[Sample]) -> Iterable[Shown]:
    for sample in samples:
        yield Shown(
            sample_id=sample.sample_id,
            image=image_name(sample.scene),
            text=sample.question.text,
            answer=sample.answer,
            split=sample.split,
            question=sample.question,
            domain="new backgrounds and combinations" if sample.split == "ood" else "scenes",
        )


def _truth(world: World) -> Iterable[dict[str, Any]]:
    for sample in world.samples:
        yield {
            "sample_id": sample.sample_id,
            "kind": sample.kind,
            "true_answer": sample.true_answer,
            "right_answers": list(right_answers(sample.question, world.scenes[sample.scene])),
            "verdict": "match" if sample.kind == "clean" else sample.kind,
            "corrected_answer": sample.true_answer if sample.kind == "wrong_answer" else None,
        }


def _summary(
    world: World,
    full: Answers,
    predictions: Path,
    images: Path,
    truth: Path,
    seconds: dict[str, float],
) -> WrittenRun:
    said = [ANSWERS[each] for each in full.probabilities.argmax(1)]
    right = np.array([s == sample.answer for s, sample in zip(said, world.samples, strict=True)])
    split = np.array([sample.split for sample in world.samples])
    kind = np.array([sample.question.question_type for sample in world.samples])
    noisy = np.array([sample.kind in NOISE for sample in world.samples])
    tested = split == "test"
    return WrittenRun(
        predictions=predictions,
        images=images,
        truth=truth,
        samples={name: int((split == name).sum()) for name in SPLITS},
        accuracy={name: round(float(right[split == name].mean()), 3) for name in SPLITS},
        accuracy_by_type={
            name: round(float(right[tested & (kind == name)].mean()), 3) for name in np.unique(kind)
        },
        errors=int((~right).sum()),
        noise_among_errors=round(float(noisy[~right].mean()), 3),
        seconds=seconds,
    )
