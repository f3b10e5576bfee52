"""Trials of a comparison as tasks of a Ray cluster."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from peu.cache_folder import cache_folder
from peu.classifiers.search import searches_kept_in
from peu.cluster.connection import connected
from peu.cluster.shared_arrays import ArrayKeeper, KeptArrays
from peu.cluster.shared_images import PackedFiles, is_of_one_machine, pack_files, unpack_files
from peu.cluster.shared_searches import keeping_searches, searches_at
from peu.comparison.running import Outcome
from peu.comparison.trial import TrialTask, try_trial
from peu.errors import PeuError, ResourceError
from peu.images.cache import sharing_arrays
from peu.images.dataset import ImageDataset
from peu.images.splits import Split
from peu.progress import showing
from peu.version import __version__

_RETRIES = 10
_CORES_OF_A_NETWORK = 4
_AHEAD = 2


@contextlib.contextmanager
def connect(address: str = "auto") -> Iterator["ClusterRunner"]:
    """Connect to a Ray cluster, on which comparisons and learning curves then run.

    Trials become tasks: images go into the object store once, features are computed once, and a
    trial whose machine dies is run again. Files and figures are those of a run on one machine, so
    that an interrupted run goes on here or there.

    Args:
        address: "auto" is the cluster that this machine belongs to, or else one of this machine
            alone; "ray://HOST:PORT" is one elsewhere. A connection that exists is used.

    Yields:
        What `compare` and `learning_curve` take as `runner`.

    Raises:
        RecipeError: no address.
        ResourceError: Ray is not installed or too old, or the cluster cannot be reached.

    Example:
        >>> with connect("auto") as cluster:  # doctest: +SKIP
        ...     comparison = compare(images, recipes, run_folder="run", runner=cluster)

    Source: Moritz et al. (2018), "Ray: a distributed framework for emerging AI applications".
    """
    with connected(address) as ray:
        yield ClusterRunner(ray)


class ClusterRunner:
    """Runs trials on a cluster.

    Args:
        ray: the package, connected.
        send_files: whether machines get the images' files from the object store; None asks
            whether all of them are this one.
    """

    def __init__(self, ray: Any, *, send_files: bool | None = None) -> None:
        self._ray = ray
        self._send_files = send_files

    def __repr__(self) -> str:
        return f"<ClusterRunner on {self._cores():g} cores>"

    def __call__(
        self,
        dataset: ImageDataset,
        tasks: Sequence[TrialTask],
        may_begin: Callable[[TrialTask], bool],
    ) -> Iterator[tuple[TrialTask, Outcome]]:
        """Run trials, and yield each as it ends.

        The first trial of a recipe looks at every image; the others follow when it is done, and
        find what it computed. A recipe that failed is not tried again.

        Args:
            dataset: labelled images.
            tasks: the trials.
            may_begin: whether a trial may still begin.

        Raises:
            ResourceError: the object store or memory is full, or machines died again and again.
        """
        if not tasks:
            return
        waiting = _Waiting(tasks)
        running: dict[Any, TrialTask] = {}
        with in_sentences(self._ray), contextlib.ExitStack() as kept:
            shared = self._share(dataset)
            desk = kept.enter_context(
                keeping_searches(self._ray, tasks[0].search_folder, self._here())
            )
            most = max(_AHEAD, int(_AHEAD * self._cores()))
            try:
                while True:
                    while len(running) < most and (task := waiting.next(may_begin)) is not None:
                        running[self._submit((*shared, desk), task)] = task
                    if not running:
                        return
                    ended, _ = self._ray.wait(list(running))
                    task, outcome = running.pop(ended[0]), self._ray.get(ended[0])
                    waiting.ended(task, failed=isinstance(outcome, PeuError))
                    yield task, outcome
            finally:
                for left in running:
                    self._ray.cancel(left, force=True)

    def _share(self, dataset: ImageDataset) -> tuple[Any, Any, Any]:
        """Put into the object store what all trials need: images, files, and who keeps arrays.

        Nobody keeps arrays where all processes use one cache anyway.
        """
        one = is_of_one_machine(self._ray)
        # Asked first: the answer takes the start of a process, which trials then find.
        there = self._ray.remote(cache_folder).options(num_cpus=0).remote() if one else None
        # Found here, so that machines do not find them again.
        _ = dataset.groups
        send = not one if self._send_files is None else self._send_files
        files = self._ray.put(pack_files(dataset) if send else None)
        shared = self._ray.put(dataset), files
        if there is not None and self._ray.get(there) == cache_folder():
            # A task that waits for an answer gives its core to another one, in one more process.
            return *shared, None
        keeper = (
            self._ray.remote(ArrayKeeper)
            .options(num_cpus=0, scheduling_strategy=self._here(), max_restarts=-1)
            .remote(cache_folder() / "arrays")
        )
        return *shared, keeper

    def _here(self) -> Any:
        """Where this process is, or what connects it to the cluster."""
        return self._ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
            self._ray.get_runtime_context().get_node_id(), soft=False
        )

    def _submit(self, shared: tuple[Any, Any, Any, Any], task: TrialTask) -> Any:
        cores = self._most_cores() if task.recipe.trains_network else 1
        remote = self._ray.remote(_run_there).options(num_cpus=cores, max_retries=_RETRIES)
        # Its file is written here, where the run's folder is.
        return remote.remote(__version__, *shared, replace(task, file=None), cores)

    def _cores(self) -> float:
        return float(self._ray.cluster_resources().get("CPU", 1))

    def _most_cores(self) -> int:
        """Cores that a network's training gets: as many as one machine has, four at most."""
        cores = [node["Resources"].get("CPU", 0) for node in self._ray.nodes() if node["Alive"]]
        return max(1, min(_CORES_OF_A_NETWORK, int(max(cores))))


