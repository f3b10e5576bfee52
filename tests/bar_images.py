"""Small drawings that a small auto-encoder learns in a moment."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from peu.autoencoders.denoiser import Denoiser


def bars(count: int, channels: int = 1) -> NDArray[np.uint8]:
    """Draw one bright bar on a dark ground in each image of 16 x 16."""
    rng = np.random.default_rng(5)
    pixels = np.full((count, 16, 16, channels), 20, np.uint8)
    for image in pixels:
        at = rng.integers(2, 11)
        shade = rng.integers(120, 255, channels)
        if rng.random() < 0.5:
            image[at : at + 4, 2:14] = shade
        else:
            image[2:14, at : at + 4] = shade
    return pixels


def write_bars(path: Path) -> Path:
    """Write 160 grey drawings, with the numbers 0 and 1 for classes."""
    np.savez(path, x=bars(160)[..., 0], y=np.arange(160) % 2)
    return path


QUICK_DENOISER = Denoiser(
    filters=(4, 8),
    epochs=12,
    batch_size=16,
    learning_rate=0.01,
    precision="float32",
    seed=1,
)
