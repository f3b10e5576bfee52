"""`peu next` writes a table of images to label, which loads once it is filled in."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from command_line import Peu, complaint
from peu.images.loading import load_images


@pytest.fixture
def photos_and_pool(peu_data: Path, tmp_path: Path) -> tuple[Path, Path]:
    """Return 4 labelled photos of each of two classes, and 9 without labels, one a copy."""
    labelled, pool = tmp_path / "few", tmp_path / "pool"
    pool.mkdir()
    for name in ("anchor", "barrel"):
        files = sorted((peu_data / "caltech4" / name).iterdir())
        (labelled / name).mkdir(parents=True)
        for file in files[:4]:
            shutil.copy(file, labelled / name)
        for file in files[4:8]:
            shutil.copy(file, pool / f"{name}-{file.name}")
    shutil.copy(files[0], pool / "known.jpg")
    return labelled, pool


def test_a_filled_in_table_loads(photos_and_pool: tuple[Path, Path], peu: Peu) -> None:
    options = ("--count", "3", "--backbone", "efficientnet-lite0", "-q")
    shown = peu("next", *photos_and_pool, *options, "--json", "-o", "next.csv")
    assert shown.exit_code == 0, shown.stderr
    found = json.loads(shown.stdout)
    assert (found["images"], found["left_out"], len(found["next"])) == (9, 1, 3)
    assert set(found["recall"]) == {"anchor", "barrel"}
    with Path("next.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["label"] for row in rows] == ["", "", ""]
    assert "known.jpg" not in {Path(row["image"]).name for row in rows}
    with Path("filled.csv").open("w", encoding="utf-8", newline="") as stream:
        table = csv.DictWriter(stream, rows[0])
        table.writeheader()
        table.writerows([{**row, "label": Path(row["image"]).name[:6]} for row in rows])
    assert len(load_images("filled.csv", to_learn=False)) == 3

    again = peu("next", *photos_and_pool, *options)
    assert again.exit_code == 5
    assert "--overwrite" in complaint(again)


def test_nothing_to_label_is_one_line(photos_and_pool: tuple[Path, Path], peu: Peu) -> None:
    photos, pool = photos_and_pool
    for file in pool.iterdir():
        if file.name != "known.jpg":
            file.unlink()
    assert "no label yet" in complaint(peu("next", photos, pool))
    (pool / "known.jpg").unlink()
    empty = peu("next", photos, pool)
    assert empty.exit_code == 3
    assert "found none" in complaint(empty)
    assert peu("next", photos / "anchor", photos).exit_code == 3
    assert not Path("next.csv").exists()


def test_a_count_of_none_is_refused(photos_and_pool: tuple[Path, Path], peu: Peu) -> None:
    assert peu("next", *photos_and_pool, "--count", "0").exit_code == 2


def test_images_without_files_are_refused(photos_and_pool: tuple[Path, Path], peu: Peu) -> None:
    assert "files of their own" in complaint(peu("next", photos_and_pool[0], "digits"))
