"""What the model says of every sample, as the rows of a file of predictions."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from diagnostics.science.testbed.model import PATCHES_A_SIDE, FusionModel
from diagnostics.science.testbed.questions import ANSWERS, Question
from diagnostics.science.testbed.training import Answers, answer

CANDIDATES = 5


@dataclass(frozen=True)
class Shown:
    """One sample as the file has it; `question` says what it is about, `text` how it is asked."""

    sample_id: str
    image: str
    text: str
    answer: str
    split: str
    question: Question
    domain: str | None = None
    boxed: bool = True


@dataclass(frozen=True)
class Said:
    """The model's answers to n samples: with everything, with the image alone, the text alone."""

    full: Answers
    only_image: Answers
    only_text: Answers


def ask_all(model: FusionModel, pictures: np.ndarray, words: Tensor) -> Said:
    """Ask the model three ways about pictures (n, 64, 64, 3) and word ids (n, l)."""
    return Said(
        answer(model, pictures, words),
        answer(model, pictures, words, read=False),
        answer(model, pictures, words, see=False),
    )


def rows_of(
    samples: Iterable[Shown], said: Said, losses: Mapping[int, np.ndarray], *, states: bool = True
) -> Iterable[dict[str, Any]]:
    """A row per sample; `losses` holds those of training samples, by their place.

    `states`: with what the model's answer layer reads, from which influence is measured.
    """
    best = np.argsort(-said.full.probabilities, axis=1)[:, :CANDIDATES]
    for index, sample in enumerate(samples):
        probabilities, order = said.full.probabilities[index], best[index]
        row: dict[str, Any] = {
            "sample_id": sample.sample_id,
            "image": sample.image,
            "question": sample.text,
            "answers": [sample.answer],
            "prediction": ANSWERS[order[0]],
            "confidence": _digits(probabilities[order[0]]),
            "candidates": [
                {"answer": ANSWERS[each], "probability": _digits(probabilities[each])}
                for each in order
            ],
            "split": sample.split,
        }
        if sample.domain is not None:
            row["domain"] = sample.domain
        row |= {
            "question_type": sample.question.question_type,
            "category": sample.question.category,
            "template": sample.question.template,
            "attention": said.full.attention[index].reshape(PATCHES_A_SIDE, -1).round(4).tolist(),
            "image_only": _alone(said.only_image, index),
            "text_only": _alone(said.only_text, index),
        }
        if states:
            # As numbers of double precision: those of single precision are not printed short.
            row["hidden_state"] = said.full.states[index].astype(np.float64).round(3).tolist()
        if sample.boxed and sample.question.about:
            row["boxes"] = [list(map(float, shape.box)) for shape in sample.question.about]
        if index in losses:
            row["loss"] = [_digits(each) for each in losses[index]]
        yield row


def write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """One JSON object a line."""
    with path.open("w", encoding="utf-8") as sink:
        sink.writelines(json.dumps(row) + "\n" for row in rows)


def _alone(answers: Answers, index: int) -> dict[str, Any]:
    best = int(answers.probabilities[index].argmax())
    confidence = _digits(answers.probabilities[index, best])
    return {"prediction": ANSWERS[best], "confidence": confidence}


def _digits(value: float) -> float:
    """Four digits: what a file of probabilities needs."""
    return round(float(value), 4)
