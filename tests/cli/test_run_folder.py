"""The folder of a run: the same run is found again, wherever its images lie."""

from pathlib import Path
from typing import Any

import pytest

from peu.classifiers.transfer import Transfer
from peu.cli.config import read_config, write_config
from peu.cli.run_folder import is_same_run, run_config, run_folder
from peu.errors import ResourceError
from small_set import PLAIN, TINY

MINE = Transfer(name="mine", image_size=None, backbone="MobileNetV2", backbone_weights='a "b"\\c')
SETTINGS = run_config("photos", "abc", 3, 1, 7, [PLAIN, MINE])
OTHER = run_config("photos", "abc", 3, 1, 7, [TINY])


def _claim(folder: Path, config: dict[str, Any], *, overwrite: bool = False) -> bool:
    place = run_folder(folder, "photos", config, overwrite=overwrite)
    with place.claim(lambda file: is_same_run(file, config)) as resumed:
        if not resumed:
            write_config(folder, config)
        return resumed


def _default(name: str, config: dict[str, Any]) -> Path:
    return run_folder(None, name, config, overwrite=False).path


def test_a_new_folder_is_claimed_and_the_same_run_resumes(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "mine"
    assert not _claim(folder, SETTINGS)
    assert _claim(folder, SETTINGS)
    assert _claim(folder, {**SETTINGS, "data": "moved"})


@pytest.mark.parametrize(
    "other",
    [
        run_config("photos", "other", 3, 1, 7, [PLAIN, MINE]),
        run_config("photos", "abc", 4, 1, 7, [PLAIN, MINE]),
        run_config("photos", "abc", 3, 1, 8, [PLAIN, MINE]),
        run_config("photos", "abc", 3, 1, 7, [PLAIN]),
        OTHER,
    ],
)
def test_other_settings_are_refused_unless_overwrite_is_set(
    tmp_path: Path, other: dict[str, Any]
) -> None:
    _claim(tmp_path, SETTINGS)
    with pytest.raises(ResourceError, match="--overwrite"):
        _claim(tmp_path, other)
    assert is_same_run(tmp_path / "config.toml", SETTINGS)
    assert not _claim(tmp_path, other, overwrite=True)
    assert is_same_run(tmp_path / "config.toml", other)


def test_what_a_file_leaves_out_is_as_if_it_were_written(tmp_path: Path) -> None:
    config = {**SETTINGS, "recipes": [{"kind": "cnn"}]}
    write_config(tmp_path, config)
    whole = run_config("photos", "abc", 3, 1, 7, [type(TINY)()])
    assert is_same_run(tmp_path / "config.toml", whole)
    assert read_config(tmp_path / "config.toml") == config


def test_a_damaged_config_is_another_run(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("folds = [")
    with pytest.raises(ResourceError, match="--overwrite"):
        _claim(tmp_path, SETTINGS)
    assert not _claim(tmp_path, SETTINGS, overwrite=True)


def test_the_default_folder_depends_on_what_the_run_depends_on() -> None:
    first = _default("photos", SETTINGS)
    assert first == _default("photos", {**SETTINGS, "data": "moved"})
    assert first.parent == Path("runs")
    assert first.name.startswith("photos-")
    assert first != _default("photos", OTHER)
    assert first != _default("photos", {**SETTINGS, "seed": 8})


@pytest.mark.parametrize("name", ["../..", "a/b\n<c>", "é" * 300, "", "..."])
def test_the_default_folder_has_a_plain_name(name: str) -> None:
    folder = _default(name, SETTINGS)
    assert folder.parent == Path("runs")
    assert folder.name.isascii()
    assert folder.name.isprintable()
    assert 0 < len(folder.name) < 60
    assert not folder.name.startswith(".")
