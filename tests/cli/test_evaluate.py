"""`peu evaluate`: how well a saved model works on other images."""

import json
import shutil
from pathlib import Path

from command_line import Peu, complaint
from peu.files import read_json, without_checksum
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
    assert figures["accuracy_interval"]["mean"] == figures["accuracy_interval"]["high"] == 1
    assert 0.85 < figures["accuracy_interval"]["low"] < 0.95
    assert "32 of these 32 images" in told.stderr
    table = peu("evaluate", model, photos).stdout
    assert table.startswith("32 images: accuracy 1.000 (95% interval 0.")
    assert all(name in table for name in CLASSES)


def test_a_page_and_its_figures(peu: Peu, model: Path, photos: Path) -> None:
    # Barrels among the anchors are mistakes for sure.
    more = Path(shutil.copytree(photos, "more"))
    for each in (more / "barrel").iterdir():
        each.rename(more / "anchor" / f"barrel-{each.name}")
    (more / "barrel").rmdir()
    told = peu("evaluate", model, more, "-o", "page", "--json")
    assert told.exit_code == 0
    figures = json.loads(told.stdout)
    assert without_checksum(read_json(Path("page/report.json"))) == figures
    page = Path("page/report.html").read_text(encoding="utf-8")
    assert f"model is right on {round(32 * figures['accuracy'])} of 32 images" in page
    assert "The model was trained on 32 of these 32 images" in page
    assert page.count('class="image-images two"') == 8
    assert "8 of 16 anchor taken for barrel" in page
    again = peu("evaluate", model, more, "-o", "page")
    assert again.exit_code == 5
    assert "--overwrite" in complaint(again)


def test_evaluate_refuses_classes_that_the_model_does_not_know(
    peu: Peu, model: Path, photos: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(photos, tmp_path / "more"))
    (folder / "anchor").rename(folder / "zebra")
    told = peu("evaluate", model, folder)
    assert told.exit_code == 3
    assert "zebra" in complaint(told)
