"""Words that a question has and no training question had."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from diagnostics.science.measures.samples import Floats

WORD = re.compile(r"(?u)[^\W\d_]+")
# A word seen this often in training was learnt from something else than one slip of the pen.
KNOWN_FROM = 2


def question_novelty(questions: pa.ChunkedArray, split: pa.ChunkedArray) -> Floats:
    """Share (n, 0..1) of each question's words that training questions hold fewer than twice.

    NaN where the run has no training sample. Numbers are no words. A training question is held
    against the others: its own words count once less. Each distinct question is read once.
    """
    trained = pc.fill_null(pc.equal(split, "train"), False).to_numpy()
    if not trained.any():
        return np.full(len(questions), np.nan)
    coded = pa.chunked_array(questions).combine_chunks().dictionary_encode()
    codes = coded.indices.to_numpy(zero_copy_only=False)
    words = [frozenset(WORD.findall(text.lower())) for text in coded.dictionary.to_pylist()]
    often = np.bincount(codes[trained], minlength=len(words))
    seen: dict[str, int] = {}
    for found, times in zip(words, often.tolist(), strict=True):
        for word in found if times else ():
            seen[word] = seen.get(word, 0) + times
    own = np.array([_share(found, seen, KNOWN_FROM + 1) for found in words])
    rest = np.array([_share(found, seen, KNOWN_FROM) for found in words])
    shares: Floats = np.where(trained, own[codes], rest[codes])
    return shares


def _share(words: frozenset[str], seen: dict[str, int], least: int) -> float:
    return sum(seen.get(word, 0) < least for word in words) / len(words) if words else 0.0
