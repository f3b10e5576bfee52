"""Names of images from a command line, a file or standard input, each as soon as it is there."""

import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from peu.errors import DataError, RecipeError
from peu.wording import quoted

STDIN = "-"
"""What stands for standard input on a command line."""

_CHUNK_BYTES = 1 << 16
_LONGEST_PATH = 1 << 20
_URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_paths(source: str) -> Iterator[str]:
    """Read a list of paths.

    Args:
        source: a text file, or "-" for standard input: a path a line, or, as `find -print0`
            writes them, each ended by a NUL character.

    Yields:
        The paths; empty lines are skipped.

    Raises:
        DataError: there is no such file, or it is no list: no path ends within 1 MiB.
    """
    if source == STDIN:
        yield from _split(standard_input())
        return
    try:
        with Path(source).expanduser().open("rb", buffering=0) as stream:
            yield from _split(stream)
    except OSError as error:
        raise DataError(
            f"`--paths-from` must be a list of paths, or - for standard input. {quoted(source)} "
            f"cannot be read: {error.strerror or error}. Check the path."
        ) from error


def is_url(name: str) -> bool:
    """Whether a name is a URL and no path."""
    return _URL.match(name) is not None


def check_sources(names: Iterable[str]) -> None:
    """Refuse URLs before anything is done.

    Raises:
        RecipeError: a name is a URL.
    """
    for name in names:
        if is_url(name):
            raise RecipeError(
                f"peu reads images from files and folders. Received a URL: {quoted(name)}. "
                "Download the image first, or pipe it in: curl URL | peu predict MODEL -"
            )


def standard_input() -> BinaryIO:
    """Standard input without a buffer, whose lock a waiting thread would keep to the end."""
    try:
        return open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)
    except (AttributeError, OSError, ValueError):
        return sys.stdin.buffer


def _split(stream: BinaryIO) -> Iterator[str]:
    """Split at NUL characters if one is there when the first line ends, or else at line ends."""
    rest, end = b"", b""
    while chunk := stream.read(_CHUNK_BYTES):
        rest += chunk
        if not end:
            rest = rest.removeprefix(_BYTE_ORDER_MARK)
            end = b"\0" if b"\0" in rest else b"\n" if b"\n" in rest else b""
        if end:
            *whole, rest = rest.split(end)
            yield from _decoded(whole, end)
        if len(rest) > _LONGEST_PATH:
            raise DataError(
                "`--paths-from` must be a list of paths, a path a line. Received: a line of more "
                f"than {_LONGEST_PATH >> 20} MiB. Name a text file, or write it with "
                "`find -print0`."
            )
    yield from _decoded([rest], end)


def _decoded(paths: Iterable[bytes], end: bytes) -> Iterator[str]:
    for path in paths:
        text = os.fsdecode(path if end == b"\0" else path.rstrip(b"\r"))
        if text:
            yield text
