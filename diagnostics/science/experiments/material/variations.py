"""Pictures as augmentation shows them: other backgrounds and light, the same things to be seen.

What a model learns from the background is what fails it elsewhere, so the background is replaced;
light and colour are shifted so little that a colour keeps its name.
"""

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Values = npt.NDArray[np.float32]

# A pixel this near to the background's colour (0..1, largest channel) belongs to it; one further
# away than the second does not; between them it is blended, as a smooth edge is.
NEAR, FAR = 0.12, 0.25
KINDS = ("plain", "gradient", "stripes", "as it is")


def vary(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Pictures (k, h, w, 3) → one variation of each, uint8."""
    shown: Values = np.divide(pixels, 255, dtype=np.float32)
    background = background_of(pixels)
    apart = np.abs(shown - background).max(-1, keepdims=True)
    covered = np.clip((apart - NEAR) / (FAR - NEAR), 0, 1)
    replaced = covered * shown + (1 - covered) * _backgrounds(rng, shown)
    count = len(pixels)
    light = rng.uniform(0.85, 1.1, (count, 1, 1, 1))
    channels = rng.uniform(0.95, 1.05, (count, 1, 1, 3))
    varied = np.clip(replaced * light * channels, 0, 1)
    return np.asarray(np.round(varied * 255), dtype=np.uint8)


def background_of(pixels: Pixels) -> Values:
    """The median colour of pictures (k, h, w, 3), read on every second row and column.

    (k, 1, 1, 3), 0..1: the background's colour where most of a picture is background.
    """
    some = np.sort(pixels[:, ::2, ::2].reshape(len(pixels), -1, 3), axis=1)
    middle = some[:, some.shape[1] // 2][:, None, None]
    return np.asarray(np.divide(middle, 255, dtype=np.float32))


def _backgrounds(rng: np.random.Generator, shown: Values) -> Values:
    """A new background for each picture, (k, h, w, 3); one in four keeps its own."""
    count, high, wide = shown.shape[:3]
    kind = rng.integers(len(KINDS), size=count)
    each = (count, 1, 1, 1)
    dark, light = rng.uniform(0.12, 0.32, each), rng.uniform(0.8, 0.97, each)
    level = np.where(rng.random(each) < 0.5, dark, light)
    tint = np.clip(level + rng.uniform(-0.05, 0.05, (count, 1, 1, 3)), 0, 1)
    along: npt.NDArray[np.bool_] = np.less(rng.random(count), 0.5)
    y, x = np.linspace(0, 1, high), np.linspace(0, 1, wide)
    way = np.where(along[:, None, None], y[None, :, None], x[None, None, :])
    fade = 1 + rng.uniform(-0.2, 0.2, (count, 1, 1)) * (way - 0.5) * 2
    stripes = rng.integers(3, 13, (count, 1, 1))
    striped = np.where(np.floor(way * stripes) % 2 == 0, 1.0, rng.uniform(0.7, 0.9, (count, 1, 1)))
    shade = np.where(
        (kind == 1)[:, None, None], fade, np.where((kind == 2)[:, None, None], striped, 1.0)
    )
    made = tint * shade[..., None]
    return np.asarray(np.where((kind == 3)[:, None, None, None], shown, made), dtype=np.float32)
