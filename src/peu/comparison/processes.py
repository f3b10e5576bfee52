"""Trials in processes side by side, each with its share of the cores."""

import contextlib
import contextvars
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, as_completed
from multiprocessing.connection import Connection
from typing import Any

from peu.comparison.trial import Trial, TrialTask, try_trial
from peu.errors import PeuError, ResourceError
from peu.images.dataset import ImageDataset
from peu.progress import report, showing

_CORES_A_WORKER = 4
_MOST_WORKERS = 8
_BYTES_A_WORKER = 2 << 30
_SECONDS_TO_LISTEN = 2
_WORTH_STARTING = 20.0

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
    if seconds < _WORTH_STARTING:
        return 1
    return _as_memory_allows(min(core_count(), _MOST_WORKERS))


def _as_memory_allows(workers: int) -> int:
    with contextlib.suppress(ValueError, OSError, AttributeError):
        free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        workers = min(workers, max(1, free // _BYTES_A_WORKER))
    return int(workers)


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
) -> Iterator[tuple[TrialTask, Trial | PeuError]]:
    """Run trials in processes, and yield each as it ends.

    A small network cannot keep many cores busy; several can. When this process is interrupted
    or killed, or its caller stops iterating, the processes end at once.

    Args:
        dataset: labelled images.
        tasks: the trials.
        workers: number of processes, 1 or more.
        threads: compute threads of each process, or 0 where none trains a network. Another number
            changes the last digits of sums, and a trial that is run again must have the same
            figures.
        may_begin: whether a trial may still begin, asked whenever one has ended.

    Yields:
        A task with its trial, or with the error that stopped it.

    Raises:
        ResourceError: a process was killed, most likely for lack of memory; or this is not the
            main process, as in a script that is imported by the processes it starts.
    """
    if multiprocessing.parent_process() is not None:
        raise ResourceError(
            "Training side by side must start in a program's main process. Received: a process "
            "that another one started. Put the call under `if __name__ == '__main__':`, or pass "
            "`workers=1`."
        )
    context = multiprocessing.get_context("spawn")
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
        initargs=(dataset, threads, messages, parent_ended),
    )
    try:
        with _interrupts_blocked():
            futures = {pool.submit(_run, task): task for task in tasks}
        for future in as_completed(futures):
            if future.cancelled():
                continue
            task, outcome = futures[future], future.result()
            failed = task.recipe.name if isinstance(outcome, PeuError) else None
            yield task, outcome
            for other, waiting in futures.items():
                if waiting.recipe.name == failed or not may_begin(waiting):
                    other.cancel()
    except BrokenExecutor as error:
        raise ResourceError(
            "A training process ended before its trial, most likely for lack of memory. Run the "
            f"same command again with fewer --workers (now {workers}): finished trials are kept."
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


def _start(dataset: ImageDataset, threads: int, messages: Any, parent_ended: Connection) -> None:
    threading.Thread(target=_end_with_parent, args=(parent_ended,), daemon=True).start()
    _work.update(dataset=dataset, messages=messages)
    if threads:
        from peu.networks.backend import limit_threads

        limit_threads(threads)


def _end_with_parent(parent_ended: Connection) -> None:
    """Wait until the parent closes its end or dies, then end at once."""
    with contextlib.suppress(EOFError, OSError):
        parent_ended.recv_bytes()
    os._exit(1)


def _run(task: TrialTask) -> Trial | PeuError:
    label = f"repeat {task.split.repeat + 1}, fold {task.split.fold + 1}"
    with showing(_Forwarding(_work["messages"], label)):
        return try_trial(_work["dataset"], task)


class _Forwarding:
    """Display that sends a trial's progress to the main process."""

    def __init__(self, messages: Any, label: str) -> None:
        self._messages = messages
        self._label = label

    def steps(self, done: int, total: int) -> None:
        """Send no steps: the main process counts trials."""

    def phase(self, name: str, done: int, total: int | None) -> None:
        """Send a phase, labelled with its trial."""
        self._messages.put((f"{name} ({self._label})", done, total))


def _listen(messages: Any) -> None:
    """Report the progress that processes send, until None ends it."""
    with contextlib.suppress(EOFError, OSError):
        while (message := messages.get()) is not None:
            report(*message)
