"""`peu predict`: a saved model on one image or many."""

import csv
import json
import shutil
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from command_line import Peu, complaint
from peu.cli.main import app
from peu.models import streaming
from small_set import CLASSES


def _images(folder: Path, count: int = 3) -> list[Path]:
    return sorted((folder / "barrel").iterdir())[:count]


def _rows(told: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in told.stdout.splitlines()]


def test_json_is_an_object_a_line(peu: Peu, model: Path, photos: Path) -> None:
    chosen = _images(photos)
    told = peu("predict", model, *chosen, "--json")
    assert told.exit_code == 0
    assert told.stderr == ""
    rows = _rows(told)
    assert [row["path"] for row in rows] == [str(path) for path in chosen]
    for row in rows:
        assert set(row) == {"format", "path", "label", "probability", "probabilities"}
        assert row["format"] == 1
        assert tuple(row["probabilities"]) == CLASSES
        assert sum(row["probabilities"].values()) == pytest.approx(1)
        assert row["probability"] == max(row["probabilities"].values())
        assert row["probabilities"][row["label"]] == row["probability"]
    # The model learnt from these.
    assert {row["label"] for row in rows} == {"barrel"}


def test_a_line_an_image_for_people(peu: Peu, model: Path, photos: Path) -> None:
    image = _images(photos)[0]
    told = peu("predict", model, image)
    assert told.exit_code == 0
    (line,) = told.stdout.splitlines()
    assert line.startswith(f"{image}: barrel 0.")
    assert all(name in line for name in CLASSES)