class _Waiting:
    """Trials that have not begun, in order; most of a recipe's wait for its first.

    Two that search on the same images wait for each other: the second may take up the search of
    the first.
    """

    def __init__(self, tasks: Sequence[TrialTask]) -> None:
        self._tasks = list(tasks)
        self._begun: set[str] = set()
        self._known: set[str] = set()
        self._training: set[tuple[str, Split]] = set()

    def next(self, may_begin: Callable[[TrialTask], bool]) -> TrialTask | None:
        """The next that can begin now, if any."""
        for task in list(self._tasks):
            name, trains = task.recipe.name, task.recipe.trains_network
            if trains and (task.recipe.kind, task.split) in self._training:
                continue
            if name in self._begun - self._known and not trains:
                continue
            self._tasks.remove(task)
            if may_begin(task):
                self._begun.add(name)
                if trains:
                    self._training.add((task.recipe.kind, task.split))
                return task
        return None

    def ended(self, task: TrialTask, *, failed: bool) -> None:
        """Note that a trial is done."""
        self._known.add(task.recipe.name)
        self._training.discard((task.recipe.kind, task.split))
        if failed:
            self._tasks = [each for each in self._tasks if each.recipe.name != task.recipe.name]


def _run_there(
    version: str,
    dataset: ImageDataset,
    files: PackedFiles | None,
    keeper: Any,
    desk: Any,
    task: TrialTask,
    cores: int,
) -> Outcome:
    """Run one trial on a machine of the cluster."""
    if version != __version__:
        return ResourceError(
            f"Expected peu {version} on every machine of the cluster. Received: {__version__} on "
            "one of them. Install the same version everywhere."
        )
    if task.recipe.trains_network:
        from peu.networks.backend import limit_threads

        limit_threads(cores)
    with (
        showing(None),
        contextlib.nullcontext() if keeper is None else sharing_arrays(KeptArrays(keeper)),
        searches_kept_in(searches_at(desk)),
    ):
        return try_trial(unpack_files(dataset, files), task)


@contextlib.contextmanager
def in_sentences(ray: Any) -> Iterator[None]:
    """Turn a cluster's troubles into a sentence."""
    errors = ray.exceptions
    kept = "What is finished is kept: run the same command again"
    try:
        yield
    except errors.RayTaskError as error:
        # What went wrong in a process of the cluster; Ray's own message is the traceback.
        with in_sentences(ray):
            raise error.cause from error
    except (errors.ObjectStoreFullError, errors.OutOfDiskError) as error:
        raise ResourceError(
            "Expected room for the images in the cluster's object store. Received: it is full, and "
            f"so is its disk. {kept} with a larger `--object-store-memory` of `ray start`."
        ) from error
    except (
        errors.WorkerCrashedError,
        errors.OutOfMemoryError,
        errors.NodeDiedError,
        errors.RayActorError,
    ) as error:
        raise ResourceError(
            "Expected work to end on the cluster within some tries. Received: its process ended "
            f"each time, most likely for lack of memory. {kept} with more memory a core."
        ) from error
    except Exception as error:
        # Over `ray://`, what is asked of a cluster that has gone raises nothing more exact.
        gone = (errors.ObjectLostError, errors.RaySystemError, ConnectionError)
        if not isinstance(error, gone) and (isinstance(error, PeuError) or ray.is_initialized()):
            raise
        raise ResourceError(
            "Expected the cluster to stay. Received: the connection to it was lost. "
            f"{kept} when it is back, or without --cluster."
        ) from error
