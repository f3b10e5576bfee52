"""A dimension that could be filled and is not ends a training; one that cannot be does not."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from peu.autoencoders.collapse import CollapseDetection
from peu.autoencoders.kl_weight import Spectrum

SPECTRUM = Spectrum((5.0, 4.0), 50.0, 800)


def _detection(
    moves: tuple[float, float], *, kl_weight: float = 1e-4, stop: bool = True, steps: int = 300
) -> CollapseDetection:
    def encoder(pixels: Any, training: bool) -> list[Any]:
        means = np.linspace(-1, 1, len(pixels))[:, None] * np.array(moves)
        return [means, means, np.zeros_like(means)]

    detection = CollapseDetection(
        encoder,
        SimpleNamespace(kl_weight=np.float32(kl_weight)),
        np.zeros((50, 4, 4, 1), np.uint8),
        SPECTRUM,
        steps_per_epoch=steps,
        warm_up=1.0,
        stop=stop,
    )
    detection.set_model(SimpleNamespace(stop_training=False))
    detection.set_params({"epochs": 5})
    return detection


def test_training_stops_when_a_usable_dimension_stays_empty() -> None:
    detection = _detection((1.0, 0.0))
    detection.on_epoch_end(0)
    assert detection.stopped_after is None
    detection.on_epoch_end(1)
    assert [detection.stopped_after, detection.missing] == [2, 1]
    assert detection.model.stop_training


@pytest.mark.parametrize(
    ("moves", "kl_weight", "stop", "steps"),
    [
        ((1.0, 1.0), 1e-4, True, 300),
        # The theory expects two empty dimensions here: another seed would not help.
        ((0.0, 0.0), 1.0, True, 300),
        ((1.0, 0.0), 1e-4, False, 300),
        # So few steps that nothing can be said yet.
        ((1.0, 0.0), 1e-4, True, 20),
    ],
)
def test_training_goes_on_otherwise(
    moves: tuple[float, float], kl_weight: float, stop: bool, steps: int
) -> None:
    detection = _detection(moves, kl_weight=kl_weight, stop=stop, steps=steps)
    for epoch in range(4):
        detection.on_epoch_end(epoch)
    assert detection.stopped_after is None
    assert not detection.model.stop_training
    assert len(detection.metrics()["kl_1"]) == len(detection.metrics()["kl_weight"]) == 4


def test_a_collapse_in_the_last_epoch_counts_at_once() -> None:
    detection = _detection((0.0, 1.0))
    detection.on_epoch_end(4)
    assert detection.stopped_after == 5
