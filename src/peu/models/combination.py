"""How the answers of several models become one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_LEAST = 1e-12


@dataclass(frozen=True)
class Combination:
    """Hold a temperature and a weight for each of several models.

    Attributes:
        temperatures: above 0; above 1 makes a model's answers less sure of themselves.
        weights: at least 0, summing to 1.

    Raises:
        ValueError: numbers that cannot be these.
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

    def combine(self, answers: Sequence[Array]) -> Array:
        """Average answers, each tempered and weighted.

        Args:
            answers: (n, k) probabilities of each model.

        Returns:
            (n, k), rows summing to 1.
        """
        tempered = [
            weight * temper(each, temperature)
            for each, temperature, weight in zip(
                answers, self.temperatures, self.weights, strict=True
            )
        ]
        total = np.sum(tempered, axis=0)
        return np.asarray(total / total.sum(axis=1, keepdims=True))


def temper(probabilities: Array, temperature: float) -> Array:
    """Divide the logarithms of probabilities (n, k) by a temperature and normalise again."""
    scores = log_of(probabilities) / temperature
    grown = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=1, keepdims=True))


def log_of(probabilities: Array) -> Array:
    """Give the logarithms of probabilities (n, k), of 0 as of the least that counts."""
    return np.asarray(np.log(np.maximum(probabilities, _LEAST)))
