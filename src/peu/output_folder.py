"""Output folders: claimed by one run, resumed by the same task, replaced whole or not at all."""

import contextlib
import os
import shutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from peu.errors import DiskError, RecipeError, ResourceError
from peu.files import DRAFT, cannot_write
from peu.wording import in_words, quoted

_LOCK = ".lock"


@dataclass(frozen=True, kw_only=True)
class OutputFolder:
    """A folder that a command writes to; only what peu wrote is ever resumed or replaced.

    Attributes:
        path: the folder, which need not exist.
        kind: what it holds, for messages: "model", "run".
        marker: a file that every folder of this kind holds.
        overwrite: whether what an earlier run left there may be replaced.
        contents: names of what goes when another task takes the folder over.
        listing: for a folder that is replaced whole: the paths that peu wrote into it, relative to
            it, or None where it is no folder of this kind. A folder that holds anything else is
            refused.
    """

    path: Path
    kind: str
    marker: str
    overwrite: bool = False
    contents: tuple[str, ...] = ()
    listing: Callable[[Path], Collection[str] | None] | None = None

    def check(self) -> None:
        """Refuse a folder that must not be written to, before any work is done for it.

        Raises:
            ResourceError: it holds something else, or what an earlier run left and `overwrite`
                is off.
        """
        restore(self.path)
        if self._holds_ours() and not self.overwrite:
            raise _exists(self.path)

    @contextlib.contextmanager
    def claim(self, is_same: Callable[[Path], bool]) -> Iterator[bool]:
        """Hold the folder for one run, which may claim it again meanwhile.

        Args:
            is_same: whether the marker, given by its path, is of the task that is to be done.

        Yields:
            Whether the folder holds the same task already, to be resumed. If not, whoever claims
            it writes the marker first.

        Raises:
            ResourceError: it holds something else, or another task and `overwrite` is off; or
                another run is working in it.
        """
        self._holds_ours()
        with lock_folder(self.path):
            _remove_drafts(self.path)
            found = self._holds_ours()
            same = found and is_same(self.path / self.marker)
            if found and not same:
                if not self.overwrite:
                    raise ResourceError(
                        f"{quoted(self.path)} already holds a {self.kind} with other settings or "
                        "images. Pass --overwrite to replace it, or choose another folder with "
                        "--output."
                    )
                for name in self.contents:
                    _remove(self.path / name)
            yield same

    @contextlib.contextmanager
    def replace(self) -> Iterator[Path]:
        """Yield a draft that takes the folder's place when all went well.

        Raises:
            ResourceError: as `check` does, or the disk cannot be written; the old folder is as
                it was.
        """
        self.check()
        with replacing_folder(self.path) as draft:
            yield draft

    def _holds_ours(self) -> bool:
        """Whether an earlier run left its output there; anything else is refused."""
        if self.path.exists() and not self.path.is_dir():
            raise ResourceError(
                f"{quoted(self.path)} must be a folder. Received: a file. Choose another folder "
                "with --output."
            )
        entries = sorted(self.path.rglob("*") if self.listing else self.path.glob("*"))
        names = [entry.relative_to(self.path).as_posix() for entry in entries]
        names = [name for name in names if not name.startswith((_LOCK, DRAFT))]
        own: Collection[str] | None = ()
        if not (self.path / self.marker).is_file():
            own = None
        elif self.listing is not None:
            own = self.listing(self.path)
        if own is None:
            # Other names with a dot in front are the system's, or those of a draft of long ago.
            strangers = [name for name in names if self.listing or not name.startswith(".")]
        else:
            strangers = sorted(set(names) - set(own)) if self.listing else []
        if strangers:
            raise ResourceError(
                f"{quoted(self.path)} must be new, empty or a {self.kind} of peu. It holds "
                f"{quoted(strangers[0])}. Move that away, or choose another folder with --output."
            )
        return own is not None


@contextlib.contextmanager
def lock_folder(folder: Path) -> Iterator[Callable[[], None]]:
    """Hold a folder for one run; a second run at the same time is refused.

    The lock ends with the process, so that a killed run leaves nothing to clear away. The thread
    that holds it may take it again.

    Yields:
        A check that the folder is still there, which raises if not; it is made at the end too.

    Raises:
        DiskError: the folder was deleted, moved or replaced meanwhile.
        ResourceError: another run holds the folder, or it cannot be written.
    """
    file = folder / _LOCK
    with _lock(file, _in_use(folder), reentrant=True):
        held = file.stat()

        def check() -> None:
            with contextlib.suppress(OSError):
                if os.path.samestat(file.stat(), held):
                    return
            raise folder_gone(folder)

        yield check
        check()


def folder_gone(folder: Path) -> DiskError:
    """The error for a folder that went away while a run worked in it."""
    return DiskError(
        f"{quoted(folder)} must stay where it is while a run works in it. It was deleted or "
        "moved. Put it back if you can, and run the same command again."
    )


