"""Grad-CAM: the formula of its paper, on the last map that is fine enough."""

from typing import Any

import numpy as np
import pytest

from peu.networks.backend import keras
from peu.networks.grad_cam import grad_cam
from peu.networks.heads import class_probabilities
from peu.networks.small_cnn import small_cnn
from peu.networks.test_time_augmentation import average_views

PIXELS = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)


def _linear(seed: int = 0) -> Any:
    """A network whose class scores are linear in the mean of each channel of its only map."""
    inputs = keras.Input((32, 32, 3), dtype="uint8")
    x = keras.layers.Rescaling(1 / 255)(inputs)
    drawn = keras.initializers.GlorotUniform(seed=seed)
    x = keras.layers.Conv2D(6, 3, strides=2, kernel_initializer=drawn, name="map")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, class_probabilities(x, 3, seed=seed))


@pytest.mark.parametrize("label", [0, 1, 2])
def test_it_is_the_formula_of_its_paper(label: int) -> None:
    """Where scores are linear in a map's means, the weights are the head's, up to a factor."""
    network = _linear()
    to_map = keras.Model(network.input, network.get_layer("map").output)
    maps = keras.ops.convert_to_numpy(to_map(PIXELS[None]))[0]
    weights = network.get_layer("logits").get_weights()[0][:, label] / maps[..., 0].size
    expected = np.maximum(maps @ weights, 0)
    found = grad_cam(network, PIXELS, label)
    assert found is not None
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-9)


def test_a_network_inside_another_is_explained() -> None:
    network = small_cnn((32, 32), 3, filters=(4, 6), dense_units=8, seed=0)
    four = average_views(network, 4, flips="horizontal")
    for label in range(3):
        alone, inside = grad_cam(network, PIXELS, label), grad_cam(four, PIXELS, label)
        assert (alone is None) == (inside is None)
        if alone is not None and inside is not None:
            np.testing.assert_array_equal(alone, inside)


def test_a_network_without_a_map_has_no_explanation() -> None:
    inputs = keras.Input((32, 32, 3), dtype="uint8")
    flat = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(inputs))
    network = keras.Model(inputs, class_probabilities(flat, 2, seed=0))
    assert grad_cam(network, PIXELS, 0) is None
    nameless = keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(flat))
    assert grad_cam(nameless, PIXELS, 0) is None
