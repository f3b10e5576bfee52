"""What clipping does to the mean of a noisy pixel, and how to undo it."""

import numpy as np
from numpy.typing import NDArray

from peu.recipes.noise import Noise

_STEPS = 2049


def expected_intensity(clean: NDArray[np.float64], noise: Noise) -> NDArray[np.float64]:
    """Give the mean of a noisy, clipped pixel for each clean intensity.

    A black pixel under Gaussian noise of deviation s can only become brighter: on average it
    shows s / sqrt(2 pi). A filter that averages takes this for the image.

    Args:
        clean: intensities in [0, 1], any shape.
        noise: of one amount.

    Returns:
        The same shape, rising with `clean`.
    """
    if noise.kind == "salt-and-pepper":
        return np.asarray(clean * (1 - noise.high) + noise.high / 2)
    if noise.kind == "gaussian":
        from scipy.stats import norm

        deviation = noise.high
        low, high = -clean / deviation, (1 - clean) / deviation
        inside = clean * (norm.cdf(high) - norm.cdf(low))
        return np.asarray(
            inside + deviation * (norm.pdf(low) - norm.pdf(high)) + norm.sf(high), np.float64
        )
    from scipy.stats import poisson

    photons = np.arange(int(np.ceil(noise.high)) + 1)
    # The mean of min(N, photons): what is counted, cut off at white, by the sum over its tails.
    tails = [poisson.sf(k, clean * noise.high) for k in photons[:-1]]
    whole = np.sum(tails, axis=0) if tails else np.zeros_like(clean)
    return np.asarray(whole / noise.high)


def undo_clipping(filtered: NDArray[np.float64], noise: Noise) -> NDArray[np.float64]:
    """Turn the mean of noisy, clipped pixels back into the clean intensity.

    Args:
        filtered: intensities that an averaging filter gave, any shape.
        noise: of one amount, which must be known; a denoiser is not told.

    Returns:
        The same shape, in [0, 1].
    """
    clean = np.linspace(0.0, 1.0, _STEPS)
    return np.asarray(np.interp(filtered, expected_intensity(clean, noise), clean))
