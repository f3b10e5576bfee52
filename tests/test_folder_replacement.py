"""An output folder replaced whole: faults and kills at every step."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from locked_folder import in_a_thread
from peu.errors import ResourceError
from peu.output_folder import (
    OutputFolder,
    replacing_folder,
    restore,
)

MARKER = "task.json"


def _model_folder(path: Path, **settings: Any) -> OutputFolder:
    def listing(folder: Path) -> set[str]:
        return {MARKER, *(folder / MARKER).read_text().split()}

    return OutputFolder(path=path, kind="model", marker=MARKER, listing=listing, **settings)


def _write(path: Path, content: str) -> None:
    with replacing_folder(path) as draft:
        (draft / "weights").write_text(content)


def test_a_folder_appears_whole_and_alone(tmp_path: Path) -> None:
    _write(tmp_path / "deep" / "model", "old")
    _write(tmp_path / "deep" / "model", "new")
    assert (tmp_path / "deep" / "model" / "weights").read_text() == "new"
    assert [entry.name for entry in (tmp_path / "deep").iterdir()] == ["model"]


def test_a_relative_folder_and_a_link_are_replaced_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "real").mkdir()
    monkeypatch.chdir(tmp_path / "real")
    _write(Path(), "here")
    assert (tmp_path / "real" / "weights").read_text() == "here"
    (tmp_path / "link").symlink_to(tmp_path / "real")
    _write(tmp_path / "link", "through")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "weights").read_text() == "through"


def test_only_what_peu_wrote_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "model"
    path.mkdir()
    (path / MARKER).write_text("weights deep deep/more")
    (path / "weights").write_text("old")
    with (
        pytest.raises(ResourceError, match="--overwrite"),
        _model_folder(path).replace(),
    ):
        pytest.fail("it exists")
    (path / "notes.txt").write_text("dear")
    with (
        pytest.raises(ResourceError, match="notes"),
        _model_folder(path, overwrite=True).replace(),
    ):
        pytest.fail("it holds something dear")
    (path / "notes.txt").rename(path / ".notes")
    with pytest.raises(ResourceError, match="notes"):
        _model_folder(path, overwrite=True).check()
    (path / ".notes").unlink()
    with _model_folder(path, overwrite=True).replace() as draft:
        (draft / "weights").write_text("new")
    assert (path / "weights").read_text() == "new"


def _names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


@pytest.mark.parametrize("error", [OSError(errno.EIO, "broken"), KeyboardInterrupt()])
@pytest.mark.parametrize("failing", [1, 2])
def test_a_fault_at_a_rename_leaves_the_old_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int, error: BaseException
) -> None:
    path = tmp_path / "model"
    _write(path, "old")
    real, moves = Path.replace, 0

    def replace(source: Path, target: Path) -> Path:
        nonlocal moves
        moves += 1
        if moves == failing:
            raise error
        return real(source, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises((ResourceError, KeyboardInterrupt)) as caught:
        _write(path, "new")
    monkeypatch.undo()
    assert isinstance(caught.value, ResourceError) == isinstance(error, OSError)
    assert (path / "weights").read_text() == "old"
    assert _names(tmp_path) == ["model"]


def test_a_fault_after_the_renames_leaves_the_new_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model"
    _write(path, "old")
    real, moves = Path.replace, 0

    def replace(source: Path, target: Path) -> Path:
        nonlocal moves
        moves += 1
        moved = real(source, target)
        if moves == 2:
            raise KeyboardInterrupt
        return moved

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(KeyboardInterrupt):
        _write(path, "new")
    monkeypatch.undo()
    assert (path / "weights").read_text() == "new"
    assert _names(tmp_path) == ["model"]


@pytest.mark.parametrize("exists", [False, True])
def test_a_fault_while_writing_leaves_the_old_folder_or_none(tmp_path: Path, exists: bool) -> None:
    path = tmp_path / "model"
    if exists:
        _write(path, "old")

    def fill_up() -> None:
        with replacing_folder(path) as draft:
            (draft / "weights").write_text("half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(ResourceError, match="disk space") as caught:
        fill_up()
    assert "\n" not in str(caught.value)
    assert _names(tmp_path) == (["model"] if exists else [])


def test_a_second_replacement_at_the_same_time_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model"
    with replacing_folder(path) as draft:
        (draft / "weights").write_text("first")
        with pytest.raises(ResourceError, match="Another run"):
            in_a_thread(lambda: _write(path, "second"))
        # Nor is it taken for what a killed process left.
        restore(path)
        _write(tmp_path / "other", "other")
    assert (path / "weights").read_text() == "first"
    assert _names(tmp_path) == ["model", "other"]


_KILLED = """
import os, signal, sys
from pathlib import Path
from peu.output_folder import replacing_folder
real, moves = Path.replace, 0
def replace(source, target):
    global moves
    moves += 1
    if moves == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    return real(source, target)
Path.replace = replace
with replacing_folder(Path(sys.argv[1])) as draft:
    (draft / "weights").write_text("new")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
@pytest.mark.parametrize(
    ("at", "there", "content"), [(1, True, "old"), (2, False, "old"), (3, True, "new")]
)
def test_a_kill_at_a_rename_is_made_good_at_the_next_start(
    tmp_path: Path, at: int, there: bool, content: str
) -> None:
    path = tmp_path / "model"
    _write(path, "old")
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(path), str(at)])
    assert killed.returncode == -signal.SIGKILL
    assert path.is_dir() == there
    assert ".peu-model" in _names(tmp_path)
    restore(path)
    assert (path / "weights").read_text() == content
    assert _names(tmp_path) == ["model"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_what_a_kill_left_is_made_good_by_whatever_is_written_beside_it(tmp_path: Path) -> None:
    _write(tmp_path / "model", "old")
    subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path / "model"), "2"])
    _write(tmp_path / "other", "other")
    assert _names(tmp_path) == ["model", "other"]
    assert (tmp_path / "model" / "weights").read_text() == "old"


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_a_check_finds_what_a_kill_had_moved_aside(tmp_path: Path) -> None:
    path = tmp_path / "model"
    with _model_folder(path).replace() as draft:
        (draft / MARKER).write_text("weights")
        (draft / "weights").write_text("old")
    subprocess.run([sys.executable, "-c", _KILLED, str(path), "2"])
    with pytest.raises(ResourceError, match="--overwrite"):
        _model_folder(path).check()
    assert (path / "weights").read_text() == "old"
