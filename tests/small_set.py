"""A small drawn set, and recipes that learn in a second: what several parts' tests share."""

from pathlib import Path

import numpy as np
import pytest

from peu.classifiers.fitted_recipe import TrainingPart
from peu.images.dataset import ImageDataset
from peu.images.duplicates import duplicate_groups
from peu.images.samples import draw_samples
from peu.recipes.descriptors import HogSVM
from peu.recipes.scratch import SmallCNN
from peu.recipes.training import TrainingSettings

CLASSES = ("accordion", "anchor", "barrel", "binocular")
PER_CLASS = 8

# Plain steps: Keras takes twice as long to trace Adam as to train so little with it.
QUICK = TrainingSettings(epochs=2, batch_size=8, optimizer="sgd", precision="float32")
TINY = SmallCNN(image_size=(32, 32), filters=(4,), dense_units=8, training=QUICK)
PLAIN = HogSVM(colour="never", kernel="linear")


def drawn_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder of 4 x 8 drawings, the same one whoever asks."""
    folder = tmp_path_factory.getbasetemp() / "drawn" / "photos"
    return folder if folder.exists() else draw_samples(folder, per_class=PER_CLASS)


def half_of(dataset: ImageDataset, *, seed: int = 0, watched: bool = True) -> TrainingPart:
    """Say to learn from every second image, and watch the others for the curves.

    Watching costs a network that learns so little as much again, and changes no answer.
    """
    every = np.arange(len(dataset))
    return TrainingPart(
        train=every[every % 2 == 0],
        groups=duplicate_groups(dataset),
        watched=every[every % 2 == 1] if watched else None,
        seed=seed,
    )
