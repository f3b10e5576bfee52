"""Images that a latent plane can hold, and a small VAE that learns it at once."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.base import clone

from peu.autoencoders.vae import VAE
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images
from shared_folder import shared_folder


def lights(
    count: int, channels: int = 1, seed: int = 3
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Draw a soft light in a place of its own in each image of 12 x 14, on a dark ground.

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


def light_dataset_in(folder: Path, train: int, test: int, channels: int = 1) -> ImageDataset:
    """Write such images with a test set of their own, and load them."""
    pixels, quarters = lights(train + test, channels)
    if channels == 1:
        pixels = pixels[..., 0]
    else:
        # Otherwise they would be taken for grey.
        pixels[..., 0] //= 2
    path = folder / f"lights-{train}-{test}-{channels}.npz"
    np.savez(
        path,
        x_train=pixels[:train],
        y_train=quarters[:train],
        x_test=pixels[train:],
        y_test=quarters[train:],
    )
    return load_images(path, labels_required=False, to_learn=False)


def write_lights(path: Path, count: int = 480) -> Path:
    """Write such images with their quarters as classes into an .npz file."""
    pixels, quarters = lights(count)
    np.savez(path, x=pixels[..., 0], y=quarters)
    return path


def light_set_of(tmp_path_factory: pytest.TempPathFactory) -> ImageDataset:
    """480 such images with classes, the same for all callers."""

    def write(folder: Path) -> None:
        folder.mkdir()
        write_lights(folder / "lights.npz")

    return load_images(shared_folder(tmp_path_factory, "light-set", write) / "lights.npz")


def saved_light_vae(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved VAE that was trained on them, the same for all callers."""
    images = light_set_of(tmp_path_factory)
    return shared_folder(
        tmp_path_factory, "light-vae", lambda path: clone(QUICK_VAE).fit(images).save(path)
    )


QUICK_VAE = VAE(
    filters=(8, 8),
    decoder_filters=(8, 8),
    epochs=12,
    batch_size=20,
    learning_rate=0.01,
    precision="float32",
)
