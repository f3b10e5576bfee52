"""Intervals of each recipe, and differences between recipes, from their trials."""

import itertools
from collections.abc import Sequence

import numpy as np

from peu.classifiers.base import ImageClassifier
from peu.comparison.comparison import RecipeSummary
from peu.comparison.trial import Trial
from peu.evaluation.metrics import METRICS
from peu.evaluation.uncertainty import (
    PairedDifference,
    accuracy_interval,
    corrected_interval,
    paired_difference,
)


def summarise(
    recipes: Sequence[ImageClassifier], trials: Sequence[Trial]
) -> tuple[RecipeSummary, ...]:
    """Summarise the trials of each recipe, the most accurate first.

    Args:
        recipes: in the user's order; those without trials are left out.
        trials: of all recipes, on the same splits.

    Returns:
        One summary per recipe.
    """
    summaries = [
        _summary(recipe, own) for recipe in recipes if (own := _trials_of(recipe.name, trials))
    ]
    return tuple(sorted(summaries, key=lambda summary: -summary.accuracy.mean))


def _summary(recipe: ImageClassifier, trials: Sequence[Trial]) -> RecipeSummary:
    ratio = _test_train_ratio(trials)
    evaluations = [trial.evaluation for trial in trials]
    intervals = {
        metric.name: corrected_interval(
            [getattr(evaluation, metric.name) for evaluation in evaluations],
            test_train_ratio=ratio,
            bounds=metric.bounds,
        )
        for metric in METRICS.values()
    }
    intervals["accuracy"] = accuracy_interval(
        [evaluation.accuracy for evaluation in evaluations],
        [len(trial.labels) for trial in trials],
        ratio,
    )
    return RecipeSummary(
        name=recipe.name,
        recipe=recipe,
        metrics=intervals,
        seconds_per_trial=float(np.mean([trial.seconds for trial in trials])),
        parameters=max(trial.parameters for trial in trials),
        trainable_parameters=max(trial.trainable_parameters for trial in trials),
    )


def pair_all(
    summaries: Sequence[RecipeSummary], trials: Sequence[Trial]
) -> tuple[PairedDifference, ...]:
    """Compare the accuracies of every two recipes, split by split.

    Args:
        summaries: the best first, so that differences are positive.
        trials: of all recipes, on the same splits.

    Returns:
        One difference per pair.
    """
    trials_of = {summary.name: _trials_of(summary.name, trials) for summary in summaries}
    accuracies = {
        name: [trial.evaluation.accuracy for trial in own] for name, own in trials_of.items()
    }
    return tuple(
        paired_difference(
            first,
            second,
            accuracies[first],
            accuracies[second],
            test_train_ratio=_test_train_ratio(trials_of[first]),
        )
        for first, second in itertools.combinations(trials_of, 2)
    )


def _trials_of(name: str, trials: Sequence[Trial]) -> list[Trial]:
    return [trial for trial in trials if trial.recipe.name == name]


def _test_train_ratio(trials: Sequence[Trial]) -> float:
    return float(np.mean([len(trial.split.test) / len(trial.split.train) for trial in trials]))
