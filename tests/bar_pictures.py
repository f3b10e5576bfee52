"""Small drawings that a small auto-encoder learns in a moment."""

import numpy as np
from numpy.typing import NDArray

from peu.recipes.denoising import Denoising
from peu.recipes.training import TrainingSettings


def bars(count: int, channels: int = 1) -> NDArray[np.uint8]:
    """Draw one bright bar on dark ground in each picture of 16 x 16."""
    rng = np.random.default_rng(5)
    pixels = np.full((count, 16, 16, channels), 20, np.uint8)
    for picture in pixels:
        at = rng.integers(2, 11)
        shade = rng.integers(120, 255, channels)
        if rng.random() < 0.5:
            picture[at : at + 4, 2:14] = shade
        else:
            picture[2:14, at : at + 4] = shade
    return pixels


QUICK_DENOISING = Denoising(
    filters=(4, 8),
    training=TrainingSettings(epochs=12, batch_size=16, learning_rate=0.01, precision="float32"),
)
