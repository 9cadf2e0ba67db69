"""Whether the attention of a word depends on what stands around it."""

from collections import defaultdict

import numpy as np
import pyarrow as pa
from scipy.special import rel_entr

from diagnostics.science.measures.samples import Floats

# Grids of more samples than this say nothing more about a word's usual attention.
MOST_ROWS = 5_000
# A word is compared with itself in other contexts; fewer are no usual attention.
LEAST_CONTEXTS = 5


def divergences(column: pa.ChunkedArray) -> Floats:
    """Per sample the mean Jensen–Shannon divergence (base 2, 0..1) of its words' attention from the
    same word's mean attention in the other samples: (n,), NaN where there is nothing to compare.

    A word that is looked for in the same place whatever its context has divergence near 0.
    `column`: maps from token to an H×W grid.
    """
    found = np.full(len(column), np.nan)
    rows = np.flatnonzero(column.is_valid().to_numpy())[:MOST_ROWS]
    grids: dict[tuple[str, tuple[int, int]], list[tuple[int, Floats]]] = defaultdict(list)
    for row in rows.tolist():
        for token, grid in column[row].as_py() or []:
            weights = np.asarray(grid, dtype=np.float64)
            if weights.ndim == 2 and weights.sum() > 0:
                key = (token.lower(), weights.shape)
                grids[key].append((row, weights.ravel() / weights.sum()))
    apart: dict[int, list[float]] = defaultdict(list)
    for contexts in grids.values():
        if len(contexts) < LEAST_CONTEXTS:
            continue
        stack = np.stack([shares for _, shares in contexts])
        others = (stack.sum(axis=0) - stack) / (len(stack) - 1)
        for (row, _), value in zip(contexts, jensen_shannon(stack, others), strict=True):
            apart[row].append(float(value))
    for row, values in apart.items():
        found[row] = float(np.mean(values))
    return found


def jensen_shannon(first: Floats, second: Floats) -> Floats:
    """Jensen–Shannon divergence in bits (n) of rows of shares (n, k) (Lin 1991)."""
    middle = (first + second) / 2
    both = rel_entr(first, middle).sum(axis=1) + rel_entr(second, middle).sum(axis=1)
    return np.asarray(both / (2 * np.log(2)))
