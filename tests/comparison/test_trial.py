"""A trial as a file: exact, named by all it depends on, run again when unreadable."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from peu.classifiers.base import ImageClassifier
from peu.classifiers.hog import HogSVM
from peu.classifiers.registry import recipe_from_dict
from peu.classifiers.small_cnn import SmallCNN
from peu.comparison.explanations import Explanation
from peu.comparison.trial import (
    Trial,
    TrialTask,
    read_trial,
    run_trial,
    trial_key,
    trial_to_dict,
    try_trial,
    write_trial,
)
from peu.errors import DiskError
from peu.files import read_json, with_checksum, without_checksum, write_json
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images
from peu.images.splits import make_holdout
from peu.networks.history import Phase
from small_set import PLAIN, TINY


def _task(dataset: ImageDataset, file: Path | None) -> TrialTask:
    return TrialTask(recipe=PLAIN, split=make_holdout(dataset), file=file)


@pytest.fixture(scope="module")
def trial(dataset: ImageDataset) -> Trial:
    return run_trial(dataset, _task(dataset, None))


@pytest.fixture
def written(dataset: ImageDataset, trial: Trial, tmp_path: Path) -> Path:
    """Return the file of a finished trial."""
    task = _task(dataset, tmp_path / "trial.json")
    write_trial(task, trial)
    assert task.file is not None
    return task.file


def _same(first: Trial, second: Trial) -> None:
    assert trial_to_dict(first) == trial_to_dict(second)
    np.testing.assert_array_equal(first.probabilities, second.probabilities)


def test_a_trial_is_read_exactly_as_written(dataset: ImageDataset, tmp_path: Path) -> None:
    task = _task(dataset, tmp_path / "trial.json")
    trial = run_trial(dataset, task)
    read = read_trial(task)
    assert read is not None
    _same(read, trial)
    assert read.probabilities.dtype == np.float64
    assert read.labels.dtype == np.int64
    assert trial.seconds_per_image is not None
    assert 0 < trial.seconds_per_image < 5
    assert trial.explanations, "this split has wrong answers, and they are explained"
    assert {item.method for item in trial.explanations} == {"occlusion"}
    for item in trial.explanations:
        assert item.image in trial.split.test
        assert max(value for row in item.heatmap for value in row) <= 1


def test_awkward_numbers_and_histories_survive(
    dataset: ImageDataset, trial: Trial, tmp_path: Path
) -> None:
    thirds = np.full((len(trial.labels), 4), 1 / 3)
    thirds[:, 3] = 1 - thirds[:, :3].sum(axis=1)
    odd = replace(
        trial,
        probabilities=thirds,
        history={"loss": (0.1 + 0.2, 1e-300), "val_accuracy": (1 / 3, 2 / 3)},
        explanations=(Explanation(3, ((0.0, 1 / 7), (1.0, 0.5)), "Grad-CAM"),),
        notes=("Prüfung: 100 % <b>\n",),
        phases=(
            Phase(name="head", trainable_parameters=5, accuracy=1 / 3, log_loss=0.1 + 0.2),
            Phase(name="all", trainable_parameters=7),
        ),
    )
    task = _task(dataset, tmp_path / "odd.json")
    assert task.file is not None
    write_trial(task, odd)
    read = read_trial(task)
    assert read is not None
    _same(read, odd)


def test_the_file_contains_readable_figures(trial: Trial, written: Path) -> None:
    stored = json.loads(written.read_text())
    assert stored["figures"]["accuracy"] == trial.evaluation.accuracy
    assert stored["recipe"]["kind"] == "hog"


def _without_fold(stored: dict[str, Any]) -> Any:
    del stored["split"]["fold"]
    return stored


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: [],
        lambda _: None,
        lambda stored: {name: stored[name] for name in stored if name != "labels"},
        _without_fold,
        lambda stored: {**stored, "history": [1]},
        lambda stored: {**stored, "split": 3},
        lambda stored: {**stored, "recipe": {"kind": "unheard of"}},
        lambda stored: {**stored, "labels": stored["labels"][1:]},
        lambda stored: {**stored, "labels": [], "probabilities": []},
        lambda stored: {**stored, "probabilities": [[1, 1, 1, 1]] * len(stored["labels"])},
        lambda stored: {**stored, "probabilities": stored["probabilities"][1:]},
        lambda stored: {**stored, "probabilities": [row[1:] for row in stored["probabilities"]]},
        lambda stored: {
            **stored,
            "probabilities": [[*row[1:], None] for row in stored["probabilities"]],
        },
        lambda stored: {**stored, "format": 99},
        lambda stored: {**stored, "format": None},
        lambda stored: {**stored, "peu": "0.0"},
    ],
    ids=[
        *("list", "null", "labels", "fold", "history", "split", "recipe", "short", "none", "sums"),
        *("rows", "columns", "values", "format", "no format", "version"),
    ],
)
def test_an_invalid_file_counts_as_missing(
    dataset: ImageDataset, written: Path, damage: Callable[[Any], Any]
) -> None:
    task = _task(dataset, written)
    assert read_trial(task) is not None
    damaged = damage(without_checksum(read_json(written)))
    write_json(written, with_checksum(damaged) if isinstance(damaged, dict) else damaged)
    assert read_trial(task) is None


def test_a_trial_under_the_name_of_another_counts_as_missing(
    dataset: ImageDataset, written: Path
) -> None:
    task = _task(dataset, written)
    other = replace(task, file=written.with_name("other.json"))
    written.with_name("other.json").write_bytes(written.read_bytes())
    assert read_trial(task) is not None
    assert read_trial(other) is None


def test_a_folder_that_went_away_is_not_made_again(dataset: ImageDataset, tmp_path: Path) -> None:
    file = tmp_path / "run" / "trials" / "trial.json"
    with pytest.raises(DiskError, match="deleted or moved"):
        try_trial(dataset, _task(dataset, file))
    assert list(tmp_path.iterdir()) == []
    file.parent.parent.mkdir()
    run_trial(dataset, _task(dataset, file))
    assert file.is_file()


def test_a_full_disk_is_no_failure_of_the_recipe(dataset: ImageDataset, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        with pytest.raises(DiskError, match="disk space"):
            try_trial(dataset, _task(dataset, tmp_path / "trials" / "trial.json"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == []


@pytest.mark.parametrize("keep", [0, 1, 100, -1])
def test_a_cut_file_counts_as_missing(dataset: ImageDataset, written: Path, keep: int) -> None:
    written.write_bytes(written.read_bytes().rstrip()[:keep])
    assert read_trial(_task(dataset, written)) is None


def test_no_file_is_no_trial(dataset: ImageDataset, tmp_path: Path) -> None:
    assert read_trial(_task(dataset, None)) is None
    assert read_trial(_task(dataset, tmp_path / "nowhere.json")) is None


def test_the_key_changes_with_everything_the_result_depends_on(dataset: ImageDataset) -> None:
    split = make_holdout(dataset)
    other = make_holdout(dataset, seed=1)
    keys = [
        trial_key(dataset, TINY, split),
        trial_key(dataset, replace(TINY, filters=(5,)), split),
        trial_key(dataset, replace(TINY, training=replace(TINY.training, epochs=3)), split),
        trial_key(dataset, PLAIN, split),
        trial_key(dataset, TINY, other),
        trial_key(dataset, TINY, replace(split, seed=5)),
        trial_key(dataset, TINY, replace(split, train=split.train[1:])),
        trial_key(dataset[np.arange(31)], TINY, split),
    ]
    assert len(set(keys)) == len(keys)


def test_the_key_does_not_change_with_a_name_or_a_place(
    dataset: ImageDataset, photos: Path, tmp_path: Path
) -> None:
    split = make_holdout(dataset)
    key = trial_key(dataset, TINY, split)
    assert trial_key(dataset, replace(TINY, name="mine"), split) == key
    moved = load_images(shutil.copytree(photos, tmp_path / "elsewhere"))
    assert trial_key(moved, TINY, split) == key
    assert trial_key(dataset, SmallCNN(name="x"), split) == trial_key(dataset, SmallCNN(), split)


@pytest.mark.parametrize("setting", ["backbone", "backbone_weights"])
def test_a_backbone_file_counts_by_its_content(
    dataset: ImageDataset, tmp_path: Path, setting: str
) -> None:
    split = make_holdout(dataset)

    def key(path: Path) -> str:
        # Weights of one's own belong to a network by name, which knows its preprocessing.
        other = {"backbone": "vgg16"}
        if setting == "backbone":
            other = {"backbone_preprocessing": "tf"}
        settings = {"kind": "transfer", **other, setting: str(path)}
        return trial_key(dataset, recipe_from_dict(settings), split)

    first = tmp_path / "first.keras"
    first.write_bytes(b"one")
    before = key(first)
    moved = first.rename(tmp_path / "moved.keras")
    assert key(moved) == before
    moved.write_bytes(b"two")
    assert key(moved) != before


def test_the_name_in_tables_is_the_callers(dataset: ImageDataset, written: Path) -> None:
    read = read_trial(replace(_task(dataset, written), recipe=replace(PLAIN, name="mine")))
    assert read is not None
    assert read.recipe.name == "mine"


@pytest.mark.parametrize("recipe", [HogSVM(), TINY], ids=["hog", "cnn"])
def test_labels_of_test_images_do_not_change_a_prediction(
    dataset: ImageDataset, recipe: ImageClassifier
) -> None:
    """HOG chooses a kernel, colours and a temperature; the network shows test images' curves."""
    split = make_holdout(dataset)
    assert dataset.labels is not None
    labels = dataset.labels.copy()
    labels[split.test] = np.roll(labels[split.test], 1)
    assert (labels != dataset.labels).any()
    task = TrialTask(recipe=recipe, split=split, file=None)
    first = run_trial(dataset, task)
    second = run_trial(replace(dataset, labels=labels), task)
    np.testing.assert_array_equal(first.probabilities, second.probabilities)
    assert first.labels.tolist() != second.labels.tolist()
