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
from typing import Any, TypeVar

from peu.comparison.trial import Trial, TrialTask, try_trial
from peu.errors import PeuError, ResourceError
from peu.images.dataset import ImageDataset
from peu.progress import report, showing

_SECONDS_TO_LISTEN = 2
_SAFE_TO_FORK = sys.platform == "linux"

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")

_work: dict[str, Any] = {}


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
