"""How many processes work side by side: as cores, memory and a GPU allow, and as is worth it."""

import contextlib
import os
from pathlib import Path

_CORES_A_WORKER = 4
_MOST_WORKERS = 8
_BYTES_A_WORKER = 2 << 30
# Seconds of work.
_WORTH_STARTING = 20.0
# Trainings a core, up to which it matters that they end together.
_FEW = 4
_MEMORY = Path("/proc/meminfo")


def core_count() -> int:
    """Number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def most_workers(tasks: int) -> int:
    """Number of processes to train side by side, memory aside.

    Four cores each: on two, two processes of one thread were no quicker than one of two
    threads beyond the noise, and take twice the memory (`benchmarks/side_by_side.py`).
    """
    return min(max(1, core_count() // _CORES_A_WORKER), _MOST_WORKERS, tasks)


def suggest_workers(tasks: int) -> int:
    """Number of processes to train side by side, as memory allows."""
    return _as_memory_allows(most_workers(tasks))


def quick_workers(seconds: float) -> int:
    """Number of processes for trials that train no network and use one core each.

    Args:
        seconds: what they take one after the other; starting a process takes some itself.
    """
    return 1 if seconds < _WORTH_STARTING else one_core_workers(_MOST_WORKERS)


def one_core_workers(tasks: int) -> int:
    """Number of processes for tasks that use one core each, as cores and memory allow."""
    return _as_memory_allows(min(core_count(), _MOST_WORKERS, tasks))


def network_workers(networks: int) -> int:
    """Number of processes that each train a network with one thread; 0 where a GPU trains.

    Of a GPU the first process takes all memory. A few networks may be trained more at a time
    than there are cores, so that no core has nothing to do while the last one is trained.

    Raises:
        ResourceError: Keras or TensorFlow is not installed.
    """
    from peu.networks.backend import has_gpu

    if has_gpu():
        return 0
    workers = one_core_workers(networks)
    if networks > _FEW * workers or workers < core_count():
        return workers
    return _as_memory_allows(_evenly(networks, workers))


def _evenly(tasks: int, cores: int) -> int:
    """How many of some equal tasks to begin with, so that the last of them keep all cores busy.

    Five on two cores are begun three, then two: done in the time of two and a half, not of three.
    """
    return next(
        at_once
        for at_once in range(cores, tasks + 1)
        if tasks % at_once == 0 or tasks % at_once >= cores
    )


def _as_memory_allows(workers: int) -> int:
    with contextlib.suppress(ValueError, OSError, AttributeError):
        workers = min(workers, max(1, _free_bytes() // _BYTES_A_WORKER))
    return int(workers)


def _free_bytes() -> int:
    """Memory that programs can have; on Linux with what only keeps copies of files."""
    with contextlib.suppress(OSError):
        for line in _MEMORY.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def suggest_threads(processes: int) -> int:
    """Number of compute threads for each of some processes."""
    return max(1, core_count() // processes)
