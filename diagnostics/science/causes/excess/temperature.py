"""How far a model's probabilities are stretched: the temperature that makes them honest.

Guo et al. (2017): divide all logits by the one T that makes the references most likely. T > 1: the
model is overconfident. Nothing is said to be near before its probabilities were divided so.
"""

from collections.abc import Callable

import numpy as np
import scipy

from diagnostics.science.causes.excess.answers import Candidates, logit
from diagnostics.science.measures.samples import Bools, Floats

# T is sought between these; fewer rows than `LEAST` leave it at 1.
LOWEST, HIGHEST = 0.05, 20.0
LEAST = 50


def of_candidates(candidates: Candidates) -> float:
    """T by the mean log likelihood of the references, over rows whose candidates hold one."""
    held = np.zeros(int(candidates.owner.max(initial=-1)) + 1, dtype=bool)
    held[candidates.owner[candidates.reference]] = True
    if int(held.sum()) < LEAST:
        return 1.0
    kept = candidates.of(held)

    def cost(log_t: float) -> float:
        return likelihood(kept, float(np.exp(log_t)))

    return _least(cost)


def likelihood(candidates: Candidates, t: float) -> float:
    """Mean negative log likelihood (nats) of the references at temperature `t`.

    Every sample of `candidates` must hold a reference.
    """
    shares = tempered(candidates, t)
    of_reference = np.bincount(candidates.owner, weights=shares * candidates.reference)
    present = np.bincount(candidates.owner) > 0
    return float(-np.log(np.maximum(of_reference[present], 1e-300)).mean())


def tempered(candidates: Candidates, t: float) -> Floats:
    """Probabilities (m) at temperature `t`: softmax of logs / t within each sample."""
    scaled = candidates.logs / t
    best = np.full(int(candidates.owner.max(initial=-1)) + 1, -np.inf)
    np.maximum.at(best, candidates.owner, scaled)
    weights = np.exp(scaled - best[candidates.owner])
    return np.asarray(weights / np.bincount(candidates.owner, weights=weights)[candidates.owner])


def of_confidence(confidence: Floats, right: Bools) -> float:
    """T where only the answer's own probability (n) is known: of σ(logit c / T) against right."""
    known = np.isfinite(confidence)
    if int(known.sum()) < LEAST:
        return 1.0
    logits, signs = logit(confidence[known]), np.where(right[known], 1.0, -1.0)

    def cost(log_t: float) -> float:
        return float(np.logaddexp(0.0, -signs * logits / np.exp(log_t)).mean())

    return _least(cost)


def _least(cost: Callable[[float], float]) -> float:
    """T where a cost of log T is least."""
    bounds = (float(np.log(LOWEST)), float(np.log(HIGHEST)))
    found = scipy.optimize.minimize_scalar(cost, bounds=bounds, method="bounded")
    return float(np.exp(found.x))
