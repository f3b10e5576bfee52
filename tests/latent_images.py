"""Images that a two-dimensional map can hold, and a small recipe that learns it at once."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from peu.autoencoders.fit import fit_autoencoder
from peu.autoencoders.images import ImageSet
from peu.images.dataset import ImageDataset, load_dataset
from peu.recipes.training import TrainingSettings
from peu.recipes.variational import Variational


def lights(
    count: int, channels: int = 1, seed: int = 3
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Draw a soft light in a place of its own in each image of 12 x 14, on dark ground.

    Returns:
        Pixels (count, 12, 14, channels), and the quarter (0 to 3) that each light is in.
    """
    generator = np.random.default_rng(seed)
    across, down = generator.uniform(2, 12, count), generator.uniform(2, 10, count)
    x, y = np.arange(14), np.arange(12)[:, None]
    spread = (x - across[:, None, None]) ** 2 + (y - down[:, None, None]) ** 2
    shades = 15 + 230 * np.exp(-spread / 8)
    pixels = np.repeat(shades[..., None], channels, axis=3).astype(np.uint8)
    quarters = 2 * (down > 6).astype(np.int64) + (across > 7)
    return pixels, quarters


def light_set(train: int = 400, test: int = 80, channels: int = 1) -> ImageSet:
    """Give such images parted for a training."""
    pixels, _ = lights(train + test, channels)
    return ImageSet(
        train=pixels[:train],
        test=pixels[train:],
        train_indices=np.arange(train),
        test_indices=np.arange(train, train + test),
        tested_on="the last ones",
    )


def write_lights(path: Path, count: int = 480) -> Path:
    """Write such images with their quarters as classes into an .npz file."""
    pixels, quarters = lights(count)
    np.savez(path, x=pixels[..., 0], y=quarters)
    return path


def light_set_of(tmp_path_factory: pytest.TempPathFactory) -> ImageDataset:
    """Give 480 such images with classes, the same set whoever asks."""
    path = tmp_path_factory.getbasetemp() / "light-set" / "lights.npz"
    path.parent.mkdir(exist_ok=True)
    return load_dataset(path if path.exists() else write_lights(path))


def saved_light_map(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a saved map that learnt from them, the same one whoever asks."""
    folder = tmp_path_factory.getbasetemp() / "light-map"
    if not folder.exists():
        fit_autoencoder(QUICK_MAP, light_set_of(tmp_path_factory), seed=0).save(folder)
    return folder


QUICK_MAP = Variational(
    filters=(8, 8),
    decoder_filters=(8, 8),
    training=TrainingSettings(epochs=12, batch_size=20, learning_rate=0.01, precision="float32"),
)
