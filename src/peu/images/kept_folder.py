"""Folders in the cache that are checked by content, and made again where they were altered."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from peu.files import read_json, sha256_of_file, with_checksum, without_checksum, write_json
from peu.images.layouts import is_tolerated, key_of
from peu.images.workers import in_order
from peu.output_folder import one_at_a_time, replacing_folder

LISTING = ".contents.json"
_FORMAT = 1
_MOST_BYTES = 256 << 20


def kept_folder(folder: Path, fill: Callable[[Path], object]) -> Path:
    """A folder with the files that were put there once, each still as it was.

    Caches get swept and disks decay: a folder that lost a file would be a smaller set of images,
    one with other content another set, and figures would change without a word.

    Args:
        folder: in the cache.
        fill: puts the files into a given empty folder; called only where some are missing,
            altered or too many. Whoever comes at the same time waits for it.

    Returns:
        `folder`.

    Raises:
        ResourceError: the cache cannot be written, or another process does not finish.
    """
    if not is_as_made(folder):
        with one_at_a_time(folder):
            if not is_as_made(folder):
                with replacing_folder(folder) as draft:
                    fill(draft)
                    hashes = {name: sha256_of_file(draft / name) for name in _files(draft)}
                    listing = {"format": _FORMAT, "files": hashes}
                    write_json(draft / LISTING, with_checksum(listing))
    return folder


def is_as_made(folder: Path) -> bool:
    """Whether a folder of `kept_folder` holds what was put there, and nothing else."""
    try:
        listing = without_checksum(read_json(folder / LISTING, most_bytes=_MOST_BYTES))
        expected = dict(listing["files"])
        if listing["format"] != _FORMAT:
            return False
        if any(name not in expected for name in _files(folder) if not _is_hidden(name)):
            return False
        names = sorted(expected)
        found = in_order(lambda name: sha256_of_file(folder / name), names)
        return all(expected[name] == each for name, each in zip(names, found, strict=True))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _files(folder: Path) -> Iterator[str]:
    """Names of all files below a folder but its listing, with forward slashes."""
    for place, _, names in os.walk(folder):
        for name in names:
            key = key_of(Path(place) / name, folder)
            if key != LISTING:
                yield key


def _is_hidden(name: str) -> bool:
    return any(is_tolerated(part) for part in name.split("/"))
