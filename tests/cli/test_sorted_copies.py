"""Copies in class folders: nothing moved, nothing replaced, no name outside the folder."""

from pathlib import Path

import pytest

from peu.cli.sorted_copies import SortedCopies, folder_names
from peu.errors import ResourceError
from peu.images.finding import FoundImage
from peu.models.prediction import Prediction
from peu.models.streaming import Row


def _row(path: Path | None, label: str | None = "cat") -> Row:
    prediction = Prediction(label, 1.0, {label: 1.0}) if label else None
    return Row(FoundImage(str(path), path), prediction, None if label else "a reason")


def _file(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def test_equal_names_do_not_collide(tmp_path: Path) -> None:
    for _ in range(2):
        copies = SortedCopies(tmp_path / "out", ["cat", "dog"])
        for number in (1, 2, 3):
            copies.write(_row(_file(tmp_path / str(number) / "x.jpg", f"image {number}")))
    written = sorted((tmp_path / "out" / "cat").iterdir())
    assert sorted(path.read_text() for path in written) == ["image 1", "image 2", "image 3"]
    assert (tmp_path / "out" / "cat" / "x.jpg").read_text() == "image 1"
    assert all(path.name.startswith("x") and path.suffix == ".jpg" for path in written)
    assert (copies.copied, copies.present) == (0, 3)


def test_files_that_are_there_are_never_touched(tmp_path: Path) -> None:
    mine = _file(tmp_path / "out" / "cat" / "x.jpg", "mine")
    dangling = tmp_path / "out" / "cat" / "y.jpg"
    dangling.symlink_to("nowhere")
    copies = SortedCopies(tmp_path / "out", ["cat"])
    for name in ("x.jpg", "y.jpg"):
        copies.write(_row(_file(tmp_path / name, name)))
    assert mine.read_text() == "mine"
    assert dangling.is_symlink()
    assert copies.copied == 2
    assert len(list(mine.parent.iterdir())) == 4


def test_what_has_no_file_or_no_prediction_is_left_out(tmp_path: Path) -> None:
    copies = SortedCopies(tmp_path / "out", ["cat"])
    copies.write(_row(None))
    copies.write(_row(_file(tmp_path / "x.jpg", "x"), label=None))
    copies.write(_row(tmp_path / "gone.jpg"))
    assert copies.left == 3
    assert not (tmp_path / "out").exists()


def test_class_names_stay_inside_the_folder() -> None:
    names = ["../../etc", "..", "a/b", "a\\b", "A_B", "nul", "x. ", "é" * 300, "C:", ""]
    folders = folder_names(names)
    assert len({name.casefold() for name in folders}) == len(names)
    for name in folders:
        assert Path(name).name == name
        assert name not in (".", "..", "nul")
        assert len(name.encode()) < 200
        assert not set(name) & set('/\\:*?"<>|')


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    file = _file(tmp_path / "out", "")
    with pytest.raises(ResourceError, match="--sort-into"):
        SortedCopies(file, ["cat"])
