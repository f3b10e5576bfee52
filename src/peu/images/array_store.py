"""Arrays by image hash in one SQLite file, where no row is believed unchecked."""

import contextlib
import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SCHEMA = """
PRAGMA page_size = 65536;
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS arrays (
    image BLOB PRIMARY KEY, kind BLOB, data BLOB, checksum INTEGER
);
"""
_BUSY_SECONDS = 30.0
_NOT_DAMAGE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
}
"""What the disk or another process is the cause of, so that the file may be sound."""


class ArrayStore:
    """One SQLite file of arrays, safe for several threads and processes.

    SQLite's locks keep writers apart, its journal undoes what a killed process began. Nothing is
    forced to the disk, so a power cut may damage the file: it is then deleted and made again,
    as is any file that is not one of these. What cannot be read or written is as good as absent.

    Args:
        path: the file; it is made by the first write. Its name is part of every checksum, so a
            file under another's name holds nothing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, images: Iterable[str]) -> Iterator[tuple[str, NDArray[Any]]]:
        """Read the arrays of those images that have a sound one.

        Args:
            images: SHA-256 hashes, in hexadecimal.

        Yields:
            A hash and its array, which must not be written to.
        """
        if not self.path.is_file():
            return
        with self._tolerating(), self._opened() as connection:
            for image in images:
                row = connection.execute(
                    "SELECT kind, data, checksum FROM arrays WHERE image = ?",
                    (bytes.fromhex(image),),
                ).fetchone()
                array = None if row is None else self._checked(image, *row)
                if array is not None:
                    yield image, array

    def write(self, arrays: Mapping[str, NDArray[Any]]) -> bool:
        """Store an array of numbers for each image, all of them or none.

        Args:
            arrays: by the images' SHA-256, in hexadecimal.

        Returns:
            Whether they are stored.
        """
        rows = []
        for image, array in arrays.items():
            kind, data = json.dumps([array.dtype.str, array.shape]).encode(), array.tobytes()
            rows.append((bytes.fromhex(image), kind, data, self._checksum(image, kind, data)))
        for _ in range(2):  # a second time where the file was damaged and is gone now
            with self._tolerating():
                self.path.parent.mkdir(parents=True, exist_ok=True)
                with self._opened() as connection, connection:
                    connection.executemany("INSERT OR REPLACE INTO arrays VALUES (?,?,?,?)", rows)
                    find = "SELECT checksum FROM arrays WHERE image = ?"
                    found = [connection.execute(find, row[:1]).fetchone() for row in rows]
                    if found != [row[3:] for row in rows]:
                        raise sqlite3.DatabaseError("rows are not found again: a damaged index")
                return True
        return False

    def discard(self) -> None:
        """Delete the file, where that is possible."""
        for path in (self.path, self.path.with_name(f"{self.path.name}-journal")):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with contextlib.closing(sqlite3.connect(self.path, timeout=_BUSY_SECONDS)) as connection:
            connection.executescript(_SCHEMA)
            yield connection

    @contextlib.contextmanager
    def _tolerating(self) -> Iterator[None]:
        """Let every fault of the file pass, and delete a file that is damaged."""
        try:
            yield
        except (OSError, MemoryError):
            return
        except (sqlite3.Error, ValueError) as error:  # ValueError: SQLite quotes bytes as text
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _NOT_DAMAGE:
                self.discard()

    def _checked(self, image: str, kind: Any, data: Any, checksum: Any) -> NDArray[Any] | None:
        # Damage may turn a value into one of another type.
        if not isinstance(kind, bytes) or not isinstance(data, bytes):
            return None
        if checksum != self._checksum(image, kind, data):
            return None
        dtype, shape = json.loads(kind)
        return np.frombuffer(data, dtype).reshape(shape)

    def _checksum(self, image: str, kind: bytes, data: bytes) -> int:
        return zlib.crc32(data, zlib.crc32(f"{self.path.name} {image} ".encode() + kind))
