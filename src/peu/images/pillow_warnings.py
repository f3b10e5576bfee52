"""Pillow's warnings, which no user can do anything about, kept quiet in threads."""

import contextlib
import threading
import warnings
from collections.abc import Iterator
from typing import Any

_lock = threading.Lock()
_depth = 0
_filters: Any = None


@contextlib.contextmanager
def without_warnings() -> Iterator[None]:
    """Silence Pillow's warnings; `warnings.catch_warnings` alone is not safe in threads."""
    global _depth, _filters  # noqa: PLW0603 - the filters are the process's own
    with _lock:
        if _depth == 0:
            _filters = warnings.catch_warnings()
            _filters.__enter__()
            warnings.simplefilter("ignore")
        _depth += 1
    try:
        yield
    finally:
        with _lock:
            _depth -= 1
            if _depth == 0:
                _filters.__exit__(None, None, None)
