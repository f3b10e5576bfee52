"""Keras networks as ONNX graphs: exported once, equal to Keras, free of it afterwards."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from peu.backbones import exported
from peu.backbones.exported import exported_features
from peu.backbones.head import Layers
from peu.cache_folder import cache_folder
from peu.errors import BundleError, ResourceError
from peu.networks import feature_export
from peu.networks.backbone_sources import find_backbone
from peu.networks.backend import keras
from peu.networks.feature_extractor import feature_extractor
from peu.networks.pretrained_settings import Pooling

PIXELS = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backbone of one drawn convolution."""
    inputs = keras.Input((32, 32, 3))
    drawn = keras.initializers.GlorotUniform(seed=0)
    maps = keras.layers.Conv2D(6, 5, strides=8, activation="relu", kernel_initializer=drawn)(inputs)
    path = tmp_path_factory.mktemp("backbones") / "tiny.keras"
    keras.Model(inputs, maps).save(path)
    return path


@pytest.fixture(autouse=True)
def forget() -> None:
    exported._features.cache_clear()


def _export(file: Path, pooling: Pooling = "average", preprocessing: str = "torch") -> Any:
    return exported_features(str(file), "imagenet", preprocessing, None, pooling)


@pytest.mark.parametrize("pooling", ["average", "flatten"])
@pytest.mark.parametrize("preprocessing", ["tf", "caffe", "torch", "none"])
def test_the_graph_answers_as_keras_does(file: Path, pooling: Pooling, preprocessing: str) -> None:
    inside = feature_extractor(str(file), "imagenet", preprocessing, None, pooling)
    features = _export(file, pooling, preprocessing)
    assert (features.image_size, features.parameters) == ((32, 32), inside.parameters)
    np.testing.assert_allclose(features(PIXELS), inside(PIXELS), rtol=1e-4, atol=1e-4)


def test_a_real_network_answers_as_keras_does(peu_data: Path) -> None:
    weights = str(peu_data / "weights" / "mobilenet_2_5_224_tf_no_top.h5")
    pixels = np.random.default_rng(0).integers(0, 256, (2, 96, 64, 3), dtype=np.uint8)
    found, expected = (
        load("mobilenet:0.25", weights, "auto", (96, 64), "average")(pixels)
        for load in (exported_features, feature_extractor)
    )
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_it_is_exported_once(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = _export(file)
    monkeypatch.setattr(feature_export, "export_features", lambda *_: pytest.fail("again"))
    assert _export(file) is first
    exported._features.cache_clear()
    again = _export(file)
    assert again is not first
    assert again.identity == first.identity
    np.testing.assert_array_equal(again(PIXELS), first(PIXELS))
    with pytest.raises(pytest.fail.Exception, match="again"):
        _export(file, "flatten")


def test_what_was_exported_needs_no_keras(file: Path) -> None:
    _export(file)
    code = (
        "import sys; from peu.backbones.exported import exported_features;"
        f"f = exported_features({str(file)!r}, 'imagenet', 'torch', None, 'average');"
        "assert f.image_size == (32, 32);"
        "assert not {'keras', 'tensorflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_damaged_copy_is_made_again(file: Path) -> None:
    expected = _export(file)(PIXELS)
    (kept,) = (cache_folder() / "backbones").iterdir()
    kept.write_bytes(kept.read_bytes()[:-50])
    exported._features.cache_clear()
    np.testing.assert_array_equal(_export(file)(PIXELS), expected)
    exported._features.cache_clear()
    assert exported._read(kept.stem.partition("-")[0]) is not None


@pytest.mark.parametrize("pooling", ["average", "flatten"])
def test_a_linear_classifier_is_explained_by_its_map(file: Path, pooling: Pooling) -> None:
    features = _export(file, pooling)
    width = features(PIXELS).shape[1]
    weights = np.random.default_rng(0).normal(size=(width, 2))
    model = features.classifier(Layers(((weights, np.zeros(2)),), unit_length=True), ("a", "b"))
    maps = feature_extractor(str(file), "imagenet", "torch", None, "flatten")(PIXELS[:1])
    maps = maps.reshape(4, 4, 6)
    heat = model.class_activation(PIXELS[0], 0)
    expected = maps * (weights[:, 0] if pooling == "average" else weights[:, 0].reshape(4, 4, 6))
    assert heat is not None
    np.testing.assert_allclose(heat, np.maximum(expected.sum(axis=-1), 0), atol=1e-4)


def test_a_network_that_answers_otherwise_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feature_export, "_TOLERANCE", -1.0)
    with pytest.raises(BundleError, match="answer alike"):
        feature_export.export_features(find_backbone(str(file), "imagenet", "tf"), None, "average")


def test_without_the_exporter_the_extra_is_named(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    with pytest.raises(ResourceError, match=r"peu\[tensorflow\]"):
        _export(file)
