"""Backbones are found, scaled for and loaded, or it is said why not."""

import pickle
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from peu.errors import BundleError, RecipeError, ResourceError
from peu.networks import backbones
from peu.networks.backbone_sources import ARCHITECTURES, BackboneSource, find_backbone
from peu.networks.backbones import feature_network, load_backbone
from peu.networks.backend import keras

PIXELS = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)


def _nothing_done(size: int = 16) -> Any:
    """Build a backbone that gives back the pixels that it is given."""
    inputs = keras.Input((size, size, 3))
    return keras.Model(inputs, keras.layers.Identity()(inputs))


def _features(preprocessing: str) -> Any:
    network = feature_network(_nothing_done(), preprocessing, "flatten", (16, 16))
    return keras.ops.convert_to_numpy(network(PIXELS)).reshape(PIXELS.shape)


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("vgg16", "vgg16"),
        ("resnet50", "resnet50"),
        ("mobilenet", "mobilenet"),
        ("mobilenetv2", "mobilenet_v2"),
        ("mobilenetv3small", "mobilenet_v3"),
        ("efficientnetv2b0", "efficientnet_v2"),
        ("convnexttiny", "convnext"),
    ],
)
def test_each_architecture_gets_the_pixels_that_keras_would_give_it(name: str, module: str) -> None:
    preprocess = getattr(keras.applications, module).preprocess_input
    expected = preprocess(PIXELS.astype(np.float32).copy())
    np.testing.assert_allclose(
        _features(ARCHITECTURES[name].preprocessing), expected, rtol=1e-5, atol=1e-4
    )


def test_torch_pixels_are_standardised_as_keras_does() -> None:
    expected = keras.applications.imagenet_utils.preprocess_input(
        PIXELS.astype(np.float32).copy(), mode="torch"
    )
    np.testing.assert_allclose(_features("torch"), expected, rtol=1e-4, atol=1e-5)


def test_caffe_pixels_are_blue_first_less_the_mean() -> None:
    red = np.zeros((1, 16, 16, 3), np.uint8)
    red[..., 0] = 200
    network = feature_network(_nothing_done(), "caffe", "average", (16, 16))
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(network(red)), [[-103.939, -116.779, 200 - 123.68]], rtol=1e-5
    )


@pytest.mark.parametrize("preprocessing", ["tf", "caffe", "torch", "none"])
@pytest.mark.parametrize("pooling", ["average", "flatten"])
def test_preprocessing_is_in_the_file(tmp_path: Path, preprocessing: str, pooling: Any) -> None:
    network = feature_network(_nothing_done(), preprocessing, pooling, (16, 16))
    network.save(tmp_path / "features.keras")
    again = keras.saving.load_model(tmp_path / "features.keras", compile=False, safe_mode=True)
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(again(PIXELS)), keras.ops.convert_to_numpy(network(PIXELS))
    )
    assert network.output_shape == (None, 3 if pooling == "average" else 16 * 16 * 3)


def test_features_that_are_vectors_stay_as_they_are() -> None:
    inputs = keras.Input((16, 16, 3))
    backbone = keras.Model(inputs, keras.layers.GlobalMaxPooling2D()(inputs))
    network = feature_network(backbone, "none", "flatten", (16, 16))
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(network(PIXELS)), PIXELS.max(axis=(1, 2))
    )


def test_a_named_backbone_knows_its_preprocessing() -> None:
    assert find_backbone("vgg16", "imagenet", "auto").preprocessing == "caffe"
    assert find_backbone("vgg16", "imagenet", "tf").preprocessing == "tf"
    source = find_backbone("mobilenet:0.25", "imagenet", "auto")
    assert (source.name, source.alpha, source.weights) == ("mobilenet", 0.25, "imagenet")
    assert source.identity != find_backbone("mobilenet", "imagenet", "auto").identity


def test_a_files_content_is_its_identity(tmp_path: Path) -> None:
    for name, content in (("a", b"1"), ("b", b"1"), ("c", b"2")):
        (tmp_path / name).write_bytes(content)
    files = {name: find_backbone(str(tmp_path / name), "imagenet", "tf") for name in "abc"}
    assert files["a"].identity == files["b"].identity != files["c"].identity
    weights = {name: find_backbone("vgg16", str(tmp_path / name), "auto") for name in "abc"}
    assert weights["a"].identity == weights["b"].identity != weights["c"].identity
    assert weights["a"].weights == str(tmp_path / "a")


