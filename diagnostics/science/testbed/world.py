"""A world: scenes and questions in four splits, with a known share of planted noise."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from diagnostics.science.testbed.questions import (
    ANSWERS,
    Question,
    ask,
    ask_for_one_of_many,
    true_answer,
)
from diagnostics.science.testbed.scenes import Scene, make_scene

SPLITS = ("train", "val", "test", "ood")
QUESTIONS_A_SCENE = 2


@dataclass(frozen=True)
class WorldConfig:
    """How large a world is and what is wrong with it. Shares are of all samples of a split.

    `share_ambiguous`: questions that several shapes answer, each in its own way.
    """

    seed: int = 0
    train: int = 7000
    val: int = 800
    test: int = 2400
    ood: int = 800
    share_mismatched: float = 0.025
    share_wrong_answers: float = 0.015
    share_ambiguous: float = 0.0

    def size(self, split: str) -> int:
        """Samples in a split."""
        return int(getattr(self, split))


SMALL = WorldConfig(train=600, val=60, test=200, ood=60)


@dataclass(frozen=True)
class Sample:
    """One sample as the data set has it, and the truth about it."""

    sample_id: str
    split: str
    scene: int
    question: Question
    answer: str
    # The truth, kept apart from what the product reads.
    kind: str
    true_answer: str | None


@dataclass(frozen=True)
class World:
    """Scenes, and samples that point to them by number."""

    config: WorldConfig
    scenes: tuple[Scene, ...]
    samples: tuple[Sample, ...]

    def of(self, split: str) -> list[Sample]:
        """The samples of one split."""
        return [sample for sample in self.samples if sample.split == split]


def make_world(config: WorldConfig) -> World:
    """Draw scenes and questions, then plant what is wrong in every split."""
    scenes: list[Scene] = []
    samples: list[Sample] = []
    for split in SPLITS:
        rng = np.random.default_rng([config.seed, SPLITS.index(split)])
        clean = _clean_samples(rng, split, config.size(split), scenes)
        noisy = _with_noise(rng, clean, scenes, config)
        samples += _with_ambiguity(rng, noisy, scenes, config)
    return World(config, tuple(scenes), tuple(samples))


def _clean_samples(
    rng: np.random.Generator, split: str, count: int, scenes: list[Scene]
) -> list[Sample]:
    samples = []
    for number in range(count):
        if number % QUESTIONS_A_SCENE == 0:
            scenes.append(make_scene(rng, unseen=split == "ood"))
        question = ask(rng, scenes[-1])
        name = f"{split}-{number:05d}"
        samples.append(
            Sample(
                name, split, len(scenes) - 1, question, question.answer, "clean", question.answer
            )
        )
    return samples


def _with_noise(
    rng: np.random.Generator, clean: Sequence[Sample], scenes: Sequence[Scene], config: WorldConfig
) -> list[Sample]:
    """Exactly the configured shares, on different samples; every fault makes the pair wrong."""
    samples = list(clean)
    order = rng.permutation(len(samples))
    mismatched = round(config.share_mismatched * len(samples))
    wrong = round(config.share_wrong_answers * len(samples))
    own = sorted({sample.scene for sample in clean})
    spared = iter(order)
    while mismatched:
        index = next(spared)
        moved = _mismatch(rng, samples[index], own, scenes)
        if moved is not None:
            samples[index], mismatched = moved, mismatched - 1
    for _, index in zip(range(wrong), spared, strict=False):
        sample = samples[index]
        answer = with_wrong_answer(rng, sample.answer)
        samples[index] = replace(sample, answer=answer, kind="wrong_answer")
    return samples


def _with_ambiguity(
    rng: np.random.Generator, samples: list[Sample], scenes: Sequence[Scene], config: WorldConfig
) -> list[Sample]:
    """The configured share of questions for one of several shapes, among samples still clean."""
    wanted = round(config.share_ambiguous * len(samples))
    if not wanted:
        return samples
    for index in rng.permutation(len(samples)):
        sample = samples[index]
        if not wanted:
            break
        question = ask_for_one_of_many(rng, scenes[sample.scene])
        if sample.kind != "clean" or question is None:
            continue
        answer = question.answer
        samples[index] = replace(
            sample, question=question, answer=answer, kind="ambiguous", true_answer=answer
        )
        wanted -= 1
    return samples


def _mismatch(
    rng: np.random.Generator, sample: Sample, own: Sequence[int], scenes: Sequence[Scene]
) -> Sample | None:
    other = mismatched(rng, sample.question, sample.scene, own, scenes)
    if other is None:
        return None
    truth = true_answer(sample.question, scenes[other])
    return replace(sample, scene=other, kind="mismatch", true_answer=truth)


def mismatched(
    rng: np.random.Generator,
    question: Question,
    scene: int,
    own: Sequence[int],
    scenes: Sequence[Scene],
) -> int | None:
    """Another scene of the split, for which the question's answer is not true.

    None where chance finds no such scene: whether there is a purple star is answered with no all
    over the train split.
    """
    for other in rng.choice(own, size=min(len(own), 50), replace=False):
        if other != scene and true_answer(question, scenes[other]) != question.answer:
            return int(other)
    return None


def with_wrong_answer(rng: np.random.Generator, answer: str) -> str:
    """Another answer of the same kind, drawn at random."""
    others = [each for each in _same_kind(answer) if each != answer]
    return others[int(rng.integers(len(others)))]


def _same_kind(answer: str) -> list[str]:
    """Answers that could be confused with this one: numbers with numbers, colours with colours."""
    families = (
        ANSWERS[:2],
        ANSWERS[2:4],
        ANSWERS[4:6],
        ANSWERS[6:12],
        ANSWERS[12:16],
        ANSWERS[16:],
    )
    return list(next(family for family in families if answer in family))
