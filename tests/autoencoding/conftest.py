"""A set of drawings for every test of auto-encoders, and a denoiser that learnt them."""

import numpy as np
import pytest

from bar_pictures import QUICK_DENOISING, bars
from peu.autoencoding.fit import fit_autoencoder
from peu.data.dataset import ImageDataset, load_dataset
from peu.fitted.autoencoder import Autoencoder


@pytest.fixture(scope="session")
def grey_bars(tmp_path_factory: pytest.TempPathFactory) -> ImageDataset:
    path = tmp_path_factory.mktemp("bars") / "bars.npz"
    np.savez(path, x=bars(160)[..., 0], y=np.arange(160) % 2)
    return load_dataset(path)


@pytest.fixture(scope="session")
def bar_denoiser(grey_bars: ImageDataset) -> Autoencoder:
    return fit_autoencoder(QUICK_DENOISING, grey_bars, seed=1)
