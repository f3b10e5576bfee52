"""Similarity of images to their originals: PSNR and SSIM of each image."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_LARGEST_WINDOW = 7
_LOWEST_ERROR = 1e-10
"""PSNR of equal images is infinite; this caps it at 100 dB."""


def peak_signal_to_noise(truth: NDArray[Any], estimate: NDArray[Any]) -> NDArray[np.float64]:
    """Peak signal-to-noise ratio of each image.

    Usually the mean over the images is reported. 10 dB more is a tenth of the squared error.

    Args:
        truth: (n, height, width, channels), intensities of 0 to 1.
        estimate: the same shape.

    Returns:
        (n,) in dB, at most 100.

    Example:
        >>> peak_signal_to_noise(np.zeros((1, 8, 8, 1)), np.full((1, 8, 8, 1), 0.1)).round(6)
        array([20.])
    """
    error = np.square(truth.astype(np.float64) - estimate).mean(axis=(1, 2, 3))
    decibels: NDArray[np.float64] = -10 * np.log10(np.maximum(error, _LOWEST_ERROR))
    return decibels


def structural_similarity(truth: NDArray[Any], estimate: NDArray[Any]) -> NDArray[np.float64]:
    """Mean structural similarity of each image, over windows of 7 x 7 pixels.

    Args:
        truth: (n, height, width, channels), intensities of 0 to 1.
        estimate: the same shape.

    Returns:
        (n,); 1 for equal images.

    Source: Wang et al. (2004), Image quality assessment; scikit-image's implementation.
    """
    from skimage.metrics import structural_similarity as of_pair

    smaller = min(truth.shape[1:3])
    window = min(_LARGEST_WINDOW, smaller - (smaller + 1) % 2)
    return np.array(
        [
            of_pair(one, other, data_range=1.0, channel_axis=-1, win_size=window)
            for one, other in zip(
                truth.astype(np.float64), estimate.astype(np.float64), strict=True
            )
        ]
    )
