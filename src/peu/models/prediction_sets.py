"""Prediction sets: the labels that an image may have, so that the true one is seldom left out."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peu.errors import DataError

Array = NDArray[np.float64]


def images_needed(coverage: float) -> int:
    """Fewest images from which a coverage below 1 can be promised: 9 for 0.9, 99 for 0.99."""
    # Rounded first: 1 - 0.9 is a little less than a tenth.
    return math.ceil(round(coverage / (1 - coverage), 9))


@dataclass(frozen=True, eq=False)
class PredictionSets:
    """Sets by conformal prediction, from scores of out-of-fold predictions.

    An image's score is 1 less the probability of its true label, predicted by a model that had
    not learnt from it. A set holds the labels whose own score is not above all but a share
    1 - coverage of these. It may be empty, where even the best label is that uncertain.

    With one score an image, cross-conformal sets of the models of the folds (CV+) hold the true
    label with a probability of at least 1 - 2 (1 - coverage) whatever the data, and of about the
    coverage in practice. A saved model stands in for those of the folds: as far as it
    answers as they do, its sets hold the true label as often.

    Attributes:
        scores: in [0, 1], sorted; as many for each image as there were repeats.
        images: number of images behind them.

    Source: Sadinle, Lei and Wasserman (2019) for the score; Barber et al. (2021), "Predictive
    inference with the jackknife+", theorem 4, and Romano, Sesia and Candes (2020) for folds.
    """

    scores: Array
    images: int

    def __post_init__(self) -> None:
        good = (
            self.scores.ndim == 1
            and 0 < self.images <= len(self.scores)
            and bool(np.isfinite(self.scores).all())
            and bool((np.diff(self.scores) >= 0).all())
        )
        if not good:
            raise ValueError("prediction sets need finite, sorted scores, one or more an image")

    @property
    def most(self) -> float:
        """The highest coverage that so many images allow."""
        return self.images / (self.images + 1)

    def largest_score(self, coverage: float) -> float:
        """The highest score that a label in a set may have.

        Raises:
            DataError: not a share below 1, or too few images for it.
        """
        if not 0 < coverage < 1:
            raise DataError(
                f"`coverage` must be above 0 and below 1. Received: {coverage:g}. Try 0.9."
            )
        needed = images_needed(coverage)
        if self.images < needed:
            raise DataError(
                f"`coverage` of {coverage:g} needs out-of-fold predictions for {needed} images or "
                f"more. Received: {self.images}. Ask for at most "
                f"{math.floor(1000 * self.most) / 1000:g}, or train with more images."
            )
        share = (self.images + 1) * coverage / self.images
        place = math.ceil(round(share * len(self.scores), 6))
        return float(self.scores[min(place, len(self.scores)) - 1])

    def __call__(self, probabilities: Array, coverage: float) -> NDArray[np.bool_]:
        """Which labels are in each image's set.

        Args:
            probabilities: (n, k), calibrated if the scores are.
            coverage: share of the images whose set should hold the true label, as 0.9.

        Returns:
            (n, k).

        Raises:
            DataError: not a share below 1, or too few images for it.
        """
        return np.asarray(1 - probabilities <= self.largest_score(coverage))
