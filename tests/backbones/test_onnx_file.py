"""Any ONNX file as a backbone: its form is found, its pixels are scaled, misuse is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper

from onnx_files import convolution, onnx_model, same, written
from peu.backbones import onnx_file
from peu.backbones.efficientnet_lite import read_efficientnet_lite
from peu.backbones.head import Layers
from peu.backbones.lite_graph import lite_graph
from peu.backbones.sized_features import SizedFeatures, file_features, is_onnx_file
from peu.errors import BundleError, PeuError, RecipeError

PIXELS = np.random.default_rng(0).integers(0, 256, (3, 8, 12, 3), dtype=np.uint8)
MEAN = PIXELS.mean(axis=(1, 2))
SCALED: dict[str, NDArray[np.float64]] = {
    "tf": MEAN / 127.5 - 1,
    "torch": (MEAN / 255 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225),
    "caffe": MEAN[:, ::-1] - (103.939, 116.779, 123.68),
    "none": MEAN,
}


def _features(model: Any, folder: Path, preprocessing: str = "none") -> SizedFeatures:
    return file_features(str(written(model, folder)), preprocessing, (8, 12))


@pytest.mark.parametrize("preprocessing", SCALED)
@pytest.mark.parametrize("shape", [("n", 3, 8, 12), ("n", "h", "w", 3), (1, 3, "h", "w")])
def test_pixels_are_scaled_as_was_named(
    tmp_path: Path, preprocessing: str, shape: tuple[int | str, ...]
) -> None:
    features = _features(same(shape), tmp_path, preprocessing)
    assert features.image_size == (8, 12)
    np.testing.assert_allclose(features(PIXELS), SCALED[preprocessing], rtol=1e-4, atol=1e-4)
    assert features(PIXELS[:0]).shape == (0, 3)


@pytest.mark.parametrize("kind", [TensorProto.FLOAT16, TensorProto.DOUBLE])
def test_numbers_may_be_of_half_or_double_precision(tmp_path: Path, kind: int) -> None:
    found = _features(same(("n", 3, 8, 12), kind=kind), tmp_path, "tf")(PIXELS)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, SCALED["tf"], atol=2e-3)


@pytest.mark.parametrize("opset", [11, 13, 17, 18, 21])
def test_files_of_several_opsets_become_one_graph(tmp_path: Path, opset: int) -> None:
    features = file_features(str(written(convolution(opset=opset), tmp_path)), "tf", None)
    pixels = np.random.default_rng(1).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    found = features(pixels)
    generator = np.random.default_rng(2)
    layers = Layers(((generator.normal(size=(6, 2)), np.zeros(2)),), unit_length=True)
    model = features.classifier(layers, ("a", "b"))
    np.testing.assert_allclose(model.predict_proba(pixels), layers.predict_proba(found), atol=1e-5)
    assert (model.image_size, model.class_count) == ((32, 32), 2)
    heat = [model.class_activation(pixels[0], number) for number in (0, 1)]
    assert {each.shape for each in heat if each is not None} == {(7, 7)}


@pytest.mark.parametrize("count", [4, 5])
def test_tokens_are_averaged_and_a_class_token_counts_by_itself(tmp_path: Path, count: int) -> None:
    nodes = [
        helper.make_node("Flatten", ["x"], ["flat"]),
        helper.make_node("Slice", ["flat", "start", "end", "axis"], ["first"]),
        helper.make_node("Reshape", ["first", "shape"], ["tokens"]),
    ]
    constants = {
        "start": np.array([0]),
        "end": np.array([2 * count]),
        "axis": np.array([1]),
        "shape": np.array([-1, count, 2]),
    }
    model = onnx_model(nodes, ["n", "h", "w", 3], ["tokens"], constants)
    tokens = PIXELS.reshape(3, -1)[:, : 2 * count].reshape(3, count, 2).astype(np.float32)
    expected = tokens.mean(axis=1)
    if count == 5:
        expected = np.concatenate([tokens[:, 0], tokens[:, 1:].mean(axis=1)], axis=1)
    np.testing.assert_allclose(_features(model, tmp_path)(PIXELS), expected, rtol=1e-5)


def test_of_several_outputs_pooled_features_are_taken(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Identity", ["x"], ["map"]),
        helper.make_node("ReduceMax", ["x"], ["pooled"], axes=[2, 3], keepdims=0),
    ]
    features = _features(onnx_model(nodes, ["n", 3, 8, 12], ["map", "pooled"]), tmp_path)
    np.testing.assert_array_equal(features(PIXELS), PIXELS.max(axis=(1, 2)))


def test_a_real_network_takes_whole_numbers_of_any_size(tmp_path: Path) -> None:
    name = "efficientnet-lite0"
    path = written(lite_graph(read_efficientnet_lite(name), name), tmp_path)
    features = file_features(str(path), "none", (64, 96))
    assert features.image_size == (64, 96)
    assert features(np.zeros((2, 64, 96, 3), np.uint8)).shape == (2, 1280)
    assert file_features(str(path), "none", None).image_size == (224, 224)
    assert 3_300_000 < features.parameters < 3_413_024
    with pytest.raises(RecipeError, match="must be none"):
        file_features(str(path), "torch", None)


def _custom() -> Any:
    model = same(("n", 3, 8, 12))
    model.graph.node[0].domain = "com.microsoft"
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    return model


def _hidden_custom() -> Any:
    """A custom operator in a branch."""
    branch = helper.make_graph(
        [helper.make_node("Gelu", ["x"], ["z"], domain="mine")],
        "branch",
        [],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, None)],
    )
    node = helper.make_node("If", ["yes"], ["y"], then_branch=branch, else_branch=branch)
    return onnx_model([node], ["n", 3, 8, 12], ["y"], {"yes": np.array(True)})


def _elsewhere() -> Any:
    model = convolution(8)
    tensor = model.graph.initializer[0]
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "/etc/passwd"
    return model


def _two_inputs() -> Any:
    model = same(("n", 3, 8, 12))
    model.graph.input.append(helper.make_tensor_value_info("z", TensorProto.FLOAT, [1]))
    return model


def _no_features() -> Any:
    node = helper.make_node("Shape", ["x"], ["y"])
    return onnx_model([node], ["n", 3, 8, 12], ["y"], output_kind=TensorProto.INT64)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (_custom(), "com.microsoft.Identity"),
        (_hidden_custom(), "mine.Gelu"),
        (_elsewhere(), "in another file"),
        (_two_inputs(), "and nothing else"),
        (same(("n", 3)), "must take images"),
        (same(("n", 1, 8, 12)), "must take images"),
        (same((4, 3, 8, 12)), "must take images"),
        (same(("n", 3, 8, 12), kind=TensorProto.INT64), "must take images"),
        (_no_features(), "must give features"),
    ],
)
def test_what_is_no_backbone_is_refused_in_a_sentence(
    tmp_path: Path, model: Any, said: str
) -> None:
    with pytest.raises(BundleError) as caught:
        _features(model, tmp_path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("damage", [lambda c: c[:50], lambda _: b"", lambda _: b"\xff" * 99])
def test_a_damaged_file_is_refused(tmp_path: Path, damage: Any) -> None:
    path = tmp_path / "backbone.onnx"
    path.write_bytes(damage(convolution().SerializeToString()))
    with pytest.raises(BundleError, match="must be an ONNX model"):
        file_features(str(path), "tf", None)


def test_a_file_that_is_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_file, "MOST_BYTES", 100)
    with pytest.raises(BundleError, match="at most"):
        _features(convolution(), tmp_path)


def test_sizes_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    path = str(written(convolution(), tmp_path))
    with pytest.raises(RecipeError, match=r"must be \(32, 32\)"):
        file_features(path, "tf", (64, 64))
    small: type[PeuError] = BundleError
    with pytest.raises(small, match="must run on images of 2 x 2"):
        file_features(str(written(convolution("s"), tmp_path, "any.onnx")), "tf", (2, 2))
    with pytest.raises(RecipeError, match="which is no file"):
        file_features("nowhere.onnx", "tf", None)


@pytest.mark.parametrize("side", [2049, 10**9])
def test_a_size_beyond_reason_is_refused_before_an_image_is_made(
    side: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_file, "run_session", pytest.fail)
    with pytest.raises(BundleError, match="at most 2048 pixels a side"):
        file_features(str(written(convolution(side), tmp_path)), "tf", None)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    first = _features(same(("n", 3, 8, 12)), tmp_path).identity
    assert _features(same(("n", 3, 8, 12)), tmp_path, "tf").identity != first
    assert _features(same(("n", 8, 12, 3)), tmp_path).identity != first


def test_onnx_files_are_known_by_their_names() -> None:
    assert is_onnx_file("folder/DINO.ONNX")
    assert not is_onnx_file("vgg16")
