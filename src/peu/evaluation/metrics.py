"""Metrics of predicted probabilities. A metric declared here appears in every table and JSON."""

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
class Metric:
    """What a metric is called and means, for tables and reports.

    Attributes:
        name: attribute of `Evaluation`, and key in JSON.
        title: heading in a table.
        description: a line for readers who do not know it.
        bounds: lowest and highest possible value, which intervals are clipped to.
        per_image: attribute of `Evaluation` with what each image contributes, where the metric is
            a mean over images: its interval is then shorter.
        equal_classes: whether that mean counts each class equally, not each image.
    """

    name: str
    title: str
    description: str
    bounds: tuple[float, float] = (0.0, 1.0)
    per_image: str | None = None
    equal_classes: bool = False


METRICS = {
    each.name: each
    for each in (
        Metric(
            "accuracy",
            "Accuracy",
            "share of images whose most probable class is the true one",
            per_image="correct",
        ),
        Metric(
            "balanced_accuracy",
            "Balanced accuracy",
            "mean over the classes of the share that is right in each",
            per_image="correct",
            equal_classes=True,
        ),
        Metric(
            "log_loss",
            "Log loss",
            "how far the probabilities are from the truth; 0 is perfect",
            (0, np.inf),
            per_image="log_losses",
        ),
        Metric(
            "brier",
            "Brier score",
            "mean squared distance between probabilities and truth, from 0 (perfect) to 2",
            (0, 2),
            per_image="squared_errors",
        ),
    )
}
"""All metrics by name, in the order of tables: each is a property of `Evaluation`."""


@dataclass(frozen=True)
class ClassMetrics:
    """Precision, recall and F1 of one class.

    Attributes:
        name: of the class.
        precision: share of the images predicted as this class that are of it; 0 if there are
            none.
        recall: share of the images of this class that were recognised; 0 if there are none.
        f1: harmonic mean of the two.
        support: number of images of this class.
    """

    name: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, eq=False)
class Evaluation:
    """True labels, predicted probabilities, and the metrics that follow from them.

    Make one with `evaluate_predictions`, which checks its arguments.

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
        """(n,) int64, the most probable class of each image; the first of equals."""
        return np.asarray(self.probabilities.argmax(axis=1), np.int64)

    @cached_property
    def correct(self) -> NDArray[np.float64]:
        """(n,) float64, 1 where the most probable class is the true one, else 0."""
        return np.asarray(self.predictions == self.labels, np.float64)

    @cached_property
    def log_losses(self) -> NDArray[np.float64]:
        """(n,) float64, negative log probability of the truth, in nats."""
        of_truth = self.probabilities[np.arange(len(self.labels)), self.labels]
        return np.asarray(-np.log(np.clip(of_truth, _SMALLEST, 1.0)))

    @cached_property
    def squared_errors(self) -> NDArray[np.float64]:
        """(n,) float64, squared distance between probabilities and truth, in [0, 2]."""
        truth = np.eye(len(self.class_names))[self.labels]
        return np.asarray(((self.probabilities - truth) ** 2).sum(axis=1))

    @cached_property
    def accuracy(self) -> float:
        """Share of the images whose most probable class is the true one, in [0, 1]."""
        return float(self.correct.mean())

    @cached_property
    def balanced_accuracy(self) -> float:
        """Mean recall of the classes that have images, in [0, 1]; each class counts equally."""
        return float(np.mean([each.recall for each in self.per_class if each.support]))

    @cached_property
    def log_loss(self) -> float:
        """Mean negative log probability of the truth, in nats; lower is better.

        Probabilities below 1e-12 count as 1e-12, so that one certain mistake costs a lot but
        not infinitely much.
        """
        return float(self.log_losses.mean())

    @cached_property
    def brier(self) -> float:
        """Mean squared distance between probabilities and truth, in [0, 2]; lower is better."""
        return float(self.squared_errors.mean())

    @cached_property
    def confusion(self) -> NDArray[np.int64]:
        """(k, k) int64 counts; rows are true classes, columns predicted ones."""
        from sklearn.metrics import confusion_matrix

        classes = np.arange(len(self.class_names))
        counts = confusion_matrix(self.labels, self.predictions, labels=classes)
        return np.asarray(counts, np.int64)

    @cached_property
    def per_class(self) -> tuple[ClassMetrics, ...]:
        """Precision, recall, F1 and support of each class, in the order of the names."""
        from sklearn.metrics import precision_recall_fscore_support

        columns = precision_recall_fscore_support(
            self.labels,
            self.predictions,
            labels=np.arange(len(self.class_names)),
            zero_division=0.0,
        )
        return tuple(
            ClassMetrics(name, float(precision), float(recall), float(f1), int(support))
            for name, precision, recall, f1, support in zip(self.class_names, *columns, strict=True)
        )

    def metrics(self) -> dict[str, float]:
        """The value of every metric of `METRICS`, by name."""
        return {name: getattr(self, name) for name in METRICS}

    def to_dict(self) -> dict[str, Any]:
        """All metrics, the confusion matrix and the figures of each class, as JSON values."""
        return {
            **self.metrics(),
            "n": len(self.labels),
            "confusion": self.confusion.tolist(),
            "per_class": [asdict(figures) for figures in self.per_class],
            "class_names": list(self.class_names),
        }

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value:.3f}" for name, value in self.metrics().items())
        return f"Evaluation({len(self.labels)} images, {len(self.class_names)} classes, {values})"

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th style="text-align: left">{METRICS[name].title}</th><td>{value:.3f}</td></tr>'
            for name, value in self.metrics().items()
        )
        return f"<table><caption>{len(self.labels)} images</caption>{rows}</table>"


def evaluate_predictions(
    labels: ArrayLike, probabilities: ArrayLike, class_names: tuple[str, ...]
) -> Evaluation:
    """Check predictions, and compute metrics against the true labels.

    Args:
        labels: (n,) integers, indices into `class_names`; n is 1 or more.
        probabilities: (n, k), each from 0 to 1, rows that sum to 1 within 0.001.
        class_names: k names.

    Returns:
        The evaluation; rows are divided by their sums, so that they sum to 1 exactly.

    Raises:
        DataError: wrong shapes, labels out of range, or values that are not probabilities.

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
