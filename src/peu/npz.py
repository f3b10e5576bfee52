"""Arrays in .npz files, read within bounds: a file decides nothing but its own numbers."""

import math
import tokenize
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from peu.files import open_regular

MOST_BYTES = 512 << 20
"""Bytes that the arrays of a saved model may take."""

_ARRAY = ".npy"
_MOST_MEMBERS = 1000
# Zeros shrink a thousandfold; photographs and learnt weights do not shrink tenfold.
_FREE_BYTES = 64 << 20
_MOST_RATIO = 100
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    tokenize.TokenError,
    EOFError,
    RuntimeError,  # encrypted
    NotImplementedError,  # compressed in a way of later versions
)


def array_names(path: Path, *, most_bytes: int = MOST_BYTES) -> list[str]:
    """List the arrays of a file whose declared sizes are within bounds, without reading any.

    Args:
        path: an .npz file.
        most_bytes: bytes that all its arrays may take.

    Returns:
        Their names, without ".npy".

    Raises:
        OSError: it cannot be read, or is no regular file.
        ValueError: it is no zip archive, or declares more than it may.
    """
    with open_regular(path) as stream:
        try:
            members = zipfile.ZipFile(stream).infolist()
        except _DAMAGE as error:
            raise ValueError(f"it is damaged: {error}") from error
        declared = sum(member.file_size for member in members)
        if len(members) > _MOST_MEMBERS:
            raise ValueError(f"it has {len(members):,} members, and at most {_MOST_MEMBERS:,} fit")
        if declared > most_bytes:
            raise ValueError(f"its arrays take {declared:,} bytes, and {most_bytes:,} are the most")
        if declared > max(_FREE_BYTES, _MOST_RATIO * path.stat().st_size):
            raise ValueError(f"it unfolds to {declared:,} bytes, {_MOST_RATIO} times its size")
        if any(member.compress_type not in _COMPRESSIONS for member in members):
            raise ValueError("it is compressed in a way that NumPy does not write")
        return [
            member.filename.removesuffix(_ARRAY)
            for member in members
            if member.filename.endswith(_ARRAY)
        ]


def read_npz(
    path: Path, names: Iterable[str] | None = None, *, most_bytes: int = MOST_BYTES
) -> dict[str, NDArray[Any]]:
    """Read arrays without pickle, and without memory for more than the file holds.

    NumPy gives an array the memory that its header asks for before it looks for the values.

    Args:
        path: an .npz file.
        names: of the arrays to read; None reads all.
        most_bytes: bytes that all arrays of the file may take.

    Returns:
        The arrays by name.

    Raises:
        OSError: it cannot be read, or is no regular file.
        ValueError: an array is missing, damaged, of Python objects, or declares more than there is.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "x.npz"
        >>> np.savez(path, x=np.arange(3))
        >>> read_npz(path, ["x"])["x"]
        array([0, 1, 2])
    """
    found = array_names(path, most_bytes=most_bytes)
    wanted = found if names is None else list(names)
    missing = [name for name in wanted if name not in found]
    if missing:
        raise ValueError(f"it has no array `{missing[0]}`")
    try:
        with open_regular(path) as stream, zipfile.ZipFile(stream) as archive:
            return {name: _read_array(archive, name + _ARRAY) for name in wanted}
    except _DAMAGE as error:
        raise ValueError(f"it is damaged: {error}") from error


def _read_array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    size = archive.getinfo(name).file_size
    with archive.open(name) as member:
        version = npy.read_magic(member)
        if version not in ((1, 0), (2, 0), (3, 0)):
            raise ValueError(f"`{name}` has version {version}")
        # Version 3 differs from 2 in the encoding of field names alone, which arrays here lack.
        read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, dtype = read_header(member)
        if dtype.hasobject:
            raise ValueError(f"`{name}` holds Python objects")
        if math.prod(shape) * dtype.itemsize > size:
            raise ValueError(f"`{name}` declares {shape} of {dtype}, more than its {size:,} bytes")
    with archive.open(name) as member:
        return np.asarray(npy.read_array(member, allow_pickle=False))
