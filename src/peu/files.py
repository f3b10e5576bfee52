"""Files that are either old and whole or new and whole, and what they hold."""

import contextlib
import errno
import hashlib
import json
import os
import stat
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from peu.errors import DiskError

if sys.platform != "win32":
    import fcntl

DRAFT = ".peu-"
"""How the name of everything begins that is still being written."""

_CHUNK_BYTES = 1 << 20
_MOST_BYTES = 64 << 20
_CHECKSUM = "sha256"
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""Error numbers of a disk that is full."""

_swept: set[Path] = set()


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary sibling to write, and put it in place of `path` when all went well.

    Args:
        path: the file that is wanted; its folder is made if missing.

    Yields:
        The path to write to. It keeps the suffix of `path`, which some writers look at.

    Raises:
        DiskError: the disk is full or cannot be written; `path` is as it was.

    Example:
        >>> import tempfile
        >>> target = Path(tempfile.mkdtemp()) / "figures.txt"
        >>> with replacing(target) as draft:
        ...     _ = draft.write_text("42")
        >>> target.read_text()
        '42'
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _draft_in(path.parent, path.suffix) as draft:
            yield draft
            _flush_to_disk(draft)
            draft.chmod(0o666 & ~_umask())
            draft.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from error


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file at once, or leave the old one.

    Raises:
        DiskError: the disk is full or cannot be written.
    """
    with replacing(path) as draft:
        draft.write_bytes(content)


def write_new(path: Path, content: bytes) -> None:
    """Write a whole file under a name that is free; never over another file.

    Args:
        path: the file, in a folder that exists.
        content: what it holds.

    Raises:
        FileExistsError: something has this name, or has got it meanwhile.
        OSError: the disk is full or cannot be written.
    """
    with _draft_in(path.parent) as draft:
        draft.write_bytes(content)
        draft.chmod(0o666 & ~_umask())
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            raise
        except OSError:
            # Some file systems have no links; there another may take the name in this moment.
            if os.path.lexists(path):
                raise FileExistsError(str(path)) from None
            draft.rename(path)


def write_text(path: Path, text: str) -> None:
    """Write a whole UTF-8 file at once, or leave the old one.

    Raises:
        DiskError: the disk is full or cannot be written.
    """
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Write sorted, indented JSON at once, or leave the old file.

    NaN and infinities are refused, since JSON has no word for them.

    Raises:
        DiskError: the disk is full or cannot be written.
        ValueError: `value` holds a NaN or an infinity.
    """
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file to read; a pipe or a device is neither waited for nor read.

    Raises:
        OSError: the file cannot be opened, or is no regular file.
    """
    # Opening a pipe waits for a writer unless it is asked not to.
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    return os.fdopen(handle, "rb")


