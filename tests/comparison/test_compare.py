"""A comparison: the same folds for all, the same figures twice, and nothing run twice."""

import json
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compared_figures import seeded_figures
from locked_folder import locked_elsewhere
from peu.classifiers.base import ImageClassifier
from peu.classifiers.hog import HogSVM
from peu.classifiers.transfer import Transfer
from peu.comparison import running as module
from peu.comparison import workers
from peu.comparison.compare import compare
from peu.comparison.comparison import Comparison
from peu.comparison.processes import run_side_by_side
from peu.comparison.trial import Trial, TrialTask, run_trial, try_trial, write_trial
from peu.errors import DataError, PeuError, RecipeError, ResourceError
from peu.images.dataset import ImageDataset
from peu.images.splits import make_holdout
from recorded_progress import recorded_progress
from small_set import PLAIN, TINY

MISSING = Transfer(backbone="nowhere.keras", backbone_preprocessing="tf")


def _files(folder: Path) -> list[Path]:
    return sorted((folder / "trials").glob("*.json"))


class _Counted:
    """Runs trials, and records which."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, int]] = []

    def __call__(self, dataset: ImageDataset, task: TrialTask) -> Trial | PeuError:
        self.ran.append((task.recipe.name, task.split.fold))
        return try_trial(dataset, task)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> _Counted:
    counting = _Counted()
    monkeypatch.setattr(module, "try_trial", counting)
    return counting


def test_every_recipe_runs_on_the_same_folds(dataset: ImageDataset) -> None:
    recipes: list[ImageClassifier] = [PLAIN, replace(PLAIN, name="coarse", cell_size=16)]
    comparison = compare(dataset, recipes, folds=3, repeats=2, seed=4)
    assert len(comparison.splits) == 6
    for recipe in recipes:
        splits = [trial.split for trial in comparison.trials_of(recipe.name)]
        assert splits == list(comparison.splits)
    assert {summary.name for summary in comparison.summaries} == {"hog", "coarse"}
    assert len(comparison.paired) == 1
    assert comparison.failures == ()
    assert comparison.verdict.startswith(f"{comparison.summaries[0].name} is right on")
    assert comparison.provenance["fingerprint"] == dataset.fingerprint
    assert (comparison.folds, comparison.repeats, comparison.seed) == (3, 2, 4)


def test_a_group_is_on_one_side_of_every_split(dataset: ImageDataset) -> None:
    twice = dataset[np.r_[np.arange(32), np.arange(0, 32, 4)]]
    comparison = compare(twice, [PLAIN], folds=3, repeats=2)
    assert len(np.unique(comparison.groups)) == 32
    for split in comparison.splits:
        assert not set(comparison.groups[split.train]) & set(comparison.groups[split.test])
        assert len(split.train) + len(split.test) == 40


def test_the_same_seed_gives_the_same_figures_here_or_in_another_process(
    dataset: ImageDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipes: list[ImageClassifier] = [HogSVM(), TINY]
    alone = compare(dataset, recipes, folds=2, repeats=1, workers=1)
    again = compare(dataset, recipes, splits=alone.splits[:1], workers=1)
    missing = replace(MISSING, head="mlp")
    # As on four cores a process with memory for one: each would load TensorFlow.
    monkeypatch.setattr(module, "most_workers", lambda _: 2)
    monkeypatch.setattr(module, "suggest_workers", lambda _: 1)
    sent: list[str] = []

    def elsewhere(
        dataset: ImageDataset, tasks: Sequence[TrialTask], **options: Any
    ) -> Iterator[tuple[TrialTask, Trial | PeuError]]:
        sent.extend(task.recipe.name for task in tasks)
        return run_side_by_side(dataset, tasks, **options)

    monkeypatch.setattr(module, "run_side_by_side", elsewhere)
    together = compare(dataset, [*recipes, missing], splits=alone.splits[:1], workers=None)
    assert sorted(sent) == ["cnn", "transfer"]
    other = compare(dataset, recipes[:1], folds=2, repeats=1, seed=1)
    assert seeded_figures(alone)[::2] == seeded_figures(again)
    assert seeded_figures(other) != seeded_figures(alone)[:2]
    # One thread adds up in another order than two.
    for here, there in zip(again.trials, together.trials, strict=True):
        np.testing.assert_allclose(there.probabilities, here.probabilities, atol=1e-5)
        assert there.evaluation.accuracy == here.evaluation.accuracy
    # What fails in a process fails alone.
    assert [failure.name for failure in together.failures] == ["transfer"]


def test_finished_trials_are_not_run_again(
    dataset: ImageDataset, tmp_path: Path, counted: _Counted
) -> None:
    recipes: list[ImageClassifier] = [PLAIN, replace(PLAIN, name="coarse", cell_size=16)]
    reported: list[tuple[str, int, int]] = []

    def run() -> Comparison:
        return compare(
            dataset,
            recipes,
            folds=3,
            repeats=1,
            run_folder=tmp_path,
            on_trial=lambda trial, done, total: reported.append((trial.recipe.name, done, total)),
        )

    first = run()
    assert len(counted.ran) == len(_files(tmp_path)) == 6
    assert [row[1:] for row in reported] == [(done, 6) for done in range(1, 7)]
    stored = json.loads((tmp_path / "splits.json").read_text())
    assert [split["test"] for split in stored["splits"]] == [
        split.test.tolist() for split in first.splits
    ]

    counted.ran.clear()
    reported.clear()
    assert seeded_figures(run()) == seeded_figures(first)
    assert counted.ran == []
    assert reported == []

    gone, cut, older, fewer = _files(tmp_path)[:4]
    gone.unlink()
    cut.write_bytes(cut.read_bytes()[:200])
    _edit(older, format=0)
    _edit(fewer, probabilities=json.loads(fewer.read_text())["probabilities"][1:])
    with recorded_progress() as progress:
        third = run()
    assert len(counted.ran) == 4
    assert seeded_figures(third) == seeded_figures(first)
    assert [row[1] for row in reported] == [3, 4, 5, 6]
    # Finished trials count from the start, for one honest estimate of the time that is left.
    assert progress.counted == [(0, 6), (2, 6), (3, 6), (4, 6), (5, 6), (6, 6)]


def _edit(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_failed_recipe_counts_as_done(dataset: ImageDataset) -> None:
    with recorded_progress() as progress:
        compare(dataset, [MISSING, PLAIN], folds=2, repeats=1)
    # Transfer learning would have taken two thirds of the time.
    assert progress.counted == [(0, 4), (0, 4), (1, 4), (1, 4), (4, 4)]


_KILLED = """
import os, signal, sys
from peu.classifiers.hog import HogSVM
from peu.comparison.compare import compare
from peu.images.loading import load_images

