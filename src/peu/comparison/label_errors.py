"""Suspected label errors of an image set, from features or from what recipes predicted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.classifiers.transfer import Transfer
from peu.errors import DataError
from peu.evaluation.label_errors import (
    SuspectedLabel,
    confident_suspects,
    suspected_labels,
    why_not_single_errors,
)
from peu.images.dataset import ImageDataset
from peu.images.splits import Split, make_splits
from peu.images.workers import small_products
from peu.wording import quoted

_C = 10.0
"""Inverse strength of the L2 penalty, for features of unit length: strong, so that a wrong label
in training pulls little. From 3 to 30 as many errors are found (`benchmarks/label_errors.py`)."""
_FOLDS = 5
_STEPS, _TOLERANCE = 200, 1e-3
_NEAREST = 3


@dataclass(frozen=True)
class LabelErrors:
    """Labels of an image set that are probably wrong, ranked.

    Attributes:
        images: the image set.
        suspects: the most suspicious first.
        nearest: indices of the images most like each suspect, which are no copies of it; empty
            where no features were at hand.
        checked: number of images whose label was judged.
        method: what judged, in words.
        note: why nothing is listed although labels were contradicted; "" otherwise.
    """

    images: ImageDataset
    suspects: tuple[SuspectedLabel, ...]
    nearest: tuple[tuple[int, ...], ...]
    checked: int
    method: str
    note: str = ""

    def __repr__(self) -> str:
        return f"<LabelErrors of {self.images.name!r:.80}: {self.sentence()[:300]}>"

    def sentence(self) -> str:
        """What was found, in a sentence."""
        if self.note:
            return self.note
        count = len(self.suspects)
        if not count:
            return f"No label of {self.checked:,} looks wrong."
        return f"{count} label{' looks' if count == 1 else 's look'} wrong, of {self.checked:,}."

    def to_dict(self) -> dict[str, Any]:
        """The findings as JSON values: `method`, `checked`, `note` and `suspects`."""
        names, keys = self.images.class_names, self.images.keys
        labels = np.asarray(self.images.labels)
        return {
            "method": self.method,
            "checked": self.checked,
            "note": self.note,
            "suspects": [
                {
                    "image": keys[one.image],
                    "given": names[one.given],
                    "suggested": names[one.suggested],
                    "probability_given": one.probability_given,
                    "probability_suggested": one.probability_suggested,
                    "nearest": [{"image": keys[at], "label": names[labels[at]]} for at in near],
                }
                for one, near in zip(self.suspects, self.nearest, strict=True)
            ],
        }


def find_label_errors(
    images: ImageDataset,
    *,
    splits: Sequence[Split] | None = None,
    transfer: Transfer | None = None,
    seed: int = 0,
) -> LabelErrors:
    """Find labels that are probably wrong, by features of a pretrained network.

    A logistic regression with a strong penalty predicts each image from the others; a label is
    suspected where another class is four times as probable. With 5 % of labels wrong, that found
    at least 90 % of them, and at least 80 % of what it named was wrong (docs/measured.md).

    Args:
        images: labelled, two classes or more.
        splits: folds to predict on; images in none of their tests are not judged. None makes some.
        transfer: the recipe whose features are taken; None is the default one.
        seed: random seed of the folds.

    Returns:
        The suspects, with the images nearest to each.

    Raises:
        DataError: no labels, one class, or a class whose images are all copies of one.

    Example:
        >>> print(find_label_errors(load_images("photos/")).sentence())  # doctest: +SKIP
    """
    if splits is None:
        splits = make_splits(images, folds=_possible_folds(images), repeats=1, seed=seed)
    transfer = transfer or Transfer()
    features = _unit_length(transfer.features(images))
    labels = np.asarray(images.labels)
    with small_products():
        tested, probabilities = _out_of_fold(features, labels, splits, len(images.class_names))
    suspects = suspected_labels(labels[tested], probabilities)
    return _judged(
        images,
        tested,
        probabilities,
        suspects,
        method=f"logistic regression on features of {transfer.backbone}",
        features=features,
    )


def label_errors_in_predictions(
    images: ImageDataset,
    tested: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    *,
    recipe: str,
) -> LabelErrors:
    """Find labels that contradict a recipe's out-of-fold predictions, by confident learning.

    Args:
        images: labelled.
        tested: (m,) the images that were predicted.
        probabilities: (m, k) by models that had not seen the image.
        recipe: its name.
    """
    suspects = confident_suspects(np.asarray(images.labels)[tested], probabilities)
    method = f"confident learning on out-of-fold predictions of {recipe}"
    return _judged(images, tested, probabilities, suspects, method=method, features=None)


def _judged(
    images: ImageDataset,
    tested: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    suspects: Sequence[SuspectedLabel],
    *,
    method: str,
    features: NDArray[np.float32] | None,
) -> LabelErrors:
    labels = np.asarray(images.labels)
    note = why_not_single_errors(labels[tested], probabilities, len(suspects))
    listed = tuple(
        SuspectedLabel(
            int(tested[one.image]),
            one.given,
            one.suggested,
            one.probability_given,
            one.probability_suggested,
        )
        for one in ([] if note else suspects)
    )
    nearest: tuple[tuple[int, ...], ...] = ((),) * len(listed)
    if features is not None:
        nearest = tuple(_nearest(features, images.groups, one.image) for one in listed)
    return LabelErrors(images, listed, nearest, len(tested), method, note)


def _possible_folds(images: ImageDataset) -> int:
    """As many folds as the smallest class allows, five at most."""
    names, labels = images.class_names, np.asarray(images.y)
    different = [len(np.unique(images.groups[labels == name])) for name in names]
    fewest = int(np.argmin(different))
    if len(names) < 2 or different[fewest] < 2:
        raise DataError(
            "Label errors can be looked for in two classes or more, of two different images or "
            f"more. Received: {different[fewest]} in {quoted(names[fewest])}. Add images."
        )
    return min(_FOLDS, different[fewest])


def _out_of_fold(
    features: NDArray[np.float32],
    labels: NDArray[np.int64],
    splits: Sequence[Split],
    class_count: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The images that the first repeat tested, and their probabilities."""
    from sklearn.linear_model import LogisticRegression

    centred = features - features.mean(axis=0)
    if len(centred) < centred.shape[1]:
        # The penalty sees no rotation, and the images span few directions.
        variances, vectors = np.linalg.eigh(centred.astype(np.float64) @ centred.T)
        centred = (vectors * np.sqrt(np.maximum(variances, 0))).astype(np.float32)
    total = np.zeros((len(labels), class_count))
    tested = np.zeros(len(labels), bool)
    for split in splits:
        if split.repeat != splits[0].repeat:
            continue
        model = LogisticRegression(C=_C, max_iter=_STEPS, tol=_TOLERANCE)
        model.fit(centred[split.train], labels[split.train])
        total[np.ix_(split.test, model.classes_)] = model.predict_proba(centred[split.test])
        tested[split.test] = True
    return np.flatnonzero(tested), total[tested]


def _unit_length(features: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return np.asarray(features / np.maximum(lengths, 1e-12), np.float32)


def _nearest(
    features: NDArray[np.float32], groups: NDArray[np.int64], image: int
) -> tuple[int, ...]:
    likeness = features @ features[image]
    likeness[groups == groups[image]] = -2
    order = np.argsort(-likeness, kind="stable")[:_NEAREST]
    return tuple(int(at) for at in order if likeness[at] > -2)
