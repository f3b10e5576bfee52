"""Where peu keeps what can be had again: the cache is a convenience, never a condition."""

import os
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """Give the folder for downloads, unpacked archives and decoded images.

    Returns:
        `$PEU_CACHE` where it is set, else the platform's cache folder of the user; it need
        not exist yet.
    """
    chosen = os.environ.get("PEU_CACHE", "").strip()
    if chosen:
        return Path(chosen).expanduser().absolute()
    return Path(platformdirs.user_cache_dir("peu", appauthor=False))


def make_room(folder: Path, limit_bytes: int) -> None:
    """Remove the files of a cache folder that were used least lately, down to a limit.

    Args:
        folder: a folder of plain files, such as that of the decoded images.
        limit_bytes: how much may stay.
    """
    try:
        entries = [(entry, entry.stat()) for entry in os.scandir(folder) if entry.is_file()]
    except OSError:
        return
    entries.sort(key=lambda pair: pair[1].st_mtime, reverse=True)
    kept = 0
    for entry, status in entries:
        kept += status.st_size
        if kept > limit_bytes:
            Path(entry.path).unlink(missing_ok=True)
