"""What is in an image set, and what a user should know before training on it."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.images.dataset import ImageDataset
from peu.images.display import class_counts
from peu.images.records import SetAside
from peu.wording import first_few, quoted

_FEW = 10
_FEW_FOR_FOLDS = 5
_IMBALANCE = 3.0
_SIZE_RATIO = 4.0
_ASPECT_RATIO = 2.0
_SMALL_SIDE = 32


@dataclass(frozen=True)
class Spread:
    """Minimum, median and maximum of some numbers."""

    minimum: float
    median: float
    maximum: float


@dataclass(frozen=True)
class Description:
    """What is known of an image set without training on it.

    Attributes:
        name: of the set.
        fingerprint: SHA-256 over names, contents and labels.
        images: how many can be used.
        classes: images of each class; empty where there are no labels.
        parts: images of each part (train, validation, test) that the folder itself makes.
        widths: in pixels, upright.
        heights: in pixels, upright.
        aspect_ratios: width divided by height.
        modes: images of each colour mode, as in the files.
        formats: images of each file format.
        notes: images of each note on what was lost or assumed when decoding.
        duplicates: groups of keys that show the same image.
        duplicates_across_classes: those of them that lie in more than one class.
        duplicates_across_parts: those of them that lie in training and in test or validation.
        set_aside: files that cannot be used, and why.
        warnings: plain sentences on what may go wrong, the gravest first.
    """

    name: str
    fingerprint: str
    images: int
    classes: dict[str, int]
    parts: dict[str, int]
    widths: Spread
    heights: Spread
    aspect_ratios: Spread
    modes: dict[str, int]
    formats: dict[str, int]
    notes: dict[str, int]
    duplicates: tuple[tuple[str, ...], ...]
    duplicates_across_classes: tuple[tuple[str, ...], ...]
    duplicates_across_parts: tuple[tuple[str, ...], ...]
    set_aside: tuple[SetAside, ...]
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON can hold it."""
        value: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return value


def describe_dataset(dataset: ImageDataset) -> Description:
    """Describe an image set: counts, sizes, colours, copies, and what may go wrong.

    No image is decoded again.

    Args:
        dataset: with or without labels.

    Returns:
        The description.

    Example:
        >>> print(describe_dataset(load_images("photos/")).warnings)  # doctest: +SKIP
    """
    metadata = dataset.metadata
    sizes = np.array([(one.width, one.height) for one in metadata], np.float64).reshape(-1, 2)
    copies = _copies(dataset)
    across_classes: list[NDArray[np.int64]] = []
    if dataset.labels is not None:
        across_classes = [one for one in copies if len(np.unique(dataset.labels[one])) > 1]
    across_parts = [one for one in copies if _leaks([dataset.parts[at] for at in one])]
    classes = class_counts(dataset)
    keys = _by_key(dataset.keys)
    return Description(
        name=dataset.name,
        fingerprint=dataset.fingerprint,
        images=len(dataset),
        classes=classes,
        parts=_counts(part for part in dataset.parts if part),
        widths=_spread(sizes[:, 0]),
        heights=_spread(sizes[:, 1]),
        aspect_ratios=_spread(sizes[:, 0] / sizes[:, 1]),
        modes=_counts(one.mode for one in metadata),
        formats=_counts(one.format for one in metadata),
        notes=_counts(note for one in metadata for note in one.notes),
        duplicates=keys(copies),
        duplicates_across_classes=keys(across_classes),
        duplicates_across_parts=keys(across_parts),
        set_aside=dataset.set_aside,
        warnings=(
            *_about_copies(keys(copies), keys(across_classes), keys(across_parts)),
            *class_warnings(classes),
            *_about_sizes(sizes),
            *_about_files(dataset),
        ),
    )


def _copies(dataset: ImageDataset) -> list[NDArray[np.int64]]:
    groups = dataset.groups
    if not len(groups):
        return []
    order = np.argsort(groups, kind="stable")
    found = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
    return [one for one in found if len(one) > 1]


def _by_key(
    keys: Sequence[str],
) -> Callable[[Sequence[NDArray[np.int64]]], tuple[tuple[str, ...], ...]]:
    return lambda groups: tuple(tuple(keys[at] for at in group) for group in groups)


def _leaks(parts: Sequence[str]) -> bool:
    return "train" in parts and ("test" in parts or "validation" in parts)


def _counts(values: Any) -> dict[str, int]:
    return {str(value): count for value, count in Counter(values).most_common()}


def _spread(values: NDArray[np.float64]) -> Spread:
    if not len(values):
        return Spread(0.0, 0.0, 0.0)
    return Spread(float(values.min()), float(np.median(values)), float(values.max()))


