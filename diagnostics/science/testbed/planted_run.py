"""From a planted world to the files a team would bring, with a model really trained on it."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from diagnostics.science.testbed.model import INPUT_SIDE, PATCHES, PATCHES_A_SIDE, ModelConfig
from diagnostics.science.testbed.pictures import draw_all, image_name
from diagnostics.science.testbed.planting import PlantedConfig, PlantedSample, PlantedWorld, plant
from diagnostics.science.testbed.questions import ANSWERS
from diagnostics.science.testbed.rows import Shown, ask_all, rows_of, write_lines
from diagnostics.science.testbed.scenes import COLOURS, KINDS, SIDE, Scene, Shape
from diagnostics.science.testbed.training import Guidance, TrainingConfig, Vocabulary, train
from triage.science.progress import Progress

BLANK_IMAGE = "blank.png"
# Ten epochs end before every model has learnt where things lie: that would be a cause of its own.
TRAINING = TrainingConfig(epochs=14)


@dataclass(frozen=True)
class PlantedRun:
    """Where the files are, and how long they took."""

    predictions: Path
    images: Path
    truth: Path
    accuracy: dict[str, float]
    seconds: dict[str, float] = field(default_factory=dict)


def write_planted(
    to: Path,
    config: PlantedConfig,
    training: TrainingConfig = TRAINING,
    progress: Progress = lambda share, step: None,
) -> PlantedRun:
    """Plant the world, draw it, train on it, ask the model, and write all of it under `to`."""
    begun = time.perf_counter()
    progress(0.0, "Drawing scenes")
    world = plant(config)
    samples = world.samples
    images = to / "images"
    pictures = _pictures(world, draw_all(world.scenes, images, INPUT_SIDE))
    Image.new("RGB", (SIDE, SIDE), (128, 128, 128)).save(images / BLANK_IMAGE)
    drawn = time.perf_counter()
    trained = [index for index, sample in enumerate(samples) if sample.split == "train"]
    questions = [sample.text for sample in samples]
    vocabulary = Vocabulary.of([questions[index] for index in trained])
    words = vocabulary.encode(questions)
    targets = np.array([ANSWERS.index(sample.answer) for sample in samples])
    model, losses = train(
        pictures[trained],
        words[trained],
        targets[trained],
        vocabulary,
        seed=config.seed,
        config=_training(config, training),
        progress=lambda share, step: progress(0.1 + 0.75 * share, step),
        guidance=guidance_of([samples[index] for index in trained], world.scenes),
    )
    said = ask_all(model, pictures, words)
    finished = time.perf_counter()
    progress(0.94, "Writing predictions")
    predictions, truth = to / "predictions.jsonl", to / "truth.jsonl"
    by_place = dict(zip(trained, losses, strict=True))
    write_lines(predictions, rows_of(_shown(samples), said, by_place, states=False))
    write_lines(truth, _truth(samples))
    right = said.full.probabilities.argmax(1) == targets
    return PlantedRun(
        predictions=predictions,
        images=images,
        truth=truth,
        accuracy=_accuracy(samples, right),
        seconds={"draw": round(drawn - begun, 1), "train": round(finished - drawn, 1)},
    )


def _training(config: PlantedConfig, training: TrainingConfig) -> TrainingConfig:
    return replace(training, model=ModelConfig(knows_places=config.knows_places))


def _pictures(world: PlantedWorld, drawn: np.ndarray) -> np.ndarray:
    """What the model is shown of each sample, (n, 64, 64, 3); one colour where it was blanked."""
    shown: np.ndarray = drawn[[sample.scene for sample in world.samples]]
    shown[[sample.blank for sample in world.samples]] = 128
    return shown


def guidance_of(samples: Sequence[PlantedSample], scenes: Sequence[Scene]) -> Guidance:
    """What each patch shows and which of them the answer rests on; nothing of a blanked picture."""
    contents = np.zeros((len(samples), PATCHES), dtype=np.int64)
    looked_at = np.zeros((len(samples), PATCHES))
    for row, sample in enumerate(samples):
        if sample.blank:
            continue
        for shape in scenes[sample.scene].shapes:
            contents[row, patch_of(shape)] = look_of(shape)
        if sample.question.about:
            patches = [patch_of(shape) for shape in sample.question.about]
            looked_at[row, patches] = 1 / len(patches)
    return Guidance(contents, looked_at)


def patch_of(shape: Shape) -> int:
    """The patch, 0 to 15 by rows, in which a shape lies."""
    step = SIDE / PATCHES_A_SIDE
    return int(shape.centre[1] // step) * PATCHES_A_SIDE + int(shape.centre[0] // step)


def look_of(shape: Shape) -> int:
    """Kind and colour as one number from 1."""
    return 1 + KINDS.index(shape.kind) * len(COLOURS) + list(COLOURS).index(shape.colour)


def _shown(samples: Iterable[PlantedSample]) -> Iterable[Shown]:
    for sample in samples:
        yield Shown(
            sample_id=sample.sample_id,
            image=BLANK_IMAGE if sample.blank else image_name(sample.scene),
            text=sample.text,
            answer=sample.answer,
            split=sample.split,
            question=sample.question,
        )


def _truth(samples: Iterable[PlantedSample]) -> Iterable[dict[str, Any]]:
    for sample in samples:
        yield {"sample_id": sample.sample_id, "cause": sample.cause}


def _accuracy(samples: Sequence[PlantedSample], right: np.ndarray) -> dict[str, float]:
    """By split, and in evaluation by cause and by question type."""
    tested = np.array([sample.split == "test" for sample in samples])
    marks = {
        "split": (np.array([sample.split for sample in samples]), np.ones(len(samples), bool)),
        "cause": (np.array([sample.cause for sample in samples]), tested),
        "type": (np.array([sample.question.question_type for sample in samples]), tested),
    }
    return {
        f"{mark} {name}": round(float(right[chosen & (names == name)].mean()), 3)
        for mark, (names, chosen) in marks.items()
        for name in np.unique(names[chosen])
    }
