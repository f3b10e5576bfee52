"""All checks of a set of images before anything is trained on it."""

import numpy as np
from numpy.typing import NDArray

from peu.checks.findings import Finding, ImageCheck, ordered
from peu.checks.measurements import Measurements, measure
from peu.checks.near_duplicates import near_duplicate_groups
from peu.checks.shortcuts import Shortcut, find_shortcuts
from peu.images.checks import class_warnings
from peu.images.dataset import ImageDataset
from peu.images.display import class_counts
from peu.wording import first_few, quoted

_BLANK_CONTRAST = 2.0
_DARK = 40.0
"""Grey value of 255 that 95 % of a dark image's pixels stay below."""
_BLURRED = 0.6
"""The photos of `caltech4` have at most 0.55; with a Gaussian blur of 5 pixels they have more."""
_TINY_SIDE = 32
_SMALLEST_TO_JUDGE = 100
"""Longest side below which sharpness says nothing."""
_STRONG = 0.5
_BLACK, _WHITE = 32.0, 224.0


def check_images(images: ImageDataset, *, seed: int = 0) -> ImageCheck:
    """Check images before training: copies, damage, classes, and shortcuts.

    Finds what cannot be read; near-duplicates within classes, across them, and across train,
    validation and test folders, crops among them; blank, dark, blurred and tiny images; classes
    that are too small or unequal; and shortcuts, by which the class can be told from size,
    format, corners, borders, mean colour or compression alone.

    Args:
        images: with labels or without; `load_images(..., to_learn=False)` also takes sets that
            nothing can be learnt from.
        seed: of the label permutations behind the shortcuts.

    Returns:
        The findings, the most serious first.

    Raises:
        DataError: a file was changed or removed since the set was loaded.

    Example:
        >>> for finding in check_images(load_images("photos/")).findings:  # doctest: +SKIP
        ...     print(finding.sentence)
    """
    measured = measure(images)
    groups = near_duplicate_groups(images)
    findings = [
        *_unreadable(images),
        *_copies(images, groups),
        *_classes(images),
        *_shortcuts(images, measured, groups, seed),
        *_quality(images, measured),
    ]
    return ImageCheck(images, ordered(findings), groups, measured)


def _unreadable(images: ImageDataset) -> list[Finding]:
    if not images.set_aside:
        return []
    listed = [f"{quoted(one.path)} ({one.reason})" for one in images.set_aside]
    names = tuple(one.path for one in images.set_aside)
    return [
        Finding(
            "unreadable",
            "warning",
            f"{_count(len(names), 'file')} cannot be used: {first_few(listed)}. Save or fetch "
            "them again, or take them away.",
            tuple((name,) for name in names),
            offending=names,
        )
    ]


def _copies(images: ImageDataset, groups: NDArray[np.int64]) -> list[Finding]:
    order = np.argsort(groups, kind="stable")
    runs = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1) if len(order) else []
    copies = [run for run in runs if len(run) > 1]
    labels = images.labels

    def in_two_parts(run: NDArray[np.int64]) -> bool:
        return len({images.parts[at] for at in run.tolist()}) > 1

    def in_two_classes(run: NDArray[np.int64]) -> bool:
        return labels is not None and len(np.unique(labels[run])) > 1

    across_parts = list(filter(in_two_parts, copies))
    across_classes = list(filter(in_two_classes, copies))
    others = [run for run in copies if not in_two_parts(run) and not in_two_classes(run)]
    # Which of two labels is right nobody but a person can say: such copies stay.
    movable = [run for run in across_parts if not in_two_classes(run)]
    findings = []
    if across_parts:
        findings.append(
            Finding(
                "duplicates_across_parts",
                "serious",
                f"{_count(len(across_parts), 'image')} {_verb(len(across_parts), 'lies', 'lie')} "
                "in more than one of the folders for training, validation and test: "
                f"{_named(images, across_parts)}. Figures on them are too optimistic: delete the "
                "copies.",
                _keys(images, across_parts),
                offending=_beyond_first(images, movable),
            )
        )
    if across_classes:
        findings.append(
            Finding(
                "duplicates_across_classes",
                "serious",
                f"{_count(len(across_classes), 'image')} "
                f"{_verb(len(across_classes), 'lies', 'lie')} in two classes: "
                f"{_named(images, across_classes)}. At most one of these labels can be right: "
                "delete the wrong one.",
                _keys(images, across_classes),
            )
        )
    if others:
        extra = sum(len(run) - 1 for run in others)
        findings.append(
            Finding(
                "duplicates",
                "warning",
                f"{_count(extra, 'image')} {_verb(extra, 'is a copy', 'are copies')} of another "
                f"(saved again, resized, mirrored or cropped): {_named(images, others)}. Copies "
                "teach nothing new, and cropped ones may stand on both sides of a fold: delete "
                "all but one.",
                _keys(images, others),
                offending=_beyond_first(images, others),
            )
        )
    return findings