def test_csv_has_a_column_for_each_class(peu: Peu, model: Path, photos: Path) -> None:
    broken = Path("broken, in part.jpg")
    broken.write_bytes(b"no image")
    images = _images(photos, 2)
    told = peu("predict", model, images[0], broken, images[1], "--csv", "out/rows.csv")
    assert told.exit_code == 3
    assert told.stdout == ""
    with Path("out/rows.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["path"] for row in rows] == [str(images[0]), str(broken), str(images[1])]
    assert list(rows[0]) == [
        *("path", "label", "probability", "error"),
        *(f"probability_{name}" for name in CLASSES),
    ]
    assert rows[0]["label"] == "barrel"
    assert rows[0]["probability"] == rows[0]["probability_barrel"]
    # Each is rounded to six digits.
    total = sum(float(rows[0][f"probability_{name}"]) for name in CLASSES)
    assert total == pytest.approx(1, abs=1e-5)
    assert rows[1]["label"] == rows[1]["probability_barrel"] == ""
    assert "not an image" in rows[1]["error"]
    assert list(Path("out").iterdir()) == [Path("out/rows.csv")]


def test_csv_goes_to_stdout_and_replaces_no_file_unasked(
    peu: Peu, model: Path, photos: Path
) -> None:
    image = _images(photos)[0]
    told = peu("predict", model, image, "--csv", "-")
    assert [line.split(",")[0] for line in told.stdout.splitlines()] == ["path", str(image)]
    Path("rows.csv").write_text("mine")
    told = peu("predict", model, image, "--csv", "rows.csv")
    assert told.exit_code == 5
    assert "--csv" in complaint(told)
    assert Path("rows.csv").read_text() == "mine"
    assert peu("predict", model, image, "--csv", "rows.csv", "--overwrite").exit_code == 0
    assert Path("rows.csv").read_text().startswith("path,label,")


def test_an_interrupted_table_keeps_its_rows_under_another_name(
    peu: Peu, model: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = streaming.predict_stream

    def interrupted(*arguments: Any) -> Iterator[streaming.Row]:
        yield from islice(whole(*arguments), 2)
        raise KeyboardInterrupt

    monkeypatch.setattr(streaming, "predict_stream", interrupted)
    Path("rows.csv").write_text("an earlier table")
    told = peu("predict", model, *_images(photos), "--csv", "rows.csv", "--overwrite")
    assert told.exit_code == 130
    remark, error = told.stderr.splitlines()
    assert "rows.partial.csv" in remark
    assert "after 2 images" in error
    assert Path("rows.csv").read_text() == "an earlier table"
    assert len(Path("rows.partial.csv").read_text().splitlines()) == 3


def test_images_are_copied_into_class_folders(peu: Peu, model: Path, photos: Path) -> None:
    source = Path(shutil.copytree(photos / "barrel", "inbox"))
    (source / "broken.jpg").write_bytes(b"no image")
    before = {path.name: path.read_bytes() for path in source.iterdir()}
    told = peu("predict", model, source, "--sort-into", "inbox/sorted")
    assert told.exit_code == 3
    assert "8 copied, 1 left out" in told.stderr
    sound = {name: content for name, content in before.items() if name != "broken.jpg"}
    copies = Path("inbox/sorted/barrel")
    assert {path.name: path.read_bytes() for path in copies.iterdir()} == sound
    assert {path.name: path.read_bytes() for path in source.glob("*.*")} == before
    # The copies are not taken for new images, nor copied once more.
    again = peu("predict", model, source, "--sort-into", "inbox/sorted")
    assert len(again.stdout.splitlines()) == 9
    assert "0 copied, 8 there already, 1 left out" in again.stderr


def test_folders_are_recognised_whole(peu: Peu, model: Path, photos: Path) -> None:
    assert len(_rows(peu("predict", model, photos / "barrel", "--json"))) == 8
    nested = _rows(peu("predict", model, photos, "--json"))
    assert len(nested) == 32
    assert [row["path"] for row in nested] == sorted(row["path"] for row in nested)


def test_quoted_patterns_and_lists_name_images(peu: Peu, model: Path, photos: Path) -> None:
    expected = [str(path) for path in _images(photos, 8)]
    told = peu("predict", model, photos / "bar*" / "*.jpg", "--json")
    assert [row["path"] for row in _rows(told)] == expected
    Path("list.txt").write_text("\n".join(expected) + "\n")
    told = peu("predict", model, "--paths-from", "list.txt", "--json")
    assert [row["path"] for row in _rows(told)] == expected
    nothing = peu("predict", model, photos / "*.tiff", "--json")
    assert nothing.exit_code == 3
    assert "no file matches" in _rows(nothing)[0]["error"]


def test_standard_input_is_an_image_or_a_list(
    model: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    image = _images(photos)[0]
    command = ["predict", str(model), "--json"]
    told = CliRunner().invoke(app, [*command, "-"], input=image.read_bytes())
    (row,) = _rows(told)
    assert (row["path"], row["label"]) == ("-", "barrel")
    listed = b"\0".join(bytes(path) for path in _images(photos, 2)) + b"\0"
    told = CliRunner().invoke(app, [*command, "--paths-from", "-"], input=listed)
    assert [row["label"] for row in _rows(told)] == ["barrel", "barrel"]
    told = CliRunner().invoke(app, [*command, "--paths-from", "-"], input=b"\n\n")
    assert told.exit_code == 3
    complaint(told)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((), "images"),
        (("https://example.org/a.jpg",), "URL"),
        (("-", "--paths-from", "-"), "both"),
        (("a.jpg", "--json", "--csv", "-"), "--csv"),
    ],
)
def test_what_cannot_work_is_refused_at_once(
    peu: Peu, arguments: tuple[str, ...], word: str
) -> None:
    told = peu("predict", "model", *arguments)
    assert told.exit_code == 2
    assert word in complaint(told)


def test_a_list_of_urls_is_refused(peu: Peu, model: Path) -> None:
    Path("list.txt").write_text("http://example.org/1.jpg\nhttp://example.org/2.jpg\n")
    told = peu("predict", model, "--paths-from", "list.txt")
    assert told.exit_code == 2
    assert "URL" in complaint(told)


def test_what_cannot_be_read_is_a_row_with_a_reason(
    peu: Peu, model: Path, photos: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no image")
    told = peu("predict", model, broken, *_images(photos, 1), tmp_path / "nowhere.jpg", "--json")
    assert told.exit_code == 3
    first, second, third = _rows(told)
    assert "not an image" in first["error"]
    assert second["label"] == "barrel"
    assert "no such file" in third["error"]
    assert told.stderr.startswith("peu: ")
    assert "2 of 3" in told.stderr
    assert "others are predicted" in told.stderr
    alone = peu("predict", model, broken, "--json")
    assert alone.exit_code == 3
    assert "others" not in alone.stderr
    folder = Path(shutil.copytree(photos / "barrel", tmp_path / "folder"))
    broken.rename(folder / "broken.jpg")
    rows = _rows(peu("predict", model, folder, "--json"))
    assert [Path(row["path"]).name for row in rows if "error" in row] == ["broken.jpg"]
    assert len(rows) == 9


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
    (row,) = _rows(peu("predict", model, image, "--json"))
    assert row["path"] == str(image).encode("utf-8", "replace").decode()


def test_a_model_that_is_none_is_a_bad_model(
    peu: Peu, model: Path, photos: Path, tmp_path: Path
) -> None:
    told = peu("predict", tmp_path / "nowhere", photos)
    assert told.exit_code == 4
    complaint(told)
    damaged = Path(shutil.copytree(model, tmp_path / "damaged"))
    file = damaged / "model.npz"
    file.write_bytes(file.read_bytes()[:-1])
    told = peu("predict", damaged, photos)
    assert told.exit_code == 4
    assert "damaged" in complaint(told)
