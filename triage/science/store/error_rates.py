"""Error rates with exact limits."""

import numpy as np
from scipy.special import betaincinv


def clopper_pearson(
    errors: np.ndarray, samples: np.ndarray, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Exact binomial limits (Clopper & Pearson 1934), vectorised.

    `errors` and `samples` are integer arrays of one shape with 0 <= errors <= samples; where
    samples is 0 the limits are 0 and 1. Returns (low, high) shares.
    """
    k = np.asarray(errors, dtype=float)
    n = np.asarray(samples, dtype=float)
    if np.any(k < 0) or np.any(k > n):
        raise ValueError("errors must lie between 0 and samples")
    tail = (1 - level) / 2
    with np.errstate(all="ignore"):
        low = np.where(k > 0, betaincinv(np.maximum(k, 1), n - k + 1, tail), 0.0)
        high = np.where(k < n, betaincinv(k + 1, np.maximum(n - k, 1), 1 - tail), 1.0)
    return np.where(n > 0, low, 0.0), np.where(n > 0, high, 1.0)
