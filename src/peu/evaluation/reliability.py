"""Reliability: whether predictions made with a probability of 0.8 are right four times in five."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peu.evaluation.uncertainty import wilson_interval

Array = NDArray[np.float64]
_MOST_BINS = 10
_FEWEST_IN_BIN = 15
_DRAWS = 400


@dataclass(frozen=True)
class ReliabilityBin:
    """Predictions of about the same confidence.

    Attributes:
        confidence: mean probability of the predicted class.
        accuracy: share of them that is right.
        low: lower end of its 95 % interval.
        high: upper end.
        images: how many images, repeats averaged.
    """

    confidence: float
    accuracy: float
    low: float
    high: float
    images: float


@dataclass(frozen=True)
class Reliability:
    """Bins of a reliability diagram, and one figure for all of it.

    Attributes:
        bins: with equally many predictions, the least confident first.
        calibration_error: mean distance between confidence and accuracy over the bins.
        by_chance: what it would be on average if every probability were true; with few images
            far from 0.
    """

    bins: tuple[ReliabilityBin, ...]
    calibration_error: float
    by_chance: float


def reliability(
    probabilities: Array, labels: NDArray[np.int64], *, repeats: float = 1.0, seed: int = 0
) -> Reliability:
    """Compare the confidence of predictions with how often they are right.

    Args:
        probabilities: (n, k).
        labels: (n,) true classes.
        repeats: predictions for each image; intervals count images.
        seed: of the draws for `by_chance`.

    Source: Guo et al. (2017), "On calibration of modern neural networks"; bins of equal counts
    as in Nguyen and O'Connor (2015).
    """
    confidence = probabilities.max(axis=1)
    right = (probabilities.argmax(axis=1) == labels).astype(np.float64)
    count = max(1, min(_MOST_BINS, int(len(labels) / repeats / _FEWEST_IN_BIN)))
    places = np.array_split(np.argsort(confidence, kind="stable"), count)
    bins = []
    for place in places:
        images = len(place) / repeats
        share = float(right[place].mean())
        whole = max(1, math.ceil(images))
        interval = wilson_interval(share * whole, whole)
        bins.append(
            ReliabilityBin(
                float(confidence[place].mean()), share, interval.low, interval.high, images
            )
        )
    drawn = np.random.default_rng(seed).random((_DRAWS, len(labels))) < confidence
    chance = np.mean([_error(confidence, each, places) for each in drawn.astype(np.float64)])
    # Repeats of one image are right together more often than not, so they count once.
    return Reliability(
        tuple(bins), _error(confidence, right, places), float(chance * np.sqrt(repeats))
    )


def _error(confidence: Array, right: Array, places: Sequence[NDArray[np.int64]]) -> float:
    total = sum(abs(float((confidence[place] - right[place]).sum())) for place in places)
    return total / len(confidence)
