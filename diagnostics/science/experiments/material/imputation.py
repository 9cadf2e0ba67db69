"""What a sample lacks, taken from the training sample that is most like it in what it has.

A missing picture becomes that of the training sample with the most alike question (its context
included: a caption finds a picture of what it describes); a missing question becomes that of the
training sample with the most alike picture. Retrieval across modalities: nothing is made up.
"""

from collections.abc import Sequence

import numpy as np

from diagnostics.science.columns.words_by_role import WORD, has_content
from diagnostics.science.experiments.design.draws import Rows, generator
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.measures.samples import Bools, Floats

# A shorter question that names nothing asks nothing: 'What', 'Is the'.
FEWEST_WORDS = 3
# Similarities that are held at once: a block of this many numbers.
_BLOCK = 4_000_000


def asks_nothing(text: str) -> bool:
    """Whether a question is blank, or broken off before it says what it is about."""
    return len(WORD.findall(text)) < FEWEST_WORDS and not has_content(text)


def pictures_for(material: Material, questions: Sequence[str], source: Rows, seed: int) -> Rows:
    """For each of m questions, the picture of a training sample with the most alike one, (m,).

    `source`: training rows to take from. Alike is the cosine of TF-IDF vectors of words and pairs
    of words; among equally alike samples one is drawn by the seed. -1 where no word is shared.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    found = np.full(len(questions), -1, dtype=np.int64)
    source = source[material.image[source] >= 0]
    texts, owner = np.unique(
        [material.question[row] for row in source.tolist()], return_inverse=True
    )
    if not len(source) or not len(questions):
        return found
    try:
        words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2))
        known = words.fit_transform(texts.tolist())
    except ValueError:  # Not a single word.
        return found
    asked, place = np.unique(list(questions), return_inverse=True)
    nearest, closeness = _nearest(words.transform(asked.tolist()), known.T.tocsr(), len(texts))
    samples = np.argsort(owner, kind="stable")
    first = np.searchsorted(owner[samples], np.arange(len(texts) + 1))
    lots = generator(seed, "imputed").random(len(questions))
    text = nearest[place]
    count = first[text + 1] - first[text]
    drawn = samples[first[text] + (lots * count).astype(np.int64)]
    return np.where(closeness[place] > 0, material.image[source[drawn]], -1).astype(np.int64)


def questions_for(
    material: Material, pictures: Rows, left: Sequence[str], source: Rows
) -> tuple[str, ...]:
    """For each of m pictures (rows of the regions), the question of the most alike training one.

    `left`: what is left of each question; a question that begins with it is taken where training
    has any. Alike is the cosine of mean region features, standardised over training pictures.
    """
    source = source[material.image[source] >= 0]
    if not len(source):
        return tuple(left)
    whole = np.array([not asks_nothing(material.question[row]) for row in source.tolist()])
    source = source[whole] if whole.any() else source
    shown = material.image[source]
    means = _pooled(material, np.concatenate([shown, pictures]))
    middle, spread = means[: len(shown)].mean(0), means[: len(shown)].std(0)
    vectors = _unit((means - middle) / np.where(spread > 1e-6, spread, 1.0))
    starts = [text.lower().split() for text in left]
    found = list(left)
    for start in sorted({tuple(each) for each in starts}):
        places = np.array([n for n, each in enumerate(starts) if tuple(each) == start])
        fits = np.array([_begins(material.question[row], start) for row in source.tolist()])
        among = np.flatnonzero(fits) if fits.any() else np.arange(len(source))
        nearest, _ = _nearest(vectors[len(shown) + places], vectors[among].T, len(among))
        for place, near in zip(places.tolist(), among[nearest].tolist(), strict=True):
            found[place] = material.question[int(source[near])]
    return tuple(found)


def _begins(question: str, start: tuple[str, ...]) -> bool:
    return tuple(question.lower().split()[: len(start)]) == start


def _pooled(material: Material, pictures: Rows) -> Floats:
    """Mean region features of pictures (m), (m, d), each picture read once."""
    names, owner = np.unique(pictures, return_inverse=True)
    means = np.stack([material.regions[name].mean(0, dtype=np.float64) for name in names.tolist()])
    return np.asarray(means[owner])


def _unit(vectors: Floats) -> Floats:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(norms > 0, norms, 1.0))


def _nearest(asked: "np.ndarray", known: "np.ndarray", count: int) -> tuple[Rows, Floats]:
    """The most similar of `count` known vectors (d, count) for each asked (m, d), and how much.

    Block by block; dense or sparse. Of equals the first.
    """
    step = max(1, _BLOCK // max(count, 1))
    nearest, closeness = [], []
    for first in range(0, asked.shape[0], step):
        block = asked[first : first + step] @ known
        similar = np.asarray(block.toarray() if hasattr(block, "toarray") else block)
        nearest.append(similar.argmax(1))
        closeness.append(similar.max(1))
    empty = np.zeros(0)
    return (
        np.concatenate([empty.astype(np.int64), *nearest]),
        np.concatenate([empty, *closeness]),
    )


def missing_text(questions: Sequence[str]) -> Bools:
    """Which questions (m) ask nothing."""
    known: dict[str, bool] = {}
    return np.array(
        [
            known[text] if text in known else known.setdefault(text, asks_nothing(text))
            for text in questions
        ],
        dtype=bool,
    )
