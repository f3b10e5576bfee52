"""How good predicted probabilities are: the figures of one test."""

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peu.errors import DataError

_SUM_TOLERANCE = 1e-3
_SMALLEST = 1e-12
"""Probabilities are raised to this before their logarithm: one miss costs 27.6 nats at most."""


@dataclass(frozen=True)
class ClassFigures:
    """Hold the figures of one class.

    Attributes:
        name: of the class.
        precision: share of the images called so that are so; 0 where none was called so.
        recall: share of its images that were found; 0 where it has none.
        f1: harmonic mean of the two.
        support: its images.
    """

    name: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Hold labels and predicted probabilities; every figure follows from them.

    Make one with `evaluate_predictions`, which checks what it is given.

    Attributes:
        labels: (n,) int64, true classes.
        probabilities: (n, k) float64, rows that sum to 1.
        class_names: k names.
    """

    labels: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    class_names: tuple[str, ...]

    @cached_property
    def predictions(self) -> NDArray[np.int64]:
        """(n,) int64, the likeliest class of each image; the first of equals."""
        return np.asarray(self.probabilities.argmax(axis=1), np.int64)

    @cached_property
    def accuracy(self) -> float:
        """Share of the images whose likeliest class is the true one, in [0, 1]."""
        return float(np.mean(self.predictions == self.labels))

    @cached_property
    def balanced_accuracy(self) -> float:
        """Mean recall of the classes that have images, in [0, 1]: rare ones count alike."""
        support = self.confusion.sum(axis=1)
        present = support > 0
        return float(np.mean(self.confusion.diagonal()[present] / support[present]))

    @cached_property
    def log_loss(self) -> float:
        """Mean negative log probability of the truth, in nats; lower is better.

        Probabilities below 1e-12 count as 1e-12, so that one wrong certainty is dear, not
        infinite.
        """
        told = self.probabilities[np.arange(len(self.labels)), self.labels]
        return float(-np.log(np.clip(told, _SMALLEST, 1.0)).mean())

    @cached_property
    def brier(self) -> float:
        """Mean squared distance between probabilities and truth, in [0, 2]; lower is better."""
        truth = np.eye(len(self.class_names))[self.labels]
        return float(((self.probabilities - truth) ** 2).sum(axis=1).mean())

    @cached_property
    def confusion(self) -> NDArray[np.int64]:
        """(k, k) int64 counts: a row a true class, a column a predicted one."""
        from sklearn.metrics import confusion_matrix

        classes = np.arange(len(self.class_names))
        counts = confusion_matrix(self.labels, self.predictions, labels=classes)
        return np.asarray(counts, np.int64)

    @cached_property
    def per_class(self) -> tuple[ClassFigures, ...]:
        """Precision, recall, F1 and support of each class, in the order of the names."""
        from sklearn.metrics import precision_recall_fscore_support

        columns = precision_recall_fscore_support(
            self.labels,
            self.predictions,
            labels=np.arange(len(self.class_names)),
            zero_division=0.0,
        )
        return tuple(
            ClassFigures(name, float(precision), float(recall), float(f1), int(support))
            for name, precision, recall, f1, support in zip(self.class_names, *columns, strict=True)
        )

    def to_dict(self) -> dict[str, Any]:
        """Give the figures in what JSON can hold."""
        return {
            "accuracy": self.accuracy,
            "balanced_accuracy": self.balanced_accuracy,
            "log_loss": self.log_loss,
            "brier": self.brier,
            "n": len(self.labels),
            "confusion": self.confusion.tolist(),
            "per_class": [asdict(figures) for figures in self.per_class],
            "class_names": list(self.class_names),
        }


def evaluate_predictions(
    labels: ArrayLike, probabilities: ArrayLike, class_names: tuple[str, ...]
) -> Evaluation:
    """Check predictions and hold them with the truth.

    Args:
        labels: (n,) integers, indices into `class_names`; n is 1 or more.
        probabilities: (n, k), each from 0 to 1, rows that sum to 1 within 0.001.
        class_names: k names.

    Returns:
        The figures; rows are divided by their sums, so that they sum to 1 exactly.

    Raises:
        DataError: shapes that do not fit, labels out of range, or what are no probabilities.

    Example:
        >>> evaluate_predictions([0, 1], [[0.9, 0.1], [0.6, 0.4]], ("cat", "dog")).accuracy
        0.5
    """
    truth = np.asarray(labels)
    shares = np.array(probabilities, np.float64)
    count = len(class_names)
    if truth.ndim != 1 or not len(truth) or not np.issubdtype(truth.dtype, np.integer):
        raise DataError(
            "Labels must be one whole number for each image, for one image or more. "
            f"Received: shape {truth.shape}, {truth.dtype}. Check what was loaded."
        )
    if shares.shape != (len(truth), count):
        raise DataError(
            f"Probabilities must have shape ({len(truth)}, {count}): a row for each image, a "
            f"column for each class. Received: {shares.shape}. Check that the model was made "
            "for these classes."
        )
    if truth.min() < 0 or truth.max() >= count:
        raise DataError(
            f"Labels must be from 0 to {count - 1}, for {count} classes. Received: "
            f"{truth.min()} to {truth.max()}. Check the class names."
        )
    _check_probabilities(shares)
    return Evaluation(
        np.asarray(truth, np.int64),
        shares / shares.sum(axis=1, keepdims=True),
        tuple(class_names),
    )


def _check_probabilities(shares: NDArray[np.float64]) -> None:
    if not np.isfinite(shares).all():
        bad = int((~np.isfinite(shares).all(axis=1)).sum())
        raise DataError(
            f"Probabilities must be finite numbers. Received: NaN or infinity for {bad} of "
            f"{len(shares)} images. The training diverged: try a lower learning rate."
        )
    if shares.min() < -_SUM_TOLERANCE or np.abs(shares.sum(axis=1) - 1).max() > _SUM_TOLERANCE:
        sums = shares.sum(axis=1)
        raise DataError(
            "Probabilities must not be below 0, and those of an image must sum to 1. Received: "
            f"a smallest of {shares.min():.4g}, sums from {sums.min():.4g} to {sums.max():.4g}. "
            "Pass the output through a softmax."
        )
    np.clip(shares, 0.0, None, out=shares)
