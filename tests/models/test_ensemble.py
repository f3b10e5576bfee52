"""An ensemble: each member resizes the image itself, and the bundle checks every member."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from forged_manifests import forge_manifest
from peu.classifiers.ensemble import Ensemble
from peu.errors import BundleError, ResourceError
from peu.files import sha256_of_file
from peu.models.combination import Combination
from peu.models.ensemble import EnsembleModel
from peu.models.heatmap import explain_pixels
from peu.models.predictor import Predictor
from peu.models.saved import load

COMBINATION = Combination((0.5, 2.0), (0.25, 0.75))


@pytest.fixture
def ensemble(kernel_classifier: Predictor) -> Predictor:
    """One machine twice, on stretched and on padded images."""
    padded = replace(kernel_classifier, resize_mode="pad")
    return Predictor(
        model=EnsembleModel((kernel_classifier, padded), COMBINATION),
        class_names=kernel_classifier.class_names,
        resize_mode="stretch",
        recipe=Ensemble().to_dict(),
    )


def _image() -> Image.Image:
    rng = np.random.default_rng(3)
    return Image.fromarray(rng.integers(0, 256, (40, 90, 3), dtype=np.uint8))


def test_each_member_predicts_from_the_original_image(ensemble: Predictor) -> None:
    model = ensemble.model
    assert isinstance(model, EnsembleModel)
    image = _image()
    first, second = (member.predict_proba(image) for member in model.members)
    assert np.abs(first - second).max() > 1e-3
    expected = COMBINATION.combine([first, second])
    np.testing.assert_allclose(ensemble.predict_proba([image, image])[1:], expected)
    assert ensemble.predict(image)[0].probability == pytest.approx(expected.max())
    assert ensemble.predict_proba([]).shape == (0, 2)


def test_explanations_cover_the_whole_image_in_its_own_proportions(ensemble: Predictor) -> None:
    view = ensemble.view(_image())
    assert view.shape == (14, 32, 3)
    heatmap = explain_pixels(
        ensemble.model, view, int(ensemble.predict_proba(_image())[0].argmax())
    )
    assert heatmap.method == "occlusion"
    assert heatmap.values.shape == (8, 8)


@pytest.fixture
def folder(ensemble: Predictor, tmp_path: Path) -> Path:
    ensemble.save(tmp_path / "ensemble")
    return tmp_path / "ensemble"


def test_a_loaded_ensemble_predicts_as_the_saved_one(ensemble: Predictor, folder: Path) -> None:
    loaded = load(folder)
    image = _image()
    np.testing.assert_array_equal(loaded.predict_proba(image), ensemble.predict_proba(image))
    assert loaded.recipe == ensemble.recipe
    # A member is a model of its own.
    alone = load(folder / "member-2")
    assert alone.resize_mode == "pad"


def test_only_the_ensemble_itself_is_replaced(ensemble: Predictor, folder: Path) -> None:
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
        load(folder)
    path.unlink()
    with pytest.raises(BundleError):
        load(folder)


def _reseal(folder: Path) -> None:
    """Write the hashes of the files that are there, as a forger would."""
    files = {
        each.relative_to(folder).as_posix(): sha256_of_file(each)
        for each in folder.rglob("*")
        if each.is_file() and each != folder / "manifest.json"
    }
    forge_manifest(folder, lambda manifest: manifest.update(files=files))


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
    with pytest.raises(BundleError, match="members and weights"):
        load(folder)


def test_an_ensemble_in_an_ensemble_is_refused(folder: Path, tmp_path: Path) -> None:
    inner = shutil.copytree(folder, tmp_path / "inner")
    shutil.rmtree(folder / "member-2")
    inner.rename(folder / "member-2")
    _reseal(folder)
    with pytest.raises(BundleError, match="single models of the same classes"):
        load(folder)


def test_members_of_other_classes_are_refused(
    ensemble: Predictor, kernel_classifier: Predictor, folder: Path
) -> None:
    other = replace(kernel_classifier, class_names=("standing", "lying"))
    other.save(folder / "member-1", overwrite=True)
    _reseal(folder)
    with pytest.raises(BundleError, match="same classes"):
        load(folder)


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "C:/x", "a\\b", "member-1/../x", ""])
def test_names_that_lead_out_of_the_bundle_are_refused(folder: Path, name: str) -> None:
    forge_manifest(folder, lambda manifest: manifest["files"].update({name: "0" * 64}))
    with pytest.raises(BundleError, match="which its manifest lists"):
        load(folder)
