"""The bias that clipping gives to noisy pixels, and its inverse."""

import numpy as np
from numpy.typing import NDArray

from peu.autoencoders.noise import Noise

_STEPS = 2049


def expected_intensity(clean: NDArray[np.float64], noise: Noise) -> NDArray[np.float64]:
    """Mean of a noisy, clipped pixel for each clean intensity.

    A black pixel under Gaussian noise of deviation s can only become brighter: its mean is
    s / sqrt(2 pi). A filter that averages takes this for the image.

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

    # The mean of min(N, photons), a count that is clipped at white, by the sum over its tails.
    counts = range(int(np.ceil(noise.high)))
    mean = sum((poisson.sf(k, clean * noise.high) for k in counts), start=np.zeros_like(clean))
    return np.asarray(mean / noise.high)


def undo_clipping_bias(filtered: NDArray[np.float64], noise: Noise) -> NDArray[np.float64]:
    """Turn the mean of noisy, clipped pixels back into the clean intensity.

    Args:
        filtered: intensities that an averaging filter gave, any shape.
        noise: of one amount, which must be known; a blind denoiser does not know it.

    Returns:
        The same shape, in [0, 1].
    """
    clean = np.linspace(0.0, 1.0, _STEPS)
    return np.asarray(np.interp(filtered, expected_intensity(clean, noise), clean))
