"""A predictor takes images in every form, and loads as it was saved or not at all."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from peu.errors import BundleError, DataError
from peu.images.loading import load_images
from peu.models.kernel_machine import KernelMachine
from peu.models.predictor import Predictor
from recorded_progress import recorded_progress


def _images(toy: Any) -> list[Image.Image]:
    return [Image.fromarray(image) for image in toy[0][:3]]


def test_images_come_in_every_form(classifier: Predictor, toy: Any, tmp_path: Path) -> None:
    expected = classifier.model.predict_proba(toy[0][:3])
    images = _images(toy)
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    for image, path in zip(images, paths, strict=True):
        image.save(path)
    forms: list[Any] = [
        paths,
        [str(path) for path in paths],
        (path for path in paths),
        images,
        tuple(images),
        iter(images),
        toy[0][:3],
        list(toy[0][:3]),
        toy[0][:3] / 255.0,
        (toy[0][:3] / 255.0).astype(np.float32),
        [paths[0], images[1], toy[0][2]],
    ]
    for form in forms:
        np.testing.assert_array_equal(classifier.predict_proba(form), expected)
    for one in (paths[0], str(paths[0]), images[0], toy[0][0]):
        np.testing.assert_allclose(classifier.predict_proba(one), expected[:1], atol=1e-6)


def test_colour_modes_come_as_their_rules_say(kernel_classifier: Predictor, toy: Any) -> None:
    image = _images(toy)[0]
    grey = image.convert("L")
    clear = image.convert("RGBA")
    clear.putalpha(0)
    palette = image.quantize(64)
    for given, expected in (
        (grey, grey.convert("RGB")),
        (np.asarray(grey), grey.convert("RGB")),
        (np.asarray(grey)[..., None], grey.convert("RGB")),
        (image.convert("RGBA"), image),
        (clear, Image.new("RGB", image.size, "white")),
        (palette, palette.convert("RGB")),
    ):
        pixels = kernel_classifier.pixels(given)
        np.testing.assert_array_equal(pixels, np.asarray(expected)[None])


def test_datasets_and_folders_are_predicted_in_order(classifier: Predictor, photos: Path) -> None:
    images = load_images(photos)
    expected = classifier.predict_proba(images.paths)
    with recorded_progress() as progress:
        np.testing.assert_allclose(classifier.predict_proba(images), expected, atol=1e-6)
    assert progress.phases[-1] == ("Predicting", len(images), len(images))
    np.testing.assert_allclose(classifier.predict_proba(images[3:5]), expected[3:5], atol=1e-6)
    np.testing.assert_array_equal(classifier.predict_proba(photos), expected)
    assert len(classifier.predict(images)) == len(images)


def test_a_predictor_shows_itself_briefly(kernel_classifier: Predictor) -> None:
    many = replace(kernel_classifier, class_names=tuple(f"<class {n}>" for n in range(500)))
    assert len(repr(many)) < 500
    shown = many._repr_html_()
    assert len(shown) < 5000
    assert "&lt;class 0&gt;" in shown
    assert "<class" not in shown
    assert len(repr(kernel_classifier.model)) < 500


class _ThreeClasses:
    file_name, image_size, class_count = "model.none", (32, 32), 3

    def predict_proba(self, pixels: Any) -> Any:
        return np.tile([0.2, 0.5, 0.3], (len(pixels), 1))

    def write(self, folder: Path) -> None:
        """Do nothing: this one is never saved."""


def test_the_largest_probability_decides_among_three_classes(
    kernel_classifier: Predictor, toy: Any
) -> None:
    predictor = replace(kernel_classifier, model=_ThreeClasses(), class_names=("a", "b", "c"))
    (prediction,) = predictor.predict(toy[0][0])
    assert (prediction.label, prediction.probability) == ("b", 0.5)


def test_an_explanation_is_of_the_predicted_class_unless_another_is_named(
    kernel_classifier: Predictor, toy: Any
) -> None:
    predicted = kernel_classifier.explain(toy[0][0])
    np.testing.assert_array_equal(
        kernel_classifier.explain(toy[0][0], "lying").values, predicted.values
    )
    assert not np.array_equal(
        kernel_classifier.explain(toy[0][0], "standing").values, predicted.values
    )
    with pytest.raises(DataError, match="sitting"):
        kernel_classifier.explain(toy[0][0], "sitting")


def test_no_images_give_no_predictions(classifier: Predictor) -> None:
    assert classifier.predict([]) == ()
    assert classifier.predict_proba([]).shape == (0, 2)
    assert classifier.pixels(iter(())).shape == (0, 32, 32, 3)


def test_predictions_name_the_most_probable_class(classifier: Predictor, toy: Any) -> None:
    predictions = classifier.predict(toy[0])
    probabilities = classifier.predict_proba(toy[0])
    for prediction, row, label in zip(predictions, probabilities, toy[1], strict=True):
        assert prediction.label == ("lying", "standing")[label]
        assert prediction.probability == row.max()
        assert prediction.probabilities == {"lying": row[0], "standing": row[1]}


def test_images_of_another_shape_are_resized(kernel_classifier: Predictor, toy: Any) -> None:
    large = _images(toy)[1].resize((96, 96), Image.Resampling.NEAREST)
    assert kernel_classifier.pixels(large).shape == (1, 32, 32, 3)
    assert kernel_classifier.predict(large)[0].label == "standing"


def test_a_bad_image_is_named(kernel_classifier: Predictor, toy: Any, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff no image")
    bad: list[tuple[Any, str]] = [
        (tmp_path / "broken.jpg", "broken.jpg"),
        (str(tmp_path / "missing.png"), "missing.png"),
        (tmp_path, tmp_path.name),
        (np.zeros((4, 4, 3), np.uint8), "Image 2"),
        (np.zeros((32, 32, 5), np.uint8), "Image 2"),
        (np.full((32, 32), np.nan), "Image 2"),
        (Image.new("RGB", (3, 40)), "Image 2"),
        (None, "Image 2"),
    ]
    for image, name in bad:
        with pytest.raises(DataError) as caught:
            kernel_classifier.predict([toy[0][0], image])
        message = str(caught.value)
        assert name in message
        assert "must be an image" in message
        assert "\n" not in message


def test_a_model_that_answers_with_nan_is_refused(kernel_classifier: Predictor, toy: Any) -> None:
    model = kernel_classifier.model
    assert isinstance(model, KernelMachine)
    broken = replace(model, intercepts=np.full(1, np.nan))
    predictor = replace(kernel_classifier, model=broken)
    with pytest.raises(BundleError, match="finite"), np.errstate(all="ignore"):
        predictor.predict(_images(toy)[0])
