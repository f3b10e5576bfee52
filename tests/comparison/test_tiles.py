"""Images lie side by side in one file, pixel for pixel."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from peu.comparison.tiles import write_tiles


@pytest.mark.parametrize("channels", [1, 3])
def test_each_image_is_found_at_its_row_and_column(tmp_path: Path, channels: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 3, 4, 5, channels))
    write_tiles(tmp_path / "new" / "tiles.png", pixels)
    whole = np.asarray(Image.open(tmp_path / "new" / "tiles.png")).reshape(8, 15, channels)
    for row in range(2):
        for column in range(3):
            tile = whole[4 * row : 4 * row + 4, 5 * column : 5 * column + 5]
            np.testing.assert_array_equal(tile, pixels[row, column])


def test_values_beyond_white_and_black_are_clipped_and_others_rounded(tmp_path: Path) -> None:
    write_tiles(tmp_path / "tiles.png", np.array([-3.0, 300.0, 1.6]).reshape(1, 3, 1, 1, 1))
    assert np.asarray(Image.open(tmp_path / "tiles.png")).tolist() == [[0, 255, 2]]
