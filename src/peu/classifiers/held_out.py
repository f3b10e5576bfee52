"""Answers for training images by models that had not learnt from them, where none are there."""

from collections.abc import Callable

import numpy as np

from peu.classifiers.fitted_recipe import FittedRecipe, HeldOut, TrainingPart
from peu.classifiers.inner_folds import inner_folds
from peu.classifiers.labels import labels_of
from peu.images.dataset import ImageDataset
from peu.seeds import child_seed


def answer_held_out(
    fit: Callable[[TrainingPart], FittedRecipe], dataset: ImageDataset, part: TrainingPart
) -> HeldOut:
    """Fit a recipe once more, on an inner fold, and let it answer for the rest of the images.

    One inner fold is enough for what takes long: it asks a third of the training images.

    Args:
        fit: fits the recipe on a part of the set.
        dataset: labelled images.
        part: the training images.

    Returns:
        The answers; none where a class has too few images to be on both sides.
    """
    folds = inner_folds(
        labels_of(dataset)[part.train],
        part.groups[part.train],
        seed=child_seed(part.seed, "inner folds"),
    )
    first = next(iter(folds), None)
    if first is None:
        return HeldOut(np.zeros(0, np.int64), np.zeros((0, len(dataset.class_names))))
    learnt, judged = (part.train[places] for places in first)
    inner = TrainingPart(train=learnt, groups=part.groups, seed=child_seed(part.seed, "held out"))
    return HeldOut(judged, fit(inner).predict_indices(judged))
