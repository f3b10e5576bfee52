"""Training and test images: folds, a holdout, and a folder's own split."""

import warnings
from typing import Annotated, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import ConfigDict, PlainSerializer, PlainValidator, TypeAdapter
from pydantic.dataclasses import dataclass

from peu.errors import DataError
from peu.images.dataset import ImageDataset
from peu.images.different_images import count_different
from peu.seeds import child_seed
from peu.settings import check_setting
from peu.wording import quoted

_ATTEMPTS = 20


def _indices(values: Any) -> NDArray[np.int64]:
    indices = np.asarray(values)
    if indices.ndim != 1 or (len(indices) and indices.dtype.kind not in "iu"):
        raise ValueError("indices must be a list of whole numbers")
    return np.asarray(indices, np.int64)


Indices = Annotated[NDArray[np.int64], PlainValidator(_indices), PlainSerializer(np.ndarray.tolist)]


@dataclass(frozen=True, eq=False, config=ConfigDict(strict=True))
class Split:
    """Images to learn from and images to test on.

    Attributes:
        train: (n_train,) int64 indices, ascending.
        test: (n_test,) int64 indices, ascending; none is in `train`.
        repeat: which shuffle, from 0.
        fold: which part of it, from 0.
        seed: for everything random in a trial on this split.
    """

    train: Indices
    test: Indices
    repeat: int
    fold: int
    seed: int


def split_to_dict(split: Split) -> dict[str, Any]:
    """A split as JSON can hold it."""
    value: dict[str, Any] = TypeAdapter(Split).dump_python(split)
    return value


def make_splits(
    dataset: ImageDataset,
    *,
    folds: int = 5,
    repeats: int = 2,
    seed: int = 0,
    groups: ArrayLike | None = None,
) -> tuple[Split, ...]:
    """Divide the images into folds, several times over.

    Within a repeat every image is tested once. Classes are spread evenly over the folds, and
    images of one group stay together, so that no test image has a copy in the training set.

    Args:
        dataset: labelled images.
        folds: number of folds, 2 or more.
        repeats: number of repeats, 1 or more.
        seed: random seed of the shuffling.
        groups: (n,) integers, one number a group; None takes `dataset.groups`.

    Returns:
        folds x repeats splits, repeat by repeat.

    Raises:
        DataError: no labels, one class, or a class with too few different images.
        RecipeError: impossible folds or repeats.

    Example:
        >>> splits = make_splits(load_images("photos/"), folds=5)  # doctest: +SKIP
        >>> len(splits)  # doctest: +SKIP
        10
    """
    for name, count, least, usual in (("folds", folds, 2, 5), ("repeats", repeats, 1, 2)):
        check_setting(
            name,
            holds=isinstance(count, int) and count >= least,
            expected=f"a whole number, {least} or more",
            received=count,
            advice=f"{usual} is usual.",
        )
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
        seed: random seed of the shuffling.
        groups: (n,) integers, one number a group; None takes `dataset.groups`.

    Returns:
        One split. Groups stay together, so a class may miss its share by part of a group.

    Raises:
        DataError: no labels, one class, or a class with fewer than two different images.
        RecipeError: an impossible share.

    Source: lab sheet, section 1.1.
    """
    check_setting(
        "test_share",
        holds=0 < test_share < 1,
        expected="above 0 and below 1",
        received=test_share,
        advice="0.3 is the sheet's.",
    )
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
    """The split that the folder itself makes, or None.

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
            f"{quoted(dataset.name)} must have labels to be split. Received: images without "
            "classes. Put the images of each class into a folder of its own."
        )
    group_of = dataset.groups if groups is None else np.asarray(groups)
    if group_of.shape != dataset.labels.shape:
        raise DataError(
            f"`groups` must have a number for each of {len(dataset.labels)} images. Received: "
            f"shape {group_of.shape}. Use `dataset.groups`."
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
            f"Two or more classes are needed. Received: {len(class_names)}. "
            "Add a folder of images of something else."
        )
    images = np.bincount(labels, minlength=len(class_names))
    different = count_different(labels, groups, len(class_names))
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
        f"{folds} folds need at least {folds} different images of every class. Class "
        f"{quoted(class_names[fewest])} has {count}. {advice}"
    )


def _folds_of(
    labels: NDArray[np.int64], groups: NDArray[np.int64], folds: int, seed: int
) -> NDArray[np.int64]:
    """Number the fold of each image, so that every training set has every class."""
    from peu.images.fold_assignment import QuickStratifiedGroupKFold

    for attempt in range(_ATTEMPTS):
        folder = QuickStratifiedGroupKFold(
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
    """Whether every class has images outside each fold."""
    counts = np.zeros((int(fold_of.max()) + 1, int(labels.max()) + 1), np.int64)
    np.add.at(counts, (fold_of, labels), 1)
    return bool((counts.sum(axis=0) > counts).all())


def _entangled(parts: int) -> DataError:
    return DataError(
        f"{parts} folds cannot be made such that every class can be learnt and tested: the same "
        "images lie in too many classes. Put each image into one class only."
    )


def _shares(counts: NDArray[np.int64], share: float) -> NDArray[np.int64]:
    """Share out the test images over the classes by largest remainder."""
    exact = counts * share
    given = np.floor(exact).astype(np.int64)
    missing = int(np.ceil(counts.sum() * share - 1e-9)) - int(given.sum())
    given[np.argsort(given - exact, kind="stable")[:missing]] += 1
    return np.asarray(given, np.int64)
