import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from peu.checks.check_images import check_images
from peu.checks.findings import ORDER, ImageCheck
from peu.checks.quarantine import LOG, move_to_quarantine, undo_quarantine
from peu.errors import DataError, ResourceError
from peu.images.loading import load_images
from peu.reports.check_report import check_report, write_check_report
from peu.reports.html import render_html


def test_each_trouble_is_found_shown_moved_and_brought_back(
    messy: Path, messy_check: ImageCheck, tmp_path: Path
) -> None:
    found = {one.kind: one for one in messy_check.findings}
    assert found["unreadable"].images == (("train/anchor/broken.jpg",),)
    (leak,) = found["duplicates_across_parts"].images
    assert "test/anchor/leak.jpg" in leak
    (mixed,) = found["duplicates_across_classes"].images
    assert "train/barrel/mixed.jpg" in mixed
    (again,) = found["duplicates"].images
    assert "train/barrel/again.jpg" in again
    # What is told of as lying in two classes or parts is not told of a second time.
    assert not {*leak, *mixed} & {*again}
    assert found["blank"].images == (("train/anchor/blank.png",),)
    assert found["dark"].images == (("train/barrel/dark.png",),)
    assert ("train/barrel/blurred.jpg",) in found["blurred"].images
    assert found["tiny"].images == (("train/barrel/tiny.jpg",),)
    places = [ORDER.index(one.severity) for one in messy_check.findings]
    assert places == sorted(places)
    assert len(repr(messy_check)) < 500

    page = write_check_report(messy_check, tmp_path / "report").read_text("utf-8")
    assert page.count("data:image/jpeg") >= 10
    assert "leak.jpg" in page

    before = _files(messy)
    quarantine = tmp_path / "quarantine"
    moved = {one.name: one.reason for one in move_to_quarantine(messy_check, quarantine)}
    assert moved["train/anchor/broken.jpg"] == "unreadable"
    assert moved["train/anchor/blank.png"] == "blank"
    assert "test/anchor/leak.jpg" not in moved
    assert any(moved.get(name) == "duplicates_across_parts" for name in leak)
    assert not {"train/barrel/mixed.jpg"} & moved.keys()
    assert _files(messy) == before - moved.keys()
    assert _files(quarantine) == moved.keys() | {LOG}
    assert not {"unreadable", "blank", "duplicates_across_parts"} & {
        one.kind for one in check_images(load_images(messy)).findings
    }
    assert set(undo_quarantine(quarantine)) == set(moved)
    assert _files(messy) == before
    assert not quarantine.exists()


def test_black_corners_are_named_and_shown(peu_data: Path, tmp_path: Path) -> None:
    for name in ("accordion", "anchor", "binocular"):
        (tmp_path / name).mkdir()
        for file in sorted((peu_data / "caltech4" / name).iterdir())[:20]:
            shutil.copy(file, tmp_path / name / file.name)
    check = check_images(load_images(tmp_path))
    shortcuts = {one.shortcut.cue: one for one in check.findings if one.shortcut is not None}
    assert check.findings[0].kind == "shortcut"
    corners = shortcuts["corner colour"]
    shortcut = corners.shortcut
    assert shortcut is not None
    assert shortcut.class_name == "accordion"
    assert "20 of its 20 images have black corners" in corners.sentence
    assert shortcut.low > shortcut.majority
    assert shortcut.recognised >= 14
    assert "Shortcut: corner colour" in render_html(check_report(check))


@pytest.mark.parametrize("classes", [{"a": 3}, {"a": 2, "b": 2}])
def test_sets_that_nothing_can_be_learnt_from_are_checked_too(
    classes: dict[str, int], tmp_path: Path
) -> None:
    _noise(tmp_path, classes)
    check = check_images(load_images(tmp_path, to_learn=False))
    assert {one.kind for one in check.findings} == {"classes"}
    assert check.offending == ()


def test_a_set_of_one_image_many_times_is_checked(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (80, 90, 3), dtype=np.uint8)
    for name in "ab":
        (tmp_path / name).mkdir()
        for number in range(6):
            Image.fromarray(pixels).save(tmp_path / name / f"{number}.png")
    kinds = {one.kind for one in check_images(load_images(tmp_path)).findings}
    assert "duplicates_across_classes" in kinds
    assert not {"duplicates", "shortcut"} & kinds


@pytest.mark.parametrize(
    "log",
    [
        "[",
        "{}",
        '{"format": 2, "root": "/", "moved": []}',
        '{"format": 1, "root": "/", "moved": [{"name": "../a", "reason": ""}]}',
        '{"format": 1, "root": "/", "moved": [{"name": "/etc/a", "reason": ""}]}',
    ],
)
def test_a_damaged_or_foreign_log_moves_nothing(log: str, tmp_path: Path) -> None:
    (tmp_path / LOG).write_text(log, "utf-8")
    with pytest.raises(DataError):
        undo_quarantine(tmp_path)


def test_a_quarantine_is_beside_the_images_and_of_these(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    _noise(photos, {"a": 2, "b": 2})
    Image.new("RGB", (80, 80)).save(photos / "a" / "blank.png")
    check = check_images(load_images(photos))
    with pytest.raises(DataError, match="inside"):
        move_to_quarantine(check, photos / "quarantine")
    with pytest.raises(ResourceError, match="must be new"):
        move_to_quarantine(check, tmp_path)
    assert len(move_to_quarantine(check, tmp_path / "out")) == 1
    Image.new("RGB", (81, 80)).save(photos / "a" / "blank.png")
    with pytest.raises(DataError, match="nothing was moved"):
        undo_quarantine(tmp_path / "out")
    assert (tmp_path / "out" / "a" / "blank.png").exists()


def _files(folder: Path) -> set[str]:
    return {one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file()}


def _noise(root: Path, classes: dict[str, int]) -> None:
    rng = np.random.default_rng(0)
    for name, count in classes.items():
        (root / name).mkdir()
        for number in range(count):
            pixels = rng.integers(0, 256, (70, 70, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / name / f"{number}.png")
