"""Files that are moved to another disk, and what an interruption leaves of it."""

import errno
import os
from pathlib import Path

import pytest

from broken_images import write_classes
from peu.checks.findings import Finding, ImageCheck
from peu.checks.measurements import measure
from peu.checks.quarantine import LOG, move_to_quarantine, undo_quarantine
from peu.images.loading import load_images


def _check(root: Path) -> ImageCheck:
    images = load_images(root)
    finding = Finding("blank", "note", "Some are blank.", offending=images.keys[:3])
    return ImageCheck(images, (finding,), images.groups, measure(images))


def _contents(folder: Path) -> dict[str, bytes]:
    return {
        one.relative_to(folder).as_posix(): one.read_bytes()
        for one in folder.rglob("*")
        if one.is_file()
    }


@pytest.fixture
def other_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let files be renamed within their own folder alone."""

    def rename(source: Path, target: Path) -> Path:
        if source.parent != target.parent:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        os.rename(source, target)  # noqa: PTH104 - what is replaced here
        return target

    monkeypatch.setattr(Path, "rename", rename)


@pytest.mark.usefixtures("other_disk")
def test_files_move_to_another_disk_and_back(tmp_path: Path) -> None:
    root = write_classes(tmp_path / "photos", {"cat": 3, "dog": 2})
    before = _contents(root)
    moved = move_to_quarantine(_check(root), tmp_path / "away")
    assert len(moved) == 3
    assert _contents(tmp_path / "away").keys() == {LOG, *(one.name for one in moved)}
    assert _contents(root).keys() == before.keys() - {one.name for one in moved}
    undo_quarantine(tmp_path / "away")
    assert _contents(root) == before


@pytest.mark.usefixtures("other_disk")
@pytest.mark.parametrize("again", [False, True], ids=["undone", "gone on"])
def test_a_file_that_is_in_both_places_is_no_other_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    root = write_classes(tmp_path / "photos", {"cat": 3, "dog": 2})
    before, check = _contents(root), _check(root)

    def interrupted(self: Path, missing_ok: bool = False) -> None:
        if self.parent.parent == root:
            raise KeyboardInterrupt
        unlink(self, missing_ok)

    unlink = Path.unlink
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", interrupted)
        with pytest.raises(KeyboardInterrupt):
            move_to_quarantine(check, tmp_path / "away")
    assert _contents(root) == before
    if again:
        assert len(move_to_quarantine(check, tmp_path / "away")) == 3
        assert len(_contents(root)) == 2
    undo_quarantine(tmp_path / "away")
    assert _contents(root) == before
