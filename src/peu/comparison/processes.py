"""Trials side by side: one process a trial, each with its share of the cores."""

import contextlib
import contextvars
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, as_completed
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.comparison.trial import Trial, TrialTask, run_trial
from peu.errors import PeuError, ResourceError
from peu.images.dataset import ImageDataset
from peu.progress import report, showing

_CORES_A_WORKER = 4
_MOST_WORKERS = 8
_BYTES_A_WORKER = 2 << 30
_SECONDS_TO_LISTEN = 2

_work: dict[str, Any] = {}


def core_count() -> int:
    """Give the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def most_workers(tasks: int) -> int:
    """Give how many processes would train side by side if memory were no matter.

    Four cores each: on two, two processes of one thread were no quicker than one of two
    threads beyond the noise, and take twice the memory (`benchmarks/side_by_side.py`).
    """
    return min(max(1, core_count() // _CORES_A_WORKER), _MOST_WORKERS, tasks)


def suggest_workers(tasks: int) -> int:
    """Give how many processes should train side by side, as far as memory goes."""
    workers = most_workers(tasks)
    with contextlib.suppress(ValueError, OSError, AttributeError):
        free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        workers = min(workers, max(1, free // _BYTES_A_WORKER))
    return int(workers)


def suggest_threads(processes: int) -> int:
    """Give how many threads each of so many processes should compute with."""
    return max(1, core_count() // processes)


def run_side_by_side(
    dataset: ImageDataset,
    tasks: Iterable[TrialTask],
    groups: NDArray[np.int64],
    *,
    workers: int,
    threads: int,
) -> Iterator[tuple[TrialTask, Trial | PeuError]]:
    """Run trials in processes of their own, and give each as it ends.

    A small network cannot keep many cores busy, and several can. When this process is
    interrupted or killed, or its caller wants no more, they end at once.

    Args:
        dataset: labelled images.
        tasks: which trials.
        groups: (n,) near-duplicates share a group.
        workers: processes, 1 or more.
        threads: for each process to compute with. Sums come out another way in other threads,
            and a trial that is run again must come out the same.

    Yields:
        A task with its trial, or with the error that stopped it.

    Raises:
        ResourceError: a process was killed, for want of memory most likely; or this is not the
            main process, as in a script that is imported by the processes it starts.
    """
    if multiprocessing.parent_process() is not None:
        raise ResourceError(
            "Training side by side must begin in a program's main process. Received: a process "
            "that another one started. Put the call under `if __name__ == '__main__':`, or take "
            "`workers=1`."
        )
    context = multiprocessing.get_context("spawn")
    messages = context.Queue()
    end_of_line, lifeline = context.Pipe(duplex=False)
    context_here = contextvars.copy_context()
    listener = threading.Thread(target=context_here.run, args=(_listen, messages), daemon=True)
    listener.start()
    pool = ProcessPoolExecutor(
        workers,
        mp_context=context,
        initializer=_start,
        initargs=(dataset, groups, threads, messages, end_of_line),
    )
    try:
        with _deaf_to_interrupts():
            futures = {pool.submit(_run, task): task for task in tasks}
        for future in as_completed(futures):
            if future.cancelled():
                continue
            task = futures[future]
            error = future.exception()
            if isinstance(error, PeuError):
                for other, same in futures.items():
                    if same.recipe.name == task.recipe.name:
                        other.cancel()
                yield task, error
            else:
                # Whatever else went wrong is raised here.
                yield task, future.result()
    except BrokenExecutor as error:
        raise ResourceError(
            "A training process ended before its trial did, for want of memory most likely. Run "
            f"the same command again with fewer --workers (they were {workers}): finished trials "
            "are kept."
        ) from error
    except BaseException:
        lifeline.close()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        lifeline.close()
        end_of_line.close()
        messages.put(None)
        # A process that ended while it spoke may hold the queue for ever.
        listener.join(_SECONDS_TO_LISTEN)
        messages.cancel_join_thread()


@contextlib.contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Start processes that Ctrl-C does not reach: it goes to all, and one is to answer it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(
    dataset: ImageDataset,
    groups: NDArray[np.int64],
    threads: int,
    messages: Any,
    end_of_line: Connection,
) -> None:
    threading.Thread(target=_end_with_line, args=(end_of_line,), daemon=True).start()
    _work.update(dataset=dataset, groups=groups, messages=messages)
    from peu.networks.backend import limit_threads

    limit_threads(threads)


def _end_with_line(end_of_line: Connection) -> None:
    """Wait until the other end is closed, as it is by a killed parent too, and end at once."""
    with contextlib.suppress(EOFError, OSError):
        end_of_line.recv_bytes()
    os._exit(1)


def _run(task: TrialTask) -> Trial:
    label = f"repeat {task.split.repeat + 1}, fold {task.split.fold + 1}"

    with showing(_Forwarding(_work["messages"], label)):
        return run_trial(_work["dataset"], task, _work["groups"])


class _Forwarding:
    """Send what a trial reports to the process that shows it."""

    def __init__(self, messages: Any, label: str) -> None:
        self._messages = messages
        self._label = label

    def steps(self, done: int, total: int) -> None:
        """Count no steps: whoever started this process counts its trials."""

    def phase(self, name: str, done: int, total: int) -> None:
        """Pass a phase on under the name of its trial."""
        self._messages.put((f"{name} ({self._label})", done, total))


def _listen(messages: Any) -> None:
    with contextlib.suppress(EOFError, OSError):
        while (message := messages.get()) is not None:
            report(*message)
