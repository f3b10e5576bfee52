"""Many images as one: places, gaps, enlargement, and rows that are filled up."""

import numpy as np

from peu.reports.mosaics import in_rows, mosaic, pairs_in_rows, to_pixels


def test_each_image_is_in_its_place_and_small_ones_are_enlarged() -> None:
    rows = np.zeros((2, 3, 28, 28, 1))
    rows[1, 2] = 1
    whole = np.asarray(mosaic(rows))
    assert whole.shape == (2 * 56 + 2, 3 * 56 + 4, 3)
    assert (whole[58:, 116:] == 255).all()
    assert (whole[:56, :56] == 0).all()
    assert (whole[:, 56:58] == 255).all()


def test_large_colour_images_stay_as_they_are() -> None:
    rows = np.random.default_rng(0).integers(0, 256, (1, 1, 64, 70, 3), np.uint8)
    np.testing.assert_array_equal(np.asarray(mosaic(rows)), rows[0, 0])


def test_the_last_row_is_filled_with_white() -> None:
    filled = in_rows(np.zeros((5, 4, 4, 1)), 3)
    assert filled.shape == (2, 3, 4, 4, 1)
    assert (filled[1, 2] == 255).all()
    assert (filled[1, :2] == 0).all()


def test_pairs_stand_one_above_the_other() -> None:
    above = np.arange(4, dtype=np.uint8).reshape(4, 1, 1, 1)
    rows = pairs_in_rows(above, above + 100, 2)
    assert rows.reshape(4, 2).tolist() == [[0, 1], [100, 101], [2, 3], [102, 103]]


def test_intensities_are_clipped_and_rounded() -> None:
    np.testing.assert_array_equal(to_pixels(np.array([-0.2, 0.5, 1.3])), [0, 128, 255])
