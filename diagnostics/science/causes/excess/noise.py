"""Wrong references, by training rows whose model is sure of something else.

In evaluation rows a wrong key and a sure misreading give the same row, so confidence there never
says noise. A model that fits its training rows misreads few of those that it is surer of than of
half their type: what contradicts it there is, beyond a tolerance, the references.

Beside research/causes.md (tolerance .03 and nothing more) one gate is new: the rate has to last
among the surest eighth. Misreadings and ambiguous rows grow rare there, wrong references do not, so
the tolerance can be .02, which finds smaller shares. A model that misreads training pictures as
surely as it reads them (looking beside a box that the file does not bring) leaves the same rows as
noise: that is the known fault of this claim.
"""

import numpy as np
import scipy

from diagnostics.science.causes.excess.answers import Answers
from diagnostics.science.causes.excess.simultaneous import Limits, Tested
from diagnostics.science.causes.excess.tolerances import Tolerances
from diagnostics.science.measures.samples import Bools

LEAST_ROWS = 40


def wrong_references(answers: Answers, plain: Bools, tolerances: Tolerances) -> Tested | None:
    """The rate r among the surer half of the training rows `plain` (n), as a share of all errors.

    Exact binomial: the null is r ≤ `noise`, the interval Clopper and Pearson's (1934). Share =
    r (1 − e₀) n_eval / E with e₀ = (e − r)/(1 − r): it supposes that evaluation references were
    made the same way. p is 1 where fewer than `noise_types` of the types (of 40 such rows) are
    above the tolerance, where training is not fitted, or where the surest eighth contradicts less
    than `noise_lasting` as often. None without training candidates.
    """
    sure, surest = surer(answers, plain, 0.5), surer(answers, plain, 0.125)
    n = int(sure.sum())
    if n < LEAST_ROWS or not answers.errors:
        return None
    error = answers.samples.error
    k = int((sure & error).sum())
    fitted = error[answers.trained & plain].mean() < tolerances.noise_fitted
    p = 1.0
    lasting = error[surest].mean() >= tolerances.noise_lasting * k / n
    if fitted and lasting and _types_above(answers, sure, tolerances) >= tolerances.noise_types:
        p = float(scipy.stats.binom.sf(k - 1, n, tolerances.noise))
    return Tested("noise", "training_references", _share(k / n, answers), p, _limits(k, n, answers))


def surer(answers: Answers, plain: Bools, share: float) -> Bools:
    """The `share` (0..1) of training rows (n) of each type with the largest log p₁ − log p₂; ties
    at its edge are in."""
    top, margin = answers.samples.number("top_probability"), answers.samples.number("top_margin")
    kept = np.zeros(len(answers.samples), dtype=bool)
    if top is None or margin is None:
        return kept
    second = np.maximum(top - margin, 1e-12)
    logs = np.log(np.maximum(top, 1e-12)) - np.log(second)
    known = answers.trained & plain & np.isfinite(logs)
    for kind in np.unique(answers.types[known]):
        here = known & (answers.types == kind)
        kept |= here & (logs >= np.quantile(logs[here], 1 - share))
    return kept


def _types_above(answers: Answers, sure: Bools, tolerances: Tolerances) -> float:
    """Share of the types with 40 sure rows in which more than the tolerance is contradicted."""
    rates = [
        float(answers.samples.error[here].mean())
        for kind in np.unique(answers.types[sure])
        if (here := sure & (answers.types == kind)).sum() >= LEAST_ROWS
    ]
    return float(np.mean(np.array(rates) > tolerances.noise)) if rates else 0.0


def _share(rate: float, answers: Answers) -> float:
    """The share of all errors that a rate of wrong references makes (0..1)."""
    count = int(answers.evaluated.sum())
    error = answers.errors / count
    base = min(max((error - rate) / (1 - rate), 0.0), 1.0) if rate < 1 else 0.0
    return min(rate * (1 - base) / error, 1.0)


def _limits(k: int, n: int, answers: Answers) -> Limits:
    def limits(level: float) -> tuple[float, float]:
        low, high = clopper_pearson(k, n, level)
        return _share(low, answers), _share(high, answers)

    return limits


def clopper_pearson(k: int, n: int, level: float) -> tuple[float, float]:
    """Exact limits of a share with the one-sided `level` on each side."""
    low = float(scipy.stats.beta.ppf(level, k, n - k + 1)) if k else 0.0
    high = float(scipy.stats.beta.isf(level, k + 1, n - k)) if k < n else 1.0
    return low, high
