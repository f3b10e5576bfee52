"""A dimension that could be filled and is not ends a training; one that cannot be does not."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from peu.autoencoders.kl_weight import Spectrum
from peu.autoencoders.watch import LatentWatch

SPECTRUM = Spectrum(np.array([5.0, 4.0]), 50.0, 800)


def _watch(
    moves: tuple[float, float], *, kl_weight: float = 1e-4, stops: bool = True, steps: int = 300
) -> LatentWatch:
    def encoder(pixels: Any, training: bool) -> list[Any]:
        means = np.linspace(-1, 1, len(pixels))[:, None] * np.array(moves)
        return [means, means, np.zeros_like(means)]

    encoder.output_shape = [None, (None, 2)]  # type: ignore[attr-defined]
    watch = LatentWatch(
        encoder,
        SimpleNamespace(kl_weight=np.float32(kl_weight)),
        np.zeros((50, 4, 4, 1), np.uint8),
        SPECTRUM,
        steps_an_epoch=steps,
        warm_up=1.0,
        stops=stops,
    )
    watch.set_model(SimpleNamespace(stop_training=False))
    watch.set_params({"epochs": 5})
    return watch


def test_an_empty_dimension_ends_the_training_when_it_stays_empty() -> None:
    watch = _watch((1.0, 0.0))
    watch.on_epoch_end(0)
    assert watch.stopped_after is None
    watch.on_epoch_end(1)
    assert [watch.stopped_after, watch.missing] == [2, 1]
    assert watch.model.stop_training


@pytest.mark.parametrize(
    ("moves", "kl_weight", "stops", "steps"),
    [
        ((1.0, 1.0), 1e-4, True, 300),
        # The theory expects two empty dimensions here: another seed would not help.
        ((0.0, 0.0), 1.0, True, 300),
        ((1.0, 0.0), 1e-4, False, 300),
        # So few steps that nothing can be said yet.
        ((1.0, 0.0), 1e-4, True, 20),
    ],
)
def test_otherwise_it_goes_on(
    moves: tuple[float, float], kl_weight: float, stops: bool, steps: int
) -> None:
    watch = _watch(moves, kl_weight=kl_weight, stops=stops, steps=steps)
    for epoch in range(4):
        watch.on_epoch_end(epoch)
    assert watch.stopped_after is None
    assert not watch.model.stop_training
    assert len(watch.metrics()["kl_1"]) == len(watch.metrics()["kl_weight"]) == 4


def test_the_last_epoch_need_not_be_waited_for_twice() -> None:
    watch = _watch((0.0, 1.0))
    watch.on_epoch_end(4)
    assert watch.stopped_after == 5