@pytest.mark.parametrize(
    ("name", "weights", "said"),
    [
        ("mobilenet4", "imagenet", "one of vgg16, mobilenet,"),
        ("missing.keras", "imagenet", "which is neither"),
        ("mobilenet:wide", "imagenet", "may end with a width"),
        ("mobilenet:0", "imagenet", "may end with a width"),
        ("mobilenet:-1", "imagenet", "may end with a width"),
        ("mobilenet:nan", "imagenet", "may end with a width"),
        ("mobilenet:inf", "imagenet", "may end with a width"),
        ("vgg16:0.5", "imagenet", "may end with a width"),
        ("mobilenet:0.3", "imagenet", "0.25, 0.5, 0.75, 1."),
        ("mobilenet", "missing.h5", "which is no file"),
    ],
)
def test_what_cannot_be_found_is_refused(name: str, weights: str, said: str) -> None:
    with pytest.raises(RecipeError) as caught:
        find_backbone(name, weights, "auto")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_is_no_backbone(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="which is neither"):
        find_backbone(str(tmp_path), "imagenet", "tf")


def test_a_file_must_say_how_its_pixels_are_scaled(tmp_path: Path) -> None:
    _nothing_done().save(tmp_path / "mine.keras")
    with pytest.raises(RecipeError, match=r"one of tf, caffe, torch, unit, none.*mine\.keras"):
        find_backbone(str(tmp_path / "mine.keras"), "imagenet", "auto")


def test_a_model_file_is_loaded_and_stays_as_it_is(tmp_path: Path) -> None:
    inputs = keras.Input((16, 16, 3))
    keras.Model(inputs, keras.layers.Conv2D(2, 3)(inputs)).save(tmp_path / "mine.keras")
    source = find_backbone(str(tmp_path / "mine.keras"), "imagenet", "none")
    for image_size in (None, (16, 16)):
        model = load_backbone(source, image_size)
        assert model.output_shape == (None, 14, 14, 2)
        assert model.trainable_weights == []
    with pytest.raises(RecipeError, match=r"must be \(16, 16\).*Received: \(32, 32\)"):
        load_backbone(source, (32, 32))


def _source(path: Path) -> BackboneSource:
    return find_backbone(str(path), "imagenet", "none")


class _Bomb:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return pytest.fail, ("the file ran code",)


