"""Noise on images: drawn anew for every batch in training, and once for a test."""

import numpy as np
from numpy.typing import NDArray

from peu.recipes.noise import Noise


def add_noise(
    pixels: NDArray[np.generic], noise: Noise, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Disturb images, and clip them to what an image can hold.

    Clipping makes the noise uneven: a black pixel can only become brighter.

    Args:
        pixels: (n, height, width, channels) of 0 to 255.
        noise: what to add; of a range, each image draws its own amount.
        generator: where randomness comes from.

    Returns:
        The same shape, of 0 to 255, not rounded.
    """
    clean = pixels.astype(np.float32)
    amounts = np.full(len(clean), noise.low, np.float32)
    if noise.blind:
        amounts = generator.uniform(noise.low, noise.high, len(clean)).astype(np.float32)
    amount = amounts[:, None, None, None]
    if noise.kind == "gaussian":
        drawn = generator.standard_normal(clean.shape, dtype=np.float32)
        drawn *= 255 * amount
        clean += drawn
    elif noise.kind == "poisson":
        photons = generator.poisson(clean * (amount / 255))
        clean = (photons * (255 / amount)).astype(np.float32)
    else:
        draws = generator.random(clean.shape[:3], dtype=np.float32)[..., None]
        clean = np.where(draws < amount / 2, np.float32(0), clean)
        clean = np.where(draws > 1 - amount / 2, np.float32(255), clean)
    clipped: NDArray[np.float32] = np.clip(clean, 0, 255, out=clean)
    return clipped
