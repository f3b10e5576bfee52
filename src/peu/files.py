"""Files that are either old and whole or new and whole, and folders that one run owns."""

import contextlib
import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from peu.errors import ResourceError

_CHUNK_BYTES = 1 << 20
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary sibling to write, and put it in place of `path` when all went well.

    Args:
        path: the file that is wanted; its folder is made if missing.

    Yields:
        The path to write to. It keeps the suffix of `path`, which some writers look at.

    Raises:
        ResourceError: the disk is full or cannot be written; `path` is as it was.

    Example:
        >>> import tempfile
        >>> target = Path(tempfile.mkdtemp()) / "figures.txt"
        >>> with replacing(target) as draft:
        ...     _ = draft.write_text("42")
        >>> target.read_text()
        '42'
    """
    draft: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        draft = Path(name)
        yield draft
        _flush_to_disk(draft)
        draft.chmod(0o666 & ~_umask())
        draft.replace(path)
    except OSError as error:
        raise _cannot_write(path, error) from error
    finally:
        if draft is not None:
            draft.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file at once, or leave the old one.

    Raises:
        ResourceError: the disk is full or cannot be written.
    """
    with replacing(path) as draft:
        draft.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write a whole UTF-8 file at once, or leave the old one.

    Raises:
        ResourceError: the disk is full or cannot be written.
    """
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Write sorted, indented JSON at once, or leave the old file.

    NaN and infinities are refused, since JSON has no word for them.

    Raises:
        ResourceError: the disk is full or cannot be written.
        ValueError: `value` holds a NaN or an infinity.
    """
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def read_json(path: Path) -> Any:
    """Read a UTF-8 JSON file.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is not UTF-8 or not JSON.
    """
    return json.loads(path.read_text(encoding="utf-8"))


def canonical_json(value: Any) -> str:
    """Give the one text that equal values share, to be hashed.

    Example:
        >>> canonical_json({"b": 1, "a": (2, 3)})
        '{"a":[2,3],"b":1}'
    """
    return json.dumps(
        value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )


def sha256_of_file(path: Path) -> str:
    """Give the SHA-256 of a file's content, in hexadecimal, in bounded memory."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def sha256_of_text(text: str) -> str:
    """Give the SHA-256 of a text's UTF-8 bytes, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


@contextlib.contextmanager
def owning(folder: Path) -> Iterator[None]:
    """Hold a folder for one run; a second run at the same time is refused.

    The lock ends with the process, so a killed run leaves nothing to clear away.

    Raises:
        ResourceError: another run holds the folder, or it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock", timeout=0)
        lock.acquire()
    except Timeout as error:
        raise ResourceError(
            f"Expected to have `{folder}` to itself. Another run is working in it. "
            "Wait until it ends, or choose another folder with --output."
        ) from error
    except OSError as error:
        raise _cannot_write(folder, error) from error
    try:
        yield
    finally:
        lock.release()


def _cannot_write(path: Path, error: OSError) -> ResourceError:
    reason = error.strerror or str(error)
    if error.errno in _NO_ROOM:
        advice = "Free some disk space and run the same command again."
    else:
        advice = "Check that the folder exists and that you may write there."
    return ResourceError(f"`{path}` could not be written: {reason}. {advice}")


def _flush_to_disk(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
