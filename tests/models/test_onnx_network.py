"""A trained network predicts by ONNX Runtime; Keras is needed for its heat maps alone."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from peu.errors import BundleError, ResourceError
from peu.models.onnx_network import OnnxNetwork
from peu.models.predictor import Predictor
from peu.models.saved import load


@pytest.fixture(scope="module")
def folder(network_classifier: Predictor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("networks") / "model"
    network_classifier.save(place)
    return place


def test_it_predicts_without_keras_and_scikit_learn(folder: Path) -> None:
    code = (
        "import sys; from peu.models.saved import load; import numpy as np;"
        "load(sys.argv[1]).predict(np.zeros((40, 40, 3)));"
        "print(sorted({'keras', 'tensorflow', 'sklearn', 'tf2onnx'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_no_image_gives_no_prediction(folder: Path) -> None:
    model = load(folder).model
    assert isinstance(model, OnnxNetwork)
    assert model.predict_proba(np.zeros((0, *model.image_size, 3), np.uint8)).shape == (0, 2)


def test_its_heat_maps_are_those_of_the_network(
    folder: Path, network_classifier: Predictor, toy: Any
) -> None:
    loaded = load(folder)
    for number in (0, 2):
        found = loaded.explain(toy[0][number], "lying")
        expected = network_classifier.explain(toy[0][number], "lying")
        assert found.method == "Grad-CAM"
        np.testing.assert_allclose(found.values, expected.values, atol=1e-5)


def test_without_keras_areas_are_covered_instead(
    folder: Path, toy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_: Path) -> None:
        raise ResourceError("Keras is not installed")

    monkeypatch.setattr("peu.networks.network_model.NetworkModel.read", missing)
    assert load(folder).explain(toy[0][0], "lying").method == "occlusion"


def test_what_was_loaded_can_be_saved_again_also_in_its_own_place(
    folder: Path, toy: Any, tmp_path: Path
) -> None:
    expected = load(folder).predict_proba(toy[0])
    load(folder).save(tmp_path / "copy")
    load(tmp_path / "copy").save(tmp_path / "copy", overwrite=True)
    again = load(tmp_path / "copy")
    np.testing.assert_array_equal(again.predict_proba(toy[0]), expected)
    assert again.explain(toy[0][0], "lying").method == "Grad-CAM"
    shutil.rmtree(tmp_path / "copy")
    with pytest.raises(ResourceError):
        again.save(tmp_path / "other")
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    "damage", [lambda c: c[:500], lambda _: b"", lambda c: c[:-1] + b"\xff", lambda _: b"\0" * 99]
)
def test_a_damaged_file_is_refused(
    folder: Path, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    (tmp_path / "network.onnx").write_bytes(damage((folder / "network.onnx").read_bytes()))
    with pytest.raises(BundleError) as caught:
        OnnxNetwork.read(tmp_path)
    assert "\n" not in str(caught.value)
