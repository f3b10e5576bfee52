"""`peu predict` and `peu evaluate`: a saved model on other images."""

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from command_line import Peu, complaint
from small_set import CLASSES


def _images(folder: Path, count: int = 3) -> list[Path]:
    return sorted((folder / "barrel").iterdir())[:count]


def test_json_is_a_list_with_an_image_each(peu: Peu, model: Path, photos: Path) -> None:
    chosen = _images(photos)
    told = peu("predict", model, *chosen, "--json")
    assert told.exit_code == 0
    assert told.stderr == ""
    answers = json.loads(told.stdout)
    assert [answer["path"] for answer in answers] == [str(path) for path in chosen]
    for answer in answers:
        assert set(answer) == {"path", "label", "probability", "probabilities"}
        assert tuple(answer["probabilities"]) == CLASSES
        assert sum(answer["probabilities"].values()) == pytest.approx(1)
        assert answer["probability"] == max(answer["probabilities"].values())
        assert answer["probabilities"][answer["label"]] == answer["probability"]
    # The model learnt from these.
    assert {answer["label"] for answer in answers} == {"barrel"}


def test_a_table_for_people(peu: Peu, model: Path, photos: Path) -> None:
    told = peu("predict", model, _images(photos)[0])
    assert told.exit_code == 0
    assert "barrel" in told.stdout
    assert "\x1b" not in told.stdout


def test_folders_are_recognised_whole(peu: Peu, model: Path, photos: Path) -> None:
    flat = json.loads(peu("predict", model, photos / "barrel", "--json").stdout)
    assert len(flat) == 8
    nested = json.loads(peu("predict", model, photos, "--json").stdout)
    assert len(nested) == 32


def test_what_cannot_be_read_is_set_aside_and_the_rest_recognised(
    peu: Peu, model: Path, photos: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no image")
    told = peu("predict", model, broken, *_images(photos, 1), tmp_path / "nowhere.jpg", "--json")
    assert told.exit_code == 0
    assert len(json.loads(told.stdout)) == 1
    assert [line.split(":")[0] for line in told.stderr.splitlines()] == ["Set aside"] * 2
    assert "broken.jpg" in told.stderr
    assert "nowhere.jpg" in told.stderr
    folder = Path(shutil.copytree(photos / "barrel", tmp_path / "folder"))
    broken.rename(folder / "broken.jpg")
    told = peu("predict", model, folder, "--json")
    assert len(json.loads(told.stdout)) == 8
    assert "Set aside: broken.jpg: " in told.stderr


def test_nothing_readable_is_bad_data(peu: Peu, model: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"")
    told = peu("predict", model, tmp_path / "broken.jpg")
    assert told.exit_code == 3
    assert "broken.jpg" in complaint(told)


def test_explanations_are_images(peu: Peu, model: Path, photos: Path) -> None:
    told = peu("predict", model, *_images(photos, 2), "--explain", "out")
    assert told.exit_code == 0
    assert told.stderr.splitlines() == ["Explanations: out"]
    written = sorted(Path("out").iterdir())
    assert [path.suffix for path in written] == [".png", ".png"]
    for path, original in zip(written, _images(photos, 2), strict=True):
        assert original.stem in path.name
        assert "barrel" in path.name
        with Image.open(path) as shown, Image.open(original) as image:
            shown.load()
            assert shown.size == image.size
            assert shown.convert("RGB").tobytes() != image.convert("RGB").tobytes()


@pytest.mark.parametrize(
    "name", ["two\nlines", "<script>", "\x1b[31mred", "猫" * 80, "[bold]", "caf\udce9", "a" * 250]
)
def test_odd_file_names_work(
    peu: Peu, model: Path, photos: Path, tmp_path: Path, name: str
) -> None:
    image = tmp_path / f"{name}.jpg"
    shutil.copy(_images(photos)[0], image)
    told = peu("predict", model, image, "--explain", "out")
    assert told.exit_code == 0, told.stderr
    assert "\x1b" not in told.stdout + told.stderr
    assert len(list(Path("out").glob("*.png"))) == 1
    (answer,) = json.loads(peu("predict", model, image, "--json").stdout)
    assert answer["path"] == str(image).encode("utf-8", "replace").decode()


def test_a_model_that_is_none_is_a_bad_model(
    peu: Peu, model: Path, photos: Path, tmp_path: Path
) -> None:
    for verb in ("predict", "evaluate"):
        told = peu(verb, tmp_path / "nowhere", photos)
        assert told.exit_code == 4
        complaint(told)
    damaged = Path(shutil.copytree(model, tmp_path / "damaged"))
    file = damaged / "model.npz"
    file.write_bytes(file.read_bytes()[:-1])
    told = peu("predict", damaged, photos)
    assert told.exit_code == 4
    assert "damaged" in complaint(told)


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