def _about_copies(
    copies: Sequence[Sequence[str]],
    across_classes: Sequence[Sequence[str]],
    across_parts: Sequence[Sequence[str]],
) -> list[str]:
    warnings = []
    if across_classes:
        warnings.append(
            f"The same image lies in two classes, {_times(len(across_classes))}: "
            f"{_named(across_classes)}. At most one of these labels can be right: delete the "
            "other file."
        )
    if across_parts:
        warnings.append(
            f"The same image lies in training and in test or validation, "
            f"{_times(len(across_parts))}: {_named(across_parts)}. Figures on that test are "
            "too optimistic: delete one of each."
        )
    if copies:
        warnings.append(
            f"{_images(sum(len(group) for group in copies))} are copies of one another "
            f"(flipped, resized or saved again), in {len(copies)} "
            f"group{'' if len(copies) == 1 else 's'}: {_named(copies)}. Copies stay on one side "
            "of every split, so they do no harm, but they teach nothing new."
        )
    return warnings


def class_warnings(classes: dict[str, int]) -> list[str]:
    """What is wrong with the number of images of each class, in sentences.

    Args:
        classes: usable images by class name.
    """
    warnings = []
    empty = [quoted(name) for name, count in classes.items() if count == 0]
    if empty:
        warnings.append(f"No image could be used of {first_few(empty)}.")
    counted = {name: count for name, count in classes.items() if count > 0}
    if len(counted) == 1:
        warnings.append("There is only one class: a second is needed to tell it from.")
    few = [f"{quoted(name)} ({count})" for name, count in counted.items() if count < _FEW_FOR_FOLDS]
    if few:
        warnings.append(
            f"There are too few images for {_FEW_FOR_FOLDS} folds of {first_few(few)}: add images, "
            "or ask for fewer folds."
        )
    scarce = [
        f"{quoted(name)} ({count})"
        for name, count in counted.items()
        if _FEW_FOR_FOLDS <= count < _FEW
    ]
    if scarce:
        warnings.append(
            f"There are fewer than {_FEW} images of {first_few(scarce)}: the figures of "
            "these classes will be very uncertain."
        )
    if len(counted) > 1:
        rare, common = min(counted, key=counted.__getitem__), max(counted, key=counted.__getitem__)
        if counted[common] > _IMBALANCE * counted[rare]:
            warnings.append(
                f"The classes are unequal: {counted[common]} images of {quoted(common)}, "
                f"{counted[rare]} of {quoted(rare)}. Look at balanced accuracy, which counts "
                "every class alike."
            )
    return warnings


def _about_sizes(sizes: NDArray[np.float64]) -> list[str]:
    warnings = []
    if not len(sizes):
        return ["No image could be used."]
    sides = np.sqrt(sizes.prod(axis=1))
    if sides.max() > _SIZE_RATIO * sides.min():
        small, large = sizes[sides.argmin()], sizes[sides.argmax()]
        warnings.append(
            f"The images differ much in size, from {small[0]:.0f} x {small[1]:.0f} to "
            f"{large[0]:.0f} x {large[1]:.0f} pixels. If size goes with class, a model may learn "
            "the sharpness instead of the object."
        )
    ratios = sizes[:, 0] / sizes[:, 1]
    if ratios.max() > _ASPECT_RATIO * ratios.min():
        warnings.append(
            "Some images are wide and others tall. They are padded unless a recipe stretches "
            "them: nothing is cut off."
        )
    small_ones = int((sizes.min(axis=1) < _SMALL_SIDE).sum())
    if small_ones:
        warnings.append(
            f"{_images(small_ones)} {'is' if small_ones == 1 else 'are'} less than "
            f"{_SMALL_SIDE} pixels high or wide: pretrained networks see little in such images."
        )
    return warnings


def _about_files(dataset: ImageDataset) -> list[str]:
    warnings = []
    if dataset.set_aside:
        count = len(dataset.set_aside)
        warnings.append(
            f"{count} file{' was' if count == 1 else 's were'} set aside: "
            f"{first_few([quoted(one.path) for one in dataset.set_aside])}."
        )
    grey = sum(one.mode in ("1", "L", "LA", "I;16", "I", "F") for one in dataset.metadata)
    if 0 < grey < len(dataset):
        warnings.append(
            f"{_images(grey)} of {len(dataset):,} {'is' if grey == 1 else 'are'} grey and the "
            "others in colour. If that goes with class, a model may learn it instead of the "
            "object."
        )
    return warnings


def _images(count: int) -> str:
    return f"{count:,} image{'' if count == 1 else 's'}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _named(groups: Sequence[Sequence[str]]) -> str:
    return first_few([" and ".join(quoted(key) for key in group[:4]) for group in groups])
