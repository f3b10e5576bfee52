"""Ensembles in a comparison: members run once, and their held-out predictions are kept."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eager_steps import eager_steps
from peu.classifiers.ensemble import Ensemble
from peu.classifiers.transfer import Transfer
from peu.comparison.compare import compare
from peu.comparison.comparison import Comparison
from peu.comparison.ensemble_plan import plan_ensembles
from peu.images.dataset import ImageDataset
from small_set import PLAIN, TINY

COARSE = replace(PLAIN, name="coarse", cell_size=16)
BOTH = Ensemble(members=(PLAIN, COARSE))


def test_a_member_that_is_compared_itself_runs_once_under_whatever_name() -> None:
    mine = replace(PLAIN, name="mine")
    plan = plan_ensembles([BOTH, mine, replace(BOTH, name="again")])
    assert [recipe.name for recipe in plan.singles] == ["mine", "ensemble coarse"]
    assert set(plan.members.values()) == {("mine", "ensemble coarse")}
    assert plan.held_out == {"mine", "ensemble coarse"}
    assert plan_ensembles([PLAIN]).held_out == set()


def _files(folder: Path) -> dict[str, float]:
    return {path.name: path.stat().st_mtime_ns for path in (folder / "trials").glob("*.json")}


def _figures(comparison: Comparison) -> list[object]:
    return [(trial.recipe.name, trial.probabilities.tolist()) for trial in comparison.trials]


def test_an_ensemble_is_combined_from_its_members_trials(
    dataset: ImageDataset, tmp_path: Path
) -> None:
    reported: list[tuple[str, int, int]] = []
    comparison = compare(
        dataset,
        [PLAIN, BOTH],
        folds=2,
        repeats=1,
        run_folder=tmp_path,
        on_trial=lambda trial, done, total: reported.append((trial.recipe.name, done, total)),
    )
    # The other member has run too, and is no row.
    assert {summary.name for summary in comparison.summaries} == {"hog", "ensemble"}
    assert len(_files(tmp_path)) == 6
    assert [row[1:] for row in reported] == [(done, 6) for done in range(1, 7)]
    both = compare(dataset, [PLAIN, COARSE], folds=2, repeats=1, run_folder=tmp_path)
    assert len(_files(tmp_path)) == 6
    for ours, first, second in zip(
        comparison.trials_of("ensemble"),
        both.trials_of("hog"),
        both.trials_of("coarse"),
        strict=True,
    ):
        assert ours.seconds >= first.seconds + second.seconds
        between = np.sort([first.probabilities, second.probabilities], axis=0)
        assert not np.allclose(between[0], between[1])
        assert "weighed" in ours.notes[0]


def test_a_resumed_ensemble_has_the_same_figures(dataset: ImageDataset, tmp_path: Path) -> None:
    def run() -> Comparison:
        return compare(dataset, [PLAIN, BOTH], folds=2, repeats=1, run_folder=tmp_path)

    first = run()
    before = _files(tmp_path)
    assert _figures(run()) == _figures(first)
    assert _files(tmp_path) == before
    for path in list((tmp_path / "trials").glob("*.json"))[::2]:
        path.unlink()
    assert _figures(run()) == _figures(first)


def test_held_out_predictions_are_added_to_a_finished_trial(
    dataset: ImageDataset, tmp_path: Path
) -> None:
    ensemble = Ensemble(members=(TINY, PLAIN))
    with eager_steps():
        alone = compare(dataset, [TINY], folds=2, repeats=1, run_folder=tmp_path)
        together = compare(dataset, [TINY, ensemble], folds=2, repeats=1, run_folder=tmp_path)
    assert [trial.held_out for trial in alone.trials] == [None, None]
    for before, after in zip(alone.trials, together.trials_of("cnn"), strict=True):
        np.testing.assert_array_equal(before.probabilities, after.probabilities)
        assert before.seconds == after.seconds
        assert after.held_out is not None
        assert set(after.held_out.indices) < set(after.split.train)
        assert after.held_out_seconds > 0
    stored = [json.loads(path.read_text()) for path in (tmp_path / "trials").glob("*.json")]
    assert sum(value["held_out_seconds"] > 0 for value in stored) == 2


def test_labels_of_test_images_do_not_change_the_weights(dataset: ImageDataset) -> None:
    first = compare(dataset, [BOTH], folds=2, repeats=1)
    assert dataset.labels is not None
    for fold, trial in enumerate(first.trials):
        labels = dataset.labels.copy()
        labels[trial.split.test] = np.roll(labels[trial.split.test], 1)
        other = compare(replace(dataset, labels=labels), [BOTH], splits=[first.splits[fold]])
        np.testing.assert_array_equal(other.trials[0].probabilities, trial.probabilities)


def test_an_ensemble_with_a_failed_member_fails(dataset: ImageDataset) -> None:
    missing = Transfer(backbone="nowhere.keras", backbone_preprocessing="tf")
    comparison = compare(dataset, [PLAIN, Ensemble(members=(PLAIN, missing))], folds=2, repeats=1)
    assert [summary.name for summary in comparison.summaries] == ["hog"]
    (failure,) = comparison.failures
    assert failure.name == "ensemble"
    assert "could not run" in failure.reason
    assert "nowhere.keras" in failure.reason
    with pytest.raises(Exception, match=r"nowhere\.keras"):
        compare(dataset, [Ensemble(members=(COARSE, missing))], folds=2, repeats=1)
