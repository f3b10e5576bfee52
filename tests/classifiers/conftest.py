"""Images and a backbone for every recipe."""

from pathlib import Path

import pytest

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
def backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a network of one convolution, as it was drawn."""
    from peu.networks.backend import keras

    inputs = keras.Input((32, 32, 3))
    maps = keras.layers.Conv2D(
        6,
        5,
        strides=4,
        activation="relu",
        kernel_initializer=keras.initializers.GlorotUniform(seed=0),
    )(inputs)
    path = tmp_path_factory.mktemp("backbones") / "tiny.keras"
    keras.Model(inputs, maps).save(path)
    return path
