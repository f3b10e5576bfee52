"""Memory and time that foreign models get: as much as is said, and the old bound comes back."""

import sys
import threading
import time

import numpy as np
import pytest

from peu.models.bounds import bounded_memory, stopped_after

resource = pytest.importorskip("resource")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone keeps the bound")


def test_more_memory_than_said_is_refused_and_less_is_given() -> None:
    with bounded_memory(64 << 20):
        assert np.ones(32 << 20, np.uint8).all()
        with pytest.raises(MemoryError):
            np.ones(512 << 20, np.uint8)
    assert np.ones(128 << 20, np.uint8).all()


def test_the_bound_that_was_comes_back_whoever_leaves_first() -> None:
    before = resource.getrlimit(resource.RLIMIT_DATA)
    entered, leave = threading.Event(), threading.Event()

    def other() -> None:
        with bounded_memory(1 << 30):
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    with bounded_memory(1 << 30):
        thread.start()
        entered.wait(10)
        assert resource.getrlimit(resource.RLIMIT_DATA) != before
    assert resource.getrlimit(resource.RLIMIT_DATA) != before
    leave.set()
    thread.join(10)
    assert resource.getrlimit(resource.RLIMIT_DATA) == before


def test_what_takes_too_long_is_told_to_stop() -> None:
    stop = threading.Event()
    with stopped_after(0.05, stop.set) as late:
        assert stop.wait(10)
    assert late()
    with stopped_after(60, stop.set) as late:
        time.sleep(0)
    assert not late()
