"""Attention over the image, many grids at a time: how spread it is, and where it lies.

Grids are stacks (n, H, W) of non-negative weights with a positive sum; boxes are [x0, y0, x1, y1]
in 0..1 of the image.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

# Share of the attention that the smallest box around it has to hold.
ATTENTION_MASS = 0.8
# Grids whose boxes are sought at once: what is held grows with grids × width².
BATCH = 4096


@dataclass(frozen=True)
class Boxes:
    """Boxes of many samples, flat: `values` (m, 4), of the samples `owner` (m), ascending."""

    owner: Rows
    values: Floats


def stacks(column: pa.ChunkedArray) -> Iterator[tuple[Rows, Floats]]:
    """The grids of a column by shape: which rows have it, and their stack (n, H, W)."""
    whole = pa.chunked_array(column).combine_chunks()
    if isinstance(whole, pa.ChunkedArray):  # No chunk at all.
        return
    heights = pc.fill_null(pc.list_value_length(whole), 0).to_numpy(zero_copy_only=False)
    lines = whole.flatten()
    widths = pc.list_value_length(lines).to_numpy(zero_copy_only=False).astype(np.int64)
    weights = lines.flatten().to_numpy(zero_copy_only=False).astype(np.float64)
    first_line = np.concatenate([[0], np.cumsum(heights)]).astype(np.int64)
    first_weight = np.concatenate([[0], np.cumsum(widths)]).astype(np.int64)
    filled = np.flatnonzero(heights > 0)
    shapes = np.stack([heights[filled], widths[first_line[filled]]], axis=1)
    for height, width in np.unique(shapes, axis=0):
        rows = filled[(shapes[:, 0] == height) & (shapes[:, 1] == width)]
        starts = first_weight[first_line[rows]]
        cells = starts[:, None] + np.arange(height * width)[None, :]
        yield rows, weights[cells].reshape(-1, height, width)


def attention_entropy(grids: Floats) -> Floats:
    """Shannon entropy (n) over log(H·W): 0 focused, 1 uniform; a single cell is focused."""
    weights = grids.reshape(len(grids), -1)
    if weights.shape[1] < 2:
        return np.zeros(len(grids))
    shares = weights / weights.sum(axis=1, keepdims=True)
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    return np.asarray(-(shares * logs).sum(axis=1) / np.log(weights.shape[1]))


def attention_boxes(grids: Floats, mass: float = ATTENTION_MASS) -> Floats:
    """The smallest box of whole cells that holds `mass` of each grid's attention: (n, 4).

    Exact: for every pair of row bounds and every right bound, the nearest left bound that suffices
    is looked up in the running sum. Of equal areas the one with more attention wins.
    """
    parts = [_boxes_of(grids[i : i + BATCH], mass) for i in range(0, len(grids), BATCH)]
    return np.concatenate(parts) if parts else np.zeros((0, 4))


def _boxes_of(grids: Floats, mass: float) -> Floats:
    count, height, width = grids.shape
    shares = grids / grids.sum(axis=(1, 2), keepdims=True)
    above = np.concatenate([np.zeros((count, 1, width)), shares.cumsum(axis=1)], axis=1)
    best = np.full(count, np.inf)
    found = np.tile(np.array([0, 0, width, height], dtype=np.float64), (count, 1))
    rights = np.arange(1, width + 1)
    for top in range(height):
        for bottom in range(top + 1, height + 1):
            band = above[:, bottom] - above[:, top]
            sums = np.concatenate([np.zeros((count, 1)), band.cumsum(axis=1)], axis=1)
            # The last left bound from which the sum up to each right bound still suffices.
            reach = sums[:, 1:] - mass + 1e-9
            lefts = (sums[:, None, :] <= reach[:, :, None]).sum(axis=2) - 1
            inside = sums[:, 1:] - np.take_along_axis(sums, np.maximum(lefts, 0), axis=1)
            areas = (rights - lefts) * (bottom - top)
            # Areas are whole numbers and half a share is less than 1: area first, attention next.
            rank = np.where(lefts >= 0, areas - 0.5 * inside, np.inf)
            chosen = rank.argmin(axis=1)
            value = rank[np.arange(count), chosen]
            better = value < best - 1e-12
            best[better] = value[better]
            left = lefts[np.arange(count), chosen]
            sides = np.stack(
                [left, np.full(count, top), rights[chosen], np.full(count, bottom)], axis=1
            )
            found[better] = sides[better]
    return np.asarray(found / np.array([width, height, width, height]))


def attention_in_boxes(grids: Floats, boxes: Boxes) -> Floats:
    """Share (n) of each grid's attention inside the union of its boxes; NaN without a box.

    `boxes.owner` are rows of `grids`. Attention is spread evenly within a cell.
    """
    shares = np.full(len(grids), np.nan)
    numbers = np.bincount(boxes.owner, minlength=len(grids))
    single = numbers[boxes.owner] == 1
    owners = boxes.owner[single]
    shares[owners] = _in_one_box(grids[owners], boxes.values[single])
    first = np.searchsorted(boxes.owner, np.arange(len(grids) + 1))
    for row in np.flatnonzero(numbers > 1):
        shares[row] = _in_union(grids[row], boxes.values[first[row] : first[row + 1]])
    return shares


def _in_one_box(grids: Floats, boxes: Floats) -> Floats:
    """A box's overlap with a cell is that of their sides, multiplied."""
    _, height, width = grids.shape
    bounds = np.clip(boxes, 0.0, 1.0)
    across = _overlap(bounds[:, 0], bounds[:, 2], width)
    down = _overlap(bounds[:, 1], bounds[:, 3], height)
    inside = np.einsum("nhw,nh,nw->n", grids, down, across)
    return np.asarray(inside / grids.sum(axis=(1, 2)))


