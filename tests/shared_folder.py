"""Folders that are made once for all tests, in whichever process first asks for one."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def shared_folder(
    tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]
) -> Path:
    """Return a folder that nobody changes.

    Args:
        tmp_path_factory: of pytest.
        name: what it is called.
        make: is given a path without anything at it, and makes the folder there.
    """
    base = tmp_path_factory.getbasetemp()
    # Each of pytest-xdist's workers has a folder of its own below the session's.
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = base / "shared" / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            unfinished = folder.with_name(f"{name}.unfinished")
            make(unfinished)
            unfinished.rename(folder)
    return folder
