"""How many images are answered above a probability, and how many of those answers are right."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peu.evaluation.uncertainty import wilson_interval

THRESHOLDS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Those of tables."""


@dataclass(frozen=True)
class Answered:
    """The answers whose probability is at least a threshold.

    Attributes:
        threshold: in [0, 1]; 0 answers every image.
        answered: share of the images that are answered.
        accuracy: share of those answers that is right; None where none is answered.
        low: lower end of its 95 % interval, or None.
        high: upper end, or None.
        images: number of images that are answered, repeats averaged.
    """

    threshold: float
    answered: float
    accuracy: float | None
    low: float | None
    high: float | None
    images: float


def answered_above(
    probabilities: NDArray[np.float64],
    labels: NDArray[np.int64],
    *,
    thresholds: Sequence[float] = THRESHOLDS,
    repeats: float = 1.0,
) -> tuple[Answered, ...]:
    """Coverage and accuracy where only answers above a probability count.

    Args:
        probabilities: (n, k).
        labels: (n,) true classes.
        thresholds: in [0, 1].
        repeats: predictions for each image; intervals count images.

    Returns:
        One for each threshold, in order.

    Example:
        >>> sure = np.array([[0.9, 0.1], [0.6, 0.4]])
        >>> [each.accuracy for each in answered_above(sure, np.array([0, 1]), thresholds=(0, 0.8))]
        [0.5, 1.0]

    Source: Chow (1970), "On optimum recognition error and reject tradeoff"; El-Yaniv and Wiener
    (2010) for coverage against accuracy.
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    found = []
    for threshold in thresholds:
        above = confidence >= threshold
        rows = int(above.sum())
        if not rows:
            found.append(Answered(threshold, 0.0, None, None, None, 0.0))
            continue
        share, images = float(right[above].mean()), rows / repeats
        count = max(1, round(images))
        interval = wilson_interval(share * count, count)
        found.append(
            Answered(threshold, rows / len(labels), share, interval.low, interval.high, images)
        )
    return tuple(found)
