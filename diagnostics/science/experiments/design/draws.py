"""Draws that arms of an experiment share: by seed and factor, whatever else an arm changes."""

import zlib

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]


def generator(seed: int, factor: str) -> np.random.Generator:
    """A generator for one factor of one seed."""
    return np.random.default_rng([seed, zlib.crc32(factor.encode())])


def chosen_share(
    rows: Rows, size: int, share: float, seed: int, factor: str
) -> npt.NDArray[np.bool_]:
    """Which of `rows` (m) a share falls on, (m,): a larger share holds the smaller one.

    `size`: samples of the material. A row's lot does not depend on which others are there.
    """
    lots = generator(seed, factor).random(size)[rows]
    found = np.zeros(len(rows), dtype=bool)
    found[np.argsort(lots, kind="stable")[: round(share * len(rows))]] = True
    return found
