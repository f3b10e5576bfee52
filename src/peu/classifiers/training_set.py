"""What a recipe learns from: images, labels, groups, and validation images for its curves."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.classifiers.inner_folds import inner_folds
from peu.errors import DataError
from peu.images.conversion import as_images
from peu.images.dataset import ImageDataset
from peu.json_arrays import FloatArray, IntArray

Labels = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Predictions for training images by models that had not learnt from them.

    Attributes:
        indices: of the images, in the training set (m,).
        probabilities: (m, k).
    """

    indices: IntArray
    probabilities: FloatArray


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Labelled images to learn from.

    Attributes:
        images: n images.
        labels: (n,) integers in [0, k).
        groups: (n,) near-duplicates share a group.
        class_names: of the k classes.
        validation: images that training curves show and that decide nothing, with their labels.
    """

    images: ImageDataset
    labels: Labels
    groups: NDArray[np.int64]
    class_names: tuple[str, ...]
    validation: tuple[ImageDataset, Labels] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def class_count(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    def inner_folds(self, seed: int) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Folds of these images for choosing settings; none where a class is too small."""
        return list(inner_folds(self.labels, self.groups, seed=seed))

    def split(
        self, fit: NDArray[np.int64], judge: NDArray[np.int64] | None = None
    ) -> "TrainingSet":
        """Part of the images to learn from, with others of them as validation images."""
        validation = None
        if judge is not None:
            validation = (self.images[judge], self.labels[judge])
        return TrainingSet(
            self.images[fit], self.labels[fit], self.groups[fit], self.class_names, validation
        )


def check_training_set(
    images: Any, y: Any = None, groups: Any = None, validation: ImageDataset | None = None
) -> tuple[TrainingSet, NDArray[Any]]:
    """Turn what `fit` was given into a training set.

    Args:
        images: an `ImageDataset`, or what `as_images` takes.
        y: n class names or numbers; None takes the dataset's.
        groups: n group numbers; None finds near-duplicates.
        validation: labelled images of the same classes.

    Returns:
        The training set, and its k distinct labels in order.

    Raises:
        DataError: no labels, another number of them, fractions, or fewer than two classes.
    """
    dataset = as_images(images)
    if y is None:
        if dataset.labels is None:
            raise DataError(
                f"`{dataset.name}` must have class names to learn from. Received: images without "
                "classes. Put each class into a folder of its own, or pass `y`."
            )
        y = dataset.y
    given = np.asarray(y)
    if given.shape != (len(dataset),):
        raise DataError(
            f"`y` must have a class for each of {len(dataset)} images. Received: shape "
            f"{given.shape}. Pass one class name per image."
        )
    if not _are_classes(given):
        raise DataError(
            f"`y` must hold names or whole numbers of classes. Received: {given[:3].tolist()} and "
            "others. Pass one class name per image."
        )
    classes, labels = np.unique(given, return_inverse=True)
    if len(classes) < 2:
        raise DataError(
            f"Two or more classes are needed to learn from. Received: {len(classes)}. Add images "
            "of something else."
        )
    group_of = np.asarray(dataset.groups if groups is None else groups)
    if group_of.shape != given.shape:
        raise DataError(
            f"`groups` must have a number for each of {len(dataset)} images. Received: shape "
            f"{group_of.shape}. Pass one group per image."
        )
    names = tuple(str(each) for each in classes)
    checked = None if validation is None else _validation(validation, names)
    numbers = np.unique(group_of, return_inverse=True)[1].astype(np.int64)
    return TrainingSet(dataset, labels.astype(np.int64), numbers, names, checked), classes


def _are_classes(y: NDArray[Any]) -> bool:
    """Whether labels are of one kind, and no fractions, which a regression would have."""
    if y.dtype.kind == "f":
        return bool((y == np.floor(y)).all())
    return y.dtype.kind != "O" or len({type(each) for each in y.tolist()}) == 1


def _validation(images: ImageDataset, class_names: tuple[str, ...]) -> tuple[ImageDataset, Labels]:
    """Validation images with labels in the training set's order; unknown classes are left out."""
    place = {name: number for number, name in enumerate(class_names)}
    known = np.flatnonzero([str(name) in place for name in images.y])
    kept = images[known]
    return kept, np.array([place[str(name)] for name in kept.y], np.int64)
