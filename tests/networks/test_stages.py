"""A backbone in parts: cut where one tensor carries everything, the same before and after."""

from typing import Any

import numpy as np
import pytest

from peu.networks.backend import keras
from peu.networks.stages import copy_network, divide_backbone, every_layer, find_stages, unfreeze

layers = keras.layers


def _residual() -> Any:
    """Build two plain stages, then a residual block with batch statistics and dropout."""
    inputs = keras.Input((32, 32, 3))
    x = layers.Conv2D(4, 3, padding="same", activation="relu", name="one")(inputs)
    x = layers.MaxPooling2D(name="halve")(x)
    x = layers.Conv2D(6, 3, padding="same", name="two_a")(x)
    x = layers.ReLU()(x)
    x = layers.Conv2D(6, 3, padding="same", name="two_b")(x)
    x = layers.ZeroPadding2D(1, name="pad")(x)
    short = layers.Conv2D(8, 1, strides=2, name="short")(x)
    x = layers.Conv2D(8, 3, strides=2, padding="same", name="branch")(x)
    x = layers.BatchNormalization(name="statistics")(x)
    x = layers.Dropout(0.5, name="noise")(x)
    network = keras.Model(inputs, layers.Add(name="sum")([x, short]) * 1.0)
    rng = np.random.default_rng(0)
    network.set_weights([rng.uniform(0.1, 0.9, each.shape) for each in network.get_weights()])
    return network


def _images() -> Any:
    return np.random.default_rng(1).uniform(-1, 1, (3, 32, 32, 3)).astype(np.float32)


def _run(network: Any, x: Any, *, training: bool = False) -> Any:
    return keras.ops.convert_to_numpy(network(x, training=training))


def test_blocks_of_one_resolution_make_a_stage_and_branches_stay_whole() -> None:
    stages = find_stages(_residual())
    assert [stage.blocks for stage in stages] == [
        (("one",),),
        (("two_a",), ("two_b",)),
        (("branch", "statistics", "short"),),
    ]
    # Of what lies between two stages the smallest is kept: pooled, and not yet padded.
    assert [stage.before.shape[1:] for stage in stages] == [(32, 32, 3), (16, 16, 4), (16, 16, 6)]


def test_the_stages_of_vgg16_are_its_authors() -> None:
    network = keras.applications.VGG16(weights=None, include_top=False, input_shape=(32, 32, 3))
    stages = find_stages(network)
    assert [len(stage.blocks) for stage in stages] == [2, 2, 3, 3, 3]
    assert stages[-1].blocks == (("block5_conv1",), ("block5_conv2",), ("block5_conv3",))
    assert stages[-1].before.shape == (None, 2, 2, 512)


@pytest.mark.parametrize(("stages", "blocks"), [(1, 1), (2, 3), (3, 4), (9, 4)])
def test_the_parts_do_what_the_whole_does(stages: int, blocks: int) -> None:
    network, x = _residual(), _images()
    divided = divide_backbone(network, stages)
    assert len(divided.blocks) == blocks
    np.testing.assert_allclose(_run(divided.tail, _run(divided.trunk, x)), _run(network, x))


def test_a_layer_used_twice_is_not_torn_apart() -> None:
    inputs = keras.Input((16, 16, 3))
    shared = layers.Conv2D(3, 3, padding="same", name="shared")
    x = layers.Conv2D(3, 3, padding="same", name="first")(inputs)
    network = keras.Model(inputs, layers.MaxPooling2D()(shared(shared(x))))
    (stage,) = find_stages(network)
    assert sorted(name for block in stage.blocks for name in block) == ["first", "shared"]
    x = np.ones((1, 16, 16, 3), np.float32)
    divided = divide_backbone(network, 1)
    np.testing.assert_allclose(_run(divided.tail, _run(divided.trunk, x)), _run(network, x))


def test_a_copy_is_its_own_and_has_no_noise() -> None:
    network, x = _residual(), _images()
    before = _run(network, x)
    copy = copy_network(network, "mine")
    unfreeze(copy)
    assert copy.name == "mine"
    np.testing.assert_allclose(_run(copy, x), before)
    # Neither dropout nor the batch at hand has a say, in training either.
    np.testing.assert_allclose(_run(copy, x, training=True), before, rtol=1e-5)
    copy.set_weights([0 * each for each in copy.get_weights()])
    np.testing.assert_array_equal(_run(network, x), before)


@pytest.mark.parametrize("frozen", [True, False])
def test_all_learn_but_batch_statistics(frozen: bool) -> None:
    network = _residual()
    network.trainable = not frozen
    copy = copy_network(network, "copy")
    unfreeze(copy)
    learns = {layer.name for layer in every_layer(copy) if layer.trainable_variables}
    assert learns == {"one", "two_a", "two_b", "short", "branch"}


def test_layers_of_networks_inside_are_found() -> None:
    inner = keras.Sequential([layers.Dense(2, name="inside"), layers.BatchNormalization()])
    inputs = keras.Input((4,))
    network = keras.Model(inputs, inner(inputs))
    unfreeze(network)
    names = [layer.name for layer in every_layer(network)]
    assert "inside" in names
    assert len(network.trainable_variables) == 2
