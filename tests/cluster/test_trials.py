"""Comparisons on a cluster: the files and figures of one machine, and no trial lost or doubled."""

from pathlib import Path
from typing import Any

import pytest
import ray
from sklearn.base import clone

from compared_figures import seeded_figures
from peu.cache_folder import cache_folder
from peu.classifiers.fisher import FisherVectors
from peu.classifiers.transfer import Transfer
from peu.cluster.trials import ClusterRunner, _Waiting
from peu.comparison.compare import compare
from peu.comparison.trial import TrialTask
from peu.images.dataset import ImageDataset
from peu.images.splits import make_splits
from small_set import PLAIN, TINY

FISHER = FisherVectors(
    image_size=(32, 32), scales=(1.0, 2.0), radius=5, components=6, dimensions=12
)
MISSING = Transfer(name="missing", backbone="nowhere.onnx", backbone_preprocessing="tf")


def test_files_and_figures_are_those_of_one_machine(
    dataset: ImageDataset, runner: ClusterRunner, tmp_path: Path
) -> None:
    recipes = [PLAIN, FISHER, MISSING]
    here = compare(dataset, recipes, folds=2, repeats=1, run_folder=tmp_path / "here")
    there = compare(
        dataset, recipes, folds=2, repeats=1, run_folder=tmp_path / "there", runner=runner
    )
    assert seeded_figures(there) == seeded_figures(here)
    assert [failure.name for failure in there.failures] == ["missing"]
    files = [
        sorted(file.name for file in (tmp_path / name / "trials").iterdir())
        for name in ("here", "there")
    ]
    assert files[0] == files[1]
    # What is done is read, on a cluster or not.
    again = compare(dataset, [PLAIN], folds=2, repeats=1, run_folder=tmp_path / "there")
    assert [trial.seconds for trial in again.trials] == [
        trial.seconds for trial in there.trials if trial.recipe.name == "hog"
    ]


def test_machines_without_the_files_get_them(
    dataset: ImageDataset, runner: ClusterRunner, tmp_path: Path
) -> None:
    class Moved(ClusterRunner):
        """Moves the images away as soon as they are sent."""

        def _share(self, images: ImageDataset) -> tuple[Any, Any, Any]:
            shared = super()._share(images)
            dataset.root.rename(tmp_path / "gone")
            return shared

    here = compare(dataset, [PLAIN], folds=2, repeats=1)
    try:
        there = compare(dataset, [PLAIN], folds=2, repeats=1, runner=Moved(ray, send_files=True))
    finally:
        (tmp_path / "gone").rename(dataset.root)
    assert seeded_figures(there) == seeded_figures(here)


def test_nobody_keeps_arrays_where_all_processes_use_one_cache(
    dataset: ImageDataset, runner: ClusterRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = ray.get(ray.remote(cache_folder).remote())
    assert there != cache_folder()
    assert runner._share(dataset)[2] is not None
    monkeypatch.setenv("PEU_CACHE", str(there))
    assert runner._share(dataset)[2] is None
    here = seeded_figures(compare(dataset, [PLAIN], folds=2, repeats=1))
    assert seeded_figures(compare(dataset, [PLAIN], folds=2, repeats=1, runner=runner)) == here


def test_no_trial_begins_that_may_not(dataset: ImageDataset, runner: ClusterRunner) -> None:
    tasks = [
        TrialTask(recipe=PLAIN, split=split, file=None)
        for split in make_splits(dataset, folds=2, repeats=1)
    ]
    ran = [task for task, _ in runner(dataset, tasks, lambda task: task.split.fold == 1)]
    assert ran == tasks[1:]


def test_searches_on_the_same_images_wait_for_each_other(dataset: ImageDataset) -> None:
    first, second = make_splits(dataset, folds=2, repeats=1)
    other = clone(TINY).set_params(name="other")
    one, same, apart = (
        TrialTask(recipe=recipe, split=split, file=None)
        for recipe, split in ((TINY, first), (other, first), (TINY, second))
    )
    waiting = _Waiting([one, same, apart])
    assert [waiting.next(lambda _: True) for _ in range(3)] == [one, apart, None]
    waiting.ended(one, failed=False)
    assert waiting.next(lambda _: True) == same


def test_a_node_that_dies_costs_its_trials_alone(
    cluster: Any, second_node: Any, dataset: ImageDataset, runner: ClusterRunner, tmp_path: Path
) -> None:
    here = compare(dataset, [FISHER], folds=4, repeats=2)
    ended: list[tuple[int, int]] = []

    def kill(trial: Any, done: int, total: int) -> None:
        ended.append((trial.split.repeat, trial.split.fold))
        if done == 2:
            cluster.remove_node(second_node, allow_graceful=False)

    there = compare(
        dataset, [FISHER], folds=4, repeats=2, run_folder=tmp_path, runner=runner, on_trial=kill
    )
    assert seeded_figures(there) == seeded_figures(here)
    assert sorted(ended) == [(repeat, fold) for repeat in range(2) for fold in range(4)]
