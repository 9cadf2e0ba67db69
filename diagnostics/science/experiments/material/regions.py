"""Frozen features of the regions of a picture: the cells of a grid, each described by itself.

No trained weights: pixels of a cell reduced by principal components, histograms of gradient
orientation (Dalal & Triggs, 2005), and the colour of what stands out from the picture's background.
What is fitted - components, means, deviations - is fitted on training pictures alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from PIL import Image
from threadpoolctl import threadpool_limits

from diagnostics.science.experiments.material.variations import background_of, vary
from diagnostics.science.measures.samples import Bools

Values = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]

SIDE = 64
GRID = (4, 4)
ORIENTATIONS, HOG_CELLS = 8, 2
HUES = 12
PIXEL_COMPONENTS, EDGE_COMPONENTS = 32, 16
# Numbers a region: components of pixels and of edges, hues, mean colour, and how much stands out.
LENGTH = PIXEL_COMPONENTS + EDGE_COMPONENTS + HUES + 4
# Pictures that components are fitted on, and pictures described at once.
FITTED_ON, AT_ONCE = 1000, 256
# Below this many pictures a second process costs more than it saves.
WORTH_PROCESSES = 1500
FURTHEST = 6.0


@dataclass(frozen=True)
class Regions:
    """Features of u pictures: `values` (u, r, d), zeros where a picture is missing.

    `grid`: rows and columns of the regions; None where a region is the whole picture. `seen` (u):
    the picture is there and of more than one colour. `varied` (v, u, r, d): the same pictures as
    augmentation shows them.
    """

    values: Values
    grid: tuple[int, int] | None
    seen: Bools
    varied: Values | None = None


def describe_regions(
    images: Iterable[Image.Image | None],
    rng: np.random.Generator,
    variations: int = 0,
    *,
    grid: tuple[int, int] = GRID,
    training: Bools | None = None,
    processes: int = 1,
) -> Regions:
    """Describe the cells of `grid` of u pictures, None where one is missing.

    `training` (u): the pictures that training shows; all where it is not said. `images` may be a
    generator: one picture at a time is held in full. `rng` draws the pictures to fit on and the
    variations. Raises ValueError where a cell of the grid would have fewer than 4 pixels a side.
    """
    if not all(1 <= cells <= SIDE // 4 for cells in grid):
        raise ValueError(f"a grid of {grid[0]} by {grid[1]} leaves too few pixels a cell")
    pixels, seen = thumbnails(images)
    fitting = np.flatnonzero(seen if training is None else seen & training)
    draw, *draws = rng.spawn(1 + variations)
    if len(fitting) > FITTED_ON:
        fitting = np.sort(draw.choice(fitting, FITTED_ON, replace=False))
    fitted = _Fitted.on(pixels[fitting], grid)
    processes = processes if len(pixels) * (1 + variations) >= WORTH_PROCESSES else 1
    values = _described(pixels, seen, fitted, processes)
    varied = np.zeros((variations, *values.shape), dtype=np.float32)
    for number, source in enumerate(draws):
        varied[number] = _described(pixels, seen, fitted, processes, source)
    return Regions(values, grid, seen, varied if variations else None)


def regions_of_embeddings(vectors: npt.NDArray[np.floating[Any]], training: Bools) -> Regions:
    """One region a picture, from embeddings (u, e) that a run brought; rows of zeros are missing.

    Standardised by the pictures that training shows.
    """
    seen = np.asarray(np.isfinite(vectors).all(1) & vectors.any(1))
    known = np.where(seen[:, None], vectors, 0.0)
    fitting = known[seen & training] if (seen & training).any() else known[:0]
    middle, spread = _middle_and_spread(fitting, known.shape[1])
    values = np.clip((known - middle) / spread, -FURTHEST, FURTHEST) * seen[:, None]
    return Regions(values[:, None].astype(np.float32), None, seen)


def thumbnails(images: Iterable[Image.Image | None]) -> tuple[Pixels, Bools]:
    """Pictures scaled to (u, SIDE, SIDE, 3), uint8, and which of them show anything."""
    found = [
        np.zeros((SIDE, SIDE, 3), dtype=np.uint8) if image is None else _thumbnail(image)
        for image in images
    ]
    pixels = np.array(found, dtype=np.uint8).reshape(-1, SIDE, SIDE, 3)
    seen = (pixels.max((1, 2)) > pixels.min((1, 2))).any(-1)
    return pixels, seen


def _thumbnail(image: Image.Image) -> Pixels:
    colours = image.convert("RGB")
    if colours.size != (SIDE, SIDE):
        colours = colours.resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(colours)


@dataclass(frozen=True)
class _Fitted:
    """Principal components of pixels and edges, and means and deviations of every number."""

    grid: tuple[int, int]
    pixel_basis: Values
    edge_basis: Values
    middle: Values
    spread: Values

    @classmethod
    def on(cls, pixels: Pixels, grid: tuple[int, int]) -> "_Fitted":
        """Fit on pictures (k, SIDE, SIDE, 3); k may be 0."""
        chunks = [
            _raw(pixels[start : start + AT_ONCE], grid) for start in range(0, len(pixels), AT_ONCE)
        ]
        parts = [
            np.concatenate([chunk[part] for chunk in chunks])
            if chunks
            else np.zeros((0, length), dtype=np.float32)
            for part, length in enumerate(_lengths(grid))
        ]
        with threadpool_limits(1, user_api="blas"):  # the same digits whatever the threads
            pixel_basis = _components(parts[0], PIXEL_COMPONENTS)
            edge_basis = _components(parts[1], EDGE_COMPONENTS)
            reduced = np.hstack([parts[0] @ pixel_basis, parts[1] @ edge_basis, parts[2]])
        middle, spread = _middle_and_spread(reduced, LENGTH)
        return cls(grid, pixel_basis, edge_basis, middle, spread)

    def describe(self, pixels: Pixels) -> Values:
        """Pictures (k, SIDE, SIDE, 3) → (k, r, LENGTH)."""
        cells, edges, colours = _raw(pixels, self.grid)
        with threadpool_limits(1, user_api="blas"):
            reduced = np.hstack([cells @ self.pixel_basis, edges @ self.edge_basis, colours])
        scaled = np.clip((reduced - self.middle) / self.spread, -FURTHEST, FURTHEST)
        return np.asarray(scaled.reshape(len(pixels), -1, LENGTH), dtype=np.float32)


def _described(
    pixels: Pixels,
    seen: Bools,
    fitted: _Fitted,
    processes: int,
    rng: np.random.Generator | None = None,
) -> Values:
    """Features of pictures, in chunks, so that memory stays bounded; varied where `rng` is given.

    Each chunk has a generator of its own: the number of processes changes nothing.
    """
    starts = range(0, len(pixels), AT_ONCE)
    sources = [None] * len(starts) if rng is None else rng.spawn(len(starts))
    work = (
        delayed(_chunk)(pixels[start : start + AT_ONCE], fitted, source)
        for start, source in zip(starts, sources, strict=True)
    )
    nothing = np.zeros((0, fitted.grid[0] * fitted.grid[1], LENGTH), dtype=np.float32)
    values = np.concatenate([nothing, *Parallel(n_jobs=processes)(work)])
    values[~seen] = 0.0
    return values


def _chunk(pixels: Pixels, fitted: _Fitted, rng: np.random.Generator | None) -> Values:
    return fitted.describe(pixels if rng is None else vary(pixels, rng))


def _lengths(grid: tuple[int, int]) -> tuple[int, int, int]:
    """How many raw numbers a cell has of pixels, edges and colours."""
    pixels = (SIDE // grid[0]) * (SIDE // grid[1]) * 3
    return pixels, ORIENTATIONS * HOG_CELLS**2, HUES + 4


def _raw(pixels: Pixels, grid: tuple[int, int]) -> tuple[Values, Values, Values]:
    """Pixels, edges and colours of the cells of k pictures, each (k·r, its length)."""
    shown: Values = np.divide(pixels, 255, dtype=np.float32)
    # The median is the background's colour where there is one: taken away, shapes remain.
    apart: Values = shown - background_of(pixels)
    deviation = apart.std(axis=(1, 2, 3), keepdims=True)
    standard = apart / np.maximum(deviation, 1e-3)
    cells = _cells(standard, grid).reshape(-1, _lengths(grid)[0])
    return cells, _edges(shown, grid), _colours(shown, apart, grid)


def _cells(shown: Values, grid: tuple[int, int]) -> Values:
    """(k, SIDE, SIDE, c) → (k·r, height, width, c), cut at the right and bottom where it must."""
    (rows, columns), channels = grid, shown.shape[-1]
    high, wide = SIDE // rows, SIDE // columns
    cut = shown[:, : rows * high, : columns * wide].reshape(-1, rows, high, columns, wide, channels)
    return cut.swapaxes(2, 3).reshape(-1, high, wide, channels)


def _edges(shown: Values, grid: tuple[int, int]) -> Values:
    """Histograms of gradient orientation of 2×2 parts of each cell, of unit norm a cell."""
    grey = shown.mean(-1)
    dy, dx = np.gradient(grey, axis=(1, 2))
    strength = np.hypot(dx, dy)
    angle = np.mod(np.arctan2(dy, dx), np.pi) / np.pi * ORIENTATIONS
    which = np.minimum(angle.astype(np.int64), ORIENTATIONS - 1)
    both = _cells(np.stack([strength, which.astype(np.float32)], -1), grid)
    count, high, wide, _ = both.shape
    part = (np.arange(high) * HOG_CELLS // high)[:, None] * HOG_CELLS
    part = part + np.arange(wide) * HOG_CELLS // wide
    size = ORIENTATIONS * HOG_CELLS**2
    place = np.arange(count)[:, None, None] * size + part * ORIENTATIONS + both[..., 1].astype(int)
    found = np.bincount(place.ravel(), both[..., 0].ravel(), minlength=count * size)
    found = found.reshape(count, size)
    # A faint gradient of the background is no edge.
    norm = np.sqrt((found**2).sum(1, keepdims=True)) + 0.5
    return np.asarray(found / norm, dtype=np.float32)


def _colours(shown: Values, apart: Values, grid: tuple[int, int]) -> Values:
    """Hues, mean colour and amount of what stands out from the background, of each cell."""
    outstanding = np.clip(np.abs(apart).max(-1) * 4 - 0.4, 0, 1)
    high, low = shown.max(-1), shown.min(-1)
    spread = np.maximum(high - low, 1e-4)
    red, green, blue = shown[..., 0], shown[..., 1], shown[..., 2]
    sector = np.where(
        high == red,
        np.mod((green - blue) / spread, 6),
        np.where(high == green, (blue - red) / spread + 2, (red - green) / spread + 4),
    )
    position = sector / 6 * HUES
    weight = outstanding * (high - low)
    cells = _cells(np.stack([position, weight, outstanding], -1), grid)
    hues = _hues(cells[..., 0], cells[..., 1])
    colour = _cells(shown * outstanding[..., None], grid).mean((1, 2))
    mean = np.hstack([hues, colour, cells[..., 2].mean((1, 2))[:, None]])
    found = np.sqrt(np.maximum(mean, 0))
    # By how much stands out: what colour it is does not depend on how large it is.
    found[:, :-1] /= found[:, -1:] + 0.1
    return np.asarray(found, dtype=np.float32)


def _hues(position: Values, weight: Values) -> Values:
    """Mean weight of each hue: positions (c, h, w) from 0 to HUES, weights alike → (c, HUES).

    A hue counts for the two nearest bins, so that a small change moves it a little.
    """
    count, high, wide = position.shape
    lower = position.astype(np.int64)
    share = position - lower
    start = np.arange(count)[:, None, None] * HUES
    size = count * HUES
    below = np.bincount(
        (start + lower % HUES).ravel(), (weight * (1 - share)).ravel(), minlength=size
    )
    above = np.bincount((start + (lower + 1) % HUES).ravel(), (weight * share).ravel(), size)
    return np.asarray((below + above).reshape(count, HUES) / (high * wide), dtype=np.float32)


def _components(rows: Values, count: int) -> Values:
    """The first principal axes of rows (k, p), (p, count); axes of zeros where there are fewer."""
    basis = np.zeros((rows.shape[1], count))
    if len(rows) > 1:
        centred = rows.astype(np.float64) - rows.mean(0, dtype=np.float64)
        _, axes = np.linalg.eigh(centred.T @ centred)
        axes = axes[:, ::-1][:, :count]
        # An axis has no direction of its own: its largest entry is made positive.
        largest = np.abs(axes).argmax(0)
        basis[:, : axes.shape[1]] = axes * np.sign(axes[largest, np.arange(axes.shape[1])])
    return basis.astype(np.float32)


def _middle_and_spread(rows: npt.NDArray[np.floating[Any]], length: int) -> tuple[Values, Values]:
    if not len(rows):
        return np.zeros(length, np.float32), np.ones(length, np.float32)
    spread = rows.std(0, dtype=np.float64)
    spread = np.where(spread < 1e-6, 1.0, spread)
    return rows.mean(0, dtype=np.float64).astype(np.float32), spread.astype(np.float32)
