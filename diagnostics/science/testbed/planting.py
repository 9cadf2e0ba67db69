"""Worlds in which exactly one thing is wrong, or several, with the truth of every sample.

Each cause is planted by what it is in life: words that training never used, context taken away,
places withheld from the model, pictures blanked and questions cut short, scenes unlike any in
training, pairs shuffled and answers flipped.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from diagnostics.science.testbed.questions import (
    Question,
    ask,
    ask_for_one_of_many,
    ask_what_it_looks_like,
)
from diagnostics.science.testbed.scenes import Scene, make_scene
from diagnostics.science.testbed.wording import in_other_words
from diagnostics.science.testbed.world import mismatched, with_wrong_answer

SPLITS = ("train", "val", "test")
QUESTIONS_A_SCENE = 3
NONE = "none"
# A cause that training shows too is planted in every split; the others in evaluation alone.
EVERYWHERE = frozenset({"noise", "ambiguity", "missing_modality"})


@dataclass(frozen=True)
class PlantedConfig:
    """How large a planted world is, and which share of its samples each cause takes.

    'spatial' has no share: places are withheld from the model, and every question for a place
    suffers. `everywhere`: causes that are planted in training as well as in evaluation.
    """

    name: str
    seed: int = 0
    train: int = 9000
    val: int = 500
    test: int = 2400
    shares: Mapping[str, float] = field(default_factory=dict)
    knows_places: bool = True
    everywhere: frozenset[str] = EVERYWHERE

    def size(self, split: str) -> int:
        """Samples in a split."""
        return int(getattr(self, split))


@dataclass(frozen=True)
class PlantedSample:
    """One sample as the data set has it, and the cause planted in it."""

    sample_id: str
    split: str
    scene: int
    question: Question
    answer: str
    text: str
    blank: bool = False
    cause: str = NONE


@dataclass(frozen=True)
class PlantedWorld:
    """Scenes, and samples that point to them by number."""

    config: PlantedConfig
    scenes: tuple[Scene, ...]
    samples: tuple[PlantedSample, ...]


# One cause each, and a clean one.
WORLDS: Mapping[str, PlantedConfig] = {
    each.name: each
    for each in (
        PlantedConfig("clean"),
        PlantedConfig("semantic", shares={"semantic": 0.35}),
        PlantedConfig("ambiguity", shares={"ambiguity": 0.3}),
        PlantedConfig("spatial", knows_places=False),
        PlantedConfig("missing_modality", shares={"missing_modality": 0.3}),
        PlantedConfig("generalisation", shares={"generalisation": 0.4}),
        PlantedConfig("noise", shares={"noise": 0.2}),
        PlantedConfig(
            "mixed",
            shares={
                "semantic": 0.12,
                "ambiguity": 0.12,
                "missing_modality": 0.12,
                "generalisation": 0.15,
                "noise": 0.1,
            },
            knows_places=False,
        ),
    )
}


def plant(config: PlantedConfig) -> PlantedWorld:
    """Draw scenes and questions and plant the configured causes, each on samples of its own."""
    scenes: list[Scene] = []
    samples: list[PlantedSample] = []
    for split in SPLITS:
        rng = np.random.default_rng([config.seed, SPLITS.index(split)])
        samples += _split(rng, split, config, scenes)
    return PlantedWorld(config, tuple(scenes), tuple(samples))


def _split(
    rng: np.random.Generator, split: str, config: PlantedConfig, scenes: list[Scene]
) -> list[PlantedSample]:
    """One split: clean samples first, then each cause on a share of those still clean."""
    first = len(scenes)
    count = config.size(split)
    samples = [_clean(rng, split, number, scenes) for number in range(count)]
    own = range(first, len(scenes))
    if not config.knows_places:
        samples = [
            replace(each, cause="spatial") if each.question.question_type == "position" else each
            for each in samples
        ]
    for cause, share in config.shares.items():
        if split == "train" and cause not in config.everywhere:
            continue
        wanted = round(share * count)
        for index in rng.permutation(count):
            if not wanted:
                break
            if samples[index].cause == NONE:
                planted = PLANTERS[cause](rng, samples[index], scenes, own)
                if planted is not None:
                    samples[index] = replace(planted, cause=cause)
                    wanted -= 1
    return samples


def _clean(rng: np.random.Generator, split: str, number: int, scenes: list[Scene]) -> PlantedSample:
    if number % QUESTIONS_A_SCENE == 0:
        scenes.append(make_scene(rng))
    question = _question(rng, scenes[-1])
    name = f"{split}-{number:05d}"
    return PlantedSample(name, split, len(scenes) - 1, question, question.answer, question.text)


def _question(rng: np.random.Generator, scene: Scene) -> Question:
    """One question in four about looks, the others as in every world."""
    looks = ask_what_it_looks_like(rng, scene) if rng.random() < 0.25 else None
    return looks if looks is not None else ask(rng, scene)


Planter = Callable[
    [np.random.Generator, PlantedSample, list[Scene], Sequence[int]], PlantedSample | None
]


def _semantic(
    rng: np.random.Generator, sample: PlantedSample, scenes: list[Scene], own: Sequence[int]
) -> PlantedSample | None:
    """The same question in words that training never used."""
    text = in_other_words(rng, sample.text)
    return replace(sample, text=text) if text != sample.text else None


def _ambiguity(
    rng: np.random.Generator, sample: PlantedSample, scenes: list[Scene], own: Sequence[int]
) -> PlantedSample | None:
    """A question for one of several shapes, without the context that would tell which."""
    question = ask_for_one_of_many(rng, scenes[sample.scene])
    if question is None:
        return None
    return replace(sample, question=question, answer=question.answer, text=question.text)


def _missing_modality(
    rng: np.random.Generator, sample: PlantedSample, scenes: list[Scene], own: Sequence[int]
) -> PlantedSample | None:
    """Two in three lose their picture, the others all of their question but its first word."""
    if rng.random() < 2 / 3:
        return replace(sample, blank=True)
    return replace(sample, text=sample.text.split()[0])


def _generalisation(
    rng: np.random.Generator, sample: PlantedSample, scenes: list[Scene], own: Sequence[int]
) -> PlantedSample | None:
    """Another scene, with backgrounds and combinations that training never showed."""
    scene = make_scene(rng, unseen=True)
    question = _question(rng, scene)
    while question.question_type == "position":
        # Kept to the cause that has them for its own.
        question = _question(rng, scene)
    scenes.append(scene)
    return replace(
        sample,
        scene=len(scenes) - 1,
        question=question,
        answer=question.answer,
        text=question.text,
    )


def _noise(
    rng: np.random.Generator, sample: PlantedSample, scenes: list[Scene], own: Sequence[int]
) -> PlantedSample | None:
    """Half are shown another scene of the split, half have another answer."""
    if rng.random() < 0.5:
        return replace(sample, answer=with_wrong_answer(rng, sample.answer))
    other = mismatched(rng, sample.question, sample.scene, own, scenes)
    return None if other is None else replace(sample, scene=other)


PLANTERS: Mapping[str, Planter] = {
    "semantic": _semantic,
    "ambiguity": _ambiguity,
    "missing_modality": _missing_modality,
    "generalisation": _generalisation,
    "noise": _noise,
}
