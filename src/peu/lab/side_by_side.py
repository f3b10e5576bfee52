"""Independent networks of a section, trained side by side in processes of one thread each.

A step of the sheet's networks is too small for two threads: with one, a network takes about as
long. One thread each also makes figures the same however many processes there are.
"""

import contextlib
import multiprocessing
from collections.abc import Callable, Generator, Sequence
from typing import TypeVar

from peu.comparison.processes import in_processes, run_side_by_side
from peu.comparison.running import TrialRunner
from peu.comparison.trial import Trial, TrialTask
from peu.comparison.workers import network_workers
from peu.errors import PeuError
from peu.images.dataset import ImageDataset
from peu.progress import steps

# Two are trained here as soon as elsewhere.
_FEWEST = 3

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")


def networks_at_once(networks: int, *, workers: int | None, quick: bool) -> int:
    """Number of processes in which so many independent networks are trained.

    Args:
        networks: of about the same size.
        workers: what was asked for; 0 trains in this process, None is as many as cores and memory
            allow, where they are worth it.
        quick: whether a network takes no longer than a process takes to load TensorFlow.

    Returns:
        1 or more, or 0 to train in this process, one after the other.
    """
    if networks < _FEWEST or multiprocessing.parent_process() is not None:
        return 0
    if workers is not None:
        return min(workers, networks)
    return 0 if quick else network_workers(networks)


def train_all(
    function: Callable[[S, T], R],
    shared: S,
    tasks: Sequence[T],
    *,
    workers: int,
    label: Callable[[T], str],
) -> tuple[R, ...]:
    """Train networks that do not depend on each other.

    Args:
        function: of a module; trains one, from what is shared and its task.
        shared: what all need.
        tasks: hashable, all different.
        workers: as `networks_at_once` gives them.
        label: names a task in its progress.

    Returns:
        What the function returned, in the order of the tasks.
    """
    found: dict[T, R] = {}
    outcomes: Generator[tuple[T, R], None, None]
    if workers:
        outcomes = in_processes(function, shared, tasks, workers=workers, threads=1, label=label)
    else:
        outcomes = ((task, function(shared, task)) for task in tasks)
    with steps(len(tasks)) as done, contextlib.closing(outcomes):
        for task, result in outcomes:
            found[task] = result
            done(len(found))
    return tuple(found[task] for task in tasks)


def trial_runner(workers: int) -> TrialRunner | None:
    """What runs a comparison's trials in processes; None where they run in this one."""
    if not workers:
        return None

    def run(
        dataset: ImageDataset,
        tasks: Sequence[TrialTask],
        may_begin: Callable[[TrialTask], bool],
        /,
    ) -> Generator[tuple[TrialTask, Trial | PeuError], None, None]:
        return run_side_by_side(dataset, tasks, workers=workers, threads=1, may_begin=may_begin)

    return run
