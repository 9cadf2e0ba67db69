"""Where a model looks, against where the answer lies."""

import numpy as np

from diagnostics.science.measures.samples import Floats


def off_box(grids: Floats, boxes: Floats) -> Floats:
    """Distance (n) of the attention's centre from the box's centre, in shares of width and height.

    `grids` (n, h, w) ≥ 0; `boxes` (n, 4): x0, y0, x1, y1 in shares of the picture. Of the attention
    only what lies above its floor counts (the grid's median), or a broad floor would draw every
    centre to the middle. NaN where nothing lies above it. Raises ValueError for other shapes.
    """
    if grids.ndim != 3 or boxes.shape != (len(grids), 4):
        raise ValueError("grids must be (n, h, w) and boxes (n, 4)")
    above = np.maximum(grids - np.median(grids, axis=(1, 2), keepdims=True), 0.0)
    mass = above.sum(axis=(1, 2))
    _, height, width = grids.shape
    down, across = (np.arange(height) + 0.5) / height, (np.arange(width) + 0.5) / width
    held = np.where(mass > 0, mass, np.nan)
    y = np.einsum("nhw,h->n", above, down) / held
    x = np.einsum("nhw,w->n", above, across) / held
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    return np.asarray(np.hypot(x - middle[:, 0], y - middle[:, 1]))
