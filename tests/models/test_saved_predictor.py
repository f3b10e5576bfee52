"""A predictor saved and loaded: equal answers, noticed damage, refused files."""

import pickle
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forged_manifests import forge_manifest
from peu.errors import BundleError, ResourceError
from peu.files import sha256_of_file
from peu.models.predictor import Predictor
from peu.models.saved import load
from peu.networks.network_model import NetworkModel


def test_a_loaded_predictor_equals_the_saved_one(
    classifier: Predictor, toy: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    classifier.save(folder)
    again = load(str(folder))
    # A network is run by another library than the one that trained it.
    np.testing.assert_allclose(
        again.predict_proba(toy[0]), classifier.predict_proba(toy[0]), rtol=0, atol=1e-6
    )
    for part in ("class_names", "resize_mode", "recipe", "history", "provenance", "image_size"):
        assert getattr(again, part) == getattr(classifier, part)
    kept = {"network.keras"} if isinstance(classifier.model, NetworkModel) else set()
    files = {path.name for path in folder.iterdir()}
    assert files == {"manifest.json", classifier.model.file_name} | kept


def test_a_saved_model_can_be_moved(saved: Path, toy: Any, kernel_classifier: Predictor) -> None:
    other = saved.parent / "other place"
    saved.rename(other)
    np.testing.assert_array_equal(
        load(other).predict_proba(toy[0]), kernel_classifier.predict_proba(toy[0])
    )


def test_only_a_model_is_replaced_and_only_when_asked(
    kernel_classifier: Predictor, saved: Path, tmp_path: Path
) -> None:
    with pytest.raises(ResourceError, match="--overwrite"):
        kernel_classifier.save(saved)
    kernel_classifier.save(saved, overwrite=True)
    load(saved)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "dear.jpg").write_text("dear")
    with pytest.raises(ResourceError, match="a model of peu"):
        kernel_classifier.save(tmp_path / "photos", overwrite=True)
    assert (tmp_path / "photos" / "dear.jpg").read_text() == "dear"


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX limits")
def test_a_disk_that_fills_up_leaves_the_old_model(
    classifier: Predictor, saved: Path, toy: Any
) -> None:
    resource = pytest.importorskip("resource")
    before = {path.name: path.read_bytes() for path in saved.iterdir()}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(ResourceError) as caught:
            classifier.save(saved, overwrite=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "\n" not in str(caught.value)
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == before
    assert list(saved.parent.iterdir()) == [saved]
    assert load(saved).predict_proba(toy[0]).shape == (40, 2)


def test_any_damage_is_noticed(saved: Path) -> None:
    rng = np.random.default_rng(0)
    for name in ("model.npz", "manifest.json"):
        path = saved / name
        whole = path.read_bytes()
        for cut in (0, 1, len(whole) // 2, len(whole) - 2):
            path.write_bytes(whole[:cut])
            with pytest.raises(BundleError):
                load(saved)
        path.unlink()
        with pytest.raises(BundleError):
            load(saved)
        path.write_bytes(whole)
        for position in rng.integers(0, len(whole), 60):
            flipped = bytearray(whole)
            flipped[position] ^= 1 << int(rng.integers(8))
            path.write_bytes(bytes(flipped))
            with pytest.raises(BundleError):
                load(saved)
        path.write_bytes(whole)
    load(saved)


class _Bomb:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return pytest.fail, ("the file ran code",)


def _edit(folder: Path, **changes: Any) -> None:
    def change(manifest: dict[str, Any]) -> None:
        manifest.update(changes)
        for name in [name for name, value in changes.items() if value == "-"]:
            del manifest[name]

    forge_manifest(folder, change)


_BAD_MANIFESTS: list[dict[str, Any]] = [
    *(
        {name: "-"}
        for name in (
            "model",
            "class_names",
            "image_size",
            "resize_mode",
            "recipe",
            "history",
            "provenance",
        )
    ),
    {"class_names": ["left", "right", "middle"]},
    {"class_names": ["left"]},
    {"class_names": ["left", "left"]},
    {"class_names": ["left", 3]},
    {"class_names": "ab"},
    {"class_names": [["left"], ["right"]]},
    {"class_names": {"left": 0, "right": 1}},
    {"image_size": [64, 64]},
    {"image_size": 32},
    {"resize_mode": "squeeze"},
    {"resize_mode": ["pad"]},
    {"recipe": ["hog"]},
    {"recipe": ["ab"]},
    {"recipe": None},
    {"history": {"loss": "falling"}},
    {"history": {"loss": 1.0}},
    {"history": {"loss": [[1.0]]}},
    {"history": ["loss"]},
    {"history": None},
    {"provenance": 3},
    {"provenance": ["ab"]},
    {"trust": "-"},
    {"trust": "../trust.npz"},
    {"trust": "trust.npz"},
    {"model": "../model.npz"},
    {"model": "model.pkl"},
    {"model": ["model.npz"]},
    {"model": "network.keras"},
    {"files": {}},
    {"kind": "autoencoder"},
    {"format": 99},
]


@pytest.mark.parametrize("changes", _BAD_MANIFESTS, ids=str)
def test_a_manifest_that_does_not_fit_its_model_is_refused(
    saved: Path, changes: dict[str, Any]
) -> None:
    _edit(saved, **changes)
    with pytest.raises(BundleError) as caught:
        load(saved)
    assert "\n" not in str(caught.value)


def _replace_model(folder: Path, name: str, write: Callable[[Path], Any]) -> None:
    write(folder / name)
    _edit(folder, model=name, files={name: sha256_of_file(folder / name)})


@pytest.mark.parametrize("name", ["model.npz", "model.onnx"])
def test_a_pickle_in_place_of_the_model_runs_no_code(saved: Path, name: str) -> None:
    _replace_model(saved, name, lambda path: path.write_bytes(pickle.dumps(_Bomb())))
    with pytest.raises(BundleError, match=r"could not be (read|loaded)"):
        load(saved)


def test_a_model_that_the_manifest_does_not_list_is_not_opened(saved: Path) -> None:
    shutil.copy(saved / "model.npz", saved / "model.onnx")
    _edit(saved, model="model.onnx")
    with pytest.raises(BundleError, match="must list the model's file"):
        load(saved)


def test_a_file_of_another_kind_is_refused(saved: Path) -> None:
    _replace_model(saved, "model.pkl", lambda path: path.write_bytes(b"any"))
    with pytest.raises(BundleError, match="must name a model file"):
        load(saved)


def test_a_kernel_machine_needs_neither_keras_nor_scikit_learn(saved: Path) -> None:
    import subprocess

    code = (
        "import sys; from peu.models.saved import load; import numpy as np;"
        "load(sys.argv[1]).predict(np.zeros((40, 40, 3)));"
        "print('keras' in sys.modules, 'sklearn' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(saved)], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("False False\n", "")
