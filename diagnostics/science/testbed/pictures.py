"""Scenes drawn to files, two at a time.

A module of its own without torch: the processes that draw import only this.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed

from diagnostics.science.testbed.scenes import SIDE, Scene, draw

SCENES_AT_ONCE = 250


def image_name(scene: int) -> str:
    """The file name of a scene's picture."""
    return f"scene-{scene:05d}.png"


def draw_all(scenes: Sequence[Scene], folder: Path, side: int) -> np.ndarray:
    """Draw every scene to a PNG in `folder`; the pictures scaled down, (n, side, side, 3) uint8."""
    folder.mkdir(parents=True, exist_ok=True)
    numbered = list(enumerate(scenes))
    chunks = [
        numbered[start : start + SCENES_AT_ONCE]
        for start in range(0, len(numbered), SCENES_AT_ONCE)
    ]
    drawn = Parallel(n_jobs=2)(delayed(_draw_some)(chunk, folder, side) for chunk in chunks)
    return np.concatenate(drawn)


def _draw_some(numbered: Sequence[tuple[int, Scene]], folder: Path, side: int) -> np.ndarray:
    seen = np.empty((len(numbered), side, side, 3), dtype=np.uint8)
    for place, (number, scene) in enumerate(numbered):
        image = draw(scene)
        image.save(folder / image_name(number), compress_level=1)
        seen[place] = np.asarray(image.reduce(SIDE // side))
    return seen
