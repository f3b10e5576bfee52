"""The drawings, and a classifier of them that is one graph."""

from pathlib import Path

import pytest

from centroid_model import centroid_model
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images
from peu.models.predictor import Predictor
from small_set import drawn_images


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return drawn_images(tmp_path_factory)


@pytest.fixture(scope="session")
def dataset(photos: Path) -> ImageDataset:
    return load_images(photos)


@pytest.fixture(scope="session")
def predictor(dataset: ImageDataset) -> Predictor:
    return centroid_model(dataset)
