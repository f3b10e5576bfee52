"""The labels that every strategy learns from."""

import numpy as np
from numpy.typing import NDArray

from peu.data.dataset import ImageDataset
from peu.errors import DataError


def labels_of(dataset: ImageDataset) -> NDArray[np.int64]:
    """Give the labels (n,) of a labelled set.

    Raises:
        DataError: the set has no labels.
    """
    if dataset.labels is None:
        raise DataError(
            f"`{dataset.name}` must say what its pictures show, to be learnt from. Received: "
            "pictures without classes. Put each class into a folder of its own."
        )
    return dataset.labels
