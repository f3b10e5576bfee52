"""DAISY descriptors of small patches, at several scales."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LUMA = (0.299, 0.587, 0.114)
_RINGS = 2
_HISTOGRAMS = 8
_ORIENTATIONS = 8
DESCRIPTOR_LENGTH = (_RINGS * _HISTOGRAMS + 1) * _ORIENTATIONS
"""Length of a descriptor: a histogram for the centre and for each position on a ring."""


@dataclass(frozen=True)
class PatchGrid:
    """Positions and scales of patches.

    Attributes:
        scales: factors by which the image is reduced.
        radius: of a patch, in pixels of the reduced image.
        step: between patches, in pixels of the original image.

    Raises:
        ValueError: a step or a scale below 1.
    """

    scales: tuple[float, ...]
    radius: int
    step: int

    def __post_init__(self) -> None:
        if self.step < 1 or min(self.scales) < 1:
            raise ValueError(f"steps and scales must be 1 or more, not {self}")


def describe_patches(
    image: NDArray[np.uint8], grid: PatchGrid
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Describe patches of an image by DAISY.

    Brightness enters by its square root, as for HOG features.

    Args:
        image: (height, width, 3) in [0, 255].
        grid: positions and scales of patches.

    Returns:
        Descriptors (m, 136) and positions (m, 2), rows and columns from -0.5 to 0.5; m depends
        on the image's size and the grid alone.

    Source: Tola, Lepetit and Fua (2010), DAISY.
    """
    from skimage.feature import daisy
    from skimage.transform import resize

    whole = np.asarray(image @ np.array(_LUMA)) / 255
    described, placed = [], []
    for scale in grid.scales:
        size = tuple(round(side / scale) for side in whole.shape)
        smaller = whole if size == whole.shape else resize(whole, size, anti_aliasing=True)
        step = max(1, round(grid.step / scale))
        patches = daisy(
            np.sqrt(np.maximum(smaller, 0)),
            step=step,
            radius=grid.radius,
            rings=_RINGS,
            histograms=_HISTOGRAMS,
            orientations=_ORIENTATIONS,
            normalization="daisy",
        )
        rows, columns = np.mgrid[: patches.shape[0], : patches.shape[1]] * step + grid.radius
        described.append(patches.reshape(-1, DESCRIPTOR_LENGTH))
        placed.append(np.stack([rows.ravel() / size[0], columns.ravel() / size[1]], axis=1) - 0.5)
    return (
        np.concatenate(described).astype(np.float32),
        np.concatenate(placed).astype(np.float32),
    )
