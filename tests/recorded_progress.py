"""A display that writes down what work reports, for tests of progress and of interrupts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from peu.progress import showing


@dataclass
class Recorder:
    """Hold the phases and steps that were reported, in order; `on_phase` may raise."""

    on_phase: Callable[[str, int, int | None], object] = lambda *_: None
    phases: list[tuple[str, int, int | None]] = field(default_factory=list)
    counted: list[tuple[int, int]] = field(default_factory=list)

    def steps(self, done: int, total: int) -> None:
        self.counted.append((done, total))

    def phase(self, name: str, done: int, total: int | None) -> None:
        self.phases.append((name, done, total))
        self.on_phase(name, done, total)


@contextmanager
def recorded_progress(
    on_phase: Callable[[str, int, int | None], object] = lambda *_: None,
) -> Iterator[Recorder]:
    """Record every report made inside."""
    recorder = Recorder(on_phase)
    with showing(recorder):
        yield recorder
