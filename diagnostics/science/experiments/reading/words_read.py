"""Accuracy by the words that a question holds, where an experiment takes words out."""

from collections.abc import Mapping

import numpy as np

from diagnostics.science.columns.words_by_role import accuracy_by_role, accuracy_by_word
from diagnostics.science.experiments.design import sentences
from diagnostics.science.experiments.design.claims import WordRow
from diagnostics.science.experiments.design.design import Design
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.design.outcomes import Outcome
from diagnostics.science.measures.results import Value

# So many single words are kept, those with the lowest accuracy.
MOST_WORDS = 12


def read_words(
    design: Design, trials: Mapping[tuple[str, int], Outcome], material: Material
) -> tuple[tuple[WordRow, ...], tuple[WordRow, ...]]:
    """The baseline's accuracy by role of words, and by single words, the lowest first.

    Questions are whole: a question counts for every role that one of its words has. `trials`: those
    that ended with credits. Empty where no arm takes words out, or no trial of the baseline ended.
    """
    if not any(arm.settings.deleted for arm in design.arms):
        return (), ()
    name = design.arms[0].name
    ended = [trials[name, seed] for seed in design.seeds if (name, seed) in trials]
    if not ended:
        return (), ()
    questions = [material.question[row] for row in ended[0].rows.tolist()]
    # An arm is tested on the same rows with every seed.
    credit = np.mean([each.credit for each in ended], axis=0)
    roles = tuple(
        WordRow("", each.role, _accuracy(each.credit, each.count))
        for each in accuracy_by_role(questions, credit)
    )
    words = tuple(
        WordRow(each.word, each.role, _accuracy(each.credit, each.count))
        for each in accuracy_by_word(questions, credit)[:MOST_WORDS]
    )
    return roles, words


def _accuracy(credit: float, count: int) -> Value:
    """None where no question holds such a word."""
    mean = credit if np.isfinite(credit) else None
    return Value(mean, "share", count=count, how=sentences.OVER_SEEDS)
