"""Which images are learnt from and which are tested on."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peu.errors import DataError
from peu.images.dataset import ImageDataset
from peu.images.duplicates import duplicate_groups
from peu.recipes.checks import check, check_count, check_range
from peu.seeds import child_seed
from peu.wording import shown

_ATTEMPTS = 20


@dataclass(frozen=True, eq=False)
class Split:
    """Part images into those to learn from and those to test on.

    Attributes:
        train: (n_train,) int64 indices, ascending.
        test: (n_test,) int64 indices, ascending; none is in `train`.
        repeat: which shuffle, from 0.
        fold: which part of it, from 0.
        seed: for everything random in a trial on this split.
    """

    train: NDArray[np.int64]
    test: NDArray[np.int64]
    repeat: int
    fold: int
    seed: int


def split_to_dict(split: Split) -> dict[str, Any]:
    """Turn a split into what JSON can hold."""
    return {
        "train": split.train.tolist(),
        "test": split.test.tolist(),
        "repeat": split.repeat,
        "fold": split.fold,
        "seed": split.seed,
    }


def split_from_dict(value: dict[str, Any]) -> Split:
    """Make a split from `split_to_dict`'s form.

    Raises:
        DataError: something is missing or of the wrong type.
    """
    try:
        return Split(
            train=_indices(value["train"]),
            test=_indices(value["test"]),
            repeat=int(value["repeat"]),
            fold=int(value["fold"]),
            seed=int(value["seed"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise DataError(
            "A split must have train, test, repeat, fold and seed, all of whole numbers. "
            f"Python says: {type(error).__name__}: {error}. Delete the file that holds it and "
            "run again."
        ) from error


def make_splits(
    dataset: ImageDataset,
    *,
    folds: int = 5,
    repeats: int = 2,
    seed: int = 0,
    groups: ArrayLike | None = None,
) -> tuple[Split, ...]:
    """Part the images into folds, several times over.

    Within a repeat every image is tested once. Classes are spread evenly over the folds, and
    images of one group stay together, so that no test image was learnt from in disguise.

    Args:
        dataset: labelled images.
        folds: parts of a repeat, 2 or more.
        repeats: how often the images are parted anew, 1 or more.
        seed: of the shuffling.
        groups: (n,) integers, one number a group; None asks `duplicate_groups`.

    Returns:
        folds x repeats splits, repeat by repeat.

    Raises:
        DataError: no labels, one class, or a class with too few different images.
        RecipeError: impossible folds or repeats.

    Example:
        >>> splits = make_splits(load_dataset("photos/"), folds=5)  # doctest: +SKIP
        >>> len(splits)  # doctest: +SKIP
        10
    """
    check_count("folds", folds, "5 is usual.")
    check("folds", holds=folds >= 2, expected="2 or more", received=folds, advice="5 is usual.")
    check_count("repeats", repeats, "2 is usual.")
    labels, group_of = _labels_and_groups(dataset, groups)
    _check_enough(labels, group_of, dataset.class_names, folds)
    splits: list[Split] = []
    for repeat in range(repeats):
        fold_of = _folds_of(labels, group_of, folds, child_seed(seed, "folds", repeat))
        splits += [
            Split(
                train=np.flatnonzero(fold_of != fold),
                test=np.flatnonzero(fold_of == fold),
                repeat=repeat,
                fold=fold,
                seed=child_seed(seed, "split", repeat, fold),
            )
            for fold in range(folds)
        ]
    return tuple(splits)


def make_holdout(
    dataset: ImageDataset,
    *,
    test_share: float = 0.3,
    seed: int = 0,
    groups: ArrayLike | None = None,
) -> Split:
    """Hold out a share of the images of every class once, as on the lab sheet.

    Args:
        dataset: labelled images.
        test_share: of the images, in (0, 1); rounded up as scikit-learn does.
        seed: of the shuffling.
        groups: (n,) integers, one number a group; None asks `duplicate_groups`.

    Returns:
        One split. Groups stay together, so a class may miss its share by part of a group.

    Raises:
        DataError: no labels, one class, or a class with fewer than two different images.
        RecipeError: an impossible share.

    Source: lab sheet, section 1.1.
    """
    check_range("test_share", test_share, 0, 1, "0.3 is the sheet's.", ends="()")
    labels, group_of = _labels_and_groups(dataset, groups)
    _check_enough(labels, group_of, dataset.class_names, 2)
    tested = _held_out(labels, group_of, test_share, child_seed(seed, "holdout"))
    if not _all_learnable(labels, tested.astype(np.int64)):
        raise _entangled(2)
    return Split(
        train=np.flatnonzero(~tested),
        test=np.flatnonzero(tested),
        repeat=0,
        fold=0,
        seed=child_seed(seed, "split", 0, 0),
    )


def predefined_split(dataset: ImageDataset, *, seed: int = 0) -> Split | None:
    """Give the split that the folder itself makes, if it does.

    Args:
        dataset: images whose `parts` say train, validation or test.
        seed: for everything random in a trial on this split.

    Returns:
        Training and validation images against test images; where there are no test
        images, training against validation. None where there are no such parts.
    """
    parts = np.array(dataset.parts, dtype=str)
    held_out = "test" if "test" in parts else "validation"
    train = np.isin(parts, [part for part in ("train", "validation") if part != held_out])
    test = parts == held_out
    if not train.any() or not test.any():
        return None
    return Split(
        train=np.flatnonzero(train),
        test=np.flatnonzero(test),
        repeat=0,
        fold=0,
        seed=child_seed(seed, "split", 0, 0),
    )


def _labels_and_groups(
    dataset: ImageDataset, groups: ArrayLike | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if dataset.labels is None:
        raise DataError(
            f"{shown(dataset.name)} must have labels to be split. Received: images without "
            "classes. Put the images of each class into a folder of its own."
        )
    group_of = duplicate_groups(dataset) if groups is None else np.asarray(groups)
    if group_of.shape != dataset.labels.shape:
        raise DataError(
            f"`groups` must have a number for each of {len(dataset.labels)} images. Received: "
            f"shape {group_of.shape}. Use `duplicate_groups(dataset)`."
        )
    return dataset.labels, np.asarray(group_of, np.int64)


def _check_enough(
    labels: NDArray[np.int64],
    groups: NDArray[np.int64],
    class_names: tuple[str, ...],
    folds: int,
) -> None:
    if len(class_names) < 2:
        raise DataError(
            f"Two or more classes are needed to tell apart. Received: {len(class_names)}. "
            "Add a folder of images of something else."
        )
    images = np.bincount(labels, minlength=len(class_names))
    different = [len(np.unique(groups[labels == label])) for label in range(len(class_names))]
    fewest = int(np.argmin(different))
    if different[fewest] >= folds:
        return
    count = f"{images[fewest]} image{'' if images[fewest] == 1 else 's'}"
    if different[fewest] < images[fewest]:
        count += f", of which {different[fewest]} differ: the others are copies"
    advice = (
        f"The largest possible is --folds {different[fewest]}; or add images of this class."
        if different[fewest] >= 2
        else "No split can both learn and test it: add images of this class, or remove it."
    )
    raise DataError(
        f"{folds} parts need at least {folds} different images of every class. Class "
        f"{shown(class_names[fewest])} has {count}. {advice}"
    )


def _folds_of(
    labels: NDArray[np.int64], groups: NDArray[np.int64], folds: int, seed: int
) -> NDArray[np.int64]:
    """Number the fold of each image, so that every training set has every class."""
    from sklearn.model_selection import StratifiedGroupKFold

    for attempt in range(_ATTEMPTS):
        folder = StratifiedGroupKFold(
            folds, shuffle=True, random_state=child_seed(seed, "attempt", attempt)
        )
        fold_of = np.empty(len(labels), np.int64)
        with warnings.catch_warnings():
            # Groups were counted above; scikit-learn counts images.
            warnings.simplefilter("ignore", UserWarning)
            parts = folder.split(np.zeros(len(labels)), labels, groups)
            for fold, (_, test) in enumerate(parts):
                fold_of[test] = fold
        if _all_learnable(labels, fold_of) and len(np.unique(fold_of)) == folds:
            return fold_of
    raise _entangled(folds)


def _held_out(
    labels: NDArray[np.int64], groups: NDArray[np.int64], share: float, seed: int
) -> NDArray[np.bool_]:
    """Choose whole groups of each class at random, up to its share of the test images."""
    generator = np.random.default_rng(seed)
    counts = np.bincount(labels)
    wanted = _shares(counts, share)
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=groups.min() - 1))
    members_of = dict(zip(groups[order][starts], np.split(order, starts[1:]), strict=True))
    tested = np.zeros(len(labels), bool)
    for label in np.argsort(counts, kind="stable"):
        own = np.flatnonzero(labels == label)
        taken = int(tested[own].sum())
        for group in generator.permutation(np.unique(groups[own[~tested[own]]])):
            size = int((labels[members_of[group]] == label).sum())
            some_left = taken + size < counts[label]
            if some_left and (taken == 0 or taken + size <= wanted[label]):
                tested[members_of[group]] = True
                taken += size
    return tested


def _all_learnable(labels: NDArray[np.int64], fold_of: NDArray[np.int64]) -> bool:
    """Tell whether no class lies wholly in one fold of several, or in the held-out part."""
    counts = np.zeros((int(fold_of.max()) + 1, int(labels.max()) + 1), np.int64)
    np.add.at(counts, (fold_of, labels), 1)
    return bool((counts.sum(axis=0) > counts).all())


def _entangled(parts: int) -> DataError:
    return DataError(
        f"{parts} parts were wanted such that every class can be learnt and tested. The same "
        "images lie in too many classes for that. Put each image into one class only."
    )


def _shares(counts: NDArray[np.int64], share: float) -> NDArray[np.int64]:
    """Share out the test images over the classes by largest remainder."""
    exact = counts * share
    given = np.floor(exact).astype(np.int64)
    missing = int(np.ceil(counts.sum() * share - 1e-9)) - int(given.sum())
    given[np.argsort(given - exact, kind="stable")[:missing]] += 1
    return np.asarray(given, np.int64)


def _indices(values: Any) -> NDArray[np.int64]:
    indices = np.asarray(values)
    if indices.ndim != 1 or (len(indices) and not np.issubdtype(indices.dtype, np.integer)):
        raise ValueError("indices must be a list of whole numbers")
    return np.asarray(indices, np.int64)