def _beyond_first(images: ImageDataset, copies: list[NDArray[np.int64]]) -> tuple[str, ...]:
    """All copies but the largest of each group; of those in train and test, the test's stays."""
    names: list[str] = []
    for run in copies:
        best = max(
            run.tolist(),
            key=lambda at: (
                images.parts[at] in ("test", "validation"),
                images.metadata[at].width * images.metadata[at].height,
                -at,
            ),
        )
        names += [images.keys[at] for at in run.tolist() if at != best]
    return tuple(names)


def _classes(images: ImageDataset) -> list[Finding]:
    if images.labels is None:
        return []
    counts = class_counts(images)
    one_class = len([count for count in counts.values() if count]) < 2
    return [
        Finding("classes", "serious" if one_class else "warning", sentence)
        for sentence in class_warnings(counts)
    ]


def _shortcuts(
    images: ImageDataset, measured: Measurements, groups: NDArray[np.int64], seed: int
) -> list[Finding]:
    if images.labels is None:
        return []
    return [
        Finding(
            "shortcut",
            # The colour of an object is often its own; that of corners seldom is.
            "note" if one.cue == "mean colour" and one.gain < _STRONG else "serious",
            _shortcut_sentence(images, measured, one),
            shortcut=one,
        )
        for one in find_shortcuts(images, measured, groups, seed=seed)
    ]


def _shortcut_sentence(images: ImageDataset, measured: Measurements, one: Shortcut) -> str:
    advice = {
        "image size": "bring all images to one size, or take each class with the same camera",
        "file format": "save all images in one format",
        "JPEG compression": "save all images at one quality, from their originals",
        "mean colour": "if it is not the colour of the objects, take them in the same light",
    }.get(one.cue, "take images of each class in front of the same backgrounds, or cut borders off")
    return (
        f"The class can be told from the {one.cue} alone in {one.accuracy:.1%} of the images (95% "
        f"interval {one.low:.1%} to {one.high:.1%}; always naming the largest class: "
        f"{one.majority:.1%}; with labels at random {_rarity(one.p_value)}). It recognises "
        f"{one.recognised} of {one.of_class} of class {quoted(one.class_name)}"
        f"{_colour_words(images, measured, one)}. A model may learn that instead of the object: "
        f"{advice}."
    )


def _colour_words(images: ImageDataset, measured: Measurements, one: Shortcut) -> str:
    """Which colour the corners of the class have, where it is black or white."""
    if one.cue != "corner colour":
        return ""
    corners = measured.corners.reshape(-1, 4, 3)
    inside = np.asarray(images.y) == one.class_name
    for word, having in (
        ("black", (corners.max(axis=2) < _BLACK).any(axis=1)),
        ("white", (corners.min(axis=2) > _WHITE).any(axis=1)),
    ):
        if having[inside].mean() > max(0.8, 1.2 * having[~inside].mean()):
            return (
                f": {int(having[inside].sum())} of its {int(inside.sum())} images have {word} "
                f"corners, of the others {int(having[~inside].sum())} of {int((~inside).sum())}"
            )
    return ""


def _quality(images: ImageDataset, measured: Measurements) -> list[Finding]:
    sides = np.array([(one.width, one.height) for one in images.metadata]).reshape(-1, 2)
    blank = measured.contrast < _BLANK_CONTRAST
    dark = ~blank & (measured.dark < _DARK)
    large = sides.max(axis=1) >= _SMALLEST_TO_JUDGE
    blurred = ~blank & ~dark & large & (measured.blur > _BLURRED)
    tiny = sides.min(axis=1) < _TINY_SIDE
    # A set of digits is small by nature: that is one note, and no list of all its files.
    small_by_nature = len(tiny) and tiny.mean() > 0.5
    found = (
        ("blank", blank, "of one colour", "Delete them."),
        ("dark", dark, "nearly black", "Look whether anything can be seen; take them again."),
        ("blurred", blurred, "blurred", "Take them again, unless new images are blurred too."),
        (
            "tiny",
            tiny,
            f"less than {_TINY_SIDE} pixels high or wide",
            "Pretrained networks see little in them: look for larger ones.",
        ),
    )
    findings = []
    for kind, which, what, advice in found:
        names = tuple(images.keys[at] for at in np.flatnonzero(which).tolist())
        if not names:
            continue
        examples = first_few([quoted(name) for name in names])
        findings.append(
            Finding(
                kind,
                "note" if kind == "tiny" and small_by_nature else "warning",
                f"{_count(len(names), 'image')} {_verb(len(names), 'is', 'are')} {what}: "
                f"{examples}. {advice}",
                tuple((name,) for name in names),
                offending=names if kind == "blank" else (),
            )
        )
    return findings


def _keys(images: ImageDataset, groups: list[NDArray[np.int64]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(images.keys[at] for at in group.tolist()) for group in groups)


def _named(images: ImageDataset, groups: list[NDArray[np.int64]]) -> str:
    listed = [" = ".join(quoted(key) for key in group[:4]) for group in _keys(images, groups)]
    return first_few(listed)


def _count(many: int, noun: str) -> str:
    return f"{many:,} {noun}{'' if many == 1 else 's'}"


def _verb(many: int, one: str, more: str) -> str:
    return one if many == 1 else more


def _rarity(p_value: float) -> str:
    return "at most once in 1,000" if p_value <= 0.001 else f"{p_value:.1%} of times"
