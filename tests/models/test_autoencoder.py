"""A saved auto-encoder answers as the fitted one did; what is damaged or foreign is refused."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bar_images import QUICK_DENOISING, bars
from peu.errors import BundleError, ResourceError
from peu.files import read_json, sha256_of_file, write_json
from peu.models.autoencoder import Autoencoder
from peu.networks.backend import keras
from peu.networks.denoisers import denoiser
from peu.networks.history import History


@pytest.fixture(scope="module")
def model() -> Autoencoder:
    return Autoencoder(
        networks={"denoiser": denoiser(QUICK_DENOISING, 1, 0.2, seed=0)},
        image_size=(16, 16),
        channels=1,
        recipe=QUICK_DENOISING,
        history=History({"loss": (0.5, 0.25)}, 1.5, ("a note",)),
        provenance={"seed": 0},
    )


@pytest.fixture
def saved(model: Autoencoder, tmp_path: Path) -> Path:
    model.save(tmp_path / "model")
    return tmp_path / "model"


def test_what_is_saved_answers_as_what_was_fitted(model: Autoencoder, saved: Path) -> None:
    again = Autoencoder.load(saved)
    np.testing.assert_array_equal(again.run("denoiser", bars(5)), model.run("denoiser", bars(5)))
    assert (again.image_size, again.channels) == (model.image_size, model.channels)
    assert again.recipe == model.recipe
    assert again.history == model.history
    assert again.provenance == model.provenance


def test_batches_change_nothing_and_no_image_is_no_trouble(model: Autoencoder) -> None:
    whole = model.run("denoiser", bars(5))
    np.testing.assert_allclose(model.run("denoiser", bars(5), batch_size=2), whole, atol=1e-6)
    assert model.run("denoiser", bars(0)).shape == (0, 16, 16, 1)


def test_nothing_is_overwritten_unasked(model: Autoencoder, saved: Path) -> None:
    with pytest.raises(ResourceError, match="--overwrite"):
        model.save(saved)
    model.save(saved, overwrite=True)


def _change(folder: Path, **entries: Any) -> None:
    write_json(folder / "manifest.json", {**read_json(folder / "manifest.json"), **entries})


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"kind": "classifier"}, "must hold a autoencoder|must hold an autoencoder"),
        ({"format": 99}, "format"),
        ({"channels": 3}, "3 channels"),
        ({"channels": "many"}, "complete"),
        ({"image_size": [16]}, "complete"),
        ({"recipe": {"kind": "cnn"}}, "complete"),
        ({"history": None}, "complete"),
        ({"files": {}}, "vouch"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(
    saved: Path, entries: dict[str, Any], message: str
) -> None:
    _change(saved, **entries)
    with pytest.raises(BundleError, match=message) as caught:
        Autoencoder.load(saved)
    assert "\n" not in str(caught.value)


def test_a_damaged_network_is_refused(saved: Path) -> None:
    content = bytearray((saved / "denoiser.keras").read_bytes())
    content[len(content) // 2] ^= 255
    (saved / "denoiser.keras").write_bytes(content)
    with pytest.raises(BundleError, match="as it was saved"):
        Autoencoder.load(saved)


@pytest.mark.parametrize("forged", ["text", "two inputs", "flat"])
def test_a_forged_network_is_refused(saved: Path, forged: str) -> None:
    path = saved / "denoiser.keras"
    if forged == "text":
        path.write_text("no network")
    else:
        inputs = [keras.Input((4,)) for _ in range(2 if forged == "two inputs" else 1)]
        keras.Model(inputs, keras.layers.Add()([*inputs, inputs[0]])).save(path)
    _change(saved, files={"denoiser.keras": sha256_of_file(path)})
    with pytest.raises(BundleError, match="must"):
        Autoencoder.load(saved)


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path, saved: Path) -> None:
    with pytest.raises(BundleError):
        Autoencoder.load(tmp_path / "nowhere")
    shutil.copytree(saved, tmp_path / "copy")
    (tmp_path / "copy" / "manifest.json").write_text(json.dumps([1]))
    with pytest.raises(BundleError):
        Autoencoder.load(tmp_path / "copy")
