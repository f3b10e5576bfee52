"""'None of these': whether an image is unlike all that a model learnt from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peu.errors import BundleError
from peu.models.feature_graph import FeatureGraph

Features = NDArray[np.float32]
Similarities = NDArray[np.float64]
NEIGHBOURS = 5


@dataclass(frozen=True, eq=False, kw_only=True)
class Novelty:
    """Compares an image's features with those of the training images.

    The similarity of an image is the mean cosine to its nearest training images; where images
    of something else were given, less that to the nearest of these. Below the threshold an image
    is none of the classes.

    Attributes:
        known: (m, d) float16, of unit length: training images.
        others: (o, d) float16, of unit length: images of something else; o may be 0.
        threshold: the similarity below which an image is refused.
        false_refusals: share of images of the classes that is refused all the same.
        extractor: computes features; None where the model's own are compared.
        auroc: area under the ROC curve with which the features tell the classes' images from
            `others`, or without any from those of a class that was left out, mean over the
            classes. At 0.5 they tell nothing.

    Source: Sun et al. (2022), "Out-of-distribution detection with deep nearest neighbors".
    """

    known: NDArray[np.float16]
    others: NDArray[np.float16]
    threshold: float
    false_refusals: float
    auroc: float
    extractor: FeatureGraph | None = None

    def __post_init__(self) -> None:
        good = (
            self.known.ndim == self.others.ndim == 2
            and self.known.shape[1] == self.others.shape[1]
            and len(self.known) > 0
            and bool(np.isfinite(self.known).all() and np.isfinite(self.others).all())
            and bool(np.isfinite(self.threshold))
            and 0 < self.false_refusals < 1
        )
        if not good:
            raise ValueError("'none of these' needs features of one width and a threshold")

    def similarities(self, features: Features) -> Similarities:
        """Similarity (n,) of images to the classes, from their features (n, d).

        Raises:
            BundleError: the features have another width.
        """
        if features.shape[1:] != self.known.shape[1:]:
            raise BundleError(
                f"'None of these' must compare features of {self.known.shape[1]} numbers. "
                f"Received: {features.shape[1:]}. Train and save the model again."
            )
        return similarity(unit_length(features), self.known, self.others)

    def refuses(self, features: Features) -> NDArray[np.bool_]:
        """Whether each image (n,) is none of the classes."""
        return np.asarray(self.similarities(features) < self.threshold)


def unit_length(features: Features) -> Features:
    """Features (n, d) scaled to length 1, row by row."""
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return np.asarray(features / np.maximum(lengths, 1e-12), np.float32)


def similarity(
    unit: Features,
    known: NDArray[np.floating],
    others: NDArray[np.floating],
    *,
    not_known: NDArray[np.bool_] | None = None,
    not_others: NDArray[np.bool_] | None = None,
) -> Similarities:
    """Mean cosine to the nearest known images, less that to the nearest others.

    Args:
        unit: (n, d), of unit length.
        known: (m, d), of unit length.
        others: (o, d), of unit length.
        not_known: (n, m), pairs to pass over: an image itself, and its near-duplicates.
        not_others: (n, o), the same.

    Returns:
        (n,).
    """
    near = nearest(unit, known, not_known)
    return near - nearest(unit, others, not_others) if len(others) else near


def nearest(
    unit: Features, among: NDArray[np.floating], passed_over: NDArray[np.bool_] | None = None
) -> Similarities:
    """Mean cosine (n,) to the five nearest of some images, or to all where they are fewer."""
    cosines = (unit @ among.astype(np.float32).T).astype(np.float64)
    if passed_over is not None:
        cosines[passed_over] = -np.inf
    count = min(NEIGHBOURS, cosines.shape[1])
    best = np.partition(cosines, cosines.shape[1] - count, axis=1)[:, cosines.shape[1] - count :]
    there = np.isfinite(best)
    total = np.where(there, best, 0).sum(axis=1)
    return np.asarray(np.where(there.any(axis=1), total / np.maximum(there.sum(axis=1), 1), -1.0))
