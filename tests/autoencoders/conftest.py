"""A set of drawings for every test of auto-encoders, and a denoiser that learnt them."""

import pytest

from bar_images import QUICK_DENOISING, write_bars
from peu.autoencoders.fit import fit_autoencoder
from peu.images.dataset import ImageDataset, load_dataset
from peu.models.autoencoder import Autoencoder


@pytest.fixture(scope="session")
def grey_bars(tmp_path_factory: pytest.TempPathFactory) -> ImageDataset:
    return load_dataset(write_bars(tmp_path_factory.mktemp("bars") / "bars.npz"))


@pytest.fixture(scope="session")
def bar_denoiser(grey_bars: ImageDataset) -> Autoencoder:
    return fit_autoencoder(QUICK_DENOISING, grey_bars, seed=1)
