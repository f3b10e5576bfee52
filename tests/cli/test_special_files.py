"""Pipes, devices and sparse files in the place of any file are refused, and never waited for."""

import os
import shutil
from pathlib import Path

import pytest

from command_line import Peu, complaint

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")

WAYS = {
    "photos.csv": ("describe", "photos.csv"),
    "photos.zip": ("describe", "photos.zip"),
    "photos.npz": ("describe", "photos.npz"),
    "mine.toml": ("compare", "PHOTOS", "--config", "mine.toml"),
    "model/manifest.json": ("predict", "model", "IMAGE"),
    "model/model.npz": ("predict", "model", "IMAGE"),
}
KINDS = ("pipe", "device", "sparse")


def _put(path: Path, kind: str) -> None:
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        with path.open("wb") as file:
            file.truncate(1 << 40)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", WAYS)
def test_what_is_no_sensible_file_is_refused_at_once(
    peu: Peu, photos: Path, model: Path, name: str, kind: str
) -> None:
    shutil.copytree(model, "model")
    _put(Path(name), kind)
    places = {"PHOTOS": photos, "IMAGE": next((photos / "barrel").iterdir())}
    told = peu(*(places.get(word, word) for word in WAYS[name]), "--json")
    assert told.exit_code in (2, 3, 4, 5)
    assert Path(name).name in complaint(told)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", KINDS)
def test_such_an_image_is_a_row_with_a_reason(peu: Peu, model: Path, kind: str) -> None:
    _put(Path("photo.jpg"), kind)
    told = peu("predict", model, "photo.jpg", "--json")
    assert told.exit_code == 3
    assert '"error"' in told.stdout
