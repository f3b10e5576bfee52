"""Trials side by side: no more than cores and memory allow, and none left running."""

import multiprocessing
import operator
import os
import sys
import time
from pathlib import Path

import pytest

from peu.comparison import processes, running
from peu.comparison.compare import compare
from peu.comparison.processes import (
    core_count,
    in_processes,
    network_workers,
    one_core_workers,
    quick_workers,
    suggest_threads,
    suggest_workers,
)
from peu.comparison.trial import Trial
from peu.errors import ResourceError
from peu.images.dataset import ImageDataset
from small_set import PLAIN


def test_no_more_workers_than_tasks_cores_or_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    memory = tmp_path / "meminfo"
    monkeypatch.setattr(processes, "_MEMORY", memory)
    monkeypatch.setattr(processes, "core_count", lambda: 16)
    monkeypatch.setattr("os.sysconf", lambda name: 1 << 20 if "PAGES" in name else 4096)
    assert suggest_workers(0) == 0
    assert suggest_workers(1) == 1
    # 4 GiB are free, of which each takes 2.
    assert suggest_workers(20) == 2
    monkeypatch.setattr("os.sysconf", lambda name: 1 << 30 if "PAGES" in name else 4096)
    assert suggest_workers(20) == 4
    monkeypatch.setattr("os.sysconf", lambda _: 1)
    assert suggest_workers(20) == 1
    monkeypatch.setattr(processes, "core_count", lambda: 64)
    monkeypatch.delattr("os.sysconf")
    assert suggest_workers(20) == 8
    monkeypatch.setattr(processes, "core_count", lambda: 2)
    assert suggest_workers(20) == 1
    assert [one_core_workers(tasks) for tasks in (1, 20)] == [1, 2]
    # Copies of files give way: 3 of 8 GiB can be had.
    memory.write_text("MemTotal: 8388608 kB\nMemFree: 524288 kB\nMemAvailable: 3145728 kB\n")
    assert one_core_workers(20) == 1


def test_short_work_is_not_worth_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "core_count", lambda: 2)
    monkeypatch.setattr(processes, "_free_bytes", lambda: 1 << 40)
    assert quick_workers(5) == 1
    assert quick_workers(60) == 2


def test_there_is_at_least_one_core() -> None:
    assert core_count() >= 1


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


@pytest.mark.parametrize(
    ("cores", "networks", "at_once"),
    [(2, 1, 1), (2, 2, 2), (2, 3, 3), (2, 4, 2), (2, 5, 3), (2, 6, 2), (2, 7, 4),
     (2, 9, 2), (4, 9, 5), (1, 5, 1), (16, 9, 8)],
)  # fmt: skip
def test_the_last_of_a_few_networks_leave_no_core_idle(
    cores: int, networks: int, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("peu.networks.backend.has_gpu", lambda: False)
    monkeypatch.setattr(processes, "core_count", lambda: cores)
    monkeypatch.setattr(processes, "_free_bytes", lambda: 64 << 30)
    assert network_workers(networks) == at_once
    monkeypatch.setattr(processes, "_free_bytes", lambda: 4 << 30)
    assert network_workers(networks) == min(at_once, 2)


def test_processes_share_the_cores() -> None:
    assert suggest_threads(1) == core_count()
    assert suggest_threads(10 * core_count()) == 1


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
