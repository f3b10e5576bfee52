"""Files moved out of an image folder, with a log that brings them back."""

import contextlib
import errno
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from peu.cache_folder import cache_folder
from peu.checks.findings import ImageCheck
from peu.errors import DataError, ResourceError
from peu.files import (
    cannot_write,
    read_json,
    replacing,
    sha256_of_file,
    with_checksum,
    without_checksum,
    write_json,
)
from peu.images.dataset import ImageDataset
from peu.wording import first_few, quoted

LOG = "quarantine.json"
FORMAT = 1


@dataclass(frozen=True)
class Moved:
    """A file that was moved.

    Attributes:
        name: relative to the image folder and to the quarantine, with forward slashes.
        reason: why it was taken away.
    """

    name: str
    reason: str


def move_to_quarantine(check: ImageCheck, folder: str | Path) -> tuple[Moved, ...]:
    """Move unreadable and blank files, and copies beyond the largest, out of an image folder.

    The log is written first: `undo_quarantine` brings back whatever had been moved when the move
    was interrupted. A later check of the same images may move more into the same folder.

    Args:
        check: of images that lie in a folder.
        folder: where the files go, with their subfolders; made if missing, outside the images'.

    Returns:
        What was moved.

    Raises:
        DataError: the images do not lie in a folder of their own, or `folder` lies inside it.
        ResourceError: `folder` holds something else, or cannot be written.
    """
    folder, root = Path(folder).absolute(), check.images.root.absolute()
    check_movable(check.images, folder)
    moves = [Moved(name, reason) for name, reason in _reasons(check).items()]
    moves = [one for one in moves if (root / one.name).is_file() or (root / one.name).is_symlink()]
    earlier = _earlier(folder, root)
    taken = [one.name for one in moves if _differs(root / one.name, folder / one.name)]
    if taken:
        raise ResourceError(
            f"{quoted(folder)} already holds {first_few([quoted(name) for name in taken])}. "
            "Choose another folder."
        )
    if not moves:
        return ()
    # What an interrupted check noted and did not move stands in both.
    names = {one.name for one in moves}
    others = [one for one in earlier if one.name not in names]
    write_json(folder / LOG, with_checksum(_log(root, [*others, *moves])))
    for one in moves:
        _move(root / one.name, folder / one.name)
    return tuple(moves)


def check_movable(images: ImageDataset, folder: str | Path) -> None:
    """Refuse what cannot be moved to quarantine, before any work is done for it.

    Args:
        images: whose files would be moved.
        folder: where to.

    Raises:
        DataError: as in `move_to_quarantine`.
        ResourceError: `folder` holds something else.
    """
    folder, root = Path(folder).absolute(), images.root.absolute()
    loose = [one.path for one in images.records if root not in one.path.absolute().parents]
    if not root.is_dir() or loose or cache_folder() in (root, *root.parents):
        raise DataError(
            f"Expected images in a folder, to move files from; {quoted(images.name)} is a table, "
            "an archive, an array or a built-in set. Give the folder that holds the images."
        )
    if folder == root or root in folder.parents:
        raise DataError(
            f"{quoted(folder)} lies inside the images' own folder, and would be read as a class. "
            "Choose a folder beside it."
        )
    _earlier(folder, root)


def undo_quarantine(folder: str | Path) -> tuple[str, ...]:
    """Move everything back to where it was.

    Args:
        folder: a quarantine.

    Returns:
        The names of what was moved back.

    Raises:
        DataError: it is no quarantine, its log is damaged, or files of these names lie in the
            image folder again; nothing is moved then.
        ResourceError: a file cannot be moved.
    """
    folder = Path(folder).absolute()
    root, moves = _read_log(folder)
    if not root.is_dir():
        raise DataError(
            f"The image folder {quoted(root)} is no longer there. Put it back, or move the files "
            f"of {quoted(folder)} by hand."
        )
    here = [one.name for one in moves if os.path.lexists(folder / one.name)]
    occupied = [quoted(name) for name in here if _differs(folder / name, root / name)]
    if occupied:
        raise DataError(
            f"{quoted(root)} holds {first_few(occupied)} again: nothing was moved back. Rename or "
            "delete these first."
        )
    for name in here:
        _move(folder / name, root / name)
    (folder / LOG).unlink()
    parents = {folder / parent for one in moves for parent in PurePosixPath(one.name).parents}
    for parent in sorted(parents, key=lambda each: -len(each.parts)):
        with contextlib.suppress(OSError):  # it holds something else
            parent.rmdir()
    return tuple(here)


def _reasons(check: ImageCheck) -> dict[str, str]:
    reasons: dict[str, str] = {}
    for finding in check.findings:
        for name in finding.offending:
            reasons.setdefault(name, finding.kind)
    return reasons


def _log(root: Path, moves: Sequence[Moved]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "root": str(root),
        "moved": [{"name": one.name, "reason": one.reason} for one in moves],
    }


def _earlier(folder: Path, root: Path) -> tuple[Moved, ...]:
    """What an earlier check moved from the same images."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return ()
    if not (folder / LOG).is_file():
        raise ResourceError(
            f"{quoted(folder)} must be new, empty or a quarantine of peu. Choose another folder."
        )
    other, moves = _read_log(folder)
    if other != root:
        raise ResourceError(
            f"{quoted(folder)} holds files of other images, {quoted(other)}. Choose another folder."
        )
    return moves


def _read_log(folder: Path) -> tuple[Path, tuple[Moved, ...]]:
    try:
        log = without_checksum(read_json(folder / LOG))
        known = log["format"] == FORMAT
        root = Path(log["root"])
        moves = tuple(Moved(str(one["name"]), str(one["reason"])) for one in log["moved"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _no_quarantine(folder) from error
    if not known or not root.is_absolute() or any(_leads_out(one.name) for one in moves):
        raise _no_quarantine(folder)
    return root, moves


def _leads_out(name: str) -> bool:
    path = PurePosixPath(name)
    return path.is_absolute() or ".." in path.parts or not path.parts


def _no_quarantine(folder: Path) -> DataError:
    return DataError(
        f"{quoted(folder)} is no quarantine of peu, or its {LOG} is damaged. Give the folder that "
        "--move-to named."
    )


def _differs(source: Path, target: Path) -> bool:
    """Whether something else lies at the target: not what a killed move copied there."""
    if not os.path.lexists(target):
        return False
    try:
        return sha256_of_file(source) != sha256_of_file(target)
    except OSError:
        return True


def _move(source: Path, target: Path) -> None:
    """Move a file; a kill leaves it here or there, or whole in both places."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            source.rename(target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            if source.is_symlink():
                shutil.move(source, target)
                return
            with replacing(target) as draft:
                shutil.copy2(source, draft)
            source.unlink()
    except OSError as error:
        raise cannot_write(target, error) from error
