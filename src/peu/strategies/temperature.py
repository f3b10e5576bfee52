"""The temperature that turns a machine's scores into probabilities."""

import numpy as np
from numpy.typing import NDArray

from peu.fitted.kernel_machine import softmax

Array = NDArray[np.float64]


def scores_log_loss(scores: Array, labels: NDArray[np.int64], temperature: float) -> float:
    """Give the mean log loss in nats of scores (n, k), divided by a temperature, as a softmax."""
    chosen = softmax(scores / temperature)[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(chosen, 1e-12)).mean())


def best_temperature(scores: Array, labels: NDArray[np.int64]) -> float:
    """Find the temperature at which held-out scores (n, k) have the lowest log loss.

    Source: Guo et al. (2017), "On calibration of modern neural networks", section 4.2.
    """
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda log_temperature: scores_log_loss(scores, labels, float(np.exp(log_temperature))),
        bounds=(-5, 3),
        method="bounded",
    )
    return float(np.exp(found.x))