def stop(trial, done, total):
    if done == 2:
        os.kill(os.getpid(), signal.SIGKILL)

recipe = HogSVM(colour="never", kernel="linear")
compare(load_images(sys.argv[1]), [recipe], folds=4, repeats=1, run_folder=sys.argv[2],
        on_trial=stop)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_a_killed_comparison_resumes_with_the_same_figures(
    dataset: ImageDataset, tmp_path: Path, counted: _Counted
) -> None:
    command = [sys.executable, "-c", _KILLED, str(dataset.root), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert len(_files(tmp_path)) == 2
    resumed = compare(dataset, [PLAIN], folds=4, repeats=1, run_folder=tmp_path)
    assert len(counted.ran) == 2
    assert seeded_figures(resumed) == seeded_figures(compare(dataset, [PLAIN], folds=4, repeats=1))


def test_a_trial_run_again_has_as_many_threads_as_before(
    dataset: ImageDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int, int]] = []

    def side_by_side(
        dataset: ImageDataset,
        tasks: Sequence[TrialTask],
        *,
        workers: int,
        threads: int,
        may_begin: Callable[[TrialTask], bool],
    ) -> Iterator[tuple[TrialTask, Trial]]:
        assert all(map(may_begin, tasks))
        asked.append((len(tasks), workers, threads))
        for task in tasks:
            made = run_trial(dataset, replace(task, recipe=PLAIN, file=None))
            write_trial(task, replace(made, recipe=task.recipe))
            yield task, replace(made, recipe=task.recipe)

    monkeypatch.setattr(module, "run_side_by_side", side_by_side)
    monkeypatch.setattr(workers, "core_count", lambda: 4)
    for _ in range(2):
        compare(dataset, [TINY], folds=3, repeats=1, run_folder=tmp_path, workers=2)
        _files(tmp_path)[0].unlink()
    assert asked == [(3, 2, 2), (1, 1, 2)]


def test_a_renamed_recipe_is_not_run_again(
    dataset: ImageDataset, tmp_path: Path, counted: _Counted
) -> None:
    compare(dataset, [PLAIN], folds=2, repeats=1, run_folder=tmp_path)
    counted.ran.clear()
    renamed = compare(
        dataset, [replace(PLAIN, name="mine")], folds=2, repeats=1, run_folder=tmp_path
    )
    assert counted.ran == []
    assert [trial.recipe.name for trial in renamed.trials] == ["mine", "mine"]


