"""Samples as numbers that a model is trained on and asked about: words, answers, places to look."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from diagnostics.science.experiments.material.treatment import Examples
from diagnostics.science.experiments.training.fusion import padded
from diagnostics.science.measures.samples import Floats

MOST_ANSWERS, MOST_WORDS, LONGEST = 3000, 20_000, 24
WORD = re.compile(r"\w+")
Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Vocabulary:
    """Words and answers of training, the most frequent first; words are numbered from 1."""

    words: Mapping[str, int]
    answers: tuple[str, ...]
    length: int

    @classmethod
    def of(cls, examples: Examples) -> "Vocabulary":
        """All words of the training questions, in whichever wording, and all right answers."""
        words: Counter[str] = Counter()
        length = 1
        for text in (each for asked in examples.questions for each in asked):
            found = words_of(text)
            words.update(found)
            length = max(length, len(found))
        answers = Counter(answer for right in examples.answers for answer in right)
        return cls(
            {word: n for n, word in enumerate(_frequent(words, MOST_WORDS), start=1)},
            tuple(_frequent(answers, MOST_ANSWERS)),
            min(length, LONGEST),
        )

    def encode(self, texts: Sequence[str]) -> Ids:
        """(m, length) numbers of words; 0 for one that training never used, and for none."""
        ids = np.zeros((len(texts), self.length), dtype=np.int64)
        known: dict[str, list[int]] = {}
        for row, text in enumerate(texts):
            if text not in known:
                found = words_of(text)[: self.length]
                known[text] = [self.words.get(word, 0) for word in found]
            ids[row, : len(known[text])] = known[text]
        return ids


def words_of(text: str) -> list[str]:
    """Words of a question in lower case."""
    return WORD.findall(text.lower())


def _frequent(counted: Counter[str], most: int) -> list[str]:
    return sorted(counted, key=lambda each: (-counted[each], each))[:most]


@dataclass(frozen=True)
class Shown:
    """What is drawn anew each epoch: shares of blanked samples, and variations of the pictures.

    `pictures`: how many there are; a variation's rows follow those of the pictures themselves.
    """

    dropped_image: float = 0.0
    dropped_text: float = 0.0
    variations: int = 0
    pictures: int = 0


@dataclass(frozen=True)
class Lesson:
    """m training samples of one seed.

    `words` (m, q, l): up to q wordings, `wordings` (m) how many there are; `right` (m, a) numbers
    of the right answers, -1 where there are fewer; `image` (m) row of the regions, -1 for none;
    `weight` (m), mean 1; `looked` (m, r), `side` and `side_weight` (m, 2) where there are boxes.
    """

    seed: int
    words: Ids
    wordings: Ids
    right: Ids
    image: Ids
    no_text: npt.NDArray[np.bool_]
    weight: Floats
    salience: Tensor
    shown: Shown
    looked: Floats | None = None
    side: Floats | None = None
    side_weight: Floats | None = None

    def __len__(self) -> int:
        return len(self.image)

    def draws(self, skipped: int = 0) -> Callable[[int], dict[str, Tensor]]:
        """A function that draws the next epoch: batch size → tensors (steps, batch, ...).

        Each kind of draw has a generator of its own: blanking more changes no order. `skipped`:
        epochs whose draws were used before.
        """
        order, wording, image, text, variation = (
            np.random.default_rng(each) for each in np.random.SeedSequence(self.seed).spawn(5)
        )

        def lots() -> tuple[Ids, Floats, Floats, Floats, Ids]:
            count = len(self)
            return (
                order.permutation(count),
                wording.random(count),
                image.random(count),
                text.random(count),
                variation.integers(self.shown.variations + 1, size=count),
            )

        for _ in range(skipped):
            lots()

        def epoch(batch: int) -> dict[str, Tensor]:
            taken, worded, pictured, written, varied = lots()
            which = np.floor(worded * self.wordings).astype(np.int64)
            no_image = (pictured < self.shown.dropped_image) | (self.image < 0)
            words = self.words[np.arange(len(self)), which]
            no_text = (written < self.shown.dropped_text) | self.no_text
            no_text |= ~words.any(1)
            rows = np.where(self.image < 0, -1, self.image + varied * self.shown.pictures)
            drawn: dict[str, npt.NDArray[np.generic]] = {
                "words": words,
                "right": self.right,
                "image": rows,
                "no_image": no_image.astype(np.float32),
                "no_text": no_text.astype(np.float32),
            }
            if self.looked is not None and self.side is not None and self.side_weight is not None:
                # Where nothing is shown there is nowhere to look.
                seen = ~no_image[:, None]
                drawn["looked"] = (self.looked * seen).astype(np.float32)
                drawn["side"] = self.side.astype(np.float32)
                drawn["side_weight"] = (self.side_weight * seen).astype(np.float32)
            return _in_batches(drawn, taken, self.weight, batch)

        return epoch


def _in_batches(
    drawn: Mapping[str, npt.NDArray[np.generic]], taken: Ids, weight: Floats, batch: int
) -> dict[str, Tensor]:
    """The samples in the order `taken`, (steps, batch, ...); the last batch is filled up."""
    count = len(taken)
    steps = -(-count // batch)
    filled = np.resize(taken, steps * batch)
    counted = (np.arange(steps * batch) < count).astype(np.float32).reshape(steps, batch)
    held = weight[filled].reshape(steps, batch) * counted / counted.sum(1, keepdims=True)
    found = {
        name: torch.from_numpy(each[filled].reshape(steps, batch, *each.shape[1:]))
        for name, each in drawn.items()
    }
    found["counted"] = torch.from_numpy(counted)
    found["weight"] = torch.from_numpy(held.astype(np.float32))
    return found


@dataclass(frozen=True)
class Asked:
    """m tested samples: `words` (m, l), `image` (m) row of the regions, -1 none, blanks (m)."""

    words: Ids
    image: Ids
    no_text: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, examples: Examples, vocabulary: Vocabulary) -> "Asked":
        """Encode what a model is asked, in its own vocabulary."""
        words = vocabulary.encode([asked[0] for asked in examples.questions])
        return cls(words, examples.image, examples.text_blank | ~words.any(1))

    def __getitem__(self, rows: Ids) -> "Asked":
        return Asked(self.words[rows], self.image[rows], self.no_text[rows])

    def tensors(self) -> dict[str, Tensor]:
        """What the model takes."""
        return {
            "words": torch.from_numpy(self.words),
            "image": torch.from_numpy(self.image),
            "no_image": torch.from_numpy((self.image < 0).astype(np.float32)),
            "no_text": torch.from_numpy(self.no_text.astype(np.float32)),
        }


def lesson_of(
    examples: Examples,
    vocabulary: Vocabulary,
    seed: int,
    shown: Shown,
    looked_at: Floats | None,
    grid: tuple[int, int] | None,
) -> Lesson:
    """Training samples as numbers. `looked_at` (m, r), of these samples; `grid` of the regions.

    An answer beyond the most frequent ones is left out; a sample with no other has no weight.
    """
    most = max(len(asked) for asked in examples.questions)
    wordings = np.array([len(asked) for asked in examples.questions])
    texts = [asked[min(n, len(asked) - 1)] for asked in examples.questions for n in range(most)]
    words = vocabulary.encode(texts).reshape(len(examples), most, -1)
    right = _right(examples, vocabulary)
    weight = np.where((right >= 0).any(1), examples.weight, 0.0)
    mean = float(weight.mean())
    side = sides(looked_at, grid) if looked_at is not None else (None, None)
    return Lesson(
        seed,
        words,
        wordings,
        right,
        examples.image,
        examples.text_blank,
        weight / mean if mean else weight,
        _salience(words[:, 0], len(vocabulary.words) + 1),
        shown,
        looked_at,
        *side,
    )


def _right(examples: Examples, vocabulary: Vocabulary) -> Ids:
    number = {answer: n for n, answer in enumerate(vocabulary.answers)}
    found = [
        list(dict.fromkeys(number[each] for each in answers if each in number))
        for answers in examples.answers
    ]
    right = np.full((len(found), max(1, *map(len, found), 1)), -1, dtype=np.int64)
    for row, each in enumerate(found):
        right[row, : len(each)] = each
    return right


def _salience(words: Ids, count: int) -> Tensor:
    """How much each word tells of a question, ln(m / questions that hold it); 0 for no word."""
    held = np.zeros(padded(count))
    for column in words.T:
        held += np.bincount(column, minlength=len(held))
    said = np.where(held > 0, np.log(len(words) / np.maximum(held, 1.0)), 0.0)
    said[0] = 0.0
    return torch.from_numpy(np.maximum(said, 0.0).astype(np.float32))


def sides(looked_at: Floats, grid: tuple[int, int] | None) -> tuple[Floats, Floats]:
    """Whether the box lies right and in the bottom half, (m, 2), and the weight of saying so.

    No weight where there is no box, no grid, or the box's centre is in the middle.
    """
    if grid is None:
        return np.zeros((len(looked_at), 2)), np.zeros((len(looked_at), 2))
    rows, columns = grid
    y, x = np.divmod(np.arange(rows * columns), columns)
    centres = np.stack([(x + 0.5) / columns, (y + 0.5) / rows], 1)
    away = looked_at @ centres - 0.5
    boxed = looked_at.sum(1, keepdims=True) > 0
    return (away > 0).astype(float), ((np.abs(away) > 0.02) & boxed).astype(float)
