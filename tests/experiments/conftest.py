"""Pictures for comparisons."""

from pathlib import Path

import pytest

from peu.data.dataset import ImageDataset, load_dataset
from small_set import drawn_pictures


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return drawn_pictures(tmp_path_factory)


@pytest.fixture(scope="session")
def dataset(photos: Path) -> ImageDataset:
    return load_dataset(photos)
