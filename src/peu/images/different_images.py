"""How many of a class's images differ: copies of one image teach it nothing more."""

import numpy as np
from numpy.typing import NDArray

from peu.images.dataset import ImageDataset
from peu.wording import first_few, quoted

_FEW = 3
"""Different images a class, below which even the fewest folds cannot be made."""


def count_different(
    labels: NDArray[np.int64], groups: NDArray[np.int64], classes: int
) -> list[int]:
    """Count the near-duplicate groups of each class.

    Args:
        labels: (n,) number of the class of each image.
        groups: (n,) near-duplicate group of each.
        classes: number of classes.
    """
    return [len(np.unique(groups[labels == label])) for label in range(classes)]


def about_different_images(dataset: ImageDataset) -> tuple[str, ...]:
    """Say which classes are little else than copies, where no folds could show what that costs.

    Args:
        dataset: labelled images.

    Returns:
        Sentences; none where each class has three images that differ, or no copies.

    Example:
        >>> from peu import load_images
        >>> about_different_images(load_images("samples"))
        ()
    """
    labels = np.asarray(dataset.labels)
    images = np.bincount(labels, minlength=len(dataset.class_names))
    different = count_different(labels, dataset.groups, len(dataset.class_names))
    few = [
        f"class {quoted(name)} has {every} images, and only {each} different"
        for name, every, each in zip(dataset.class_names, images, different, strict=True)
        if each < min(every, _FEW)
    ]
    if not few:
        return ()
    listed = first_few(few)
    return (f"Copies of an image teach nothing: {listed}. Add images, or expect little.",)
