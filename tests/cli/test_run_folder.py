"""The folder of a run: new, resumed or refused, and named so that it is found again."""

from pathlib import Path

import pytest

from peu.cli.run_folder import claim_folder, default_folder
from peu.cli.settings import read_config, settings_of
from peu.errors import ResourceError
from peu.files import owning
from small_set import PLAIN, TINY

SETTINGS = settings_of("photos", "abc", 3, 1, 7, [PLAIN])
OTHER = settings_of("photos", "abc", 3, 1, 7, [TINY])


def test_a_new_folder_is_claimed_and_the_same_run_resumes(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "mine"
    assert not claim_folder(folder, SETTINGS, overwrite=False)
    assert claim_folder(folder, SETTINGS, overwrite=False)
    assert claim_folder(folder, {**SETTINGS, "data": "moved"}, overwrite=False)


def test_other_settings_are_refused_unless_asked(tmp_path: Path) -> None:
    claim_folder(tmp_path, SETTINGS, overwrite=False)
    with pytest.raises(ResourceError, match="--overwrite"):
        claim_folder(tmp_path, OTHER, overwrite=False)
    assert read_config(tmp_path / "config.toml")["recipes"][0]["kind"] == "hog"
    assert not claim_folder(tmp_path, OTHER, overwrite=True)
    assert read_config(tmp_path / "config.toml")["recipes"][0]["kind"] == "cnn"


def test_a_damaged_config_is_another_run(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("folds = [")
    with pytest.raises(ResourceError, match="--overwrite"):
        claim_folder(tmp_path, SETTINGS, overwrite=False)
    assert not claim_folder(tmp_path, SETTINGS, overwrite=True)


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_of_something_else_is_never_touched(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(ResourceError, match="empty or a run of peu"):
        claim_folder(tmp_path, SETTINGS, overwrite=overwrite)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ResourceError, match="Received: a file"):
        claim_folder(tmp_path / "file", SETTINGS, overwrite=True)


def test_what_a_kill_left_before_the_settings_were_written_is_no_hindrance(
    tmp_path: Path,
) -> None:
    (tmp_path / ".lock").write_text("")
    (tmp_path / ".x7d2k_a1.toml").write_text("form")
    assert not claim_folder(tmp_path, SETTINGS, overwrite=False)


def test_a_running_run_keeps_its_settings(tmp_path: Path) -> None:
    claim_folder(tmp_path, SETTINGS, overwrite=False)
    with owning(tmp_path), pytest.raises(ResourceError, match="Another run"):
        claim_folder(tmp_path, OTHER, overwrite=True)
    assert read_config(tmp_path / "config.toml")["recipes"][0]["kind"] == "hog"


def test_the_default_folder_depends_on_what_the_run_depends_on() -> None:
    first = default_folder("photos", SETTINGS)
    assert first == default_folder("photos", {**SETTINGS, "data": "moved"})
    assert first.parent == Path("runs")
    assert first.name.startswith("photos-")
    assert first != default_folder("photos", OTHER)
    assert first != default_folder("photos", {**SETTINGS, "seed": 8})


@pytest.mark.parametrize("name", ["../..", "a/b\n<c>", "é" * 300, "", "..."])
def test_the_default_folder_has_a_plain_name(name: str) -> None:
    folder = default_folder(name, SETTINGS)
    assert folder.parent == Path("runs")
    assert folder.name.isascii()
    assert folder.name.isprintable()
    assert 0 < len(folder.name) < 60
    assert not folder.name.startswith(".")
