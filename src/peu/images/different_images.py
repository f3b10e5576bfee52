"""How many of a class's images differ: copies of one image teach it nothing more."""

import numpy as np

from peu.images.dataset import ImageDataset
from peu.wording import first_few, quoted

_FEW = 3
"""Different images a class, below which even the fewest folds cannot be made."""


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
    labels, groups = np.asarray(dataset.labels), dataset.groups
    few = []
    for label, name in enumerate(dataset.class_names):
        images = int((labels == label).sum())
        different = len(np.unique(groups[labels == label]))
        if different < min(images, _FEW):
            few.append(f"class {quoted(name)} has {images} images, and only {different} different")
    if not few:
        return ()
    listed = first_few(few)
    return (f"Copies of an image teach nothing: {listed}. Add images, or expect little.",)
