"""Call back for every phase that work reports: benchmarks time epochs by it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from peu.progress import showing


class _CallBack:
    def __init__(self, on_phase: Callable[[str, int, int], object]) -> None:
        self._on_phase = on_phase

    def phase(self, name: str, done: int, total: int | None) -> None:
        """Pass it on."""
        self._on_phase(name, done, done if total is None else total)

    def steps(self, done: int, total: int) -> None:
        """Count nothing: benchmarks look at phases."""


@contextmanager
def on_phase(callback: Callable[[str, int, int], object]) -> Iterator[None]:
    """Call `callback` with the name, done and total of every phase reported inside."""
    with showing(_CallBack(callback)):
        yield
