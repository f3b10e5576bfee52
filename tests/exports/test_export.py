"""An exported file answers as the model does, says how to use it, or is not written."""

import copy
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from PIL import Image

import peu
from peu.backbones.head import Layers
from peu.backbones.onnx_features import onnx_features
from peu.classifiers.small_cnn import SmallCNN
from peu.errors import BundleError, DataError, RecipeError, ResourceError
from peu.exports import export as module
from peu.exports.agreement import CheckImages, check_images
from peu.exports.export import export_model
from peu.exports.ranges import range_images
from peu.images.dataset import ImageDataset
from peu.models.calibration import Calibration
from peu.models.predictor import Predictor
from small_set import CLASSES, PLAIN, TINY, fit_half


def _metadata(file: Path) -> dict[str, Any]:
    stored = onnx.load(file)
    onnx.checker.check_model(stored, full_check=True)
    return {each.key: json.loads(each.value) for each in stored.metadata_props}


def _session(file: Path) -> Any:
    return onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])


def _by_the_metadata(image: Image.Image, rule: dict[str, Any]) -> Any:
    """Bring an image to size as the metadata says, without peu."""
    scale = rule["shorter_side"] / min(image.size)
    multiple = rule["multiple"]
    width, height = (
        min(rule["longest"], max(multiple, round(side * scale / multiple) * multiple))
        for side in image.size
    )
    across = image.resize((width, image.height), Image.Resampling.BICUBIC)
    return np.asarray(across.resize((width, height), Image.Resampling.BICUBIC))


def test_the_metadata_is_all_that_one_needs(
    predictor: Predictor, photos: Path, dataset: ImageDataset, tmp_path: Path
) -> None:
    found = export_model(predictor, tmp_path / "model.onnx", images=photos)
    assert found.path.stat().st_size == found.size
    assert found.agreement.images == len(dataset)
    assert found.agreement.greatest_difference <= 1e-5
    assert found.agreement.changed == ()
    metadata = _metadata(found.path)
    assert metadata["class_names"] == list(CLASSES)
    assert metadata["recipe"] == predictor.recipe
    assert metadata["peu"] == peu.__version__
    assert metadata["resizing"]["in_the_graph"] is False
    session = _session(found.path)
    assert [each.name for each in session.get_outputs()] == ["probabilities"]
    for number in (0, 9, 31):
        image = dataset.read(number).resize((150, 90 + number))
        pixels = _by_the_metadata(image, metadata["resizing"])
        (answer,) = session.run(None, {metadata["input"]["name"]: pixels[None]})
        np.testing.assert_allclose(answer, predictor.predict_proba(image), atol=1e-5)


def test_a_graph_for_any_size_takes_the_image_as_it_is(
    predictor: Predictor, photos: Path, dataset: ImageDataset, tmp_path: Path
) -> None:
    found = export_model(
        predictor, tmp_path / "any.onnx", input_size="any-size", images=photos / "barrel"
    )
    assert found.agreement.images == 8
    assert found.agreement.greatest_difference <= 1e-3
    assert found.agreement.changed == ()
    metadata = _metadata(found.path)
    assert metadata["input"]["size"] == "any"
    assert metadata["resizing"]["in_the_graph"] is True
    image = dataset.read(3).resize((411, 187))
    (answer,) = _session(found.path).run(None, {"pixels": np.asarray(image)[None]})
    np.testing.assert_allclose(answer, predictor.predict_proba(image), atol=1e-3)


def test_labelled_images_that_are_new_to_the_model_have_an_accuracy(
    predictor: Predictor, photos: Path, dataset: ImageDataset, tmp_path: Path
) -> None:
    agreement = export_model(predictor, tmp_path / "m.onnx", images=photos).agreement
    new = dataset[1::2]
    answers = np.array([each.label for each in predictor.predict(new)])
    assert agreement.held_out == len(new)
    assert agreement.model_accuracy == agreement.file_accuracy == np.mean(answers == new.y)
    nothing_new = replace(predictor, class_names=("a", "b", "c", "d"))
    agreement = export_model(nothing_new, tmp_path / "n.onnx", images=photos).agreement
    assert (agreement.held_out, agreement.model_accuracy) == (0, None)


