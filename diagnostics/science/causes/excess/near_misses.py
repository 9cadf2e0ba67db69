"""How many errors have their reference second beyond what the model's own probabilities expect.

This claims nothing: wavering between two places, a second-choice key and an ambiguous question
leave the same rows (research/causes.md, section 1). It is shown beside *undetermined*.
"""

from dataclasses import dataclass

import numpy as np

from diagnostics.science.causes.excess.answers import Answers
from diagnostics.science.causes.excess.temperature import of_candidates, tempered
from diagnostics.science.measures.samples import Floats

# Two-sided 95 %.
Z = 1.959964


@dataclass(frozen=True)
class NearMisses:
    """`seen` errors have their reference second; `expected` were to be, at `temperature`.

    `share`: the excess over all errors with known candidates, with its two-sided 95 % limits;
    below 0 where fewer than expected are.
    """

    seen: int
    expected: float
    share: float
    low: float
    high: float
    temperature: float


def near_misses(answers: Answers) -> NearMisses | None:
    """Of the evaluation's errors with three candidates or more; None where there are none.

    The first being wrong, the second is right with probability p₂ / (1 − p₁) at temperature T.
    """
    if answers.candidates is None:
        return None
    held = answers.candidates.of(answers.evaluated)
    t = of_candidates(held)
    lists = held.of(answers.samples.error)
    first, second, seen = _places(lists.owner, tempered(lists, t), lists.reference)
    if not len(first):
        return None
    expected = second / np.maximum(1 - first, 1e-12)
    excess = seen - expected
    share = float(excess.mean())
    reach = Z * float((excess**2).sum()) ** 0.5 / len(excess)
    shares = (share, share - reach, share + reach)
    return NearMisses(int(seen.sum()), float(expected.sum()), *shares, t)


def _places(owner: np.ndarray, shares: Floats, reference: np.ndarray) -> tuple[Floats, ...]:
    """First and second probability, and whether the second is a reference, of each sample (k)
    with three candidates or more whose first is no reference."""
    order = np.lexsort((-shares, owner))
    owner, shares, reference = owner[order], shares[order], reference[order]
    starts = (
        np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]]) if len(owner) else np.zeros(0, int)
    )
    sizes = np.diff(np.r_[starts, len(owner)])
    kept = starts[sizes >= 3]
    kept = kept[~reference[kept]]
    return shares[kept], shares[kept + 1], reference[kept + 1].astype(np.float64)
