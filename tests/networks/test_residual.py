"""The residual network: its size by hand, its settings and its seed."""

from typing import Any

import numpy as np
import pytest

from peu.networks.backend import keras
from peu.networks.residual import residual_network

TINY: dict[str, Any] = {"image_size": (16, 24), "filters": (4, 6)}


def test_its_parameters_are_those_counted_by_hand() -> None:
    network = residual_network(**TINY, class_count=3, seed=0)
    norm = 4  # scale, shift, and two statistics that are not trained
    by_hand = (
        5 * 5 * 3 * 4  # the stem
        + (norm * 4 + 9 * 4 * 4 + norm * 4 + 9 * 4 * 4)  # a block of the stem's width
        + (norm * 4 + 9 * 4 * 6 + norm * 6 + 9 * 6 * 6 + 4 * 6)  # a wider one, with its shortcut
        + norm * 6
        + (6 * 3 + 3)
    )
    assert network.count_params() == by_hand
    assert network.input_shape == (None, 16, 24, 3)
    assert network.output_shape == (None, 3)


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_pixels_go_in_and_float32_probabilities_come_out(precision: str) -> None:
    network = residual_network(**TINY, class_count=3, seed=0, precision=precision)
    pixels = np.random.default_rng(0).integers(0, 256, (5, 16, 24, 3), dtype=np.uint8)
    answers = keras.ops.convert_to_numpy(network(pixels, training=False))
    assert answers.dtype == np.float32
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)


def test_the_seed_alone_draws_the_weights() -> None:
    keras.utils.set_random_seed(1)
    first = residual_network(**TINY, class_count=3, seed=5).get_weights()
    keras.utils.set_random_seed(2)
    again = residual_network(**TINY, class_count=3, seed=5).get_weights()
    other = residual_network(**TINY, class_count=3, seed=6).get_weights()
    for one, same, different in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(one, same)
        assert one.ndim == 1 or not np.array_equal(one, different)


def test_light_and_contrast_do_not_matter_to_it() -> None:
    network = residual_network(**TINY, class_count=3, seed=0)
    pixels = np.random.default_rng(0).integers(20, 200, (5, 16, 24, 3), dtype=np.uint8)
    dimmed = np.rint(0.8 * pixels.astype(np.float64) + 30).astype(np.uint8)
    answers, same = (
        keras.ops.convert_to_numpy(network(each, training=False)) for each in (pixels, dimmed)
    )
    np.testing.assert_allclose(same, answers, atol=0.01)
    flat = keras.ops.convert_to_numpy(network(np.full_like(pixels, 7), training=False))
    assert np.isfinite(flat).all()


def test_its_first_filters_begin_as_slopes_in_every_direction() -> None:
    network = residual_network((64, 64), 4, seed=0)
    (stem,) = network.get_layer("stem").get_weights()
    ramp = np.arange(5) - 2.0
    responses = np.stack(
        [
            np.einsum("yxcf,x->f", stem, ramp),
            np.einsum("yxcf,y->f", stem, ramp),
        ]
    )[:, :16]
    angles = np.degrees(np.arctan2(responses[1], responses[0])) % 360
    errors = (angles - np.arange(16) * 22.5 + 180) % 360 - 180
    np.testing.assert_allclose(errors, 0, atol=8)
    np.testing.assert_allclose(stem.sum(axis=(0, 1, 2))[:16], 0, atol=1)
    assert np.abs(stem[..., 16:]).max() < 0.2
