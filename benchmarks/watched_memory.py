"""Memory of a process and of all that it started, looked at while work reports how far it is.

Linux only: it reads /proc. Of a process its own memory counts, not what it shares with others
(code, and Ray's object store, which is a file in memory and told apart).
"""

import os
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Self

_SECONDS = 0.5


class MemoryWatch:
    """The most memory of each part of the way; a display of `peu.progress`.

    Attributes:
        first: what was done at the first report, and when (`time.monotonic`).
        last: the same of the last report.

    Args:
        fifths: number of equal parts that the way is shared into.
    """

    def __init__(self, fifths: int) -> None:
        self._parts = fifths
        self._part = 0
        self.first: tuple[int, float] | None = None
        self.last = (0, time.monotonic())
        self._most: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def steps(self, done: int, total: int) -> None:
        """Show nothing."""

    def phase(self, name: str, done: int, total: int | None) -> None:  # noqa: ARG002 - all one phase
        """Note how far the work is."""
        self.last = (done, time.monotonic())
        self.first = self.first or self.last
        if total:
            self._part = min(self._parts - 1, done * self._parts // total)

    def megabytes(self) -> dict[str, list[int]]:
        """The most of each part of the way: of this process, and of those it started."""
        return {
            what: [round(most[part] / 1024) for part in range(self._parts)]
            for what, most in self._most.items()
        }

    def _watch(self) -> None:
        while not self._ended.wait(_SECONDS):
            found = {pid: _kilobytes(pid) for pid in _started_by(os.getpid())}
            others = [own for pid, (own, _) in found.items() if pid != os.getpid()]
            self._note("this process", found[os.getpid()][0])
            if others:
                self._note("largest other", max(others))
                self._note("all others", sum(others))
                self._note("object store", max(shared for _, shared in found.values()))

    def _note(self, what: str, kilobytes: int) -> None:
        self._most[what][self._part] = max(self._most[what][self._part], kilobytes)


def _started_by(pid: int) -> set[int]:
    """A process, what it started, and what these started."""
    children = defaultdict(list)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        # The name stands in parentheses, and may hold anything.
        children[int(text.rsplit(")", 1)[1].split()[1])].append(int(stat.parent.name))
    found, waiting = set(), [pid]
    while waiting:
        found.add(waiting[-1])
        waiting.extend(children[waiting.pop()])
    return found


def _kilobytes(pid: int) -> tuple[int, int]:
    """Memory of a process alone, and what it uses of shared memory; 0 where it has ended."""
    sizes = {"RssAnon": 0, "RssShmem": 0}
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            name, _, value = line.partition(":")
            if name in sizes:
                sizes[name] = int(value.split()[0])
    except OSError:
        pass
    return sizes["RssAnon"], sizes["RssShmem"]
