"""The unfrozen part of a backbone: its weights are copied, blended, and learn at their rates."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from peu.networks.augmentation_settings import Augmentation
from peu.networks.backend import keras
from peu.networks.finetuning import DividedBackbone, FineTuning, divided_backbone
from peu.networks.heads import linear_head
from peu.networks.stages import every_layer

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def deep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a backbone of two stages, the second with batch statistics."""
    drawn = [keras.initializers.GlorotUniform(seed=seed) for seed in range(3)]
    inputs = keras.Input((32, 32, 3))
    x = keras.layers.Conv2D(
        4, 3, strides=2, activation="relu", name="early", kernel_initializer=drawn[0]
    )(inputs)
    x = keras.layers.Conv2D(6, 3, strides=2, name="late", kernel_initializer=drawn[1])(x)
    x = keras.layers.BatchNormalization(name="statistics")(x)
    x = keras.layers.Conv2D(8, 1, activation="relu", name="last", kernel_initializer=drawn[2])(x)
    path = tmp_path_factory.mktemp("backbones") / "deep.keras"
    keras.Model(inputs, x).save(path)
    return path


def _divided(path: Path, stages: int = 1) -> DividedBackbone:
    return divided_backbone(str(path), "imagenet", "tf", (32, 32), stages, "average")


def _tuning(backbone: DividedBackbone) -> tuple[FineTuning, Any]:
    rng = np.random.default_rng(1)
    head = linear_head(rng.normal(size=(8, 3)), rng.normal(size=3))
    return backbone.finetuning(head), head


@pytest.mark.parametrize("stages", [1, 2, 9])
def test_the_parts_answer_as_the_whole_network(deep: Path, stages: int) -> None:
    backbone = _divided(deep, stages)
    tuning, head = _tuning(backbone)
    maps = backbone.maps(PIXELS)
    assert maps.shape == (5, backbone.map_size)
    found = tuning.predict_maps(maps)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    original = keras.saving.load_model(deep)
    features = original(PIXELS.astype(np.float32) / 127.5 - 1, training=False)
    pooled = keras.ops.convert_to_numpy(features).mean(axis=(1, 2))
    expected = keras.ops.convert_to_numpy(head(pooled))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    whole = head(tuning.features()(PIXELS, training=False))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(whole), expected, atol=1e-5)
    from_pixels = tuning.from_pixels(Augmentation(policy="standard"), seed=0)
    plain = keras.ops.convert_to_numpy(from_pixels(PIXELS, training=False))
    np.testing.assert_allclose(plain, expected, atol=1e-5)


def test_what_learns_is_named_and_counted(deep: Path) -> None:
    one, two = _divided(deep), _divided(deep, 2)
    assert one.unfrozen == "head and late to last"
    assert two.unfrozen == "head and early to last"
    head, late, early = 9 * 3, (3 * 3 * 4 + 1) * 6 + (6 + 1) * 8, (3 * 3 * 3 + 1) * 4
    assert _tuning(one)[0].trainable_parameters == head + late
    assert _tuning(two)[0].trainable_parameters == head + late + early
    assert one.identity != two.identity


def test_half_way_is_the_mean_of_the_weights(deep: Path) -> None:
    tuning, _ = _tuning(_divided(deep))
    before = tuning.weights()
    generator = np.random.default_rng(0)
    after = [old + generator.normal(size=old.shape).astype(np.float32) for old in before]
    tuning.restore(after)
    tuning.blend(before, 0.5)
    for old, new, mean in zip(before, after, tuning.weights(), strict=True):
        np.testing.assert_allclose(mean, (old + new) / 2, atol=1e-6)
    tuning.restore(after)
    tuning.blend(before, 1.0)
    for new, found in zip(after, tuning.weights(), strict=True):
        np.testing.assert_array_equal(found, new)


def test_the_backbone_stays_as_it_is_when_its_copy_learns(deep: Path) -> None:
    backbone = _divided(deep)
    tuning, _ = _tuning(backbone)
    before = backbone.parts.tail.get_weights()
    tuning.restore([each + 1 for each in tuning.weights()])
    for old, new in zip(before, backbone.parts.tail.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_earlier_blocks_learn_more_slowly(deep: Path) -> None:
    tuning, _ = _tuning(_divided(deep, 2))
    rates = tuning.learning_rates(0.01)
    layers = {layer.name: layer for layer in every_layer(tuning.from_maps)}
    found = [rates[id(layers[name].kernel)] for name in ("early", "late", "last")]
    # The normalisation in between is a block that does not learn.
    np.testing.assert_allclose(found, [0.01, 0.01 ** (2 / 3), 1])
