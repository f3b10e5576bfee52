"""Features of a pretrained network: computed in batches, named by what they depend on."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from peu.networks.backend import keras
from peu.networks.feature_extractor import (
    BATCH,
    FeatureExtractor,
    attach_head,
    feature_extractor,
    run_in_batches,
)
from peu.networks.heads import linear_head, mlp_head

PIXELS = np.random.default_rng(0).integers(0, 256, (BATCH + 3, 16, 16, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    inputs = keras.Input((16, 16, 3))
    drawn = keras.initializers.GlorotUniform(seed=0)
    maps = keras.layers.Conv2D(6, 5, strides=4, activation="relu", kernel_initializer=drawn)(inputs)
    path = tmp_path_factory.mktemp("backbones") / "tiny.keras"
    keras.Model(inputs, maps).save(path)
    return path


def _extractor(path: Path, preprocessing: str = "tf", pooling: Any = "average") -> FeatureExtractor:
    return feature_extractor(str(path), "imagenet", preprocessing, None, pooling)


def test_the_size_of_the_backbone_is_taken_and_its_numbers_counted(backbone: Path) -> None:
    extractor = _extractor(backbone)
    assert extractor.image_size == (16, 16)
    assert extractor.feature_count == 6
    assert extractor.parameters == 5 * 5 * 3 * 6 + 6
    assert _extractor(backbone, pooling="flatten").feature_count == 3 * 3 * 6


def test_batches_change_nothing(backbone: Path) -> None:
    extractor = _extractor(backbone)
    whole = extractor(PIXELS)
    assert whole.shape == (len(PIXELS), 6)
    assert whole.dtype == np.float32
    one_by_one = np.concatenate([extractor(image[None]) for image in PIXELS])
    np.testing.assert_allclose(whole, one_by_one, atol=1e-6)
    assert extractor(PIXELS[:0]).shape == (0, 6)
    assert run_in_batches(extractor.network, PIXELS[:0]).shape == (0, 6)


def test_it_is_loaded_once_and_named_by_what_the_features_depend_on(backbone: Path) -> None:
    assert _extractor(backbone) is _extractor(backbone)
    names = {
        _extractor(backbone, preprocessing, pooling).identity
        for preprocessing in ("tf", "none")
        for pooling in ("average", "flatten")
    }
    assert len(names) == 4


@pytest.mark.parametrize("kind", ["logistic", "mlp"])
def test_a_head_on_the_network_answers_as_the_head_on_its_features(
    backbone: Path, kind: str
) -> None:
    extractor = _extractor(backbone)
    rng = np.random.default_rng(0)
    head = mlp_head(6, 4, 3, seed=0)
    if kind == "logistic":
        head = linear_head(rng.normal(size=(6, 3)), rng.normal(size=3))
    whole = attach_head(extractor.network, head)
    expected = keras.ops.convert_to_numpy(head(extractor(PIXELS)))
    found = keras.ops.convert_to_numpy(whole(PIXELS, training=False))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    # A copy: another head of the same shape may be put on the same network.
    assert not set(map(id, whole.layers)) & set(map(id, head.layers[1:]))
