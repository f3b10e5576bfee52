"""Predictions of several models, combined into one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peu.models.kernel_machine import softmax

Array = NDArray[np.float64]
LEAST = 1e-12
"""What a probability of 0 counts as in a logarithm."""


@dataclass(frozen=True)
class Combination:
    """A temperature and a weight for each of several models.

    Attributes:
        temperatures: above 0; above 1 makes predictions less confident, below 1 more.
        weights: at least 0, summing to 1.

    Raises:
        ValueError: numbers out of these ranges.
    """

    temperatures: tuple[float, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        good = (
            len(self.temperatures) == len(self.weights) > 0
            and all(0 < each < np.inf for each in self.temperatures)
            and all(0 <= each <= 1 for each in self.weights)
            and abs(sum(self.weights) - 1) < 1e-6
        )
        if not good:
            raise ValueError("a combination needs temperatures above 0 and weights that sum to 1")

    def combine(self, predictions: Sequence[Array]) -> Array:
        """Average predictions, each tempered and weighted.

        Args:
            predictions: (n, k) probabilities from each model.

        Returns:
            (n, k), rows summing to 1.
        """
        tempered = [
            weight * temper(each, temperature)
            for each, temperature, weight in zip(
                predictions, self.temperatures, self.weights, strict=True
            )
        ]
        total = np.sum(tempered, axis=0)
        return np.asarray(total / total.sum(axis=1, keepdims=True))


def temper(probabilities: Array, temperature: float) -> Array:
    """Divide log probabilities (n, k) by a temperature and normalise again."""
    return softmax(log_of(probabilities) / temperature)


def log_of(probabilities: Array) -> Array:
    """Logarithms of probabilities (n, k); 0 counts as 1e-12."""
    return np.asarray(np.log(np.maximum(probabilities, LEAST)))
