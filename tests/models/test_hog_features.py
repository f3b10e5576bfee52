"""HOG features are those of the literature, the same each time."""

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.color import rgb2lab
from skimage.feature import hog

from peu.models.hog_features import colour_statistics, gradient_histograms

PIXELS = np.random.default_rng(0).integers(0, 256, (3, 32, 40, 3), dtype=np.uint8)
# Level, upright and slanting edges, whose angles lie between two bins.
DRAWN = np.zeros((2, 32, 40, 3), np.uint8)
DRAWN[0, 5:20, 7:30] = (90, 180, 90)
DRAWN[1] = np.where(np.add.outer(np.arange(32), np.arange(40))[..., None] % 24 < 12, 200, 31)


@pytest.mark.parametrize(
    ("orientations", "cell_size", "block_size"), [(6, 8, 2), (9, 7, 3), (4, 16, 1), (1, 5, 2)]
)
@pytest.mark.parametrize("pixels", [PIXELS, DRAWN], ids=["noise", "drawings"])
def test_gradient_histograms_are_those_of_scikit_image(
    pixels: NDArray[np.uint8], orientations: int, cell_size: int, block_size: int
) -> None:
    found = gradient_histograms(
        pixels, orientations=orientations, cell_size=cell_size, block_size=block_size
    )
    for row, image in zip(found, pixels, strict=True):
        expected = hog(
            np.sqrt(image.astype(float)),
            orientations=orientations,
            pixels_per_cell=(cell_size, cell_size),
            cells_per_block=(block_size, block_size),
            block_norm="L2-Hys",
            channel_axis=-1,
        )
        # It adds up in single precision.
        np.testing.assert_allclose(row, expected, rtol=1e-5, atol=1e-7)


def test_gradient_histograms_are_the_same_each_time() -> None:
    found = gradient_histograms(PIXELS, orientations=6, cell_size=8, block_size=2)
    # 4 x 5 cells make 3 x 4 blocks of 2 x 2 histograms.
    assert found.shape == (3, 3 * 4 * 2 * 2 * 6)
    again = gradient_histograms(iter(PIXELS), orientations=6, cell_size=8, block_size=2)
    np.testing.assert_array_equal(found, again)


def test_colours_are_shares_of_a_grid() -> None:
    found = colour_statistics(PIXELS)
    assert found.shape == (3, 2 * 2 * 3 * 8)
    np.testing.assert_allclose((found**2).reshape(3, 12, 8).sum(axis=2), 1)
    np.testing.assert_array_equal(found, colour_statistics(PIXELS))
    lightness = rgb2lab(PIXELS[1])[:16, 20:, 0]
    counts, _ = np.histogram(lightness, bins=8, range=(0, 100))
    np.testing.assert_allclose(found[1].reshape(4, 3, 8)[1, 0] ** 2, counts / counts.sum())


def test_colours_beyond_the_bins_count_in_the_last() -> None:
    blue = np.zeros((1, 8, 8, 3), np.uint8)
    blue[..., 2] = 255
    # Pure blue is at a = 79, b = -108 in Lab, outside of [-60, 60].
    shares = colour_statistics(blue).reshape(4, 3, 8)
    np.testing.assert_array_equal(shares[:, 1, -1], 1)
    np.testing.assert_array_equal(shares[:, 2, 0], 1)
