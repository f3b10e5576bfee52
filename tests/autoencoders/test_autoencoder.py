"""What auto-encoders share: scikit-learn's conventions, and bundles that are checked."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from bar_images import bars
from forged_manifests import forge_manifest
from peu.autoencoders.denoiser import Denoiser
from peu.autoencoders.images import image_set
from peu.autoencoders.vae import VAE
from peu.errors import BundleError, DataError, ResourceError
from peu.files import sha256_of_file
from peu.images.dataset import ImageDataset
from peu.images.metadata import short_hash
from peu.networks.backend import keras


@pytest.fixture
def saved(bar_denoiser: Denoiser, tmp_path: Path) -> Path:
    bar_denoiser.save(tmp_path / "model")
    return tmp_path / "model"


def test_without_keras_nothing_is_read_and_no_epochs_are_announced(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delitem(sys.modules, "peu.networks.backend")
    monkeypatch.setitem(sys.modules, "keras", None)
    with pytest.raises(ResourceError, match="tensorflow"):
        VAE().fit(tmp_path / "nowhere")


@pytest.mark.parametrize("estimator", [Denoiser(noise="0-0.6"), VAE(latent_dim=3, kl_weight=0.1)])
def test_estimators_follow_scikit_learn(estimator: Any) -> None:
    copy = clone(estimator)
    assert copy == estimator
    assert copy is not estimator
    assert copy.set_params(seed=5).get_params()["seed"] == 5
    assert type(estimator).__name__ in estimator._repr_html_()


@pytest.mark.parametrize(
    "use",
    [
        lambda: Denoiser().denoise(bars(1)),
        lambda: Denoiser().save("nowhere"),
        lambda: VAE().encode(bars(1)),
        lambda: VAE().sample(1),
        lambda: VAE().decode(np.zeros((1, 2))),
        lambda: VAE().anomalies(bars(1)),
    ],
)
def test_an_unfitted_estimator_is_refused(use: Any) -> None:
    with pytest.raises(NotFittedError):
        use()


def test_an_estimator_remembers_its_training(
    bar_denoiser: Denoiser, grey_bars: ImageDataset
) -> None:
    assert (bar_denoiser.image_size_, bar_denoiser.channels_) == ((16, 16), 1)
    assert bar_denoiser.fingerprint_ == grey_bars.fingerprint
    assert bar_denoiser.n_images_ + bar_denoiser.n_held_out_ == 160
    split = image_set(grey_bars, seed=bar_denoiser.seed)
    held_out = {short_hash(grey_bars.hashes[at]) for at in split.test_indices}
    assert not held_out & set(bar_denoiser.image_hashes_)
    np.testing.assert_array_equal(bar_denoiser.split(grey_bars).test, split.test)


def test_fit_takes_a_path(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        VAE().fit(tmp_path)


def test_a_saved_model_answers_as_the_fitted_one(bar_denoiser: Denoiser, saved: Path) -> None:
    again = Denoiser.load(saved)
    np.testing.assert_array_equal(again.denoise(bars(5)), bar_denoiser.denoise(bars(5)))
    assert again == bar_denoiser
    for name in ("image_size_", "channels_", "training_", "history_", "notes_", "inference_"):
        assert getattr(again, name) == getattr(bar_denoiser, name)


def test_a_saved_model_is_not_overwritten_by_default(bar_denoiser: Denoiser, saved: Path) -> None:
    with pytest.raises(ResourceError, match="--overwrite"):
        bar_denoiser.save(saved)
    bar_denoiser.save(saved, overwrite=True)


def _change(folder: Path, path: str, value: Any) -> None:
    *parents, last = path.split("/")

    def change(manifest: dict[str, Any]) -> None:
        entry = manifest
        for name in parents:
            entry = entry[name]
        entry[last] = value

    forge_manifest(folder, change)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("kind", "classifier"),
        ("kind", "vae"),
        ("format", 99),
        ("learnt/channels_", 3),
        ("learnt/channels_", "many"),
        ("learnt/image_size_", [16]),
        ("learnt/history_", None),
        ("learnt/inference_", {"rounds": -1}),
        ("learnt/inference_", {"typical_residual": 0.2, "max_residual": 0.1}),
        ("learnt", {}),
        ("settings", {"kind": "cnn"}),
        ("settings", None),
        ("settings/filters", [0]),
        ("files", {}),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(saved: Path, path: str, value: Any) -> None:
    _change(saved, path, value)
    with pytest.raises(BundleError) as caught:
        Denoiser.load(saved)
    assert "\n" not in str(caught.value)


def test_a_damaged_network_is_refused(saved: Path) -> None:
    content = bytearray((saved / "network.keras").read_bytes())
    content[len(content) // 2] ^= 255
    (saved / "network.keras").write_bytes(content)
    with pytest.raises(BundleError, match="as it was saved"):
        Denoiser.load(saved)


@pytest.mark.parametrize("forged", ["text", "two inputs", "flat"])
def test_a_forged_network_is_refused(saved: Path, forged: str) -> None:
    path = saved / "network.keras"
    if forged == "text":
        path.write_text("no network")
    else:
        inputs = [keras.Input((4,)) for _ in range(2 if forged == "two inputs" else 1)]
        keras.Model(inputs, keras.layers.Add()([*inputs, inputs[0]])).save(path)
    _change(saved, "files", {"network.keras": sha256_of_file(path)})
    with pytest.raises(BundleError, match="must"):
        Denoiser.load(saved)


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path, saved: Path) -> None:
    with pytest.raises(BundleError):
        Denoiser.load(tmp_path / "nowhere")
    shutil.copytree(saved, tmp_path / "copy")
    (tmp_path / "copy" / "manifest.json").write_text(json.dumps([1]))
    with pytest.raises(BundleError):
        Denoiser.load(tmp_path / "copy")
