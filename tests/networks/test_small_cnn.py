"""The sheet's network, and what its settings and its seed do."""

from typing import Any

import numpy as np
import pytest

from peu.networks.backend import keras
from peu.networks.small_cnn import small_cnn

TINY: dict[str, Any] = {"image_size": (16, 24), "filters": (4, 6), "dense_units": 8}


def _pixels(count: int) -> Any:
    return np.random.default_rng(0).integers(0, 256, (count, 16, 24, 3), dtype=np.uint8)


def test_it_has_the_parameters_of_the_sheet() -> None:
    network = small_cnn((224, 224), 4, seed=0)
    # Two poolings of step 2 leave 56 x 56 positions of 64 channels.
    by_hand = {
        "conv_1": 3 * 3 * 3 * 32 + 32,
        "conv_2": 3 * 3 * 32 * 64 + 64,
        "hidden": 56 * 56 * 64 * 100 + 100,
        "logits": 100 * 4 + 4,
    }
    assert sum(by_hand.values()) == 20_090_296
    assert network.count_params() == 20_090_296
    counted = {layer.name: layer.count_params() for layer in network.layers}
    assert {name: count for name, count in counted.items() if count} == by_hand


def test_its_settings_are_the_networks() -> None:
    recipe: dict[str, Any] = {
        "image_size": (20, 12),
        "filters": (5,),
        "kernel_size": 5,
        "pool_size": 2,
        "pool_strides": 3,
        "dense_units": 7,
    }
    network = small_cnn(**recipe, class_count=3, seed=0)
    assert network.input_shape == (None, 20, 12, 3)
    assert network.output_shape == (None, 3)
    # Poolings of step 3 leave 7 x 4 positions of 5 channels.
    assert network.count_params() == (5 * 5 * 3 * 5 + 5) + (7 * 4 * 5 * 7 + 7) + (7 * 3 + 3)


def test_the_seed_alone_draws_the_weights() -> None:
    keras.utils.set_random_seed(1)
    first = small_cnn(**TINY, class_count=3, seed=5).get_weights()
    keras.utils.set_random_seed(2)
    again = small_cnn(**TINY, class_count=3, seed=5).get_weights()
    other = small_cnn(**TINY, class_count=3, seed=6).get_weights()
    for one, same, different in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(one, same)
        # Biases begin at 0 whatever the seed.
        assert one.ndim == 1 or not np.array_equal(one, different)


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_pixels_go_in_and_float32_probabilities_come_out(precision: str) -> None:
    network = small_cnn(**TINY, class_count=3, seed=0, precision=precision)
    assert network.input.dtype == "uint8"
    pixels = _pixels(5)
    answers = network(pixels, training=False)
    assert keras.backend.standardize_dtype(answers.dtype) == "float32"
    probabilities = keras.ops.convert_to_numpy(answers)
    assert probabilities.shape == (5, 3)
    assert (probabilities >= 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    hidden = network.get_layer("hidden")
    assert hidden.compute_dtype == ("float32" if precision == "float32" else "bfloat16")
    assert {keras.backend.standardize_dtype(w.dtype) for w in network.weights} == {"float32"}


def test_both_precisions_agree_but_for_rounding() -> None:
    exact, rounded = (
        keras.ops.convert_to_numpy(
            small_cnn(**TINY, class_count=3, seed=0, precision=name)(_pixels(8))
        )
        for name in ("float32", "mixed_bfloat16")
    )
    np.testing.assert_allclose(exact, rounded, atol=0.02)
    assert not np.array_equal(exact, rounded)


def test_pixels_are_scaled_inside() -> None:
    network = small_cnn(**TINY, class_count=3, seed=0)
    scaled = keras.Model(network.input, network.get_layer("scale").output)
    found = keras.ops.convert_to_numpy(scaled(_pixels(1)))
    np.testing.assert_allclose(found, _pixels(1) / 255, rtol=1e-6)


def test_dropout_drops_while_training_only() -> None:
    recipe: dict[str, Any] = {
        "image_size": (16, 24),
        "filters": (4,),
        "dense_units": 200,
        "dropout": 0.4,
    }
    network = small_cnn(**recipe, class_count=3, seed=0)
    dropping = keras.Model(
        network.input, [network.get_layer("hidden").output, network.get_layer("dropout").output]
    )
    before, after = (keras.ops.convert_to_numpy(x) for x in dropping(_pixels(20), training=True))
    alive = before > 0
    assert (after[alive] == 0).mean() == pytest.approx(0.4, abs=0.05)
    before, after = (keras.ops.convert_to_numpy(x) for x in dropping(_pixels(20), training=False))
    np.testing.assert_array_equal(before, after)
    assert "dropout" not in [
        layer.name for layer in small_cnn(**TINY, class_count=3, seed=0).layers
    ]


def test_the_seed_decides_what_is_dropped() -> None:
    recipe: dict[str, Any] = {
        "image_size": (16, 24),
        "filters": (4,),
        "dense_units": 50,
        "dropout": 0.5,
    }
    first, again, other = (
        keras.ops.convert_to_numpy(
            small_cnn(**recipe, class_count=3, seed=seed)(_pixels(2), training=True)
        )
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_batch_norm_stands_between_convolution_and_relu() -> None:
    recipe: dict[str, Any] = {
        "image_size": (16, 16),
        "filters": (2, 4),
        "dense_units": 3,
        "batch_norm": True,
    }
    network = small_cnn(**recipe, class_count=2, seed=0)
    kinds = [layer.__class__.__name__ for layer in network.layers]
    assert kinds[2:6] == ["Conv2D", "BatchNormalization", "Activation", "MaxPooling2D"]
    assert not network.get_layer("conv_1").use_bias
    # 27 * 2, then 2 * 9 * 4, each with 4 numbers a filter; 4 x 4 maps into 3 units, 2 classes.
    assert network.count_params() == 54 + 8 + 72 + 16 + (4 * 4 * 4 * 3 + 3) + (3 * 2 + 2)
