"""Intervals of each recipe, and differences between recipes, from their trials."""

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from peu.classifiers.base import ImageClassifier
from peu.comparison.comparison import RecipeSummary
from peu.comparison.trial import Trial
from peu.evaluation.image_intervals import (
    ImageSample,
    mean_interval,
    paired_difference,
    share_interval,
)
from peu.evaluation.metrics import METRICS, Metric
from peu.evaluation.uncertainty import Interval, PairedDifference, corrected_interval


def summarise(
    recipes: Sequence[ImageClassifier],
    trials: Sequence[Trial],
    groups: NDArray[np.int64] | None = None,
) -> tuple[RecipeSummary, ...]:
    """Summarise the trials of each recipe, the most accurate first.

    Args:
        recipes: in the user's order; those without trials are left out.
        trials: of all recipes, on the same splits.
        groups: (n,) of the dataset, near-duplicates share a group; None if there are none.

    Returns:
        One summary per recipe.
    """
    summaries = [
        _summary(recipe, own, groups)
        for recipe in recipes
        if (own := _trials_of(recipe.name, trials))
    ]
    return tuple(sorted(summaries, key=lambda summary: -summary.accuracy.mean))


def _summary(
    recipe: ImageClassifier, trials: Sequence[Trial], groups: NDArray[np.int64] | None
) -> RecipeSummary:
    return RecipeSummary(
        name=recipe.name,
        recipe=recipe,
        metrics={name: _interval(metric, trials, groups) for name, metric in METRICS.items()},
        seconds_per_trial=float(np.mean([trial.seconds for trial in trials])),
        parameters=max(trial.parameters for trial in trials),
        trainable_parameters=max(trial.trainable_parameters for trial in trials),
        seconds_per_image=next(
            (trial.seconds_per_image for trial in trials if trial.seconds_per_image is not None),
            None,
        ),
    )


def _interval(
    metric: Metric, trials: Sequence[Trial], groups: NDArray[np.int64] | None
) -> Interval:
    if metric.per_image is None:
        return corrected_interval(
            [getattr(trial.evaluation, metric.name) for trial in trials],
            test_train_ratio=_test_train_ratio(trials),
            bounds=metric.bounds,
        )
    sample = _sample(trials, groups, equal_classes=metric.equal_classes)
    values = _per_image(trials, metric.per_image)
    if metric.per_image == "correct":
        return share_interval(values, sample)
    return mean_interval(values, sample, bounds=metric.bounds)


def pair_all(
    summaries: Sequence[RecipeSummary],
    trials: Sequence[Trial],
    groups: NDArray[np.int64] | None = None,
) -> tuple[PairedDifference, ...]:
    """Compare the accuracies of every two recipes, image by image.

    Args:
        summaries: the best first, so that differences are positive.
        trials: of all recipes, on the same splits.
        groups: (n,) of the dataset, near-duplicates share a group; None if there are none.

    Returns:
        One difference per pair.
    """
    trials_of = {summary.name: _trials_of(summary.name, trials) for summary in summaries}
    correct = {name: _per_image(own, "correct") for name, own in trials_of.items()}
    return tuple(
        paired_difference(
            first, second, correct[first], correct[second], _sample(trials_of[first], groups)
        )
        for first, second in itertools.combinations(trials_of, 2)
    )


def _trials_of(name: str, trials: Sequence[Trial]) -> list[Trial]:
    return [trial for trial in trials if trial.recipe.name == name]


def _test_train_ratio(trials: Sequence[Trial]) -> float:
    return float(np.mean([len(trial.split.test) / len(trial.split.train) for trial in trials]))


def _sample(
    trials: Sequence[Trial], groups: NDArray[np.int64] | None, *, equal_classes: bool = False
) -> ImageSample:
    """The images that were tested, in the order of the dataset."""
    tests = np.concatenate([trial.split.test for trial in trials])
    tested, first = np.unique(tests, return_index=True)
    return ImageSample(
        classes=np.concatenate([trial.labels for trial in trials])[first],
        groups=tested if groups is None else np.asarray(groups, np.int64)[tested],
        test_train_ratio=_test_train_ratio(trials),
        equal_classes=equal_classes,
    )


def _per_image(trials: Sequence[Trial], attribute: str) -> NDArray[np.float64]:
    """What each tested image contributes, on average over its tests, in the same order."""
    tests = np.concatenate([trial.split.test for trial in trials])
    values = np.concatenate([getattr(trial.evaluation, attribute) for trial in trials])
    _, place = np.unique(tests, return_inverse=True)
    return np.asarray(np.bincount(place, values) / np.bincount(place), np.float64)
