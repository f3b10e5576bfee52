"""`peu export`: one file, checked, or one line that says why there is none."""

import json
from pathlib import Path

import pytest
from sklearn.base import clone

from command_line import Peu, complaint
from peu.classifiers.transfer import Transfer
from peu.images.loading import load_images


@pytest.fixture(scope="module")
def transfer_model(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "transfer"
    recipe = Transfer(backbone="efficientnet-lite0", image_size=(64, 64))
    clone(recipe).fit(load_images(photos)[::2]).save(folder)
    return folder


def test_a_saved_model_becomes_a_file(peu: Peu, transfer_model: Path, photos: Path) -> None:
    told = peu("export", transfer_model, "-o", "out/model.onnx", "--images", photos, "--json")
    assert told.exit_code == 0, told.stderr
    found = json.loads(told.stdout)
    assert found["format"] == 1
    assert Path(found["output"]).stat().st_size == found["bytes"]
    assert (found["images"], found["held_out"]) == (32, 16)
    assert found["greatest_difference"] < 1e-4
    assert found["labels_changed"] == []
    assert found["model_accuracy"] == found["file_accuracy"]
    told = peu("export", transfer_model, "-o", "any.onnx", "--input", "any-size", "--images",
               photos / "anchor")  # fmt: skip
    assert told.exit_code == 0, told.stderr
    assert told.stdout.startswith("any.onnx: ")
    assert "0 labels changed" in told.stdout


def test_what_is_no_graph_is_refused_in_a_line(peu: Peu, model: Path) -> None:
    told = peu("export", model)
    assert told.exit_code == 4
    assert "support vectors" in complaint(told)
    assert not Path("model.onnx").exists()
