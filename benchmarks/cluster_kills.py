"""Kill nodes of a cluster in the middle of a comparison, and look at what comes of it.

A cluster on this machine has a head without cores, a node that stays and one that is killed
(SIGKILL, with all its processes) some time after it began its first trial. Figures must be those
of one machine, and only the trial that the killed node was at may run twice. With `--search`, the
recipe is `tuned-cnn`, and no configuration may be judged twice but the one that was lost.

Run: python benchmarks/cluster_kills.py [--kills 20] [--search] [--seed 0]
"""

import argparse
import contextlib
import os
import random
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from peu.classifiers.base import ImageClassifier
from peu.classifiers.fisher import FisherVectors
from peu.classifiers.search import AfterEpoch, Judgement
from peu.classifiers.search_record import Values
from peu.classifiers.search_space import SearchSpace
from peu.classifiers.training_set import TrainingSet
from peu.classifiers.tuned_cnn import TunedCNN
from peu.cluster.connection import prepare_ray
from peu.cluster.trials import ClusterRunner
from peu.comparison.compare import compare
from peu.comparison.comparison import Comparison
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images
from peu.images.samples import draw_samples
from peu.networks.augmentation_settings import Augmentation

_FOLDS, _REPEATS = 4, 2
_NODE = {"object_store_memory": 100 << 20}
_STARTS = 10
_TOO_BUSY = "No node starts within 30 seconds: the machine is too busy."
# So that a death is noticed at once, and that processes run on a busy machine.
_QUICK = {"health_check_initial_delay_ms": 0, "health_check_period_ms": 200}


def fisher(notes: Path) -> ImageClassifier:
    """A recipe that notes where it begins."""

    class Noting(FisherVectors):
        def _fit(self, data: TrainingSet) -> None:
            _note(notes, self.seed, data.images.hashes)
            super()._fit(data)

    return Noting(image_size=(64, 64), scales=(1.0, 2.0), radius=5, components=16, dimensions=24)


def tuned(notes: Path) -> ImageClassifier:
    """A search that notes what it judges."""

    class Noting(TunedCNN):
        def _judge(
            self, parts: list[TrainingSet], values: Values, after_epoch: AfterEpoch
        ) -> Judgement:
            _note(notes, self.seed, parts[0].images.hashes, sorted(values.items()))
            return super()._judge(parts, values, after_epoch)

    return Noting(
        space=SearchSpace(image_size=(16, 32), layers=(1, 1), filters=(2, 6), batch_norm=(0, 0)),
        augmentation=Augmentation(policy="flip"),
        tta=1,
        epochs=2,
        batch_size=8,
        dense_units=8,
        inner_folds=1,
        trials=4,
    )


def _note(notes: Path, *which: object) -> None:
    import ray

    node = ray.get_runtime_context().get_node_id() if ray.is_initialized() else ""
    with notes.open("a") as stream:
        stream.write(f"{node}\t{which!r}\n")


def figures(comparison: Comparison) -> list[object]:
    """What the seed decides."""
    return [
        (trial.split.repeat, trial.split.fold, trial.probabilities.tolist(), trial.history)
        for trial in comparison.trials
    ]


def compared(images: ImageDataset, recipe: ImageClassifier, runner: Any, **options: Any) -> Any:
    """The comparison's figures."""
    search = isinstance(recipe, TunedCNN)
    return figures(
        compare(
            images,
            [recipe],
            folds=2 if search else _FOLDS,
            repeats=1 if search else _REPEATS,
            runner=runner,
            **options,
        )
    )


def main() -> None:
    """Print a line for each kill."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--search", action="store_true", help="of tuned-cnn")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    os.environ.update(RAY_worker_niceness="0")
    ray = prepare_ray()

    chosen, wrong = random.Random(options.seed), 0
    make = tuned if options.search else fisher
    cluster = _started()
    _add_node(cluster)
    ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
    try:
        with tempfile.TemporaryDirectory() as name:
            work = Path(name)
            draw_samples(work / "photos", per_class=8)
            images = load_images(work / "photos")
            # A network's last digits depend on its number of threads, so a search is compared
            # with one on the cluster that nobody touched.
            begun = time.monotonic()
            untouched = ClusterRunner(ray) if options.search else None
            expected = compared(images, make(work / "first"), untouched)
            took = time.monotonic() - begun
            for number in range(options.kills):
                told = _killed(cluster, ray, images, make, work / str(number), took, chosen)
                told["figures"] = told["figures"] == expected
                wrong += not told["figures"] or told["beyond"] > 0
                print(number + 1, *(f"{key} {value}" for key, value in told.items()), flush=True)
    finally:
        ray.shutdown()
        cluster.shutdown()
    print(f"{options.kills} kills, {wrong} wrong")


def _killed(
    cluster: Any,
    ray: Any,
    images: ImageDataset,
    make: Any,
    place: Path,
    took: float,
    chosen: random.Random,
) -> dict[str, Any]:
    """Compare while a node is killed; count what ran."""
    place.mkdir()
    notes = place / "notes"
    doomed = _add_node(cluster)
    # It is killed once it has begun something.
    killer = threading.Thread(
        target=_kill_when_busy, args=(cluster, doomed, notes, chosen.uniform(0, took / 4))
    )
    killer.start()
    found = compared(images, make(notes), ClusterRunner(ray), run_folder=place / "run")
    killer.join()
    begun = [line.split("\t") for line in notes.read_text().splitlines()]
    often = Counter(which for _, which in begun)
    there = {which for node, which in begun if node == doomed.node_id}
    again = {which for which, count in often.items() if count > 1}
    return {
        "figures": found,
        "runs": len(begun),
        "different": len(often),
        # Nothing may run twice but the one that was lost.
        "beyond": len(again - there) + max(0, len(begun) - len(often) - 1),
    }


def _started() -> Any:
    """A cluster with a head alone, which runs no trials."""
    from ray.cluster_utils import Cluster

    for _ in range(_STARTS):
        cluster = Cluster()
        # Ray gives up after 30 seconds, which are too few on a busy machine.
        with contextlib.suppress(Exception):
            cluster.add_node(num_cpus=0, include_dashboard=False, _system_config=_QUICK, **_NODE)
            return cluster
        cluster.shutdown()
    raise SystemExit(_TOO_BUSY)


def _add_node(cluster: Any) -> Any:
    for _ in range(_STARTS):
        with contextlib.suppress(Exception):
            return cluster.add_node(num_cpus=1, **_NODE)
    raise SystemExit(_TOO_BUSY)


def _kill_when_busy(cluster: Any, doomed: Any, notes: Path, later: float) -> None:
    begun = time.monotonic()
    while time.monotonic() - begun < 120:
        if notes.exists() and doomed.node_id in notes.read_text():
            time.sleep(later)
            break
        time.sleep(0.02)
    cluster.remove_node(doomed, allow_graceful=False)


if __name__ == "__main__":
    main()
