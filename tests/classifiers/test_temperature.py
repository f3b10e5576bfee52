"""The temperature is where held-out scores have the lowest log loss."""

import numpy as np
import pytest

from peu.classifiers.temperature import best_temperature, scores_log_loss
from peu.models.kernel_machine import softmax


@pytest.mark.parametrize("true", [0.2, 1.0, 4.0])
def test_the_temperature_that_made_the_labels_is_found(true: float) -> None:
    rng = np.random.default_rng(0)
    scores = 3 * true * rng.normal(size=(4000, 3))
    chances = softmax(scores / true)
    labels = np.array([rng.choice(3, p=row) for row in chances])
    found = best_temperature(scores, labels)
    assert found == pytest.approx(true, rel=0.1)
    at_it = scores_log_loss(scores, labels, found)
    assert at_it <= min(scores_log_loss(scores, labels, found * by) for by in (0.8, 1.25))
