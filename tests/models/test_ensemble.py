"""An ensemble: each member sees the image itself, and the bundle vouches for all of them."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from peu.errors import BundleError, ResourceError
from peu.files import sha256_of_file
from peu.models.classifier import Classifier
from peu.models.combination import Combination
from peu.models.ensemble import EnsembleModel
from peu.models.explanation import explain
from peu.recipes.ensemble import Ensemble

COMBINATION = Combination((0.5, 2.0), (0.25, 0.75))


@pytest.fixture
def ensemble(kernel_classifier: Classifier) -> Classifier:
    """Give one machine twice, once on stretched images and once on padded ones."""
    padded = replace(kernel_classifier, resize_mode="pad")
    return Classifier(
        model=EnsembleModel((kernel_classifier, padded), COMBINATION),
        class_names=kernel_classifier.class_names,
        resize_mode="stretch",
        recipe=Ensemble(),
    )


def _image() -> Image.Image:
    rng = np.random.default_rng(3)
    return Image.fromarray(rng.integers(0, 256, (40, 90, 3), dtype=np.uint8))


def test_each_member_answers_for_the_image_itself(ensemble: Classifier) -> None:
    model = ensemble.model
    assert isinstance(model, EnsembleModel)
    image = _image()
    first, second = (member.predict_proba(image) for member in model.members)
    assert np.abs(first - second).max() > 1e-3
    expected = COMBINATION.combine([first, second])
    np.testing.assert_allclose(ensemble.predict_proba([image, image])[1:], expected)
    assert ensemble.predict(image)[0].probability == pytest.approx(expected.max())
    assert ensemble.predict_proba([]).shape == (0, 2)


def test_explanations_cover_the_whole_image_in_its_own_proportions(ensemble: Classifier) -> None:
    view = ensemble.view(_image())
    assert view.shape == (14, 32, 3)
    heatmap = explain(ensemble, view, int(ensemble.predict_proba(_image())[0].argmax()))
    assert heatmap.method == "occlusion"
    assert heatmap.values.shape == (8, 8)


@pytest.fixture
def folder(ensemble: Classifier, tmp_path: Path) -> Path:
    ensemble.save(tmp_path / "ensemble")
    return tmp_path / "ensemble"


def test_what_is_loaded_answers_as_what_was_saved(ensemble: Classifier, folder: Path) -> None:
    loaded = Classifier.load(folder)
    image = _image()
    np.testing.assert_array_equal(loaded.predict_proba(image), ensemble.predict_proba(image))
    assert loaded.recipe == ensemble.recipe
    # A member is a model of its own.
    alone = Classifier.load(folder / "member-2")
    assert alone.resize_mode == "pad"


def test_it_is_replaced_whole_and_nothing_else_with_it(ensemble: Classifier, folder: Path) -> None:
    ensemble.save(folder, overwrite=True)
    (folder / "member-1" / "notes.txt").write_text("precious")
    with pytest.raises(ResourceError, match=r"member-1/notes\.txt"):
        ensemble.save(folder, overwrite=True)
    assert (folder / "member-1" / "notes.txt").read_text() == "precious"


@pytest.mark.parametrize(
    "name", ["ensemble.json", "member-1/model.npz", "member-2/manifest.json", "manifest.json"]
)
def test_a_changed_or_missing_file_is_refused(folder: Path, name: str) -> None:
    path = folder / name
    content = path.read_bytes()
    path.write_bytes(content[:-2] + b"x" + content[-1:])
    with pytest.raises(BundleError):
        Classifier.load(folder)
    path.unlink()
    with pytest.raises(BundleError):
        Classifier.load(folder)


def _reseal(folder: Path) -> None:
    """Write the hashes of the files that are there, as a forger would."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["files"] = {
        each.relative_to(folder).as_posix(): sha256_of_file(each)
        for each in folder.rglob("*")
        if each.is_file() and each != path
    }
    path.write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    "change",
    [
        lambda _: [],
        lambda stored: {**stored, "members": ["../elsewhere", "member-2"]},
        lambda stored: {**stored, "members": ["member-1"] * 2},
        lambda stored: {**stored, "members": []},
        lambda stored: {**stored, "weights": [2, -1]},
        lambda stored: {**stored, "weights": [1]},
        lambda stored: {**stored, "temperatures": ["hot", 1]},
        lambda stored: {**stored, "format": 2},
    ],
)
def test_a_forged_combination_is_refused(folder: Path, change: Callable[[Any], Any]) -> None:
    path = folder / "ensemble.json"
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    _reseal(folder)
    with pytest.raises(BundleError, match="combined"):
        Classifier.load(folder)


def test_an_ensemble_in_an_ensemble_is_refused(folder: Path, tmp_path: Path) -> None:
    inner = shutil.copytree(folder, tmp_path / "inner")
    shutil.rmtree(folder / "member-2")
    inner.rename(folder / "member-2")
    _reseal(folder)
    with pytest.raises(BundleError, match="single models of the same classes"):
        Classifier.load(folder)


def test_members_of_other_classes_are_refused(
    ensemble: Classifier, kernel_classifier: Classifier, folder: Path
) -> None:
    other = replace(kernel_classifier, class_names=("standing", "lying"))
    other.save(folder / "member-1", overwrite=True)
    _reseal(folder)
    with pytest.raises(BundleError, match="same classes"):
        Classifier.load(folder)


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "C:/x", "a\\b", "member-1/../x", ""])
def test_names_that_lead_out_of_the_bundle_are_refused(folder: Path, name: str) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["files"][name] = "0" * 64
    path.write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match="which its manifest lists"):
        Classifier.load(folder)
