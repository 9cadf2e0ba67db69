"""Words that training had and did not learn: chosen on training rows, tested on evaluation rows.

Chosen and tested on the same rows such a sign would always claim.
"""

import numpy as np
import scipy

from diagnostics.science.causes.excess.answers import Answers, Words
from diagnostics.science.causes.excess.tolerances import Tolerances
from diagnostics.science.measures.samples import Bools, Floats


def hard_words(answers: Answers, tolerances: Tolerances) -> Bools | None:
    """Rows (n) whose question has a word that was hard in training; None without words or training.

    Hard: at least `hard_word_rows` training rows, and more than `hard_word_times` the training
    errors that their question types predict, one-sided binomial p below `hard_word`. In
    research/causes.md the factor is 1: then words for things that are a little harder to see are
    claimed as badly learnt, with 9 to 15 % of the errors, in clean worlds.
    """
    words, trained = answers.words, answers.trained
    if words is None or not trained.any() or not len(words.owner):
        return None
    size = int(words.word.max()) + 1
    rates = _type_rates(answers)
    kept = trained[words.owner]
    owner, word = _once(words, kept)
    rows = np.bincount(word, minlength=size)
    wrong = np.bincount(word, weights=answers.samples.error[owner].astype(float), minlength=size)
    predicted = np.bincount(word, weights=rates[owner], minlength=size) / np.maximum(rows, 1)
    p = scipy.stats.binom.sf(
        wrong - 1, rows, np.clip(tolerances.hard_word_times * predicted, 1e-6, 1.0)
    )
    hard = (rows >= tolerances.hard_word_rows) & (p < tolerances.hard_word)
    shown = np.zeros(len(answers.samples), dtype=bool)
    shown[words.owner[hard[words.word]]] = True
    return shown


def _type_rates(answers: Answers) -> Floats:
    """Training error rate of each row's question type (n)."""
    types, trained = answers.types, answers.trained
    size = int(types.max(initial=0)) + 1
    rows = np.bincount(types[trained], minlength=size)
    wrong = np.bincount(types[trained & answers.samples.error], minlength=size)
    return np.asarray((wrong / np.maximum(rows, 1))[types])


def _once(words: Words, kept: Bools) -> tuple[np.ndarray, np.ndarray]:
    """Each word of a kept row once: owners and words."""
    pairs = np.unique(np.stack([words.owner[kept], words.word[kept]], axis=1), axis=0)
    return pairs[:, 0], pairs[:, 1]
