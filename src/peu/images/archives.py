"""Zip files unpacked once into the cache, and refused whole where anything in them is unsafe."""

import contextlib
import itertools
import os
import re
import stat
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from peu.cache_folder import cache_folder
from peu.errors import DataError, DiskError, PeuError
from peu.files import open_regular, sha256_of_file
from peu.images.kept_folder import kept_folder
from peu.progress import report
from peu.wording import quoted

MAX_ENTRIES = 100_000
MAX_TOTAL_BYTES = 16 << 30
MAX_RATIO = 200
_SMALL = 64 << 10
_MAX_DIRECTORY_BYTES = 64 << 20
_CHUNK_BYTES = 1 << 20
_ARCHIVE_NAME = re.compile(
    r"\.(zip|tar|tgz|gz|bz2|tbz2|xz|txz|zst|7z|rar|jar|cab|iso|lzma|npz|ar)$", re.IGNORECASE
)
_ARCHIVE_START = re.compile(
    rb"PK\x03\x04|PK\x05\x06|\x1f\x8b|BZh|\xfd7zXZ|7z\xbc\xaf\x27\x1c|Rar!\x1a\x07|\x28\xb5\x2f\xfd"
)
_DRIVE = re.compile(r"[A-Za-z]:")

Entries = dict[str, zipfile.ZipInfo]


class _UnsafeError(Exception):
    """Why an archive is refused, in a few words."""


class _DamagedError(Exception):
    """An archive could not be read on."""


def extract_zip(archive: Path) -> Path:
    """Unpack a zip file into the cache, once for each content.

    Args:
        archive: the zip file.

    Returns:
        The folder that holds the entries.

    Raises:
        DataError: it is no zip file, is damaged, or holds what could harm: entries outside
            their folder, links, devices, encrypted or overlapping entries, archives, entries
            that grow out of proportion, or too many of them. Nothing is left behind.
        ResourceError: the cache cannot be written.
    """
    with _explained(archive):
        _check_directory_size(archive)
        folder = cache_folder() / "archives" / sha256_of_file(archive)
        return kept_folder(folder, lambda draft: _unpack(archive, draft))


def _unpack(archive: Path, folder: Path) -> None:
    with open_regular(archive) as stream, _opened(stream) as opened:
        entries = _safe_entries(opened, archive.stat().st_size)
        for done, (path, entry) in enumerate(entries.items(), start=1):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            chunks = _chunks(opened, entry)
            start = next(chunks, b"")
            if _ARCHIVE_START.match(start):
                raise _UnsafeError(f"its entry {quoted(path)} is an archive itself")
            with target.open("xb") as written:
                written.write(start)
                written.writelines(chunks)
            report("Unpacking", done, len(entries))


def _opened(stream: BinaryIO) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(stream)
    except OSError as error:
        # An invalid seek in a damaged file, and no fault of the disk that is written to.
        raise _DamagedError(str(error)) from error


