"""A folder that another run is working in."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from peu.output_folder import lock_folder


@contextmanager
def locked_elsewhere(folder: Path) -> Iterator[None]:
    """Let another thread hold a folder, as another run would."""
    ready, ended = threading.Event(), threading.Event()

    def hold() -> None:
        with lock_folder(folder):
            ready.set()
            ended.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    assert ready.wait(60)
    try:
        yield
    finally:
        ended.set()
        thread.join()
