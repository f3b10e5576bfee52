"""`peu evaluate`: how well a saved model works on other images."""

import json
import shutil
from pathlib import Path

from command_line import Peu, complaint
from small_set import CLASSES


def test_a_model_that_is_none_is_a_bad_model(peu: Peu, photos: Path, tmp_path: Path) -> None:
    told = peu("evaluate", tmp_path / "nowhere", photos)
    assert told.exit_code == 4
    complaint(told)


def test_evaluate_tells_figures_and_what_flatters_them(peu: Peu, model: Path, photos: Path) -> None:
    told = peu("evaluate", model, photos, "--json")
    assert told.exit_code == 0
    figures = json.loads(told.stdout)
    assert figures["format"] == 1
    assert figures["accuracy"] == figures["balanced_accuracy"] == 1
    assert 0 < figures["log_loss"] < 2
    assert figures["n"] == figures["seen_in_training"] == 32
    assert figures["class_names"] == list(CLASSES)
    assert figures["confusion"] == [[8 * (i == j) for j in range(4)] for i in range(4)]
    assert "32 of these 32 images" in told.stderr
    table = peu("evaluate", model, photos).stdout
    assert table.startswith("32 images: accuracy 1.000")
    assert all(name in table for name in CLASSES)


def test_evaluate_refuses_classes_that_the_model_does_not_know(
    peu: Peu, model: Path, photos: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(photos, tmp_path / "more"))
    (folder / "anchor").rename(folder / "zebra")
    told = peu("evaluate", model, folder)
    assert told.exit_code == 3
    assert "zebra" in complaint(told)
