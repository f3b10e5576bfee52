"""The labels that every strategy learns from."""

import numpy as np
from numpy.typing import NDArray

from peu.errors import DataError
from peu.images.dataset import ImageDataset


def labels_of(dataset: ImageDataset) -> NDArray[np.int64]:
    """Give the labels (n,) of a labelled set.

    Raises:
        DataError: the set has no labels.
    """
    if dataset.labels is None:
        raise DataError(
            f"`{dataset.name}` must say what its images show, to be learnt from. Received: "
            "images without classes. Put each class into a folder of its own."
        )
    return dataset.labels
