"""Many small images in rows and columns as one, enlarged so that pixels are visible."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_GAP = 2
_WANTED_SIDE = 56
_BACKGROUND = 255


def mosaic(rows: NDArray[Any], *, gap: int = _GAP) -> Image.Image:
    """Lay images out in rows and columns.

    Small images are enlarged by a whole number, so that every pixel stays a square.

    Args:
        rows: (rows, columns, height, width, channels): intensities of 0 to 1, or pixels of 0 to
            255 as uint8.
        gap: white pixels between neighbours.

    Returns:
        An RGB image.
    """
    pixels = to_pixels(rows)
    if pixels.shape[-1] == 1:
        pixels = np.repeat(pixels, 3, axis=-1)
    factor = max(1, _WANTED_SIDE // max(pixels.shape[2:4]))
    pixels = pixels.repeat(factor, axis=2).repeat(factor, axis=3)
    margins = ((0, 0), (0, 0), (0, gap), (0, gap), (0, 0))
    pixels = np.pad(pixels, margins, constant_values=_BACKGROUND)
    count, columns, height, width, _ = pixels.shape
    whole = pixels.swapaxes(1, 2).reshape(count * height, columns * width, 3)
    return Image.fromarray(np.ascontiguousarray(whole[: len(whole) - gap, : whole.shape[1] - gap]))


def in_rows(images: NDArray[Any], columns: int) -> NDArray[Any]:
    """Break one line of images (n, height, width, channels) into rows; the last is filled white.

    Args:
        images: intensities of 0 to 1, or uint8 pixels.
        columns: images in a row.

    Returns:
        (rows, columns, height, width, channels) uint8.
    """
    pixels = to_pixels(images)
    missing = -len(pixels) % columns
    blank = np.full((missing, *pixels.shape[1:]), _BACKGROUND, np.uint8)
    return np.concatenate([pixels, blank]).reshape(-1, columns, *pixels.shape[1:])


def to_pixels(intensities: NDArray[Any]) -> NDArray[np.uint8]:
    """Intensities of 0 to 1 as pixels of 0 to 255; pixels stay as they are."""
    if intensities.dtype != np.uint8:
        intensities = np.rint(255 * np.clip(intensities, 0, 1))
    return np.asarray(intensities, np.uint8)


def pairs_in_rows(above: NDArray[Any], below: NDArray[Any], columns: int) -> NDArray[Any]:
    """Set images above their counterparts, row after row.

    Args:
        above: (n, height, width, channels).
        below: the same.
        columns: pairs in a row, at most.

    Returns:
        (rows, columns, height, width, channels) uint8, two rows for each line of pairs.
    """
    columns = min(columns, len(above))
    first, second = in_rows(above, columns), in_rows(below, columns)
    return np.stack([first, second], axis=1).reshape(-1, *first.shape[1:])
