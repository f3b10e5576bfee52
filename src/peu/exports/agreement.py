"""Whether an exported file answers as the model does, on images."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from peu.errors import DataError
from peu.images.catalog import SAMPLES, is_at_hand
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images
from peu.images.metadata import short_hash
from peu.models.predictor import Predictor
from peu.progress import report

RunFile = Callable[[Image.Image], NDArray[Any]]
MOST_IMAGES = 200


@dataclass(frozen=True, eq=False)
class CheckImages:
    """Images that an export is checked on.

    Attributes:
        images: evenly spaced ones of the set.
        source: what they are, in a few words.
        held_out: (n,) whether each is labelled and the model has not learnt from it.
    """

    images: ImageDataset
    source: str
    held_out: NDArray[np.bool_] = field(repr=False)


@dataclass(frozen=True, eq=False)
class Agreement:
    """How far a file's answers are from its model's.

    Attributes:
        images: how many were compared.
        source: what they are, in a few words.
        greatest_difference: between two probabilities of one class.
        changed: names of the images whose most probable class changed.
        held_out: how many of the images are labelled, and new to the model.
        model_accuracy: of the model on these, or None without any.
        file_accuracy: of the file on these, or None without any.
    """

    images: int
    source: str
    greatest_difference: float
    changed: tuple[str, ...]
    held_out: int
    model_accuracy: float | None
    file_accuracy: float | None


def check_images(predictor: Predictor, given: str | Path | None) -> CheckImages:
    """Choose the images that an export is checked on.

    Args:
        predictor: the model.
        given: a folder, file or named set; None takes the training images where they can be
            found by their name, and else the built-in ones.

    Raises:
        DataError: no usable image in what was given.
    """
    trained_on = training_images(predictor) if given is None else None
    if given is not None:
        images, source = _load(given), "the given images"
    elif trained_on is not None:
        images, source = trained_on, "the training images"
    else:
        images = _load(SAMPLES)
        source = "built-in drawings, since the training images were not found by their name"
    if len(images) > MOST_IMAGES:
        chosen = np.linspace(0, len(images) - 1, MOST_IMAGES).round().astype(int)
        images = images[chosen]
    learnt = _learnt(predictor)
    known = np.zeros(len(images), bool)
    if images.labels is not None:
        known = np.isin(images.y, predictor.class_names)
    new = np.array([short_hash(each) not in learnt for each in images.hashes], bool)
    return CheckImages(images, source, known & new)


def measure_agreement(predictor: Predictor, run: RunFile, check: CheckImages) -> Agreement:
    """Predict images by the model and by the file.

    Args:
        predictor: the model.
        run: probabilities (k,) by the file, for an upright RGB image of any size.
        check: the images.
    """
    images = check.images
    expected, found = [], []
    for number in range(len(images)):
        report("Checking", number, len(images))
        image = images.read(number)
        expected.append(predictor.predict_proba([image])[0])
        found.append(np.asarray(run(image), np.float64))
    report("Checking", len(images), len(images))
    before, after = np.stack(expected), np.stack(found)
    labels = before.argmax(axis=1), after.argmax(axis=1)
    accuracy: list[float | None] = [None, None]
    if check.held_out.any():
        names = np.array(predictor.class_names)
        truth = images.y[check.held_out]
        accuracy = [float(np.mean(names[each[check.held_out]] == truth)) for each in labels]
    return Agreement(
        images=len(images),
        source=check.source,
        greatest_difference=float(np.nan_to_num(np.abs(before - after), nan=np.inf).max()),
        changed=tuple(images.keys[at] for at in np.flatnonzero(labels[0] != labels[1])),
        held_out=int(check.held_out.sum()),
        model_accuracy=accuracy[0],
        file_accuracy=accuracy[1],
    )


def _load(source: str | Path) -> ImageDataset:
    return load_images(source, labels_required=False, to_learn=False)


def training_images(predictor: Predictor) -> ImageDataset | None:
    """The images that the model learnt from, if a set of their name lies here and holds them."""
    name = predictor.provenance.get("dataset")
    if not isinstance(name, str) or not (Path(name).exists() or is_at_hand(name)):
        return None
    try:
        return learnt_images(predictor, _load(name))
    except DataError:
        return None


def learnt_images(predictor: Predictor, images: ImageDataset) -> ImageDataset | None:
    """Those of some images that the model learnt from; None where it learnt from none."""
    learnt = _learnt(predictor)
    chosen = [at for at, each in enumerate(images.hashes) if short_hash(each) in learnt]
    return images[chosen] if chosen else None


def _learnt(predictor: Predictor) -> set[str]:
    return set(predictor.provenance.get("image_hashes", ()))
