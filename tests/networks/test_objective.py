"""The error of images, and that of a constant prediction."""

from typing import get_args

import numpy as np
import pytest

from peu.networks.backend import keras
from peu.networks.choices import ImageLoss
from peu.networks.objective import (
    class_objective,
    image_objective,
    mean_of,
    squared_error,
    variance_of,
)


def test_the_error_is_of_intensities_one_an_image() -> None:
    targets = np.array([0, 255, 51, 102], np.uint8).reshape(2, 2, 1, 1)
    outputs = np.array([0.5, 1.0, 0.2, 0.2], np.float32).reshape(2, 2, 1, 1)
    error = keras.ops.convert_to_numpy(squared_error(targets, outputs))
    assert error == pytest.approx([0.125, 0.02], abs=1e-6)


def test_the_baseline_is_the_error_of_the_best_even_grey() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), dtype=np.uint8)
    assert variance_of(pixels) == pytest.approx((pixels / 255).var())
    assert mean_of(pixels) == pytest.approx((pixels / 255).mean())
    assert image_objective(pixels).baseline == variance_of(pixels)
    assert image_objective(pixels).metrics() == []
    (error,) = image_objective(pixels, with_error=True).metrics()
    assert error.name == "mse"
    assert class_objective(4).baseline == pytest.approx(np.log(4))


def test_soft_classes_are_shares() -> None:
    hard, soft = class_objective(3), class_objective(3, soft=True)
    labels = np.array([2, 0])
    assert hard.encode(labels) is labels
    np.testing.assert_array_equal(soft.encode(labels), [[0, 0, 1], [1, 0, 0]])


def test_each_error_of_images_has_its_own_even_grey() -> None:
    generator = np.random.default_rng(1)
    pixels = (generator.random((4, 8, 8, 1)) ** 3 * 255).astype(np.uint8)
    greys = np.linspace(0, 1, 256, dtype=np.float32)
    for loss in get_args(ImageLoss):
        objective = image_objective(pixels, loss=loss)
        costs = [
            float(
                keras.ops.convert_to_numpy(
                    objective.loss(pixels, np.full(pixels.shape, grey, np.float32))
                ).mean()
            )
            for grey in greys
        ]
        assert objective.baseline == pytest.approx(min(costs), rel=1e-3)
