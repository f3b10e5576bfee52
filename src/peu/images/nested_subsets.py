"""Smaller and smaller training sets, each inside the one before, for a learning curve."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from peu.errors import DataError
from peu.images.dataset import ImageDataset
from peu.images.splits import Split
from peu.seeds import child_seed
from peu.wording import quoted

_STEP = 2**0.5
_MOST_SIZES, _FEWEST_SIZES = 6, 3
_FEWEST_IMAGES = 2
_LEAST_STEP = 1.15


def nested_splits(
    dataset: ImageDataset, splits: Sequence[Split]
) -> tuple[tuple[float, tuple[Split, ...]], ...]:
    """Splits with ever smaller training sets and the same test images.

    Each training set is a part of the next larger one, in the same proportions of the classes,
    with two images of every class or more. Near-duplicates come or go together.

    Args:
        dataset: labelled images.
        splits: the largest training sets.

    Returns:
        Training images a class, on average, with as many splits; the fewest first, up to six
        sizes, each about 1.4 times the one before. The last are `splits` themselves.

    Raises:
        DataError: no labels, or so few images that there are not three sizes.
    """
    labels = np.unique(dataset.y, return_inverse=True)[1]
    classes = int(labels.max()) + 1
    orders = [_shuffled(split, labels, dataset.groups) for split in splits]
    found: list[tuple[float, tuple[Split, ...]]] = []
    for step in range(_MOST_SIZES):
        smaller = tuple(
            _part(split, order, labels, dataset.groups, _STEP**-step)
            for split, order in zip(splits, orders, strict=True)
        )
        size = float(np.mean([len(split.train) for split in smaller])) / classes
        if size < _FEWEST_IMAGES:
            break
        if not found or size * _LEAST_STEP <= found[-1][0]:
            found.append((size, smaller))
    if len(found) < _FEWEST_SIZES:
        counts = np.bincount(labels)
        fewest = int(counts.argmin())
        raise DataError(
            f"A learning curve needs training sets of {_FEWEST_SIZES} sizes, so about five "
            f"different images of each class or more. {quoted(dataset.name)} has "
            f"{len(dataset) / classes:.3g} a class, {quoted(dataset.class_names[fewest])} has "
            f"{counts[fewest]}. Add images."
        )
    return tuple(reversed(found))


def _shuffled(
    split: Split, labels: NDArray[np.int64], groups: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The training images in an order in which near-duplicates stand side by side."""
    generator = np.random.default_rng(child_seed(split.seed, "nested subsets"))
    own, group_of = np.unique(groups[split.train], return_inverse=True)
    place = generator.permutation(len(own))[group_of]
    return np.asarray(split.train[np.lexsort((place, labels[split.train]))], np.int64)


def _part(
    split: Split,
    order: NDArray[np.int64],
    labels: NDArray[np.int64],
    groups: NDArray[np.int64],
    share: float,
) -> Split:
    if share == 1:
        return split
    kept = []
    for label in np.unique(labels[order]):
        own = order[labels[order] == label]
        count = min(len(own), max(_FEWEST_IMAGES, round(share * len(own))))
        last = groups[own[count - 1]]
        while count < len(own) and groups[own[count]] == last:
            count += 1
        kept.append(own[:count])
    return replace(split, train=np.sort(np.concatenate(kept)))
