"""Descriptors tell colours, layouts and directions apart, at any size and mode."""

import numpy as np
import pytest
from PIL import Image

from triage.science.analysis.image_descriptors import LENGTH, describe

COLOURS, LAYOUT = 72, 48


def parts(image: Image.Image) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    found = describe(image)
    return found[:COLOURS], found[COLOURS : COLOURS + LAYOUT], found[COLOURS + LAYOUT :]


def stripes(vertical: bool) -> Image.Image:
    wave = (np.arange(64) // 8 % 2 * 255).astype(np.uint8)
    pixels = np.tile(wave, (64, 1)) if vertical else np.tile(wave[:, None], (1, 64))
    return Image.fromarray(pixels)


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "1", "CMYK"])
@pytest.mark.parametrize("size", [(1, 1), (7, 300), (64, 64)])
def test_any_picture_has_as_many_finite_numbers(mode: str, size: tuple[int, int]) -> None:
    found = describe(Image.new(mode, size))

    assert found.shape == (LENGTH,)
    assert np.isfinite(found).all()


def test_each_part_has_unit_norm_and_a_flat_picture_has_no_edges() -> None:
    colours, layout, edges = parts(Image.new("RGB", (50, 40), "orange"))

    assert np.linalg.norm(colours) == pytest.approx(1)
    assert np.linalg.norm(layout) == pytest.approx(1)
    assert not edges.any()
    assert np.linalg.norm(parts(stripes(vertical=True))[2]) == pytest.approx(1)


def test_one_colour_fills_one_bin_and_two_halves_fill_two_evenly() -> None:
    half = Image.new("RGB", (64, 64), "red")
    half.paste("blue", (32, 0, 64, 64))

    assert np.count_nonzero(parts(Image.new("RGB", (64, 64), "red"))[0]) == 1
    filled = parts(half)[0]
    assert filled[filled > 0] == pytest.approx([np.sqrt(0.5)] * 2)


def test_the_layout_holds_the_mean_colours_row_by_row() -> None:
    image = Image.new("RGB", (64, 64), "black")
    image.paste("white", (0, 0, 16, 16))

    layout = parts(image)[1].reshape(4, 4, 3)

    assert layout[0, 0] == pytest.approx([3**-0.5] * 3)
    assert layout.sum() == pytest.approx(3**0.5)


def test_edges_know_their_direction() -> None:
    upright, level = (
        parts(stripes(vertical))[2].reshape(16, 6).sum(0) for vertical in (True, False)
    )

    # The gradient of upright stripes points along x (angle 0), that of level stripes along y.
    assert np.argmax(upright) == 0
    assert np.argmax(level) == 3
    assert upright[3] == pytest.approx(0)


def test_the_same_picture_is_described_the_same_and_another_is_not() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (30, 30, 3), dtype=np.uint8)
    image = Image.fromarray(noise)

    assert np.array_equal(describe(image), describe(image.copy()))
    assert not np.allclose(describe(image), describe(image.rotate(90)))
