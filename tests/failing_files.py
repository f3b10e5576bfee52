"""Disks that fail and users who interrupt: the n-th thing that is done to files goes wrong."""

import _pyio  # type: ignore[import-not-found]
import builtins
import contextlib
import errno
import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

WRITING = ("create", "write", "fsync", "mkdir", "rename", "replace", "truncate", "chmod")
"""What fails on a full disk."""

ALL = (*WRITING, "open", "read", "unlink", "rmdir", "scandir")
"""What fails on a broken disk, and what Ctrl-C may come between."""

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
BROKEN = OSError(errno.EIO, os.strerror(errno.EIO))


@dataclass
class Faults:
    """Counts what Python does to files below some folders, and lets one call fail.

    Python's own implementation of `open` takes the place of the one in C, so that what is written
    when a buffer is flushed or a file is closed counts as well. What libraries written in C do by
    themselves, as SQLite and HDF5, is not seen.

    Args:
        folders: whose files count.
        error: what is raised.
        at: the call that fails, from 1 on; 0 lets none fail, and counts.
        kinds: what counts, among `ALL`.
        afterwards: raise once it is done, as an interrupt may come, and not instead.
        lasting: let all later calls fail as well, as on a disk that stays full.
    """

    folders: tuple[Path, ...]
    error: BaseException
    at: int = 0
    kinds: tuple[str, ...] = WRITING
    afterwards: bool = False
    lasting: bool = False
    calls: list[str] = field(default_factory=list)
    _handles: set[int] = field(default_factory=set)

    @contextlib.contextmanager
    def here(self) -> Iterator["Faults"]:
        """Let things fail inside of this."""
        with pytest.MonkeyPatch.context() as patch:
            for name in ("mkdir", "rename", "replace", "truncate", "chmod", "unlink", "rmdir"):
                patch.setattr(os, name, self._on_path(name, getattr(os, name)))
            patch.setattr(os, "scandir", self._on_path("scandir", os.scandir))
            for name in ("write", "read", "fsync", "ftruncate"):
                kind = "truncate" if name == "ftruncate" else name
                patch.setattr(os, name, self._on_handle(kind, getattr(os, name)))
            patch.setattr(os, "open", self._open(os.open))
            patch.setattr(os, "close", self._close(os.close))
            patch.setattr(io, "open", _pyio.open)
            patch.setattr(builtins, "open", _pyio.open)
            yield self

    def _counted(self, kind: str, name: object, call: Callable[[], Any]) -> Any:
        if kind not in self.kinds:
            return call()
        self.calls.append(f"{kind} {name}")
        fails = self.at and (
            len(self.calls) == self.at or (self.lasting and len(self.calls) > self.at)
        )
        if fails and not self.afterwards:
            raise self.error
        done = call()
        if fails:
            raise self.error
        return done

    def _counts(self, path: Any) -> bool:
        if not isinstance(path, (str, os.PathLike)):
            return False
        place = Path(os.path.abspath(path))  # noqa: PTH100 - links are not followed
        return any(folder in (place, *place.parents) for folder in self.folders)

    def _on_path(self, kind: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Any, *args: Any, **options: Any) -> Any:
            if not self._counts(path) and "dir_fd" not in options:
                return real(path, *args, **options)
            return self._counted(kind, path, lambda: real(path, *args, **options))

        return call

    def _on_handle(self, kind: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(handle: int, *args: Any) -> Any:
            if handle not in self._handles:
                return real(handle, *args)
            return self._counted(kind, handle, lambda: real(handle, *args))

        return call

    def _open(self, real: Callable[..., int]) -> Callable[..., int]:
        def call(path: Any, flags: int, *args: Any, **options: Any) -> int:
            def opened() -> int:
                handle = real(path, flags, *args, **options)
                self._handles.add(handle)
                return handle

            if not self._counts(path):
                return real(path, flags, *args, **options)
            kind = "create" if flags & os.O_CREAT else "open"
            handle: int = self._counted(kind, path, opened)
            return handle

        return call

    def _close(self, real: Callable[[int], None]) -> Callable[[int], None]:
        def call(handle: int) -> None:
            self._handles.discard(handle)
            real(handle)

        return call
