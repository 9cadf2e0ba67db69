"""How often one is right who sees nothing and always gives the answer that training gives most."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from diagnostics.science.experiments.design.draws import Rows
from diagnostics.science.experiments.design.material import Material
from diagnostics.science.experiments.design.outcomes import TrainingRefused
from diagnostics.science.experiments.design.settings import Settings
from diagnostics.science.experiments.material.treatment import (
    credits,
    tested_examples,
    training_examples,
)
from triage.science.record.scoring import normalise

# By how much, in shares, an arm has to be better to have learnt more than that answer.
LEARNT = 0.02


def has_learnt(credits: Sequence[float | None], commonest: float | None) -> bool:
    """Whether any arm of these mean credits is better than the commonest answer.

    An arm that learns where its control did not is a result; where neither has, none is. True where
    one of the two numbers is not known.
    """
    known = [each for each in credits if each is not None]
    return commonest is None or not known or max(known) >= commonest + LEARNT


def commonest_answer(material: Material, settings: Settings, seed: int, rows: Rows) -> float | None:
    """Mean credit, 0..1, on the tested `rows` of an arm, of its commonest training answer.

    To a question that training has, word for word, it is the commonest there; to all others the
    commonest of all; of equals the first. Where no question comes twice, as where there is only
    one, this is the share of the commonest answer. None where nothing can be trained on, or other
    rows are tested.
    """
    try:
        trained = training_examples(material, settings, seed)
        tested = tested_examples(material, settings, seed)
    except TrainingRefused:
        return None
    if not np.array_equal(np.sort(rows), tested.row):
        return None
    first = [each[0] for each in trained.answers]
    known: dict[str, list[str]] = {}
    for question, answer in zip(trained.questions, first, strict=True):
        known.setdefault(question[0], []).append(answer)
    usual = _commonest(first)
    said = {question: _commonest(answers) for question, answers in known.items()}
    predictions = np.array([said.get(each[0], usual) for each in tested.questions], dtype=np.str_)
    return float(credits(material, tested, predictions, settings).mean())


def _commonest(answers: Sequence[str]) -> str:
    """The answer given most, whatever its spelling; the first of equals."""
    counts = Counter(normalise(each) for each in answers)
    return max(answers, key=lambda each: counts[normalise(each)])
