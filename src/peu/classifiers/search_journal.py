"""A search's journal: a line for each thing that happened, none believed unchecked."""

import json
import os
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from peu.files import cannot_write, read_bytes

_MOST_BYTES = 256 << 20


class Journal(Protocol):
    """What Optuna reads a study from, and writes it to."""

    def read_logs(self, log_number_from: int) -> Sequence[dict[str, Any]]:
        """What happened from a number on."""

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Add what happened, all of it or nothing."""


class KeptJournal(Protocol):
    """A search's journal that outlives the process, wherever it is kept."""

    def open(self) -> Journal:
        """Read what is there; an empty journal where nothing is.

        Raises:
            DiskError: it cannot be written.
            ValueError: it is damaged.
        """

    def discard(self) -> None:
        """Begin anew."""


class JournalFile:
    """A journal in a file of this machine.

    Args:
        path: of the file; its folder is made, but not the one above.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self) -> "SearchJournal":
        """As `KeptJournal` says."""
        try:
            # The folder above is the run's: it must not come back where it was deleted meanwhile.
            self.path.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise cannot_write(self.path, error) from error
        return SearchJournal(self.path)

    def discard(self) -> None:
        """As `KeptJournal` says."""
        self.path.unlink(missing_ok=True)


class SearchJournal:
    """Where Optuna keeps a study: a journal backend whose lines have checksums.

    Its own backend believes whatever parses, so that a flipped bit is another log loss, and waits
    half a minute for the lock of a process that was killed. One process searches at a time here:
    whoever runs the trial.

    A line that a killed process was writing is dropped.

    Args:
        path: the file; made if missing, in a folder that exists.

    Raises:
        DiskError: it cannot be written.
        ValueError: it is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            content = read_bytes(path, most_bytes=_MOST_BYTES) if os.path.lexists(path) else b""
            self._size = content.rfind(b"\n") + 1
            self._logs = [_checked(line) for line in content[: self._size].split(b"\n")[:-1]]
            with path.open("ab") as stream:
                stream.truncate(self._size)
        except OSError as error:
            raise cannot_write(path, error) from error

    def read_logs(self, log_number_from: int) -> Sequence[dict[str, Any]]:
        """What happened from a number on."""
        return self._logs[log_number_from:]

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Add what happened, all of it or nothing.

        Raises:
            DiskError: it cannot be written.
        """
        content = b"".join(map(_line, logs))
        try:
            with self._path.open("r+b") as stream:
                stream.seek(self._size)
                stream.write(content)
                # Of an attempt that failed, more may be there.
                stream.truncate()
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise cannot_write(self._path, error) from error
        self._size += len(content)
        # As read back, where a tuple is a list.
        self._logs += [_checked(line) for line in content.split(b"\n")[:-1]]


def _line(log: dict[str, Any]) -> bytes:
    text = json.dumps(log, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _checked(line: bytes) -> dict[str, Any]:
    checksum, _, text = line.partition(b" ")
    if checksum != b"%08x" % zlib.crc32(text):
        raise ValueError("a line does not agree with its checksum")
    log: dict[str, Any] = json.loads(text)
    return log
