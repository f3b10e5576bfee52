"""No more processes than tasks, cores and memory allow, and none that is not worth its start."""

from pathlib import Path

import pytest

from peu.comparison import workers
from peu.comparison.workers import (
    core_count,
    network_workers,
    one_core_workers,
    quick_workers,
    suggest_threads,
    suggest_workers,
)


def test_no_more_workers_than_tasks_cores_or_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    memory = tmp_path / "meminfo"
    monkeypatch.setattr(workers, "_MEMORY", memory)
    monkeypatch.setattr(workers, "core_count", lambda: 16)
    monkeypatch.setattr("os.sysconf", lambda name: 1 << 20 if "PAGES" in name else 4096)
    assert suggest_workers(0) == 0
    assert suggest_workers(1) == 1
    # 4 GiB are free, of which each takes 2.
    assert suggest_workers(20) == 2
    monkeypatch.setattr("os.sysconf", lambda name: 1 << 30 if "PAGES" in name else 4096)
    assert suggest_workers(20) == 4
    monkeypatch.setattr("os.sysconf", lambda _: 1)
    assert suggest_workers(20) == 1
    monkeypatch.setattr(workers, "core_count", lambda: 64)
    monkeypatch.delattr("os.sysconf")
    assert suggest_workers(20) == 8
    monkeypatch.setattr(workers, "core_count", lambda: 2)
    assert suggest_workers(20) == 1
    assert [one_core_workers(tasks) for tasks in (1, 20)] == [1, 2]
    # Copies of files give way: 3 of 8 GiB can be had.
    memory.write_text("MemTotal: 8388608 kB\nMemFree: 524288 kB\nMemAvailable: 3145728 kB\n")
    assert one_core_workers(20) == 1


def test_short_work_is_not_worth_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "core_count", lambda: 2)
    monkeypatch.setattr(workers, "_free_bytes", lambda: 1 << 40)
    assert quick_workers(5) == 1
    assert quick_workers(60) == 2


def test_there_is_at_least_one_core() -> None:
    assert core_count() >= 1


@pytest.mark.parametrize(
    ("cores", "networks", "at_once"),
    [(2, 1, 1), (2, 2, 2), (2, 3, 3), (2, 4, 2), (2, 5, 3), (2, 6, 2), (2, 7, 4),
     (2, 9, 2), (4, 9, 5), (1, 5, 1), (16, 9, 8)],
)  # fmt: skip
def test_the_last_of_a_few_networks_leave_no_core_idle(
    cores: int, networks: int, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("peu.networks.backend.has_gpu", lambda: False)
    monkeypatch.setattr(workers, "core_count", lambda: cores)
    monkeypatch.setattr(workers, "_free_bytes", lambda: 64 << 30)
    assert network_workers(networks) == at_once
    monkeypatch.setattr(workers, "_free_bytes", lambda: 4 << 30)
    assert network_workers(networks) == min(at_once, 2)


def test_processes_share_the_cores() -> None:
    assert suggest_threads(1) == core_count()
    assert suggest_threads(10 * core_count()) == 1
