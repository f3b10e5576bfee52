"""Temperature scaling: from a machine's scores to probabilities."""

import numpy as np
from numpy.typing import NDArray

from peu.models.kernel_machine import softmax

Array = NDArray[np.float64]
_WITHIN = (float(np.exp(-5)), float(np.exp(3)))


def scores_log_loss(scores: Array, labels: NDArray[np.int64], temperature: float) -> float:
    """Mean log loss in nats of scores (n, k) divided by a temperature, as a softmax."""
    chosen = softmax(scores / temperature)[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(chosen, 1e-12)).mean())


def best_temperature(
    scores: Array, labels: NDArray[np.int64], *, within: tuple[float, float] = _WITHIN
) -> float:
    """Find the temperature at which held-out scores have the lowest log loss.

    Args:
        scores: (n, k); logarithms of probabilities are such too.
        labels: (n,) whole numbers in [0, k).
        within: the lowest and the highest that is looked at, above 0.

    Source: Guo et al. (2017), "On calibration of modern neural networks", section 4.2.
    """
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda log_temperature: scores_log_loss(scores, labels, float(np.exp(log_temperature))),
        bounds=tuple(np.log(within)),
        method="bounded",
    )
    return float(np.exp(found.x))