def test_a_recipe_that_cannot_run_does_not_stop_the_others(
    dataset: ImageDataset, counted: _Counted
) -> None:
    comparison = compare(dataset, [MISSING, PLAIN], folds=2, repeats=1)
    assert [summary.name for summary in comparison.summaries] == ["hog"]
    (failure,) = comparison.failures
    assert failure.name == "transfer"
    assert "nowhere.keras" in failure.reason
    assert "\n" not in failure.reason
    # It is not tried on every fold.
    assert [name for name, _ in counted.ran].count("transfer") == 1


def test_if_no_recipe_can_run_the_first_error_is_raised(dataset: ImageDataset) -> None:
    with pytest.raises(RecipeError, match=r"nowhere\.keras"):
        compare(dataset, [MISSING], folds=2, repeats=1)


def test_a_network_that_diverges_is_a_failure_that_says_what_to_change(
    dataset: ImageDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    from peu.networks.backend import keras

    def explode(labels: object, answers: object) -> object:
        return keras.ops.mean(answers) * float("nan")

    monkeypatch.setattr(keras.losses, "SparseCategoricalCrossentropy", lambda: explode)
    comparison = compare(dataset, [TINY, PLAIN], folds=2, repeats=1, workers=1)
    (failure,) = comparison.failures
    assert failure.name == "cnn"
    assert "Lower `learning_rate`" in failure.reason
    assert [summary.name for summary in comparison.summaries] == ["hog"]


@pytest.mark.parametrize("recipes", [[], [PLAIN, PLAIN]], ids=["none", "one name twice"])
def test_recipes_need_different_names(dataset: ImageDataset, recipes: list[HogSVM]) -> None:
    with pytest.raises(RecipeError, match="different names"):
        compare(dataset, recipes)


def test_too_few_images_for_so_many_folds_are_refused(
    dataset: ImageDataset, tmp_path: Path
) -> None:
    with pytest.raises(DataError):
        compare(dataset, [PLAIN], folds=9, run_folder=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_trials_can_be_run_elsewhere(dataset: ImageDataset, tmp_path: Path) -> None:
    sent: list[int] = []

    def far_away(
        images: ImageDataset, tasks: Sequence[TrialTask], may_begin: Callable[[TrialTask], bool]
    ) -> Iterator[tuple[TrialTask, Trial | PeuError]]:
        for task in filter(may_begin, reversed(tasks)):
            # Another machine gets the images and the task as bytes.
            there, work = pickle.loads(pickle.dumps((images, replace(task, file=None))))
            sent.append(task.split.fold)
            yield task, pickle.loads(pickle.dumps(try_trial(there, work)))

    here = compare(dataset, [PLAIN], folds=2, repeats=1)
    comparison = compare(
        dataset, [PLAIN, MISSING], folds=2, repeats=1, runner=far_away, run_folder=tmp_path
    )
    assert sent == [1, 0, 1, 0]
    assert seeded_figures(comparison) == seeded_figures(here)
    assert len(list((tmp_path / "trials").iterdir())) == 2
    assert [failure.name for failure in comparison.failures] == ["transfer"]


def test_splits_can_be_given(dataset: ImageDataset) -> None:
    split = make_holdout(dataset, test_share=0.3)
    comparison = compare(dataset, [PLAIN], splits=[split])
    assert comparison.splits == (split,)
    assert (comparison.folds, comparison.repeats) == (1, 1)
    assert comparison.tested("hog").tolist() == split.test.tolist()
    accuracy = comparison.summaries[0].accuracy
    assert 0 <= accuracy.low < accuracy.mean < accuracy.high <= 1


def test_a_folder_in_use_by_another_run_is_refused(dataset: ImageDataset, tmp_path: Path) -> None:
    with locked_elsewhere(tmp_path), pytest.raises(ResourceError, match="Another run"):
        compare(dataset, [PLAIN], folds=2, repeats=1, run_folder=tmp_path)
    compare(dataset, [PLAIN], folds=2, repeats=1, run_folder=tmp_path)


def test_labels_at_random_are_said_to_teach_nothing(dataset: ImageDataset) -> None:
    shuffled = np.random.default_rng(3).permutation(np.asarray(dataset.labels))
    comparison = compare(replace(dataset, labels=shuffled), [PLAIN], folds=2, repeats=1)
    assert "nothing was learnt" in comparison.verdict
    assert "nothing was learnt" not in compare(dataset, [PLAIN], folds=2, repeats=1).verdict
