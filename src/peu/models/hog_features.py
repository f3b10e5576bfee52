"""HOG features and colour statistics of images."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

_COLOUR_GRID = 2
_COLOUR_BINS = 8
COLOUR_WIDTH = _COLOUR_GRID**2 * 3 * _COLOUR_BINS
"""Number of colour statistics of an image."""


def gradient_histograms(
    pixels: Iterable[NDArray[np.uint8]], *, orientations: int, cell_size: int, block_size: int
) -> NDArray[np.float64]:
    """Histograms of oriented gradients (HOG) of each image.

    As Dalal and Triggs found best, pixels enter by their square roots and each pixel's gradient
    is that of the channel in which it is strongest.

    Args:
        pixels: images (height, width, 3) in [0, 255].
        orientations: bins of a histogram.
        cell_size: side of a histogram's cell, in pixels.
        block_size: cells per side that are normalised together.

    Returns:
        (n, d).

    Source: Dalal and Triggs (2005).
    """
    from skimage.feature import hog

    return np.stack(
        [
            hog(
                image,
                orientations=orientations,
                pixels_per_cell=(cell_size, cell_size),
                cells_per_block=(block_size, block_size),
                transform_sqrt=True,
                channel_axis=-1,
            )
            for image in pixels
        ]
    )


def colour_statistics(pixels: Iterable[NDArray[np.uint8]]) -> NDArray[np.float64]:
    """Colour histograms of each image, in Lab space over a 2 x 2 grid.

    Shares enter by their square roots (the Hellinger kernel), so that one large area of one colour
    does not drown the rest.

    Args:
        pixels: images (height, width, 3) in [0, 255].

    Returns:
        (n, d).
    """
    from skimage.color import rgb2lab

    low, high = np.array([(0, 100), (-60, 60), (-60, 60)]).T
    rows = []
    for image in pixels:
        places = (rgb2lab(image) - low) * (_COLOUR_BINS / (high - low))
        bins = np.clip(places, 0, _COLOUR_BINS - 1).astype(np.int64)
        # Each channel's bins get numbers of their own, so that one count does for all.
        bins += np.arange(bins.shape[-1]) * _COLOUR_BINS
        row = []
        for strip in np.array_split(bins, _COLOUR_GRID, axis=0):
            for tile in np.array_split(strip, _COLOUR_GRID, axis=1):
                counts = np.bincount(tile.ravel(), minlength=tile.shape[-1] * _COLOUR_BINS)
                row.append(np.sqrt(counts / (tile.shape[0] * tile.shape[1])))
        rows.append(np.concatenate(row))
    return np.stack(rows)
