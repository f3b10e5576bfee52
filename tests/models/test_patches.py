"""Patches: as many for every image of a size, described whatever they show."""

import numpy as np
import pytest
from skimage.feature import daisy
from skimage.transform import resize

from peu.models.patches import DESCRIPTOR_LENGTH, PatchGrid, describe_patches

GRID = PatchGrid(scales=(1.0, 2.0), radius=4, step=3)


@pytest.mark.parametrize("size", [(32, 32), (24, 41)])
def test_the_number_of_patches_depends_on_the_size_alone(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    counts = {len(describe_patches(each, GRID)) for each in (noise, np.zeros_like(noise))}
    assert len(counts) == 1
    looks, places = describe_patches(noise, GRID), GRID.positions(*size)
    assert looks.shape == (len(places), DESCRIPTOR_LENGTH)
    assert looks.dtype == np.uint8
    assert places.dtype == np.float32
    assert -0.5 < places.min() < -0.2
    assert 0.2 < places.max() < 0.5


def test_one_colour_has_no_direction() -> None:
    for level in (0, 7, 255):
        looks = describe_patches(np.full((20, 20, 3), level, np.uint8), GRID)
        # The root of an eighth, of 255: every direction is as frequent.
        assert np.unique(looks).tolist() == [90]


def test_the_numbers_are_those_of_scikit_image() -> None:
    rng = np.random.default_rng(1)
    blocks = rng.integers(0, 256, (8, 10, 3), dtype=np.uint8)
    image = blocks.repeat(6, axis=0).repeat(5, axis=1)
    grey = image @ np.array([0.299, 0.587, 0.114]) / 255
    expected = []
    for size, step in (((48, 50), 3), ((24, 25), 2)):
        smaller = grey if size == grey.shape else resize(grey, size, anti_aliasing=True)
        found = daisy(
            np.sqrt(np.maximum(smaller, 0)),
            step=step,
            radius=4,
            rings=2,
            histograms=8,
            orientations=8,
            normalization="daisy",
        )
        expected.append(found.reshape(-1, DESCRIPTOR_LENGTH))
    looks = describe_patches(image, GRID)
    assert np.abs(looks - 255 * np.concatenate(expected)).max() < 0.51


@pytest.mark.parametrize(("row", "column"), [(12, 12), (12, 44), (44, 12), (44, 44)])
def test_a_place_is_where_its_patch_shows_something(row: int, column: int) -> None:
    """The patches that a mark changes lie around it, rows first."""
    plain = np.full((64, 64, 3), 100, np.uint8)
    marked = plain.copy()
    marked[row : row + 8 : 2, column : column + 8] = 255
    before, after = (describe_patches(each, GRID).astype(int) for each in (plain, marked))
    changed = np.abs(after - before).max(axis=1) > 12
    middle = GRID.positions(64, 64)[changed].mean(axis=0)
    assert np.abs(middle).min() > 0.1
    assert ((middle > 0) == (row > 32, column > 32)).all()


def test_turned_gradients_are_other_patches() -> None:
    lying = np.zeros((32, 32, 3), np.uint8)
    lying[::4] = lying[1::4] = 255
    first, second = (
        describe_patches(each, GRID).astype(int) for each in (lying, lying.swapaxes(0, 1).copy())
    )
    assert np.abs(first - second).mean() > 12
