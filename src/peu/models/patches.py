"""Small patches of images at several scales, each described by gradients around its middle."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LUMA = (0.299, 0.587, 0.114)
_RINGS = 2
_AROUND = 8
_ORIENTATIONS = 8
DESCRIPTION = (_RINGS * _AROUND + 1) * _ORIENTATIONS
"""Numbers that describe one patch: a histogram for the middle and for each place on a ring."""


@dataclass(frozen=True)
class PatchGrid:
    """Say where patches are taken.

    Attributes:
        scales: the image is made so many times smaller for each.
        radius: of a patch, in pixels of the smaller image.
        step: between patches, in pixels of the whole image.

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
    """Describe the patches of an image by DAISY.

    Brightness enters by its square root, as for gradient histograms.

    Args:
        image: (height, width, 3) in [0, 255].
        grid: where patches are taken.

    Returns:
        Descriptions (m, 136) and the patches' places (m, 2), rows and columns from -0.5 to 0.5;
        m depends on the image's size and the grid alone.

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
            histograms=_AROUND,
            orientations=_ORIENTATIONS,
            normalization="daisy",
        )
        rows, columns = np.mgrid[: patches.shape[0], : patches.shape[1]] * step + grid.radius
        described.append(patches.reshape(-1, DESCRIPTION))
        placed.append(np.stack([rows.ravel() / size[0], columns.ravel() / size[1]], axis=1) - 0.5)
    return (
        np.concatenate(described).astype(np.float32),
        np.concatenate(placed).astype(np.float32),
    )
