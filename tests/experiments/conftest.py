"""Pictures for comparisons, and a map that was learnt from others."""

from pathlib import Path

import pytest

from latent_pictures import QUICK_MAP, write_lights
from peu.autoencoding.fit import fit_autoencoder
from peu.data.dataset import ImageDataset, load_dataset
from peu.fitted.autoencoder import Autoencoder
from small_set import drawn_pictures


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return drawn_pictures(tmp_path_factory)


@pytest.fixture(scope="session")
def dataset(photos: Path) -> ImageDataset:
    return load_dataset(photos)


@pytest.fixture(scope="session")
def light_dataset(tmp_path_factory: pytest.TempPathFactory) -> ImageDataset:
    return load_dataset(write_lights(tmp_path_factory.mktemp("lights") / "lights.npz"))


@pytest.fixture(scope="session")
def light_map(light_dataset: ImageDataset) -> Autoencoder:
    return fit_autoencoder(QUICK_MAP, light_dataset, seed=0)