def test_what_is_no_model_file_is_refused(tmp_path: Path) -> None:
    whole = tmp_path / "whole.keras"
    _nothing_done().save(whole)
    content = whole.read_bytes()
    for number, damaged in enumerate(
        (b"", b"no model", content[: len(content) // 2], pickle.dumps(_Bomb()))
    ):
        path = tmp_path / f"{number}.keras"
        path.write_bytes(damaged)
        with pytest.raises(BundleError, match="must be a Keras model file") as caught:
            load_backbone(_source(path), None)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_file_that_brings_code_is_refused(tmp_path: Path, suffix: str) -> None:
    inputs = keras.Input((16, 16, 3))
    model = keras.Model(inputs, keras.layers.Lambda(lambda x: x * 2)(inputs))
    path = tmp_path / f"code{suffix}"
    if suffix == ".h5":
        pytest.importorskip("h5py")
    model.save(path)
    with pytest.raises(BundleError, match="must be a Keras model file"):
        load_backbone(_source(path), None)


def test_a_model_of_something_else_is_refused(tmp_path: Path) -> None:
    vector, image, grey = keras.Input((8,)), keras.Input((16, 16, 3)), keras.Input((16, 16, 1))
    models = {
        "vector": keras.Model(vector, keras.layers.Dense(2)(vector)),
        "grey": keras.Model(grey, keras.layers.Flatten()(grey)),
        "rows": keras.Model(image, keras.layers.Reshape((16, 48))(image)),
        "named": keras.Model(image, {"a": keras.layers.Flatten(name="a")(image)}),
        "two": keras.Model([image, vector], keras.layers.Flatten()(image)),
    }
    for name, model in models.items():
        model.save(tmp_path / f"{name}.keras")
        with pytest.raises(BundleError, match="must map images") as caught:
            load_backbone(_source(tmp_path / f"{name}.keras"), None)
        assert "\n" not in str(caught.value)


def test_images_must_be_large_enough_for_a_named_backbone() -> None:
    source = find_backbone("mobilenet", "imagenet", "auto")
    with pytest.raises(RecipeError, match="at least 32 pixels"):
        load_backbone(source, (24, 64))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_architecture_is_built_without_its_classifier(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    constructor = ARCHITECTURES[name].constructor
    build = getattr(keras.applications, constructor)

    def unlearnt(**options: Any) -> Any:
        assert options["weights"] == "imagenet"
        return build(**{**options, "weights": None})

    monkeypatch.setattr(keras.applications, constructor, unlearnt)
    thin = min(ARCHITECTURES[name].widths, default=None)
    source = find_backbone(name if thin is None else f"{name}:{thin}", "imagenet", "auto")
    model = load_backbone(source, (32, 32))
    assert model.input_shape == (None, 32, 32, 3)
    assert model.output_shape[:3] == (None, 1, 1)
    assert model.trainable_weights == []


def test_weights_that_cannot_be_had_are_explained(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def offline(**options: Any) -> None:
        sys.stdout.write("Downloading data from https://example.org/weights.h5\n")
        raise Exception("URL fetch failure on https://example.org: None\n -- no network")  # noqa: TRY002

    monkeypatch.setattr(keras.applications, "MobileNet", offline)
    with pytest.raises(ResourceError) as caught:
        load_backbone(find_backbone("mobilenet", "imagenet", "auto"), None)
    message = str(caught.value)
    assert "URL fetch failure on https://example.org: None" in message
    assert "--backbone-weights" in message
    assert "\n" not in message
    assert capsys.readouterr().out == ""


def test_a_terminal_sees_the_download_on_standard_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def download(**options: Any) -> Any:
        sys.stdout.write("half of it\n")
        return _nothing_done(options["input_shape"][0])

    monkeypatch.setattr(keras.applications, "MobileNet", download)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    load_backbone(find_backbone("mobilenet", "imagenet", "auto"), (48, 48))
    assert capsys.readouterr() == ("", "half of it\n")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return weights of the thinnest MobileNet, drawn instead of learnt."""
    network = keras.applications.MobileNet(
        alpha=0.25, include_top=False, weights=None, input_shape=(32, 32, 3)
    )
    path = tmp_path_factory.mktemp("weights") / "thin.weights.h5"
    network.save_weights(path)
    return path


def test_a_weights_file_fills_a_named_architecture(weights: Path) -> None:
    source = find_backbone("mobilenet:0.25", str(weights), "auto")
    model = load_backbone(source, (32, 32))
    assert model.output_shape == (None, 1, 1, 256)
    again = load_backbone(source, (64, 64))
    for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_weights_of_another_network_are_refused(tmp_path: Path, weights: Path) -> None:
    damaged = tmp_path / "damaged.weights.h5"
    damaged.write_bytes(weights.read_bytes()[:5000])
    pickled = tmp_path / "pickled.weights.h5"
    pickled.write_bytes(pickle.dumps(_Bomb()))
    for name, path in (
        ("mobilenet:0.5", weights),
        ("mobilenet:0.25", damaged),
        ("mobilenet:0.25", pickled),
    ):
        with pytest.raises(BundleError, match="must hold weights of MobileNet") as caught:
            load_backbone(find_backbone(name, str(path), "auto"), (32, 32))
        assert "\n" not in str(caught.value)
        assert str(path) in str(caught.value)


def test_weights_learnt_at_another_size_are_taken_quietly(
    weights: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def from_cache(name: str, *_: object, **__: object) -> str:
        return str(shutil.copy(weights, tmp_path / "downloaded.weights.h5"))

    # Warnings are errors here, hence a warning by Keras would end as a ResourceError.
    monkeypatch.setattr("keras.src.utils.file_utils.get_file", from_cache)
    model = load_backbone(find_backbone("mobilenet:0.25", "imagenet", "auto"), (40, 48))
    assert model.input_shape == (None, 40, 48, 3)


@pytest.mark.parametrize(
    ("file", "preprocessing", "size"),
    [
        ("mobilenet_1_0_224_pw12.keras", "tf", 1024),
        ("squeezenet_1_1.keras", "caffe", 512),
        ("mobilenet_2_5_224_tf_no_top.h5", "auto", 256),
    ],
)
def test_real_backbones_give_features(
    peu_data: Path, file: str, preprocessing: str, size: int
) -> None:
    path = str(peu_data / "weights" / file)
    if file.endswith(".h5"):
        source = find_backbone("mobilenet:0.25", path, preprocessing)
    else:
        source = find_backbone(path, "imagenet", preprocessing)
    network = feature_network(
        load_backbone(source, None), source.preprocessing, "average", backbones.DEFAULT_SIZE
    )
    pixels = np.random.default_rng(0).integers(0, 256, (2, 224, 224, 3), dtype=np.uint8)
    features = keras.ops.convert_to_numpy(network(pixels))
    assert features.shape == (2, size)
    assert features.dtype == np.float32
    assert np.isfinite(features).all()
    assert features.std() > 0
