"""Errors whose picture has no effect: the text alone gives the same answer, as surely.

An absolute limit on the difference of two probabilities fails, since chance alone matches about a
tenth. Here a row's match is held against what it would be with the text-only confidence of other
rows of the same question type and answer: a permutation null.
"""

from dataclasses import dataclass

import numpy as np

from diagnostics.science.causes.excess.answers import Answers, Rows, codes_of, joined, logit
from diagnostics.science.causes.excess.simultaneous import Tested, above, normal_limits
from diagnostics.science.causes.excess.temperature import of_candidates, of_confidence
from diagnostics.science.causes.excess.tolerances import Tolerances
from diagnostics.science.measures.samples import Bools, Floats

# Other rows of the same type and answer; with fewer, the whole type stands for them.
LEAST = 10


@dataclass(frozen=True)
class Matched:
    """`known` (n): text-only answer brought; `match` (n): same answer, as sure; `expected` (n):
    its chance among other rows, 0 where the answer differs, NaN where not known."""

    known: Bools
    match: Bools
    expected: Floats


def matched(answers: Answers, tolerances: Tolerances) -> Matched | None:
    """Which rows (n) match; None where the record has no text-only answers with confidence.

    Logits are divided by the run's temperature first: a nearness in stretched logits is none.
    """
    samples = answers.samples
    same, alone = samples.number("text_only_same"), samples.number("text_confidence")
    own = answers.confidence()
    if same is None or alone is None or not np.isfinite(own).any():
        return None
    known = np.isfinite(same) & np.isfinite(alone) & np.isfinite(own)
    t = temperature(answers)
    first, second = logit(own) / t, logit(alone) / t
    held = known & (same == 1)
    match = held & (np.abs(first - second) < tolerances.match)
    expected = np.where(known, 0.0, np.nan)
    rows = np.flatnonzero(held)
    types = answers.types[rows]
    groups = joined(types, codes_of(samples, "prediction")[rows])
    fine, others = _chance(first[rows], second[rows], groups, tolerances.match)
    coarse, _ = _chance(first[rows], second[rows], types, tolerances.match)
    expected[rows] = np.where(others >= LEAST, fine, coarse)
    return Matched(known, match, expected)


def temperature(answers: Answers) -> float:
    """T of the evaluation, by its candidates or else by the answers' confidence."""
    if answers.candidates is not None:
        return of_candidates(answers.candidates.of(answers.evaluated))
    confidence = np.where(answers.evaluated, answers.confidence(), np.nan)
    return of_confidence(confidence, ~answers.samples.error)


def without_effect(answers: Answers, found: Matched, tolerances: Tolerances) -> Tested | None:
    """Excess of matching errors over the permutation null, as a share of all errors.

    Standard error: root of the sum of squared differences, over E. None without an error row.
    """
    rows = answers.evaluated & answers.samples.error & found.known
    if not rows.any():
        return None
    excess = found.match[rows] - found.expected[rows]
    share = float(excess.sum()) / answers.errors
    error = float((excess**2).sum()) ** 0.5 / answers.errors
    p = above(share, error, tolerances.blind)
    return Tested("missing_modality", "no_image_effect", share, p, normal_limits(share, error))


def _chance(first: Floats, second: Floats, groups: Rows, reach: float) -> tuple[Floats, Floats]:
    """Share (k) of the other rows of a row's group whose `second` lies within `reach` of its
    `first`, and how many others there are (k)."""
    chance, others = np.zeros(len(first)), np.zeros(len(first))
    for group in np.unique(groups):
        here = np.flatnonzero(groups == group)
        ordered = np.sort(second[here])
        low = np.searchsorted(ordered, first[here] - reach, "right")
        high = np.searchsorted(ordered, first[here] + reach, "left")
        own = np.abs(first[here] - second[here]) < reach
        others[here] = len(here) - 1
        chance[here] = (high - low - own) / max(len(here) - 1, 1)
    return chance, others