def read_bytes(path: Path, *, most_bytes: int = _MOST_BYTES) -> bytes:
    """Read a file, but no pipe, no device and nothing enormous.

    Raises:
        OSError: the file cannot be read, or is no regular file.
        ValueError: the file is larger than `most_bytes`.
    """
    with open_regular(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > most_bytes:
            raise ValueError(f"it has {size:,} bytes, and at most {most_bytes:,} are read")
        # What has no end, as some files of the system, says that it has no size.
        content = stream.read(size + 1)
    if len(content) > size:
        raise ValueError("it grew while it was read")
    return content


def read_text(path: Path, *, most_bytes: int = _MOST_BYTES) -> str:
    """Read a UTF-8 text file, as `read_bytes` does.

    Raises:
        OSError: the file cannot be read, or is no regular file.
        ValueError: the file is not UTF-8, or larger than `most_bytes`.
    """
    return read_bytes(path, most_bytes=most_bytes).decode("utf-8")


def read_json(path: Path, *, most_bytes: int = _MOST_BYTES) -> Any:
    """Read a UTF-8 JSON file, as `read_text` does.

    Raises:
        OSError: the file cannot be read, or is no regular file.
        ValueError: the file is not UTF-8, not JSON, nested too deeply, or larger than `most_bytes`.
    """
    try:
        return json.loads(read_text(path, most_bytes=most_bytes))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def canonical_json(value: Any) -> str:
    """The one JSON text that equal values share, to be hashed.

    Example:
        >>> canonical_json({"b": 1, "a": (2, 3)})
        '{"a":[2,3],"b":1}'
    """
    return json.dumps(
        value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )


def with_checksum(value: Mapping[str, Any]) -> dict[str, Any]:
    """Add the SHA-256 of an object's canonical JSON to it, as "sha256".

    A flipped bit in a file of figures leaves JSON that reads well and says something else.

    Example:
        >>> without_checksum(with_checksum({"accuracy": 0.9}))
        {'accuracy': 0.9}
    """
    return {**value, _CHECKSUM: sha256_of_text(canonical_json(value))}


def without_checksum(value: Any) -> dict[str, Any]:
    """Take off what `with_checksum` added, once it holds.

    Raises:
        ValueError: it is no object, or was changed since it was written.
    """
    if not isinstance(value, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - a file's content, not a type
    rest = {name: each for name, each in value.items() if name != _CHECKSUM}
    if value.get(_CHECKSUM) != sha256_of_text(canonical_json(rest)):
        raise ValueError("its content does not agree with its checksum")
    return rest


def sha256_of_file(path: Path, *, most_bytes: int | None = None) -> str:
    """SHA-256 of a regular file's content, in hexadecimal, in bounded memory.

    Raises:
        OSError: the file cannot be read, or is no regular file.
        ValueError: the file is larger than `most_bytes`.
    """
    digest = hashlib.sha256()
    with open_regular(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        if most_bytes is not None and size > most_bytes:
            raise ValueError(f"it has {size:,} bytes, and at most {most_bytes:,} are read")
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def sha256_of_text(text: str) -> str:
    """SHA-256 of a text's UTF-8 bytes, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def cannot_write(path: Path, error: OSError) -> DiskError:
    """The error for a file or folder that could not be written, with its reason and a remedy."""
    reason = error.strerror or str(error)
    if error.errno in NO_ROOM:
        advice = "Free some disk space and run the same command again."
    else:
        advice = "Check that the folder exists and that you may write there."
    return DiskError(f"`{path}` could not be written: {reason}. {advice}")


@contextlib.contextmanager
def _draft_in(folder: Path, suffix: str = "") -> Iterator[Path]:
    """Yield a new file of a folder to write to, and remove it if it is still there afterwards.

    It is locked meanwhile, so that others can tell it from what a killed process left.
    """
    _remove_orphans(folder)
    handle, draft = _new_draft(folder, suffix)
    try:
        yield draft
    finally:
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
        if handle is not None:
            os.close(handle)


def _new_draft(folder: Path, suffix: str) -> tuple[int | None, Path]:
    """A new file, and the handle that holds its lock; None where there are no such locks."""
    while True:
        handle, name = tempfile.mkstemp(prefix=DRAFT, suffix=suffix, dir=folder)
        if sys.platform == "win32":
            # Nothing that is open can be renamed there.
            os.close(handle)
            return None, Path(name)
        with contextlib.suppress(OSError):  # some network file systems have no locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        # Before it was locked, another process may have taken it for an orphan.
        if os.path.exists(name):  # noqa: PTH110 - a text
            return handle, Path(name)
        os.close(handle)


def _remove_orphans(folder: Path) -> None:
    """Remove the drafts that killed processes left in a folder, once for each process."""
    place = folder.absolute()
    if sys.platform == "win32" or place in _swept:
        return
    _swept.add(place)
    names = []
    with contextlib.suppress(OSError), os.scandir(place) as entries:
        names = [entry.path for entry in entries if _is_draft(entry.name)]
    for name in names:
        with contextlib.suppress(OSError), open_regular(Path(name)) as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails while someone writes it
            Path(name).unlink()


def _is_draft(name: str) -> bool:
    # A folder's lock is looked after by whoever replaces that folder.
    return name.startswith(DRAFT) and not name.endswith(".lock")


def _flush_to_disk(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
