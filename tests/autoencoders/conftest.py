"""Datasets of drawings, and auto-encoders that were trained on them."""

import pytest
from sklearn.base import clone

from bar_images import QUICK_DENOISER, write_bars
from latent_images import QUICK_VAE, light_dataset_in
from peu.autoencoders.denoiser import Denoiser
from peu.autoencoders.vae import VAE
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images


@pytest.fixture(scope="session")
def grey_bars(tmp_path_factory: pytest.TempPathFactory) -> ImageDataset:
    return load_images(write_bars(tmp_path_factory.mktemp("bars") / "bars.npz"))


@pytest.fixture(scope="session")
def bar_denoiser(grey_bars: ImageDataset) -> Denoiser:
    denoiser: Denoiser = clone(QUICK_DENOISER)
    return denoiser.fit(grey_bars)


@pytest.fixture(scope="session")
def parted_lights(tmp_path_factory: pytest.TempPathFactory) -> ImageDataset:
    """400 training images and 80 test images."""
    return light_dataset_in(tmp_path_factory.mktemp("lights"), 400, 80)


@pytest.fixture(scope="session")
def few_lights(tmp_path_factory: pytest.TempPathFactory) -> ImageDataset:
    """60 training images and 20 test images."""
    return light_dataset_in(tmp_path_factory.mktemp("few"), 60, 20)


@pytest.fixture(scope="session")
def light_vae(parted_lights: ImageDataset) -> VAE:
    vae: VAE = clone(QUICK_VAE)
    return vae.fit(parted_lights)
