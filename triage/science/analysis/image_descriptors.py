"""What a picture looks like in 216 numbers, without a trained model: colour, layout, edges."""

import numpy as np
from PIL import Image

SIDE = 64
HUES, SATURATIONS, VALUES = 8, 3, 3
LAYOUT = 4
ORIENTATIONS, EDGE_CELLS = 6, 4
LENGTH = HUES * SATURATIONS * VALUES + LAYOUT * LAYOUT * 3 + ORIENTATIONS * EDGE_CELLS**2


def describe(image: Image.Image) -> np.ndarray:
    """`LENGTH` numbers: a joint HSV histogram, mean colours of a 4×4 layout, and histograms of
    gradient orientation over 4×4 cells (Dalal & Triggs 2005, one scale). Each part has unit norm.
    """
    small = image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    parts = (_colours(small), _layout(small), _edges(small))
    return np.concatenate([part / (np.linalg.norm(part) or 1.0) for part in parts])


def _colours(image: Image.Image) -> np.ndarray:
    pixels = np.asarray(image.convert("HSV"), dtype=float).reshape(-1, 3) / 256.0
    counts, _ = np.histogramdd(pixels, bins=(HUES, SATURATIONS, VALUES), range=[(0, 1)] * 3)
    return np.asarray(np.sqrt(counts.ravel()))


def _layout(image: Image.Image) -> np.ndarray:
    tiny = image.resize((LAYOUT, LAYOUT), Image.Resampling.BOX)
    return np.asarray(tiny, dtype=float).ravel() / 255.0


def _edges(image: Image.Image) -> np.ndarray:
    grey = np.asarray(image.convert("L"), dtype=float) / 255.0
    dy, dx = np.gradient(grey)
    strength = np.hypot(dx, dy)
    angle = np.mod(np.arctan2(dy, dx), np.pi)
    which = np.minimum((angle / np.pi * ORIENTATIONS).astype(int), ORIENTATIONS - 1)
    cell = np.arange(SIDE) * EDGE_CELLS // SIDE
    place = (cell[:, None] * EDGE_CELLS + cell[None, :]) * ORIENTATIONS + which
    size = ORIENTATIONS * EDGE_CELLS**2
    return np.bincount(place.ravel(), weights=strength.ravel(), minlength=size)
