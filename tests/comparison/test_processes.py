"""Processes side by side: what they share, what goes wrong in them, and none left running."""

import multiprocessing
import operator
import os
import sys
import time
from pathlib import Path

import pytest

from peu.comparison import processes, running
from peu.comparison.compare import compare
from peu.comparison.processes import in_processes
from peu.comparison.trial import Trial
from peu.errors import ResourceError
from peu.images.dataset import ImageDataset
from small_set import PLAIN


def test_an_interrupted_comparison_leaves_no_process_behind(
    dataset: ImageDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    class EnoughError(Exception):
        pass

    seen: list[set[int | None]] = []

    def stop(trial: Trial, done: int, total: int) -> None:
        # The first runs here, to fill the cache.
        if done == 2:
            seen.append({child.pid for child in multiprocessing.active_children()} - before)
            raise EnoughError

    # Processes that train a network end in the same way, and take seconds to load TensorFlow.
    monkeypatch.setattr(running, "quick_workers", lambda _: 2)
    before = {child.pid for child in multiprocessing.active_children()}
    with pytest.raises(EnoughError):
        compare(dataset, [PLAIN], folds=4, repeats=1, workers=None, on_trial=stop)
    assert [len(each) for each in seen] == [2]
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if {child.pid for child in multiprocessing.active_children()} <= before:
            break
        time.sleep(0.05)
    assert {child.pid for child in multiprocessing.active_children()} <= before


def test_an_error_in_a_process_reaches_the_caller_and_ends_it() -> None:
    before = {child.pid for child in multiprocessing.active_children()}
    outcomes = in_processes(operator.truediv, 6, [3, 0], workers=1, threads=0, label=str)
    assert next(outcomes) == (3, 2.0)
    with pytest.raises(ZeroDivisionError):
        next(outcomes)
    assert {child.pid for child in multiprocessing.active_children()} <= before
    assert list(in_processes(operator.truediv, 6, [], workers=0, threads=0, label=str)) == []


def test_a_missing_extra_is_named_and_not_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = "raise ModuleNotFoundError('No module named keras', name='keras')"
    (tmp_path / "keras.py").write_text(gone, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    # A server that an earlier test started has the real one.
    monkeypatch.setattr(processes, "_SAFE_TO_FORK", False)
    outcomes = in_processes(operator.add, 1, [1], workers=1, threads=1, label=str)
    with pytest.raises(ResourceError, match=r"peu\[tensorflow\]"):
        next(outcomes)


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux alone")
def test_processes_that_train_networks_come_from_one_that_has_loaded_them() -> None:
    parents, children = set(), set()
    for _ in range(2):
        ((_, status),) = in_processes(
            operator.call,
            Path.read_text,
            [Path("/proc/self/stat")],
            workers=1,
            threads=1,
            label=str,
        )
        pid, _, _, parent, *_ = status.split()
        parents.add(int(parent))
        children.add(int(pid))
    assert len(children) == 2
    assert len(parents) == 1
    assert not parents & {os.getpid(), *children}
    (loaded,) = parents
    assert "libtensorflow" in Path(f"/proc/{loaded}/maps").read_text()


def test_a_process_has_the_environment_of_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("first", "second", None):
        monkeypatch.delenv("PEU_TOLD", raising=False)
        if value is not None:
            monkeypatch.setenv("PEU_TOLD", value)
        told = in_processes(operator.call, os.getenv, ["PEU_TOLD"], workers=1, threads=1, label=str)
        assert dict(told) == {"PEU_TOLD": value}
