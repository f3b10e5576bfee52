"""Keras files from elsewhere are opened first where they can do no harm."""

import importlib
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from peu.errors import BundleError
from peu.models.bundle import write_bundle
from peu.networks import limited_opening
from peu.networks.backbone_sources import BackboneSource

_REAL = limited_opening._open_in_child


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """What was opened in a child."""
    monkeypatch.setattr(limited_opening, "_opened", set())
    paths: list[Path] = []
    monkeypatch.setattr(limited_opening, "_open_in_child", lambda path, _: paths.append(path))
    return paths


def _written(path: Path, content: bytes = b"network") -> Path:
    path.write_bytes(content)
    return path


def test_a_file_is_opened_once_whatever_its_name(opened: list[Path], tmp_path: Path) -> None:
    first = _written(tmp_path / "a.keras")
    limited_opening.check_opens(first)
    limited_opening.check_opens(_written(tmp_path / "b.keras"))
    assert opened == [first]
    # Another process knows it by the cache.
    limited_opening._opened.clear()
    limited_opening.check_opens(first)
    assert opened == [first]
    limited_opening.check_opens(_written(first, b"another"))
    assert opened == [first, first]


def test_the_same_file_is_opened_anew_as_something_else(opened: list[Path], tmp_path: Path) -> None:
    path = _written(tmp_path / "weights.h5")
    for name, weights in (("mobilenet", str(path)), ("vgg16", str(path)), (str(path), None)):
        limited_opening.check_opens(BackboneSource(name, 1.0, weights, "tf", "identity"))
    assert opened == [path] * 3


def test_what_peu_wrote_is_not_opened_to_look(opened: list[Path], tmp_path: Path) -> None:
    write_bundle(tmp_path / "model", {"kind": "test"}, _save)
    limited_opening.check_opens(tmp_path / "model" / "network.keras")
    assert opened == []


def _save(folder: Path) -> None:
    _written(folder / "network.keras")


def test_a_missing_or_enormous_file_is_refused(opened: list[Path], tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="There is none"):
        limited_opening.check_opens(tmp_path / "nothing.keras")
    huge = tmp_path / "huge.keras"
    with huge.open("wb") as stream:
        stream.truncate(limited_opening.MOST_BYTES + 1)
    with pytest.raises(BundleError, match="1 GiB"):
        limited_opening.check_opens(huge)
    assert opened == []


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("import sys; print('it is no network', end=''); sys.exit(4)", "no network"),
        ("import os; os.abort()", "memory"),
    ],
)
def test_how_the_child_ends_becomes_an_error(
    code: str, word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = subprocess.run

    def instead(_: Any, **options: Any) -> Any:
        return run([sys.executable, "-c", code], **options)

    monkeypatch.setattr(subprocess, "run", instead)
    with pytest.raises(BundleError, match=word) as caught:
        _REAL(tmp_path / "a.keras", {"bytes": 1 << 20})
    assert "\n" not in str(caught.value)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone keeps the bound on memory")
def test_a_layer_of_gigabytes_in_a_small_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keras: Any = importlib.import_module("peu.networks.backend").keras
    monkeypatch.setattr(limited_opening, "_open_in_child", _REAL)
    sound, bomb = tmp_path / "sound.keras", tmp_path / "bomb.keras"
    layers = [keras.Input((16, 16, 3)), keras.layers.Flatten(), keras.layers.Dense(4)]
    keras.Sequential(layers).save(sound)
    with zipfile.ZipFile(sound) as old, zipfile.ZipFile(bomb, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'"units": 4', b'"units": 3000000'))
    limited_opening.check_opens(sound)
    with pytest.raises(BundleError, match="could not be loaded") as caught:
        limited_opening.check_opens(bomb)
    assert "\n" not in str(caught.value)
