"""Zip files unpacked once into the cache, and refused whole where anything in them is unsafe."""

import contextlib
import os
import shutil
import stat
import struct
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from peu.errors import DataError, ResourceError
from peu.files import read_json, sha256_of_file, write_json
from peu.images.cache import cache_folder
from peu.progress import report
from peu.wording import shown

MAX_ENTRIES = 100_000
MAX_TOTAL_BYTES = 16 << 30
MAX_RATIO = 200
_SMALL = 64 << 10
_MAX_DIRECTORY_BYTES = 64 << 20
_CHUNK_BYTES = 1 << 20
_ARCHIVES = frozenset(
    [
        ".zip",
        ".tar",
        ".tgz",
        ".gz",
        ".bz2",
        ".tbz2",
        ".xz",
        ".txz",
        ".zst",
        ".7z",
        ".rar",
        ".jar",
        ".cab",
        ".iso",
        ".lzma",
        ".npz",
        ".ar",
    ]
)
_ARCHIVE_STARTS = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"\x28\xb5\x2f\xfd",
)


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
    try:
        digest = sha256_of_file(archive)
    except OSError as error:
        raise DataError(f"{shown(archive)} cannot be read: {error.strerror or error}.") from error
    folder = cache_folder() / "archives" / digest
    listing = folder.with_suffix(".json")
    if _is_whole(folder, listing):
        return folder
    entries = _unpack(archive, folder)
    with contextlib.suppress(ResourceError):
        write_json(listing, entries)
    return folder


def _unpack(archive: Path, folder: Path) -> dict[str, int]:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".", dir=folder.parent))
    except OSError as error:
        raise _no_room(folder, error) from error
    try:
        with _damage_explained(archive):
            _check_directory_size(archive)
            with zipfile.ZipFile(archive) as opened:
                entries = _safe_entries(archive, opened)
                for done, (name, entry) in enumerate(entries.items()):
                    report("Unpacking", done, len(entries))
                    _write_entry(archive, opened, entry, draft / name)
                report("Unpacking", len(entries), len(entries))
        _put_in_place(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return {name: entry.file_size for name, entry in entries.items()}


def _safe_entries(archive: Path, opened: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Give the files of the archive by their clean names, or refuse the archive whole."""
    entries = opened.infolist()
    if len(entries) > MAX_ENTRIES:
        raise _refused(archive, f"it holds more than {MAX_ENTRIES:,} entries")
    files: dict[str, zipfile.ZipInfo] = {}
    folders: set[str] = set()
    for entry in entries:
        name = _clean_name(archive, entry)
        _check_entry(archive, entry)
        if entry.is_dir():
            folders.add(name)
            continue
        if name in files:
            raise _refused(archive, f"two entries are named {shown(name)}")
        files[name] = entry
        folders.update(str(parent) for parent in PurePosixPath(name).parents)
    clash = sorted(folders & files.keys())
    if clash:
        raise _refused(archive, f"{shown(clash[0])} is both a file and a folder")
    _check_overlap(archive, opened, entries)
    total = sum(entry.file_size for entry in files.values())
    if total > MAX_TOTAL_BYTES:
        raise _refused(archive, f"it would grow to {total >> 30} GiB")
    if total > _SMALL and total > MAX_RATIO * archive.stat().st_size:
        raise _refused(archive, f"it would grow to more than {MAX_RATIO} times its size")
    return files


def _clean_name(archive: Path, entry: zipfile.ZipInfo) -> str:
    name = entry.orig_filename.replace("\\", "/")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    drive = bool(parts) and len(parts[0]) > 1 and parts[0][1] == ":" and parts[0][0].isalpha()
    if "\0" in name or not parts or name.startswith("/") or drive or ".." in parts:
        raise _refused(archive, f"its entry {shown(name)} would land outside its folder")
    return "/".join(parts)


def _check_entry(archive: Path, entry: zipfile.ZipInfo) -> None:
    name = shown(entry.filename)
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _refused(archive, f"its entry {name} is a link or a device")
    if entry.flag_bits & 0x1:
        raise _refused(archive, f"its entry {name} is encrypted")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _refused(archive, f"its entry {name} is compressed by an unusual method")
    if entry.file_size > _SMALL and entry.file_size > MAX_RATIO * entry.compress_size:
        raise _refused(archive, f"its entry {name} grows more than {MAX_RATIO} times")
    suffix = PurePosixPath(entry.filename).suffix.lower()
    if suffix in _ARCHIVES and not entry.is_dir():
        raise _refused(archive, f"its entry {name} is an archive itself")


def _check_overlap(archive: Path, opened: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    end_of_last = 0
    last = ""
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end_of_last:
            raise _refused(
                archive, f"its entries {shown(last)} and {shown(entry.filename)} overlap"
            )
        name_bytes = len(
            entry.orig_filename.encode("utf-8" if entry.flag_bits & 0x800 else "cp437")
        )
        header = struct.calcsize("<4s2B4HL2L2H")
        end_of_last = entry.header_offset + header + name_bytes + entry.compress_size
        last = entry.filename
    if end_of_last > opened.start_dir:
        raise _refused(archive, f"its entry {shown(last)} overlaps the list of entries")


def _write_entry(
    archive: Path, opened: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path
) -> None:
    with opened.open(entry) as source:
        chunk = source.read(_CHUNK_BYTES)
        if chunk.startswith(_ARCHIVE_STARTS):
            raise _refused(archive, f"its entry {shown(entry.filename)} is an archive itself")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            stream = target.open("xb")
        except OSError as error:
            raise _no_room(target, error) from error
        with stream:
            while chunk:
                try:
                    stream.write(chunk)
                except OSError as error:
                    raise _no_room(target, error) from error
                chunk = source.read(_CHUNK_BYTES)


def _check_directory_size(archive: Path) -> None:
    """Refuse an enormous list of entries before `zipfile` reads it into memory whole."""
    with archive.open("rb") as stream:
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
        raise _refused(archive, f"it holds more than {MAX_ENTRIES:,} entries")


def _put_in_place(draft: Path, folder: Path) -> None:
    try:
        draft.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        draft.rename(folder)
    except OSError as error:
        if not folder.is_dir():
            raise _no_room(folder, error) from error


def _is_whole(folder: Path, listing: Path) -> bool:
    """Tell whether an earlier unpacking is still all there: caches get swept."""
    try:
        entries = read_json(listing)
        return bool(entries) and all(
            (folder / name).stat().st_size == size for name, size in entries.items()
        )
    except (OSError, ValueError, AttributeError, TypeError):
        return False


@contextlib.contextmanager
def _damage_explained(archive: Path) -> Iterator[None]:
    try:
        yield
    except (DataError, ResourceError, MemoryError):
        raise
    except Exception as error:
        # A damaged zip makes `zipfile` raise anything from BadZipFile to zlib.error.
        reason = " ".join(str(error).split()) or type(error).__name__
        raise _refused(archive, f"it is damaged or no zip file: {reason}") from error


def _refused(archive: Path, reason: str) -> DataError:
    return DataError(
        f"{shown(archive)} is refused: {reason}. Expected a plain zip of image folders; "
        "unpack it yourself if you trust it, and give the folder."
    )


def _no_room(path: Path, error: OSError) -> ResourceError:
    return ResourceError(
        f"The archive could not be unpacked to {shown(path)}: {error.strerror or error}. "
        "Free some space, or name another cache folder in PEU_CACHE."
    )
