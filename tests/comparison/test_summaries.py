"""Summaries and pairs against figures worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from peu.classifiers.base import ImageClassifier
from peu.comparison.summaries import pair_all, summarise
from peu.comparison.trial import Trial
from peu.comparison.verdict import plain_verdict
from peu.evaluation.image_intervals import ImageSample, paired_difference, share_interval
from peu.evaluation.metrics import METRICS
from peu.evaluation.uncertainty import corrected_interval
from peu.images.splits import Split
from small_set import PLAIN, TINY


def _trials(recipe: ImageClassifier, right: list[int]) -> list[Trial]:
    """One trial per fold, with 8 images to learn from and 4 to test on, so many right."""
    trials = []
    for fold, count in enumerate(right):
        predicted = np.array([0, 1, 0, 1])
        predicted[count:] = 1 - predicted[count:]
        trials.append(
            Trial(
                recipe=recipe,
                split=Split(np.arange(8), np.arange(8, 12), 0, fold, 0),
                labels=np.array([0, 1, 0, 1]),
                probabilities=np.eye(2)[predicted] * 0.8 + 0.1,
                class_names=("a", "b"),
                seconds=1.0 + fold,
                parameters=10 + fold,
                trainable_parameters=5 + fold,
            )
        )
    return trials


def test_a_summary_holds_means_intervals_and_the_largest_model() -> None:
    (summary,) = summarise([PLAIN, TINY], _trials(PLAIN, [4, 3, 2]))
    assert summary.name == "hog"
    # The images are the same four in every trial: right in three of three, three, two and one.
    sample = ImageSample(
        classes=np.array([0, 1, 0, 1]), groups=np.arange(8, 12), test_train_ratio=0.5
    )
    assert summary.accuracy == share_interval([1.0, 1.0, 2 / 3, 1 / 3], sample)
    assert summary.accuracy.mean == pytest.approx(0.75)
    assert summary.seconds_per_trial == 2.0
    assert (summary.parameters, summary.trainable_parameters) == (12, 7)
    expected = -np.mean(
        [np.log(0.9), np.log(0.9) * 0.75 + np.log(0.1) * 0.25, np.log(0.9) / 2 + np.log(0.1) / 2]
    )
    assert summary.log_loss.mean == pytest.approx(expected)


def test_the_most_accurate_comes_first_and_equals_keep_the_users_order() -> None:
    trials = [*_trials(PLAIN, [2, 2]), *_trials(TINY, [3, 3])]
    assert [each.name for each in summarise([PLAIN, TINY], trials)] == ["cnn", "hog"]
    same = [*_trials(TINY, [3, 3]), *_trials(PLAIN, [3, 3])]
    assert [each.name for each in summarise([PLAIN, TINY], same)] == ["hog", "cnn"]


def test_near_duplicates_count_as_one_image() -> None:
    trials = _trials(PLAIN, [3, 3])
    (apart,) = summarise([PLAIN], trials)
    (together,) = summarise([PLAIN], trials, np.zeros(12, np.int64))
    assert together.accuracy.mean == apart.accuracy.mean
    assert together.accuracy.low < apart.accuracy.low


def test_a_metric_without_a_figure_for_each_image_has_the_interval_of_its_trials(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    of_trials = replace(METRICS["brier"], per_image=None)
    monkeypatch.setitem(METRICS, "brier", of_trials)
    trials = _trials(PLAIN, [4, 3, 2])
    (summary,) = summarise([PLAIN], trials)
    expected = corrected_interval(
        [trial.evaluation.brier for trial in trials], test_train_ratio=0.5, bounds=(0, 2)
    )
    assert summary.metrics["brier"] == expected


def test_every_two_recipes_are_paired_image_by_image() -> None:
    third = replace(TINY, name="third")
    trials = [*_trials(PLAIN, [4, 4, 3]), *_trials(TINY, [2, 3, 1]), *_trials(third, [1, 1, 1])]
    summaries = summarise([PLAIN, TINY, third], trials)
    pairs = pair_all(summaries, trials)
    assert [(pair.first, pair.second) for pair in pairs] == [
        ("hog", "cnn"),
        ("hog", "third"),
        ("cnn", "third"),
    ]
    sample = ImageSample(
        classes=np.array([0, 1, 0, 1]), groups=np.arange(8, 12), test_train_ratio=0.5
    )
    hog, cnn = [1.0, 1.0, 1.0, 2 / 3], [1.0, 2 / 3, 1 / 3, 0.0]
    assert pairs[0] == paired_difference("hog", "cnn", hog, cnn, sample)
    assert all(pair.difference.mean > 0 for pair in pairs)


@pytest.mark.parametrize("correct", [True, False])
def test_500_classes_of_3_images_have_intervals_and_a_verdict(correct: bool) -> None:
    labels = np.repeat(np.arange(500), 3)
    splits = [
        Split(np.flatnonzero(np.arange(1500) % 3 != fold), np.arange(fold, 1500, 3), 0, fold, 0)
        for fold in range(3)
    ]
    trials = [
        Trial(
            recipe=PLAIN,
            split=split,
            labels=labels[split.test],
            probabilities=np.eye(500)[labels[split.test] if correct else labels[split.test] - 1],
            class_names=tuple(map(str, range(500))),
            seconds=1.0,
            parameters=1,
            trainable_parameters=1,
        )
        for split in splits
    ]
    (summary,) = summarise([PLAIN], trials)
    assert summary.accuracy.mean == float(correct)
    assert summary.accuracy.high - summary.accuracy.low < 0.01
    verdict = plain_verdict([("hog", summary.accuracy)], [], images=1500, baseline=1 / 500)
    assert ("nothing was learnt" in verdict) != correct
