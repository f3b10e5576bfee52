"""Calibrated probabilities of a saved model: a few numbers that correct its confidence."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peu.models.combination import log_of
from peu.models.kernel_machine import softmax

Array = NDArray[np.float64]
METHODS = {
    "temperature": (False, False),
    "temperature with class biases": (False, True),
    "vector": (True, True),
}
"""Whether each class has a slope and an intercept of its own; the simplest first."""


@dataclass(frozen=True, eq=False)
class Calibration:
    """Corrects probabilities: softmax(slopes * log(probabilities) + intercepts).

    One slope for all classes and no intercepts are a temperature, 1 / slope.

    Attributes:
        method: a key of `METHODS`.
        slopes: (k,), above 0; below 1 makes predictions less confident, above 1 more.
        intercepts: (k,), added to the scaled logarithms.

    Raises:
        ValueError: numbers that are not finite, slopes of 0 or below, or different lengths.

    Source: Guo et al. (2017), "On calibration of modern neural networks", section 4.2; Alexandari
    et al. (2020), "Maximum likelihood with bias-corrected calibration".
    """

    method: str
    slopes: Array
    intercepts: Array

    def __post_init__(self) -> None:
        good = (
            self.slopes.ndim == 1
            and self.slopes.shape == self.intercepts.shape
            and bool(np.isfinite(self.slopes).all() and np.isfinite(self.intercepts).all())
            and bool((self.slopes > 0).all())
        )
        if not good:
            raise ValueError("a calibration needs a slope above 0 and an intercept for each class")

    def __call__(self, probabilities: Array) -> Array:
        """Correct probabilities (n, k); rows sum to 1."""
        if len(probabilities) == 0:
            return probabilities
        return softmax(self.slopes * log_of(probabilities) + self.intercepts)