@contextlib.contextmanager
def one_at_a_time(path: Path, *, most_seconds: float = 900.0) -> Iterator[None]:
    """Let one process at a time make a file or folder; the others wait and find it there.

    Raises:
        ResourceError: the wait lasted too long, or the lock cannot be written.
    """
    busy = (
        f"Another process has been making {quoted(path)} for {in_words(most_seconds)}. Wait until "
        "it ends, or end it, and run the same command again."
    )
    with _lock(path.with_name(f".{path.name}{_LOCK}"), busy, most_seconds=most_seconds):
        yield


@contextlib.contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty folder to fill, and put it in place of `folder` when all went well.

    Whatever stops this, an exception or a kill, the old folder is there or comes back at the next
    start: see `restore`.

    Args:
        folder: what is wanted; whatever lies there is replaced.

    Raises:
        ResourceError: another process is replacing it, or the disk is full or cannot be written.
    """
    target = folder.resolve()
    workspace = _workspace(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for leftover in list(target.parent.glob(f"{DRAFT}*")):
            restore(_target(leftover))
        with _lock(_workspace_lock(target), _in_use(folder)):
            _recover(target)
            draft = workspace / "new"
            draft.mkdir(parents=True)
            try:
                yield draft
                if target.exists():
                    target.replace(workspace / "old")
                draft.replace(target)
            finally:
                _recover(target)
    except OSError as error:
        raise cannot_write(folder, error) from error


def restore(folder: Path) -> None:
    """Undo a replacement of `folder` that was killed, and remove what it left behind.

    A folder that another process is replacing now is left alone.
    """
    target = folder.resolve()
    lock = _workspace_lock(target)
    if not lock.exists() and not _workspace(target).is_dir():
        return
    with contextlib.suppress(OSError, ResourceError), _lock(lock, _in_use(folder)):
        _recover(target)


def check_output_file(
    path: Path, *, overwrite: bool, suffix: str | None = None, option: str = "--output"
) -> None:
    """Refuse a file that must not be written, before any work is done for it.

    Args:
        path: the file.
        overwrite: whether one that is there may be replaced.
        suffix: how its name must end, such as ".png".
        option: that names it on the command line.

    Raises:
        RecipeError: its name ends otherwise.
        ResourceError: it is a folder, or it exists and `overwrite` is off.
    """
    if suffix is not None and path.suffix.lower() != suffix:
        raise RecipeError(
            f"`{option}` must be a file that ends in {suffix}. Received: {quoted(path)}. Choose "
            "another name."
        )
    if path.is_dir():
        raise ResourceError(
            f"{quoted(path)} must be a file. Received: a folder. Choose another name with {option}."
        )
    if path.exists() and not overwrite:
        raise _exists(path, option)


def _workspace(target: Path) -> Path:
    return target.with_name(f"{DRAFT}{target.name}")


def _workspace_lock(target: Path) -> Path:
    return target.with_name(f"{DRAFT}{target.name}{_LOCK}")


def _target(leftover: Path) -> Path:
    """The folder that a workspace or its lock belongs to."""
    return leftover.with_name(leftover.name.removeprefix(DRAFT).removesuffix(_LOCK))


def _recover(target: Path) -> None:
    """Put the old folder back where the new one did not take its place, and clear up.

    Only for whoever holds the workspace's lock.
    """
    workspace = _workspace(target)
    old = workspace / "old"
    if old.exists():
        # Once the new one is there, no half deleted old one may ever come back.
        old.replace(workspace / "gone" if target.exists() else target)
    shutil.rmtree(workspace, ignore_errors=True)


@contextlib.contextmanager
def _lock(
    file: Path, busy: str, *, reentrant: bool = False, most_seconds: float = 0.0
) -> Iterator[None]:
    """Hold a lock file; if others hold it for too long, raise an error that says so."""
    from filelock import FileLock, Timeout

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(file, timeout=most_seconds, is_singleton=reentrant)
        lock.acquire()
        while not reentrant and not file.exists():
            # Its last holder removed it meanwhile, and whoever comes next makes another.
            lock.release()
            lock.acquire()
    except Timeout as error:
        raise ResourceError(busy) from error
    except OSError as error:
        raise cannot_write(file.parent, error) from error
    try:
        yield
    finally:
        try:
            if not reentrant:
                with contextlib.suppress(OSError):
                    file.unlink()
        finally:
            lock.release()


def _in_use(folder: Path) -> str:
    return (
        f"{quoted(folder)} must not be in use. Another run is working in it. Wait until it ends, "
        "or choose another folder with --output."
    )


def _remove_drafts(folder: Path) -> None:
    """Remove what killed runs left half written; only for whoever holds the folder's lock."""
    for leftover in list(folder.rglob(f"{DRAFT}*")):
        if leftover.is_dir():
            restore(_target(leftover))
        else:
            leftover.unlink(missing_ok=True)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _exists(path: Path, option: str = "--output") -> ResourceError:
    return ResourceError(
        f"{quoted(path)} already exists. Pass --overwrite to replace it, or choose another name "
        f"with {option}."
    )
