"""What a workspace did not take, and why: a file that grows by a line each."""

import json
from collections.abc import Iterable
from pathlib import Path

from peu.files import cannot_write, read_text
from peu.images.records import SetAside

_MOST_BYTES = 64 << 20


class AsideList:
    """A list of files that were set aside.

    Args:
        file: where it is kept; it need not exist.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._items = self._read()

    def add(self, items: Iterable[SetAside]) -> None:
        """Note some more.

        Raises:
            ResourceError: the disk is full or cannot be written.
        """
        items = tuple(items)
        lines = [json.dumps([one.path, one.reason], ensure_ascii=False) + "\n" for one in items]
        if not lines:
            return
        try:
            with self._file.open("ab") as stream:
                stream.write("".join(lines).encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise cannot_write(self._file, error) from error
        self._items += items

    def all(self) -> tuple[SetAside, ...]:
        """All of them, the latest last."""
        return self._items

    def clear(self) -> None:
        """Forget them all.

        Raises:
            ResourceError: the file cannot be removed.
        """
        try:
            self._file.unlink(missing_ok=True)
        except OSError as error:
            raise cannot_write(self._file, error) from error
        self._items = ()

    def _read(self) -> tuple[SetAside, ...]:
        try:
            lines = read_text(self._file, most_bytes=_MOST_BYTES).splitlines()
        except (OSError, ValueError):
            return ()
        found = []
        for line in lines:
            try:
                path, reason = json.loads(line)
            except (ValueError, TypeError):
                continue
            found.append(SetAside(str(path), str(reason)))
        return tuple(found)
