"""Images for comparisons, and a map that was learnt from others."""

from pathlib import Path

import pytest

from latent_images import light_set_of, saved_light_vae
from peu.autoencoders.vae import VAE
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images
from small_set import drawn_images


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return drawn_images(tmp_path_factory)


@pytest.fixture(scope="session")
def dataset(photos: Path) -> ImageDataset:
    return load_images(photos)


@pytest.fixture(scope="session")
def light_dataset(tmp_path_factory: pytest.TempPathFactory) -> ImageDataset:
    return light_set_of(tmp_path_factory)


@pytest.fixture(scope="session")
def light_vae(tmp_path_factory: pytest.TempPathFactory) -> VAE:
    return VAE.load(saved_light_vae(tmp_path_factory))
