"""Where this user's machine keeps what peu can make or fetch again."""

import os
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """The folder for downloads, unpacked archives and what was computed from images.

    Returns:
        `$PEU_CACHE` where it is set, else the platform's cache folder of the user; it need
        not exist yet.
    """
    chosen = os.environ.get("PEU_CACHE", "").strip()
    if chosen:
        return Path(chosen).expanduser().absolute()
    return Path(platformdirs.user_cache_dir("peu", appauthor=False))
