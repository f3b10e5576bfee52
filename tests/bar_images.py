"""Small drawings that a small auto-encoder learns in a moment."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.base import clone

from peu.autoencoders.denoiser import Denoiser
from peu.images.loading import load_images
from shared_folder import shared_folder


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


def saved_bar_denoiser(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved denoiser that was trained on them, the same for all callers."""

    def train(folder: Path) -> None:
        with TemporaryDirectory() as beside:
            images = load_images(write_bars(Path(beside) / "bars.npz"))
            clone(QUICK_DENOISER).fit(images).save(folder)

    return shared_folder(tmp_path_factory, "bar-denoiser", train)


QUICK_DENOISER = Denoiser(
    filters=(4, 8),
    epochs=12,
    batch_size=16,
    learning_rate=0.01,
    precision="float32",
    seed=1,
)
