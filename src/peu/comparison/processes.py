"""Work in processes side by side, each with its share of the cores."""

import contextlib
import contextvars
import gc
import logging
import logging.handlers
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, as_completed
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any, TypeVar

from peu.comparison.trial import Trial, TrialTask, try_trial
from peu.errors import PeuError, ResourceError
from peu.images.dataset import ImageDataset
from peu.progress import report, showing

_CORES_A_WORKER = 4
_MOST_WORKERS = 8
_BYTES_A_WORKER = 2 << 30
_SECONDS_TO_LISTEN = 2
_WORTH_STARTING = 20.0
# Trainings a core, up to which it matters that they end together.
_FEW = 4
_MEMORY = Path("/proc/meminfo")
_SAFE_TO_FORK = sys.platform == "linux"

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")

_work: dict[str, Any] = {}


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


def run_side_by_side(
    dataset: ImageDataset,
    tasks: Iterable[TrialTask],
    *,
    workers: int,
    threads: int,
    may_begin: Callable[[TrialTask], bool] = lambda _: True,
) -> Generator[tuple[TrialTask, Trial | PeuError], None, None]:
    """Run trials in processes, and yield each as it ends.

    Args:
        dataset: labelled images.
        tasks: the trials.
        workers: number of processes, 1 or more.
        threads: as `in_processes` takes it.
        may_begin: whether a trial may still begin, asked whenever one has ended.

    Yields:
        A task with its trial, or with the error that stopped it; a recipe that failed is not
        tried again.

    Raises:
        ResourceError: as `in_processes`.
    """
    failed: set[str] = set()
    outcomes = in_processes(
        try_trial,
        dataset,
        tasks,
        workers=workers,
        threads=threads,
        label=lambda task: f"repeat {task.split.repeat + 1}, fold {task.split.fold + 1}",
        may_begin=lambda task: task.recipe.name not in failed and may_begin(task),
    )
    with contextlib.closing(outcomes):
        for task, outcome in outcomes:
            if isinstance(outcome, PeuError):
                failed.add(task.recipe.name)
            yield task, outcome


def in_processes(
    function: Callable[[S, T], R],
    shared: S,
    tasks: Iterable[T],
    *,
    workers: int,
    threads: int,
    label: Callable[[T], str],
    may_begin: Callable[[T], bool] = lambda _: True,
) -> Generator[tuple[T, R], None, None]:
    """Call a function for each task in processes, and yield each result as it comes.

    A small network cannot keep many cores busy; several can. When this process is interrupted
    or killed, when its caller stops iterating or the function raises, the processes end at once.

    Args:
        function: of a module, from what is shared and a task to a result.
        shared: what all tasks need; each process gets it once.
        tasks: what it is called with.
        workers: number of processes, 1 or more.
        threads: compute threads of each process, or 0 where none trains a network. Another number
            changes the last digits of sums, and a network that is trained again must have the
            same figures.
        label: names a task in the progress of its phases.
        may_begin: whether a task may still begin, asked whenever one has ended.

    Yields:
        A task with what the function returned.

    Raises:
        ResourceError: a process was killed, most likely for lack of memory; or this is not the
            main process, as in a script that is imported by the processes it starts.
    """
    tasks = list(tasks)
    if not tasks:
        return
    if multiprocessing.parent_process() is not None:
        raise ResourceError(
            "Training side by side must start in a program's main process. Received: a process "
            "that another one started. Put the call under `if __name__ == '__main__':`, or pass "
            "`workers=1`."
        )
    context = _context(networks=threads > 0)
    messages = context.Queue()
    # Closing its end, as a death does too, ends the processes that wait at the other one.
    parent_ended, lifeline = context.Pipe(duplex=False)
    context_here = contextvars.copy_context()
    listener = threading.Thread(target=context_here.run, args=(_listen, messages), daemon=True)
    listener.start()
    pool = ProcessPoolExecutor(
        workers,
        mp_context=context,
        initializer=_start,
        initargs=(function, shared, threads, messages, parent_ended, dict(os.environ)),
    )
    try:
        with _interrupts_blocked():
            futures = {pool.submit(_run, task, label(task)): task for task in tasks}
        for future in as_completed(futures):
            if future.cancelled():
                continue
            yield futures[future], future.result()
            for other, waiting in futures.items():
                if not may_begin(waiting):
                    other.cancel()
    except BrokenExecutor as error:
        raise ResourceError(
            "A training process ended before it was done, most likely for lack of memory. Run "
            f"the same command again with fewer --workers (now {workers}): finished trials are "
            "kept."
        ) from error
    except BaseException:
        lifeline.close()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        lifeline.close()
        parent_ended.close()
        messages.put(None)
        # A process that ended while sending may hold the queue forever.
        listener.join(_SECONDS_TO_LISTEN)
        messages.cancel_join_thread()


def _context(*, networks: bool) -> BaseContext:
    """How processes are started.

    Those that train networks are forked, where that is safe, from a server that has loaded
    TensorFlow and has run nothing; it ends with this process.
    """
    if not (networks and _SAFE_TO_FORK):
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["peu.networks.preloading"])
    return context


@contextlib.contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Start processes that ignore what is sent to all; the main process handles it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(
    function: Callable[[S, T], R],
    shared: S,
    threads: int,
    messages: Any,
    parent_ended: Connection,
    environment: dict[str, str],
) -> None:
    # A server that processes are forked from keeps the environment that it was started in.
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    os.environ.update(environment)
    threading.Thread(target=_end_with_parent, args=(parent_ended,), daemon=True).start()
    _work.update(function=function, shared=shared, messages=messages)
    logging.getLogger("peu").addHandler(logging.handlers.QueueHandler(messages))
    if not threads:
        return
    try:
        from peu.networks.backend import limit_threads

        limit_threads(threads)
        # Each training begins with a collection, which TensorFlow's objects would lengthen.
        gc.freeze()
    except PeuError as error:
        # The first task raises it: of what is raised here the caller is told nothing.
        _work.update(failed=error)


def _end_with_parent(parent_ended: Connection) -> None:
    """Wait until the parent closes its end or dies, then end at once."""
    with contextlib.suppress(EOFError, OSError):
        parent_ended.recv_bytes()
    os._exit(1)


def _run(task: Any, label: str) -> Any:
    if "failed" in _work:
        raise _work["failed"]
    with showing(_Forwarding(_work["messages"], label)):
        return _work["function"](_work["shared"], task)


class _Forwarding:
    """Display that sends a task's progress to the main process."""

    def __init__(self, messages: Any, label: str) -> None:
        self._messages = messages
        self._label = label

    def steps(self, done: int, total: int) -> None:
        """Send no steps: the main process counts tasks."""

    def phase(self, name: str, done: int, total: int | None) -> None:
        """Send a phase, labelled with its task."""
        self._messages.put((f"{name} ({self._label})", done, total))


def _listen(messages: Any) -> None:
    """Report the progress that processes send, and log what they log, until None ends it."""
    with contextlib.suppress(EOFError, OSError):
        while (message := messages.get()) is not None:
            if isinstance(message, logging.LogRecord):
                logging.getLogger(message.name).handle(message)
            else:
                report(*message)
