"""Output folders: resumed, refused or replaced whole, whatever is raised or killed meanwhile."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from child_processes import kill, start
from locked_folder import in_a_thread, locked_elsewhere
from peu.errors import DiskError, RecipeError, ResourceError
from peu.output_folder import (
    OutputFolder,
    check_output_file,
    lock_folder,
    one_at_a_time,
)

MARKER = "task.json"


def _run_folder(path: Path, **settings: Any) -> OutputFolder:
    return OutputFolder(path=path, kind="run", marker=MARKER, **settings)


def _model_folder(path: Path, **settings: Any) -> OutputFolder:
    def listing(folder: Path) -> set[str]:
        return {MARKER, *(folder / MARKER).read_text().split()}

    return OutputFolder(path=path, kind="model", marker=MARKER, listing=listing, **settings)


def _claim(folder: OutputFolder, task: str) -> bool:
    with folder.claim(lambda marker: marker.read_text() == task) as same:
        if not same:
            (folder.path / MARKER).write_text(task)
        return same


# Claims.


def test_a_new_folder_is_claimed_and_the_same_task_resumes(tmp_path: Path) -> None:
    folder = _run_folder(tmp_path / "runs" / "mine")
    assert not _claim(folder, "a")
    assert _claim(folder, "a")


def test_another_task_is_refused_unless_overwrite_is_set(tmp_path: Path) -> None:
    _claim(_run_folder(tmp_path), "a")
    (tmp_path / "report.html").write_text("of a")
    (tmp_path / "trials").mkdir()
    with pytest.raises(ResourceError, match="--overwrite"):
        _claim(_run_folder(tmp_path), "b")
    assert (tmp_path / MARKER).read_text() == "a"
    taken = _run_folder(tmp_path, overwrite=True, contents=("report.html", "never-there"))
    assert not _claim(taken, "b")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".lock", MARKER, "trials"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_of_something_else_is_never_touched(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    for folder in (_run_folder, _model_folder):
        with pytest.raises(ResourceError, match="empty or a"):
            _claim(folder(tmp_path, overwrite=overwrite), "a")
        with pytest.raises(ResourceError, match="thesis"):
            folder(tmp_path, overwrite=overwrite).check()
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("dear")
    for refused in (_run_folder, _model_folder):
        with pytest.raises(ResourceError, match="Received: a file"):
            refused(tmp_path / "file", overwrite=True).check()
    assert (tmp_path / "file").read_text() == "dear"


def test_drafts_of_a_killed_run_are_removed_by_the_next_claim(tmp_path: Path) -> None:
    (tmp_path / "trials").mkdir()
    for left in (".lock", ".peu-x7d2.toml", "trials/.peu-kw7z.json", ".DS_Store"):
        (tmp_path / left).write_text("half")
    shutil.rmtree(tmp_path / "trials")
    _claim(_run_folder(tmp_path), "a")
    (tmp_path / "models" / ".peu-auto" / "new").mkdir(parents=True)
    (tmp_path / ".peu-x.json").write_text("half")
    assert _claim(_run_folder(tmp_path), "a")
    assert not list(tmp_path.rglob(".peu-*"))
    assert (tmp_path / ".DS_Store").exists()


def test_a_second_run_is_refused_while_the_first_works(tmp_path: Path) -> None:
    _claim(_run_folder(tmp_path), "a")
    with locked_elsewhere(tmp_path), pytest.raises(ResourceError, match="Another run"):
        _claim(_run_folder(tmp_path, overwrite=True), "b")
    assert (tmp_path / MARKER).read_text() == "a"
    assert _claim(_run_folder(tmp_path), "a")


def test_a_run_may_take_its_own_lock_again(tmp_path: Path) -> None:
    with lock_folder(tmp_path):
        with lock_folder(tmp_path):
            assert _claim(_run_folder(tmp_path), "a") is False
        with locked_elsewhere(tmp_path / "other"):
            pass
        with pytest.raises(ResourceError, match="Another run"):
            in_a_thread(lambda: _claim(_run_folder(tmp_path), "a"))


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ResourceError, match="could not be written"), lock_folder(tmp_path / "file"):
        pytest.fail("a file is no folder")


_HOLD = """
import sys, time
from pathlib import Path
from peu.output_folder import lock_folder
with lock_folder(Path(sys.argv[1])):
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_a_folder_has_one_owner_and_is_free_once_that_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    holder = start(_HOLD, folder)
    try:
        with pytest.raises(ResourceError, match="Another run") as caught, lock_folder(folder):
            pytest.fail("two runs in one folder")
    finally:
        kill(holder)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)
    with lock_folder(folder):
        pass
    with lock_folder(folder):
        pass


# Replacing a folder whole.


# What a kill leaves.


# Single files.


def test_a_file_is_written_over_only_when_asked_and_only_with_its_suffix(tmp_path: Path) -> None:
    path = tmp_path / "drawn.PNG"
    check_output_file(path, overwrite=False, suffix=".png")
    path.write_text("old")
    with pytest.raises(ResourceError, match="--overwrite"):
        check_output_file(path, overwrite=False)
    check_output_file(path, overwrite=True)
    with pytest.raises(RecipeError, match=r"\.jpg"):
        check_output_file(path, overwrite=True, suffix=".jpg")
    with pytest.raises(ResourceError, match="folder"):
        check_output_file(tmp_path, overwrite=True)


def _make(path: Path) -> None:
    with one_at_a_time(path, most_seconds=0.05):
        path.mkdir()


def test_what_one_makes_others_wait_for_but_not_for_ever(tmp_path: Path) -> None:
    with (
        one_at_a_time(tmp_path / "set"),
        pytest.raises(ResourceError, match="Another process"),
    ):
        in_a_thread(lambda: _make(tmp_path / "set"))
    in_a_thread(lambda: _make(tmp_path / "set"))
    assert [one.name for one in tmp_path.iterdir()] == ["set"]


def test_a_folder_that_goes_away_during_a_run_is_an_error(tmp_path: Path) -> None:
    folder = tmp_path / "run"

    def run(change: Callable[[], object]) -> None:
        with lock_folder(folder) as check:
            check()
            change()

    run(lambda: None)
    with pytest.raises(DiskError, match="deleted or moved"):
        run(lambda: shutil.rmtree(folder))
    with pytest.raises(DiskError, match="deleted or moved"):
        run(lambda: folder.rename(tmp_path / "elsewhere"))

    def put_another_there() -> None:
        folder.rename(tmp_path / "older")
        folder.mkdir()
        (folder / ".lock").touch()

    with pytest.raises(DiskError, match="deleted or moved"):
        run(put_another_there)
