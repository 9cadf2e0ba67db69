"""Scenes: coloured shapes on a background, drawn with Pillow."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

SIDE = 128
# As many cells a side as the model has patches: a shape lies within one patch.
GRID = 4
KINDS = ("circle", "square", "triangle", "star")
COLOURS = {
    "red": (214, 64, 58),
    "orange": (240, 146, 46),
    "yellow": (244, 208, 63),
    "green": (66, 160, 82),
    "blue": (52, 116, 200),
    "purple": (140, 84, 178),
}
# Combinations that training never shows; the ood split is full of them.
UNSEEN = frozenset({("purple", "star"), ("orange", "square"), ("yellow", "triangle")})
PLAIN = ((236, 232, 224), (222, 231, 238), (228, 236, 224), (238, 226, 228))
DARK = ((52, 58, 70), (64, 54, 66), (44, 62, 60))


@dataclass(frozen=True)
class Shape:
    """One shape: `centre` and `radius` in pixels of a SIDE × SIDE image."""

    kind: str
    colour: str
    centre: tuple[float, float]
    radius: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """[x0, y0, x1, y1] in pixels, inside the image."""
        (x, y), r = self.centre, self.radius
        return (max(x - r, 0), max(y - r, 0), min(x + r, SIDE), min(y + r, SIDE))

    @property
    def is_left(self) -> bool:
        """Whether it lies in the left half."""
        return self.centre[0] < SIDE / 2

    @property
    def is_top(self) -> bool:
        """Whether it lies in the top half."""
        return self.centre[1] < SIDE / 2


@dataclass(frozen=True)
class Scene:
    """Shapes on a background (its kind and first colour)."""

    shapes: tuple[Shape, ...]
    background: str
    tint: tuple[int, int, int]


def make_scene(rng: np.random.Generator, unseen: bool = False) -> Scene:
    """1 to 5 shapes on a 4×4 grid with jitter. `unseen`: backgrounds and colour-shape combinations
    that training never shows (at least one such shape)."""
    count = int(rng.integers(1, 6))
    cells = rng.permutation(GRID * GRID)[:count]
    shapes = []
    for number, cell in enumerate(cells):
        kind, colour = _look(rng, unseen and number == 0)
        # A shape and its jitter stay inside the cell: no two shapes touch.
        radius = float(rng.uniform(8, 12.5))
        step = SIDE / GRID
        x = (cell % GRID + 0.5) * step + rng.uniform(-3, 3)
        y = (cell // GRID + 0.5) * step + rng.uniform(-3, 3)
        shapes.append(Shape(kind, colour, (round(float(x), 1), round(float(y), 1)), radius))
    kinds = ("stripes", "dark") if unseen else ("plain", "gradient")
    background = str(rng.choice(kinds))
    tints = DARK if background == "dark" else PLAIN
    return Scene(tuple(shapes), background, tints[int(rng.integers(len(tints)))])


def _look(rng: np.random.Generator, must_be_unseen: bool) -> tuple[str, str]:
    if must_be_unseen:
        colour, kind = sorted(UNSEEN)[int(rng.integers(len(UNSEEN)))]
        return kind, colour
    while True:
        kind, colour = str(rng.choice(KINDS)), str(rng.choice(list(COLOURS)))
        if (colour, kind) not in UNSEEN:
            return kind, colour


def draw(scene: Scene) -> Image.Image:
    """The scene as an RGB image of SIDE × SIDE pixels, drawn at twice the size for smooth edges."""
    scale = 2
    image = _background(scene, SIDE * scale)
    pen = ImageDraw.Draw(image)
    for shape in scene.shapes:
        x, y, r = shape.centre[0] * scale, shape.centre[1] * scale, shape.radius * scale
        fill = COLOURS[shape.colour]
        if shape.kind == "circle":
            pen.ellipse((x - r, y - r, x + r, y + r), fill=fill)
        elif shape.kind == "square":
            half = r * 0.86
            pen.rectangle((x - half, y - half, x + half, y + half), fill=fill)
        else:
            pen.polygon(_corners(shape.kind, x, y, r), fill=fill)
    return image.reduce(scale)


def _corners(kind: str, x: float, y: float, r: float) -> list[tuple[float, float]]:
    points, ratio = (3, None) if kind == "triangle" else (10, 0.45)
    corners = []
    for i in range(points):
        angle = -np.pi / 2 + 2 * np.pi * i / points
        reach = r * (ratio if ratio and i % 2 else 1.0)
        corners.append((x + reach * float(np.cos(angle)), y + reach * float(np.sin(angle))))
    return corners


def _background(scene: Scene, side: int) -> Image.Image:
    tint = np.array(scene.tint, dtype=float)
    if scene.background in ("plain", "dark"):
        return Image.new("RGB", (side, side), scene.tint)
    if scene.background == "gradient":
        fade = np.linspace(1.06, 0.88, side)[:, None, None]
        pixels = np.broadcast_to(tint * fade, (side, side, 3))
    else:
        stripe = (np.arange(side) // 16 % 2)[None, :, None]
        pixels = np.broadcast_to(tint * np.where(stripe, 0.8, 1.0), (side, side, 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
