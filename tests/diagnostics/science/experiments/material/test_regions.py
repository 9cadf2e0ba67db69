"""Frozen features of a picture's regions."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from diagnostics.science.experiments.material.regions import (
    LENGTH,
    describe_regions,
    regions_of_embeddings,
)
from diagnostics.science.experiments.material.variations import vary

COLOURS = ((214, 64, 58), (66, 160, 82), (52, 116, 200))


def picture(cell: int = 0, colour: int = 0, ground: int = 230) -> Image.Image:
    """A square of one colour in one cell of a 4 × 4 grid."""
    image = Image.new("RGB", (128, 128), (ground, ground, ground))
    x, y = cell % 4 * 32 + 8, cell // 4 * 32 + 8
    ImageDraw.Draw(image).rectangle((x, y, x + 16, y + 16), fill=COLOURS[colour])
    return image


def pictures(count: int) -> list[Image.Image]:
    """Squares in all places and colours."""
    return [picture(number % 16, number % 3) for number in range(count)]


def rng() -> np.random.Generator:
    """A generator of its own for every call."""
    return np.random.default_rng(5)


def test_a_cell_is_described_by_what_it_shows_wherever_it_lies() -> None:
    shown = [*pictures(48), picture(cell=3, colour=1), picture(cell=12, colour=1)]
    values = describe_regions(shown, rng()).values
    assert values.shape == (50, 16, LENGTH)
    assert values.dtype == np.float32
    np.testing.assert_allclose(values[48, 3], values[49, 12], atol=0.5)
    assert np.abs(values[48, 3] - values[48, 4]).max() > 2


def test_cells_of_one_colour_lie_nearer_than_cells_of_another() -> None:
    values = describe_regions(pictures(48), rng()).values
    cells = np.array([values[n, n % 16] for n in range(48)])
    colour = np.arange(48) % 3
    apart = np.linalg.norm(cells[:, None] - cells[None], axis=-1)
    alike = colour[:, None] == colour[None]
    assert apart[alike].max() < apart[~alike].min()


def test_the_same_generator_gives_the_same_bits_again() -> None:
    one, again = (describe_regions(pictures(60), rng(), 1) for _ in range(2))
    assert np.array_equal(one.values, again.values)
    assert one.varied is not None
    assert again.varied is not None
    assert np.array_equal(one.varied, again.varied)
    assert not np.array_equal(one.values, one.varied[0])


@pytest.mark.slow
def test_the_same_generator_gives_the_same_bits_in_one_process_and_in_two() -> None:
    shown = pictures(1600)
    one = describe_regions(shown, rng(), 1)
    two = describe_regions(shown, rng(), 1, processes=2)
    assert np.array_equal(one.values, two.values)
    assert one.varied is not None
    assert two.varied is not None
    assert np.array_equal(one.varied, two.varied)


def test_tested_pictures_change_nothing_in_how_others_are_described() -> None:
    training = np.arange(40) < 30
    usual = describe_regions(pictures(40), rng(), training=training).values
    odd = [*pictures(30), *(picture(5, 2, ground=20) for _ in range(10))]
    assert np.array_equal(usual[:30], describe_regions(odd, rng(), training=training).values[:30])


def test_a_missing_picture_and_one_of_one_colour_show_nothing() -> None:
    grey = Image.new("RGB", (128, 128), (128, 128, 128))
    found = describe_regions([picture(), None, grey, picture(4)], rng(), 2)
    assert found.seen.tolist() == [True, False, False, True]
    assert not found.values[1:3].any()
    assert found.varied is not None
    assert found.varied.shape == (2, 4, 16, LENGTH)
    assert not found.varied[:, 1:3].any()


@pytest.mark.parametrize("shown", [[], [None], [picture()]])
def test_few_pictures_or_none_are_described_too(shown: list[Image.Image | None]) -> None:
    found = describe_regions(shown, rng(), 1)
    assert found.values.shape == (len(shown), 16, LENGTH)
    assert np.isfinite(found.values).all()


def test_a_grid_need_not_be_square_and_must_leave_pixels() -> None:
    found = describe_regions(pictures(6), rng(), grid=(3, 5))
    assert found.values.shape == (6, 15, LENGTH)
    assert found.grid == (3, 5)
    with pytest.raises(ValueError, match="too few pixels"):
        describe_regions(pictures(2), rng(), grid=(4, 40))


def test_variations_change_the_background_and_leave_a_colour_its_name() -> None:
    pixels = np.array([np.asarray(each.reduce(2)) for each in pictures(60)])
    varied = vary(pixels, rng())
    assert varied.dtype == np.uint8
    for number in range(60):
        cell, colour = number % 16, number % 3
        x, y = cell % 4 * 16 + 8, cell // 4 * 16 + 8
        seen = varied[number, y, x].astype(float)
        far = [np.linalg.norm(seen - np.array(each)) for each in COLOURS]
        assert int(np.argmin(far)) == colour
    corners = varied[np.arange(60) % 16 != 0, 1, 1].astype(int)
    assert np.ptp(corners, axis=0).min() > 100


def test_an_embedding_is_one_region_without_a_grid() -> None:
    vectors = rng().normal(3, 2, (20, 8))
    vectors[4] = 0
    found = regions_of_embeddings(vectors, np.arange(20) < 15)
    assert found.values.shape == (20, 1, 8)
    assert found.grid is None
    assert not found.seen[4]
    assert not found.values[4].any()
    trained = found.values[:15, 0][found.seen[:15]]
    np.testing.assert_allclose(trained.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(trained.std(0), 1, atol=1e-5)


def test_embeddings_without_a_training_picture_are_left_as_they_are() -> None:
    vectors = rng().normal(0, 1, (3, 4))
    found = regions_of_embeddings(vectors, np.zeros(3, dtype=bool))
    np.testing.assert_allclose(found.values[:, 0], vectors, rtol=1e-6)
