"""Which trials run, in which order, beside each other, and how many there is time for."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from compared_figures import seeded_figures
from peu.classifiers.base import ImageClassifier
from peu.classifiers.hog import HogSVM
from peu.classifiers.transfer import Transfer
from peu.comparison import running
from peu.comparison.compare import compare
from peu.comparison.comparison import Comparison
from peu.comparison.trial import Trial, TrialTask, run_trial, try_trial
from peu.errors import PeuError, ResourceError
from peu.images.dataset import ImageDataset
from small_set import PLAIN

MISSING = Transfer(backbone="nowhere.keras", backbone_preprocessing="tf")


def test_what_there_is_no_time_for_is_left_out_and_done_with_more_time(
    dataset: ImageDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = replace(PLAIN, name="slow", cell_size=16)
    monkeypatch.setattr(type(slow), "usual_seconds", property(_seconds_of))
    told: list[tuple[str, int, float]] = []

    def run(time_limit: float | None) -> Comparison:
        return compare(
            dataset,
            [slow, PLAIN],
            folds=2,
            repeats=2,
            run_folder=tmp_path,
            time_limit=time_limit,
            on_recipe=lambda own, left: told.append((own[0].recipe.name, len(own), left)),
        )

    cut = run(300)
    assert [summary.name for summary in cut.summaries] == ["hog"]
    assert [each.name for each in cut.left_out] == ["slow"]
    assert "0 of 4 trials ended within 5 min" in cut.verdict
    assert told[0][:2] == ("hog", 4)
    assert told[0][2] > 300
    whole = run(None)
    assert whole.left_out == ()
    assert {summary.name for summary in whole.summaries} == {"hog", "slow"}
    assert seeded_figures(whole)[4:] == seeded_figures(cut)
    with pytest.raises(ResourceError, match="--time-limit"):
        compare(dataset, [PLAIN], folds=2, repeats=1, time_limit=0.5)


def _seconds_of(recipe: HogSVM) -> float:
    return 1e7 if recipe.name == "slow" else 0.5


def test_quick_trials_run_side_by_side_once_the_cache_is_filled(
    dataset: ImageDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[tuple[str, int]] = []
    sent: list[tuple[str, int]] = []

    def counted(dataset: ImageDataset, task: TrialTask) -> Trial | PeuError:
        ran.append((task.recipe.name, task.split.fold))
        return try_trial(dataset, task)

    def side_by_side(
        dataset: ImageDataset, tasks: Sequence[TrialTask], **options: object
    ) -> Iterator[tuple[TrialTask, Trial]]:
        assert options["workers"] == 2
        assert options["threads"] == 0
        for task in reversed(tasks):
            sent.append((task.recipe.name, task.split.fold))
            yield task, run_trial(dataset, task)

    recipes: list[ImageClassifier] = [PLAIN, replace(PLAIN, name="coarse", cell_size=16)]
    monkeypatch.setattr(running, "try_trial", counted)
    alone = compare(dataset, recipes, folds=3, repeats=1, workers=None)
    assert len(ran) == 6
    ran.clear()
    monkeypatch.setattr(running, "run_side_by_side", side_by_side)
    monkeypatch.setattr(running, "quick_workers", lambda _: 2)
    together = compare(dataset, [*recipes, MISSING], folds=3, repeats=1, workers=None)
    assert sorted(ran) == [("coarse", 0), ("hog", 0), ("transfer", 0)]
    assert sorted(sent) == [(name, fold) for name in ("coarse", "hog") for fold in (1, 2)]
    assert seeded_figures(together) == seeded_figures(alone)