def _overlap(low: Floats, high: Floats, cells: int) -> Floats:
    """How much (0..1) of each of `cells` equal parts of 0..1 lies between low and high: (n, c)."""
    edges = np.arange(cells + 1) / cells
    shared = np.minimum(high[:, None], edges[1:]) - np.maximum(low[:, None], edges[:-1])
    return np.asarray(np.maximum(shared, 0.0) * cells)


def _in_union(grid: Floats, boxes: Floats) -> float:
    """Exact: the edges of cells and boxes cut the image into rectangles, each wholly in or out."""
    height, width = grid.shape
    bounds = np.clip(boxes, 0.0, 1.0)
    x = np.unique(np.concatenate([np.arange(width + 1) / width, bounds[:, 0], bounds[:, 2]]))
    y = np.unique(np.concatenate([np.arange(height + 1) / height, bounds[:, 1], bounds[:, 3]]))
    middle_x, middle_y = (x[1:] + x[:-1]) / 2, (y[1:] + y[:-1]) / 2
    inside = np.zeros((middle_y.size, middle_x.size), dtype=bool)
    for x0, y0, x1, y1 in bounds:
        rows = (middle_y > y0) & (middle_y < y1)
        inside |= rows[:, None] & ((middle_x > x0) & (middle_x < x1))[None, :]
    cells = np.ix_((middle_y * height).astype(int), (middle_x * width).astype(int))
    parts = np.outer(np.diff(y), np.diff(x)) * width * height
    return float((grid[cells] * parts)[inside].sum() / grid.sum())


def attention_hits(grids: Floats, boxes: Boxes) -> Floats:
    """1 where the middle of the heaviest cell lies in one of the boxes, else 0; NaN without a box.

    The pointing game of Zhang et al. (2018), by cells.
    """
    _, height, width = grids.shape
    peak = grids.reshape(len(grids), -1).argmax(axis=1)
    x, y = (peak % width + 0.5) / width, (peak // width + 0.5) / height
    hits = np.full(len(grids), np.nan)
    hits[boxes.owner] = 0.0
    x0, y0, x1, y1 = boxes.values.T
    own_x, own_y = x[boxes.owner], y[boxes.owner]
    within = (x0 <= own_x) & (own_x <= x1) & (y0 <= own_y) & (own_y <= y1)
    hits[boxes.owner[within]] = 1.0
    return hits


def overlap_with_best(predicted: Floats, boxes: Boxes) -> Floats:
    """IoU (n) of each predicted box (n, 4; NaN where unknown) with the best of its true boxes."""
    best = np.full(len(predicted), np.nan)
    if len(boxes.owner):
        np.fmax.at(best, boxes.owner, iou(predicted[boxes.owner], boxes.values))
    return best


def iou(first: Floats, second: Floats) -> Floats:
    """Intersection over union (n) of boxes (n, 4) in one unit; NaN where a box is NaN."""
    width = np.minimum(first[:, 2], second[:, 2]) - np.maximum(first[:, 0], second[:, 0])
    height = np.minimum(first[:, 3], second[:, 3]) - np.maximum(first[:, 1], second[:, 1])
    shared = np.maximum(width, 0.0) * np.maximum(height, 0.0)
    areas = sum((box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1]) for box in (first, second))
    union = areas - shared
    return np.asarray(np.divide(shared, union, out=shared * 0.0, where=~(union <= 0)))


def boxes_of(column: pa.ChunkedArray, sizes: Floats) -> Boxes:
    """The boxes of a column of lists, in 0..1; those in pixels of an unknown size are left out.

    `sizes` (n, 2): width and height of each sample's image in pixels, NaN where unknown. A box
    whose largest coordinate is at most 1 is in 0..1 already.
    """
    whole = pa.chunked_array(column).combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        return Boxes(np.zeros(0, dtype=np.int64), np.zeros((0, 4)))
    counts = pc.fill_null(pc.list_value_length(whole), 0).to_numpy(zero_copy_only=False)
    owner = np.repeat(np.arange(len(whole), dtype=np.int64), counts.astype(np.int64))
    flat = whole.flatten().flatten().to_numpy(zero_copy_only=False).astype(np.float64)
    values = to_shares(flat.reshape(-1, 4), sizes[owner])
    known = np.isfinite(values).all(axis=1)
    return Boxes(owner[known], values[known])


def to_shares(boxes: Floats, sizes: Floats) -> Floats:
    """Boxes (n, 4) in 0..1; NaN for pixels of an image whose size (n, 2) is NaN."""
    pixels = boxes.max(axis=1, initial=-np.inf) > 1.0
    scale = np.where(pixels[:, None], np.concatenate([sizes, sizes], axis=1), 1.0)
    return np.asarray(boxes / scale)