def test_training_images_are_found_by_their_name(
    predictor: Predictor, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(photos.parent)
    agreement = export_model(predictor, tmp_path / "m.onnx").agreement
    assert (agreement.images, agreement.source) == (16, "the training images")


@pytest.mark.parametrize("name", ["photos", "nowhere", 3, None])
def test_without_training_images_drawings_do(
    predictor: Predictor, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: Any
) -> None:
    # They are there already, and need not be drawn.
    monkeypatch.setattr("peu.exports.agreement.SAMPLES", str(photos))
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    monkeypatch.setattr("peu.exports.agreement.MOST_IMAGES", 5)
    away = replace(predictor, provenance={"dataset": name})
    agreement = export_model(away, tmp_path / "m.onnx").agreement
    assert agreement.images == 5
    assert "drawings" in agreement.source


def test_ranges_come_from_images_that_the_model_learnt_from(
    predictor: Predictor,
    photos: Path,
    dataset: ImageDataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    given = range_images(predictor, check_images(predictor, photos))
    assert given.source == "the training images"
    assert set(given.images.hashes) == set(dataset[::2].hashes)
    new = CheckImages(dataset[1::2], "the given images", np.ones(16, bool))
    assert range_images(predictor, new).source == "the given images"
    monkeypatch.chdir(photos.parent)
    assert set(range_images(predictor, new).images.hashes) == set(dataset[::2].hashes)
    monkeypatch.setattr("peu.exports.ranges.MOST_IMAGES", 3)
    assert len(range_images(predictor, new).read()) == 3


def test_a_file_that_answers_otherwise_is_not_written(
    predictor: Predictor, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = np.random.default_rng(0).normal(size=(1280, 4))
    other = onnx_features("efficientnet-lite0", 64).classifier(
        Layers(((weights, np.zeros(4)),), unit_length=True), CLASSES
    )
    monkeypatch.setattr(module, "onnx_file", lambda *_: other.content)
    (tmp_path / "model.onnx").write_bytes(b"an older one")
    with pytest.raises(BundleError, match="was not written"):
        export_model(predictor, tmp_path / "model.onnx", images=photos, overwrite=True)
    assert (tmp_path / "model.onnx").read_bytes() == b"an older one"
    assert list(tmp_path.iterdir()) == [tmp_path / "model.onnx"]


def test_what_cannot_be_exported_is_refused(
    predictor: Predictor, photos: Path, dataset: ImageDataset, tmp_path: Path
) -> None:
    target = tmp_path / "model.onnx"
    with pytest.raises(BundleError, match="hog"):
        export_model(fit_half(PLAIN, dataset), target)
    with pytest.raises(RecipeError, match="ends in"):
        export_model(predictor, tmp_path / "model.pb")
    with pytest.raises(RecipeError, match="any-size"):
        export_model(predictor, target, input_size="huge")  # type: ignore[arg-type]
    with pytest.raises(DataError):
        export_model(predictor, target, images=tmp_path / "nowhere")
    with pytest.raises(BundleError):
        export_model(tmp_path / "no model", target)
    assert not target.exists()
    target.write_bytes(b"mine")
    with pytest.raises(ResourceError, match="--overwrite"):
        export_model(predictor, target, images=photos)
    assert target.read_bytes() == b"mine"


@pytest.fixture(scope="module")
def fitted(dataset: ImageDataset) -> SmallCNN:
    return fit_half(TINY, dataset, validation=False)


def test_a_trained_network_is_exported_too(
    fitted: SmallCNN,
    photos: Path,
    dataset: ImageDataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fitted.save(tmp_path / "model")
    resized = export_model(tmp_path / "model", tmp_path / "resized.onnx", images=photos)
    assert resized.agreement.greatest_difference <= 1e-5
    assert resized.agreement.held_out == len(dataset) - len(dataset[::2])
    any_size = export_model(fitted, tmp_path / "any.onnx", input_size="any-size", images=photos)
    lite = export_model(fitted, tmp_path / "m.tflite", images=photos / "barrel")
    assert (lite.agreement.changed, lite.ranges) == ((), None)
    assert lite.agreement.greatest_difference <= 1e-5
    # A network of a few steps is so undecided that rounding changes labels.
    monkeypatch.setitem(module._TOLERANCES, "int8", module.Tolerance(0.02, 1.0))
    rounded = export_model(fitted, tmp_path / "n.tflite", precision="int8", images=photos)
    assert rounded.ranges == "the training images"
    assert rounded.agreement.held_out == resized.agreement.held_out
    # Stretched by the bilinear filter, whose rounding is all that differs.
    assert any_size.agreement.greatest_difference <= 0.02
    rule = _metadata(any_size.path)["resizing"]
    assert (rule["mode"], rule["height"], rule["width"]) == ("stretch", 32, 32)
    image = dataset.read(1)
    (answer,) = _session(any_size.path).run(None, {"pixels": np.asarray(image)[None]})
    np.testing.assert_allclose(answer, fitted.predict_proba([image]), atol=0.02)


def test_a_graph_that_would_have_to_crop_is_refused(
    fitted: SmallCNN, photos: Path, tmp_path: Path
) -> None:
    cropped = copy.copy(fitted).set_params(resize_mode="crop")
    with pytest.raises(RecipeError, match="crop"):
        export_model(cropped, tmp_path / "any.onnx", input_size="any-size", images=photos)


def test_a_calibration_is_part_of_the_file(
    predictor: Predictor, photos: Path, tmp_path: Path
) -> None:
    calibration = Calibration("vector", np.array([0.5, 0.8, 1.2, 2.0]), np.array([0.1, 0, -0.3, 0]))
    calibrated = replace(predictor, trust=replace(predictor.trust, calibration=calibration))
    image = photos / "barrel"
    before = predictor.predict_proba(image)
    assert np.abs(calibrated.predict_proba(image) - before).max() > 0.01
    found = export_model(calibrated, tmp_path / "m.onnx", images=image)
    assert found.agreement.greatest_difference <= 1e-5
    assert _metadata(found.path)["calibrated"] is True
    found = export_model(calibrated, tmp_path / "m.tflite", images=image)
    assert found.agreement.greatest_difference <= 1e-4
    with zipfile.ZipFile(found.path) as attached:
        assert attached.read("labels.txt").decode().split() == list(CLASSES)
        assert json.loads(attached.read("metadata.json"))["precision"] == "fp32"


@pytest.mark.parametrize(
    ("name", "settings"),
    [("m.tflite", {"input_size": "any-size"}), ("m.onnx", {"precision": "int8"})],
)
def test_what_a_format_cannot_do_is_refused(
    predictor: Predictor, tmp_path: Path, name: str, settings: dict[str, Any]
) -> None:
    with pytest.raises(RecipeError):
        export_model(predictor, tmp_path / name, **settings)
