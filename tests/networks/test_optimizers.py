"""Optimizers: the course of the step size, and whose weights decay."""

import gc
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from peu.networks.backend import keras
from peu.networks.optimizers import make_optimizer
from peu.networks.training_settings import Optimizer, TrainingSettings


def _step_sizes(steps: int, **settings: Any) -> list[float]:
    optimizer = make_optimizer(TrainingSettings(learning_rate=0.1, **settings), steps=steps)
    sizes = []
    for step in range(steps + 1):
        optimizer.iterations.assign(step)
        sizes.append(float(optimizer.learning_rate))
    return sizes


def test_a_constant_step_size_is_constant() -> None:
    np.testing.assert_allclose(_step_sizes(5), 0.1)


def test_a_cosine_rises_to_its_highest_and_falls_to_nothing() -> None:
    sizes = _step_sizes(100, schedule="cosine", warmup=0.1, optimizer="sgd")
    assert sizes[0] == 0
    np.testing.assert_allclose(sizes[5], 0.05, rtol=1e-5)
    np.testing.assert_allclose(sizes[10], 0.1, rtol=1e-5)
    assert all(before >= after for before, after in pairwise(sizes[10:]))
    np.testing.assert_allclose(sizes[55], 0.05, rtol=1e-4)
    np.testing.assert_allclose(sizes[-1], 0, atol=1e-8)
    whole = _step_sizes(100, schedule="cosine")
    np.testing.assert_allclose((whole[0], whole[50]), (0.1, 0.05), rtol=1e-5)


@pytest.mark.parametrize("name", ["sgd", "adamw"])
def test_kernels_decay_and_biases_and_scales_do_not(name: Any) -> None:
    inputs = keras.Input((3,))
    x = keras.layers.Dense(2, bias_initializer="ones", name="dense")(inputs)
    model = keras.Model(inputs, keras.layers.BatchNormalization(name="norm")(x))
    settings = TrainingSettings(optimizer=name, weight_decay=0.5, learning_rate=0.1)
    optimizer = make_optimizer(settings, steps=10)
    kernel = model.get_layer("dense").kernel
    before = keras.ops.convert_to_numpy(kernel)
    optimizer.apply(
        [keras.ops.zeros(each.shape) for each in model.trainable_variables],
        model.trainable_variables,
    )
    # A step without a gradient takes away step size times decay.
    np.testing.assert_allclose(keras.ops.convert_to_numpy(kernel), 0.95 * before, rtol=1e-5)
    for still in (model.get_layer("dense").bias, model.get_layer("norm").gamma):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(still), 1)


def test_averaging_leaves_behind_the_moving_average() -> None:
    variable = keras.Variable([0.0])
    optimizer = make_optimizer(
        TrainingSettings(optimizer="sgd", learning_rate=1.0, average_weights=0.5), steps=4
    )
    seen = []
    for _ in range(4):
        optimizer.apply([keras.ops.convert_to_tensor([-1.0])], [variable])
        seen.append(float(variable.numpy()[0]))
    optimizer.finalize_variable_values([variable])
    # The average begins with the first values, not with nothing.
    average = seen[0]
    for value in seen[1:]:
        average = 0.5 * average + 0.5 * value
    np.testing.assert_allclose(float(variable.numpy()[0]), average, rtol=1e-5)


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd"])
def test_a_variable_moves_by_its_share_of_the_step_size(name: Optimizer) -> None:
    settings = TrainingSettings(optimizer=name, learning_rate=0.01)

    def moved(rates: dict[int, float] | None) -> list[Any]:
        variables = [keras.Variable([1.0, 1.0], name=each) for each in "abc"]
        by_id = rates and {id(variables[place]): rate for place, rate in rates.items()}
        optimizer = make_optimizer(settings, steps=3, rates=by_id)
        optimizer.build(variables)
        for _ in range(3):
            gradients = [keras.ops.convert_to_tensor([0.5, -2.0]) for _ in variables]
            optimizer.apply(gradients, variables)
        return [1 - keras.ops.convert_to_numpy(variable) for variable in variables]

    usual = moved(None)
    own = moved({0: 0.1, 1: 0.5})
    for place, rate in enumerate((0.1, 0.5, 1.0)):
        np.testing.assert_allclose(own[place], rate * usual[place], rtol=2e-4)
    assert np.abs(usual[0]).min() > 0


def test_a_trained_network_leaves_no_graph_behind() -> None:
    def train() -> int:
        network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        network.compile(make_optimizer(TrainingSettings(), steps=1), "mse", jit_compile=False)
        network.fit(np.zeros((2, 3)), np.zeros((2, 2)), verbose=0)
        del network
        gc.collect()
        return sum(type(each).__name__ == "FuncGraph" for each in gc.get_objects())

    assert train() == train()
