"""Folds inside the training images, for choosing settings."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_FOLDS = 3
Indices = NDArray[np.int64]


def inner_folds(
    labels: NDArray[np.int64], groups: NDArray[np.int64], *, seed: int
) -> Iterator[tuple[Indices, Indices]]:
    """Split training images for choosing a setting, each class on both sides.

    Args:
        labels: (m,) classes of the training images.
        groups: (m,) near-duplicates share a group, and stay on one side.
        seed: of the shuffling.

    Yields:
        Positions to fit on and positions to judge on, up to three times; nothing where a class
        has a single group, since then no choice can be judged.
    """
    from peu.images.fold_assignment import QuickStratifiedGroupKFold

    per_class = [len(np.unique(groups[labels == label])) for label in np.unique(labels)]
    folds = min(_FOLDS, *per_class, len(labels))
    if folds < 2:
        return
    splitter = QuickStratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    for fit, judge in splitter.split(labels, labels, groups):
        if len(np.unique(labels[fit])) == len(per_class) and len(judge):
            yield fit, judge
