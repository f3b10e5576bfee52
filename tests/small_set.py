"""A small drawn set, and recipes that are fitted in a second: shared by several folders' tests."""

from pathlib import Path
from typing import TypeVar

import pytest
from sklearn.base import clone

from peu.classifiers.base import ImageClassifier
from peu.classifiers.hog import HogSVM
from peu.classifiers.small_cnn import SmallCNN
from peu.images.dataset import ImageDataset
from peu.images.samples import draw_samples
from peu.networks.training_settings import TrainingSettings
from shared_folder import shared_folder

R = TypeVar("R", bound=ImageClassifier)
CLASSES = ("accordion", "anchor", "barrel", "binocular")
PER_CLASS = 8

# Plain steps: Keras takes twice as long to trace Adam as to train so little with it.
QUICK = TrainingSettings(epochs=2, batch_size=8, optimizer="sgd", precision="float32")
# Tests fit copies of them: `clone(TINY)`, or `fit_half`.
TINY = SmallCNN(image_size=(32, 32), filters=(4,), dense_units=8, training=QUICK)
PLAIN = HogSVM(colour="never", kernel="linear")


def drawn_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 4 x 8 drawings, the same one for every test."""
    drawn = shared_folder(
        tmp_path_factory, "drawn", lambda path: draw_samples(path / "photos", per_class=PER_CLASS)
    )
    return drawn / "photos"


def halves(images: ImageDataset) -> tuple[ImageDataset, ImageDataset]:
    """Every second image to learn from, and the others."""
    return images[::2], images[1::2]


def fit_half(recipe: R, images: ImageDataset, *, seed: int = 0, validation: bool = True) -> R:
    """Fit a copy of a recipe on every second image.

    Args:
        recipe: not changed.
        images: the whole set.
        seed: of the copy.
        validation: evaluate the other images for the curves, which costs a network that learns
            so little as much again, and changes no prediction.
    """
    train, test = halves(images)
    copy: R = clone(recipe).set_params(seed=seed)
    return copy.fit(train, validation=test if validation else None)
