"""A folder that another run is working in."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from peu.errors import ResourceError
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


def in_a_thread(work: Callable[[], object]) -> None:
    """Run something in another thread, and raise here the ResourceError that it raises there."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except ResourceError as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]
