"""Ambient progress: work says how far it is, and whoever watches draws it.

Nothing hands a progress argument down: the display is a context variable. Without one, a library
call is silent. Threads and processes start without a display; who starts them passes reports on.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Display(Protocol):
    """Something that draws progress, or passes it on."""

    def steps(self, done: int, total: int) -> None:
        """Show how many of a command's steps are done."""

    def phase(self, name: str, done: int, total: int | None) -> None:
        """Show how far one phase of the current step is; `done == total` ends it."""


_display: ContextVar[Display | None] = ContextVar("display", default=None)
_counting: ContextVar[bool] = ContextVar("counting", default=False)


@contextmanager
def showing(display: Display | None) -> Iterator[None]:
    """Send every report made inside to `display`; to nobody where it is None."""
    token = _display.set(display)
    try:
        yield
    finally:
        _display.reset(token)


@contextmanager
def steps(total: int) -> Iterator[Callable[[int], None]]:
    """Announce that what follows is `total` steps of comparable size, for one total estimate.

    The outermost counts. Steps announced inside another's, as by a fit inside a comparison, do
    not show.

    Args:
        total: steps in all.

    Yields:
        To be called with the number of steps done so far.
    """
    display = None if _counting.get() else _display.get()
    token = _counting.set(True)
    try:
        if display is not None:
            display.steps(0, total)
        yield lambda done: None if display is None else display.steps(done, total)
    finally:
        _counting.reset(token)


def report(phase: str, done: int, total: int | None) -> None:
    """Report how far a phase is.

    Args:
        phase: what is being done, in a few words; a new text starts a new line.
        done: from 0 to `total`; `total` ends the phase.
        total: units in all; None where that is not known.
    """
    display = _display.get()
    if display is not None:
        display.phase(phase, done, total)