def _chunks(opened: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """What an entry holds, a piece at a time."""
    try:
        with opened.open(entry) as source:
            while chunk := source.read(_CHUNK_BYTES):
                yield chunk
    except MemoryError:
        raise
    except Exception as error:
        # A damaged zip makes `zipfile` raise anything.
        raise _DamagedError(str(error)) from error


def _safe_entries(opened: zipfile.ZipFile, size: int) -> Entries:
    """The files of an archive of so many bytes by their clean names.

    Raises:
        _UnsafeError: something in the archive is unsafe.
    """
    listed = opened.infolist()
    if len(listed) > MAX_ENTRIES:
        raise _UnsafeError(f"it holds more than {MAX_ENTRIES:,} entries")
    files: Entries = {}
    folders: set[str] = set()
    for entry in listed:
        name = _clean_name(entry)
        _check_entry(entry)
        folders.update(map(str, PurePosixPath(name).parents))
        if entry.is_dir():
            folders.add(name)
        elif name in files:
            raise _UnsafeError(f"two entries are named {quoted(name)}")
        else:
            files[name] = entry
    if clash := sorted(folders & files.keys()):
        raise _UnsafeError(f"{quoted(clash[0])} is both a file and a folder")
    # Bombs let entries share their bytes; zipfile looks for that itself from Python 3.11.9 on.
    in_order = sorted(listed, key=lambda entry: entry.header_offset)
    starts = [entry.header_offset for entry in in_order] + [opened.start_dir]
    for entry, (start, following) in zip(in_order, itertools.pairwise(starts), strict=True):
        if start + entry.compress_size > following or start == following:
            raise _UnsafeError(f"its entry {quoted(entry.filename)} overlaps another")
    total = sum(entry.file_size for entry in files.values())
    if total > MAX_TOTAL_BYTES:
        raise _UnsafeError(f"it would grow to {total >> 30} GiB")
    if total > max(_SMALL, MAX_RATIO * size):
        raise _UnsafeError(f"it would grow to more than {MAX_RATIO} times its size")
    return files


def _clean_name(entry: zipfile.ZipInfo) -> str:
    name = entry.orig_filename.replace("\\", "/")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if not parts or ".." in parts or "\0" in name or name.startswith("/") or _DRIVE.match(parts[0]):
        raise _UnsafeError(f"its entry {quoted(name)} would land outside its folder")
    return "/".join(parts)


def _check_entry(entry: zipfile.ZipInfo) -> None:
    problem = None
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        problem = "is a link or a device"
    elif entry.flag_bits & 0x1:
        problem = "is encrypted"
    elif entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        problem = "is compressed by an unusual method"
    elif entry.file_size > max(_SMALL, MAX_RATIO * entry.compress_size):
        problem = f"grows more than {MAX_RATIO} times"
    elif _ARCHIVE_NAME.search(entry.filename):
        problem = "is an archive itself"
    if problem:
        raise _UnsafeError(f"its entry {quoted(entry.filename)} {problem}")


def _check_directory_size(archive: Path) -> None:
    """Refuse an enormous list of entries before `zipfile` reads it into memory whole."""
    with open_regular(archive) as stream:
        size = stream.seek(0, os.SEEK_END)
        tail_start = max(0, size - 66_000)
        stream.seek(tail_start)
        tail = stream.read()
        at = tail.rfind(b"PK\x05\x06")
        if at < 0 or len(tail) < at + 22:
            raise zipfile.BadZipFile("it has no list of entries at its end")
        directory_bytes = struct.unpack_from("<L", tail, at + 12)[0]
        if at >= 20 and tail[at - 20 : at - 16] == b"PK\x06\x07":
            # The 64-bit record stands in front of its locator, where `zipfile` looks for it.
            stream.seek(max(0, tail_start + at - 20 - 56))
            record = stream.read(56)
            if record.startswith(b"PK\x06\x06"):
                directory_bytes = struct.unpack_from("<Q", record, 40)[0]
    if directory_bytes > _MAX_DIRECTORY_BYTES:
        raise _UnsafeError(f"it holds more than {MAX_ENTRIES:,} entries")


@contextlib.contextmanager
def _explained(archive: Path) -> Iterator[None]:
    """Errors for archives that are unsafe or damaged, and for a cache without room."""
    try:
        yield
    except DiskError as error:
        raise DiskError(
            f"{quoted(archive)} could not be unpacked into the cache: {error} Or name another "
            "cache folder in PEU_CACHE."
        ) from error
    except (PeuError, MemoryError):
        raise
    except OSError as error:
        raise DataError(f"{quoted(archive)} cannot be read: {error.strerror or error}.") from error
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        if not isinstance(error, _UnsafeError):
            reason = f"it is damaged or no zip file: {reason}"
        raise DataError(
            f"{quoted(archive)} is refused: {reason}. Expected a plain zip of image folders; "
            "unpack it yourself if you trust it, and give the folder."
        ) from error
