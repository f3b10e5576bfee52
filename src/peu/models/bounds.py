"""Bounds on what a model that was made elsewhere may take: memory and time."""

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

_lock = threading.Lock()
_allowed: list[int] = []
_before: tuple[int, int] = (0, 0)


@contextlib.contextmanager
def bounded_memory(extra_bytes: int) -> Iterator[None]:
    """Let this process take so much more memory inside a block; then whoever asks is refused.

    The bound is the process's own: other threads' blocks add to it, and it stands for C libraries
    as well, which report what they were refused as an error. Linux alone keeps such a bound;
    elsewhere this does nothing.

    Args:
        extra_bytes: beyond what is in use now.
    """
    with _lock:
        if not _allowed:
            _remember()
        _allowed.append(extra_bytes)
        _set_bound()
    try:
        yield
    finally:
        with _lock:
            _allowed.remove(extra_bytes)
            _set_bound()


@contextlib.contextmanager
def stopped_after(seconds: float, stop: Callable[[], object]) -> Iterator[Callable[[], bool]]:
    """Call `stop` from another thread if a block takes longer than it may.

    Args:
        seconds: that the block may take.
        stop: makes whatever runs in the block end.

    Yields:
        Says whether it came to that.
    """
    ended = threading.Event()

    def end() -> None:
        ended.set()
        stop()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield ended.is_set
    finally:
        timer.cancel()


def _remember() -> None:
    global _before  # noqa: PLW0603 - the bound is the process's own
    if sys.platform == "linux":
        import resource

        _before = resource.getrlimit(resource.RLIMIT_DATA)


def _set_bound() -> None:
    if sys.platform != "linux":
        return
    import resource

    soft, hard = _before
    if _allowed:
        # Pages that are written to and the process's own: what heaps, stacks and arrays take.
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])
        bound = pages * resource.getpagesize() + sum(_allowed)
        soft = bound if soft == resource.RLIM_INFINITY else min(bound, soft)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
