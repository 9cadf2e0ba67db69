"""Claims of the run as a whole: train–test gap, drop to a domain, coverage of rare answers.

They overlap, so they are never added up: of one cause the largest claim counts. The gap is a cause
by convention only: nearly every run has one, also where nothing is planted.
"""

from dataclasses import dataclass

import numpy as np
import scipy

from diagnostics.science.causes.excess.answers import Answers, Rows, codes_of, joined
from diagnostics.science.causes.excess.attributable import Excess
from diagnostics.science.causes.excess.simultaneous import Tested, above, normal_limits
from diagnostics.science.causes.excess.tolerances import Tolerances
from diagnostics.science.measures.samples import Bools

# Rare: the lowest share of evaluation rows by training frequency of the reference, in types with
# so many different references.
RARE_SHARE = 0.35
LEAST_ANSWERS = 15
LEAST_ROWS = 20


@dataclass(frozen=True)
class Gap:
    """A difference of error rates in points (−1..1) with its limits, as simultaneous as claims.

    `name`: train_test, domain or coverage. `rows`: evaluation rows that it speaks of.
    """

    name: str
    points: float
    low: float
    high: float
    rows: int


@dataclass(frozen=True)
class Measured:
    """A gap before its limits are known, and what it claims, if it is tested."""

    name: str
    points: float
    error: float
    rows: int
    test: Tested | None

    def at(self, level: float) -> Gap:
        """With one-sided `level` on each side."""
        reach = float(scipy.stats.norm.isf(level)) * self.error
        low, high = max(self.points - reach, -1.0), min(self.points + reach, 1.0)
        return Gap(self.name, self.points, low, high, self.rows)


def train_test(answers: Answers, plain: Bools, tolerances: Tolerances) -> Measured | None:
    """Evaluation error minus training error on rows (n) without a sign, none of another domain.

    Variance by (k + 1)/(n + 2) on both sides. The null of the claim is a gap of `gap` points; it is
    tested only where training error is below `gap_fitted`.
    """
    error = answers.samples.error
    inside, learnt = answers.evaluated & plain, answers.trained & plain
    n, m = int(inside.sum()), int(learnt.sum())
    if min(n, m) < LEAST_ROWS:
        return None
    k, j = int((inside & error).sum()), int((learnt & error).sum())
    points, spread = k / n - j / m, (_variance(k, n) + _variance(j, m)) ** 0.5
    test = None
    if answers.errors:
        share = points * n / answers.errors
        fitted = j / m < tolerances.gap_fitted
        p = above(points, spread, tolerances.gap) if fitted else 1.0
        limits = normal_limits(share, spread * n / answers.errors)
        test = Tested("generalisation", "train_test_gap", share, p, limits)
    return Measured("train_test", points, spread, n, test)


def domain_drop(excess: Excess) -> Measured:
    """Mean difference of error rates to the same types at home; its claim is the sign's."""
    return Measured("domain", excess.points, excess.points_error, excess.rows, None)


def coverage(answers: Answers, plain: Bools, tolerances: Tolerances) -> Measured | None:
    """Errors at rare references beyond what common ones show: a difference of differences.

    D = (logit e_eval − logit e_train) of rare references minus the same of common ones, with + ½
    in every cell (Haldane 1956; Anscombe 1956). The claim needs D above `rare_logits` and the share
    above `rare`: both, so its p is the larger (intersection–union, Berger 1982). Points: the rare
    rows' error rate minus what D = 0 would give them, by the delta method.
    """
    rare, known = rare_references(answers)
    cells = []
    for group in (rare, known & ~rare):
        for side in (answers.evaluated, answers.trained):
            rows = group & side & plain & known
            cells.append((int((rows & answers.samples.error).sum()), int(rows.sum())))
    if min(n for _, n in cells) < LEAST_ROWS or not answers.errors:
        return None
    logits = np.array([np.log((k + 0.5) / (n - k + 0.5)) for k, n in cells])
    spreads = np.array([1 / (k + 0.5) + 1 / (n - k + 0.5) for k, n in cells])
    d, spread = float(logits @ [1, -1, -1, 1]), float(spreads.sum()) ** 0.5
    k, n = cells[0]
    without = float(scipy.special.expit(logits[0] - d))
    points = k / n - without
    slope = without * (1 - without)
    error = (_variance(k, n) + slope**2 * float(spreads[1:].sum())) ** 0.5
    scale = n / answers.errors
    p = max(
        above(d, spread, tolerances.rare_logits),
        above(points * scale, error * scale, tolerances.rare),
    )
    limits = normal_limits(points * scale, error * scale)
    test = Tested("generalisation", "rare_answers", points * scale, p, limits)
    return Measured("coverage", points, error, n, test)


def rare_references(answers: Answers) -> tuple[Bools, Bools]:
    """Rows (n) with a rare reference, and rows of which it can be said."""
    references, types = codes_of(answers.samples, "answer"), answers.types
    pairs = joined(types, references)
    frequency = np.bincount(pairs[answers.trained], minlength=int(pairs.max(initial=-1)) + 1)[pairs]
    known = (references > 0) & _wide(types, references)
    judged = known & answers.evaluated
    if not judged.any() or not answers.trained.any():
        return np.zeros(len(known), dtype=bool), np.zeros(len(known), dtype=bool)
    limit = np.quantile(frequency[judged], RARE_SHARE)
    return np.asarray(known & (frequency <= limit)), known


def _wide(types: Rows, references: Rows) -> Bools:
    """Rows (n) of question types with enough different references."""
    pairs = np.unique(np.stack([types, references], axis=1), axis=0)
    several = np.bincount(pairs[:, 0], minlength=int(types.max(initial=0)) + 1)
    return np.asarray(several[types] >= LEAST_ANSWERS)


def _variance(k: int, n: int) -> float:
    p = (k + 1) / (n + 2)
    return p * (1 - p) / n
