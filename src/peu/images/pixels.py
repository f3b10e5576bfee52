"""Decoded images of one size on disk: read row by row, whole or not at all."""

import contextlib
import io
import os
import shutil
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from peu.errors import ResourceError
from peu.files import replacing, sha256_of_text
from peu.images.cache import cache_folder, make_room
from peu.images.decoding import DECODING
from peu.images.workers import in_order
from peu.progress import report
from peu.recipes.checks import ResizeMode

MAX_CACHE_BYTES = 16 << 30

Row = NDArray[np.uint8]
Decode = Callable[[int], Row]


def stream_rows(
    key: str,
    count: int,
    indices: NDArray[np.int64],
    image_size: tuple[int, int],
    resize_mode: ResizeMode,
    decode: Decode,
) -> Iterator[Row]:
    """Give images one by one, from the cache where they are there.

    The first time that half of a set or more is asked for, the whole set is decoded into one
    file. Rows are read, not mapped: a mapped file counts as memory. A damaged row is decoded
    afresh; a cache that cannot be written is done without.

    Args:
        key: the fingerprint of the set that the indices count in.
        count: how many images the set has.
        indices: (n,) int64 of images in the set.
        image_size: (height, width) in pixels.
        resize_mode: how images are brought to that size.
        decode: gives image `index` of the set as (height, width, 3) uint8.

    Yields:
        (height, width, 3) uint8 for each index, in order.
    """
    shape = (count, *image_size, 3)
    path = _path(key, shape, resize_mode)
    checksums = _checksums(path, shape)
    if checksums is None and 2 * len(np.unique(indices)) >= count and _write(path, shape, decode):
        checksums = _checksums(path, shape)
        make_room(path.parent, MAX_CACHE_BYTES)
    if checksums is None:
        for done, row in enumerate(in_order(decode, indices.tolist()), start=1):
            report("Decoding images", done, len(indices))
            yield row
        return
    with contextlib.suppress(OSError):
        os.utime(path)
    yield from _read(path, shape, checksums, indices, decode)


def _read(
    path: Path,
    shape: tuple[int, ...],
    checksums: NDArray[np.uint32],
    indices: NDArray[np.int64],
    decode: Decode,
) -> Iterator[Row]:
    start = len(_header(shape))
    with contextlib.ExitStack() as stack:
        try:
            stream = stack.enter_context(path.open("rb", buffering=0))
        except OSError:
            yield from in_order(decode, indices.tolist())
            return
        for index in indices.tolist():
            row = np.empty(shape[1:], np.uint8)
            try:
                stream.seek(start + index * row.nbytes)
                whole = stream.readinto(row.data.cast("B")) == row.nbytes
            except OSError:
                whole = False
            if whole and zlib.crc32(row.data) == checksums[index]:
                yield row
            else:
                yield decode(index)


def _write(path: Path, shape: tuple[int, ...], decode: Decode) -> bool:
    """Decode a whole set into one file; tell whether the cache took it."""
    if not _fits(path, shape):
        return False
    try:
        with replacing(path) as draft, draft.open("wb") as stream:
            stream.write(_header(shape))
            checksums = []
            for done, row in enumerate(in_order(decode, range(shape[0])), start=1):
                stream.write(row.tobytes())
                checksums.append(zlib.crc32(row.data))
                report("Decoding images", done, shape[0])
            stream.write(np.array(checksums, "<u4").tobytes())
    except ResourceError:
        return False
    return True


def _checksums(path: Path, shape: tuple[int, ...]) -> NDArray[np.uint32] | None:
    """Read the checksums behind the pixels, or None where the file is missing or not whole."""
    header = _header(shape)
    data_end = len(header) + int(np.prod(shape))
    try:
        with path.open("rb") as stream:
            if stream.read(len(header)) != header:
                return None
            stream.seek(data_end)
            tail = stream.read(4 * shape[0] + 1)
    except OSError:
        return None
    return np.frombuffer(tail, "<u4") if len(tail) == 4 * shape[0] else None


def _header(shape: tuple[int, ...]) -> bytes:
    """Give the start of an .npy file, so that `numpy.load` reads the cache too."""
    stream = io.BytesIO()
    fields = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, fields)
    return stream.getvalue()


def _path(key: str, shape: tuple[int, ...], resize_mode: ResizeMode) -> Path:
    name = sha256_of_text(f"{DECODING}\n{key}\n{shape}\n{resize_mode}")
    return cache_folder() / "pixels" / f"{name[:32]}.npy"


def _fits(path: Path, shape: tuple[int, ...]) -> bool:
    """Tell whether there is room to be generous with."""
    wanted = int(np.prod(shape))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(path.parent).free
    except OSError:
        return False
    return wanted <= min(MAX_CACHE_BYTES, free // 2)
