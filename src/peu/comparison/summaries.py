"""From trials to intervals, and to differences between recipes."""

import itertools
from collections.abc import Sequence

import numpy as np

from peu.comparison.comparison import RecipeSummary
from peu.comparison.trial import Trial
from peu.evaluation.uncertainty import (
    PairedDifference,
    accuracy_interval,
    corrected_interval,
    paired_difference,
)
from peu.recipes.registry import Recipe


def summarise(recipes: Sequence[Recipe], trials: Sequence[Trial]) -> tuple[RecipeSummary, ...]:
    """Sum up the trials of each recipe, the most accurate first.

    Args:
        recipes: in the user's order; those without trials are left out.
        trials: of all recipes on the same splits.

    Returns:
        One summary a recipe.
    """
    summaries = []
    for recipe in recipes:
        own = [trial for trial in trials if trial.recipe.name == recipe.name]
        if not own:
            continue
        ratio = _test_train_ratio(own)
        evaluations = [trial.evaluation for trial in own]
        counts = [len(trial.labels) for trial in own]
        summaries.append(
            RecipeSummary(
                name=recipe.name,
                recipe=recipe,
                accuracy=accuracy_interval(
                    [evaluation.accuracy for evaluation in evaluations], counts, ratio
                ),
                balanced_accuracy=corrected_interval(
                    [evaluation.balanced_accuracy for evaluation in evaluations],
                    test_train_ratio=ratio,
                    bounds=(0, 1),
                ),
                log_loss=corrected_interval(
                    [evaluation.log_loss for evaluation in evaluations],
                    test_train_ratio=ratio,
                    bounds=(0, np.inf),
                ),
                seconds_per_trial=float(np.mean([trial.seconds for trial in own])),
                parameters=max(trial.parameters for trial in own),
                trainable_parameters=max(trial.trainable_parameters for trial in own),
            )
        )
    return tuple(sorted(summaries, key=lambda summary: -summary.accuracy.mean))


def pair_all(
    summaries: Sequence[RecipeSummary], trials: Sequence[Trial]
) -> tuple[PairedDifference, ...]:
    """Compare the accuracies of every two recipes, split by split.

    Args:
        summaries: the best first, so that differences come out positive.
        trials: of all recipes on the same splits.

    Returns:
        One difference a pair.
    """
    pairs = []
    for first, second in itertools.combinations(summaries, 2):
        figures = [
            [trial.evaluation.accuracy for trial in trials if trial.recipe.name == summary.name]
            for summary in (first, second)
        ]
        own = [trial for trial in trials if trial.recipe.name == first.name]
        pairs.append(
            paired_difference(
                first.name,
                second.name,
                figures[0],
                figures[1],
                test_train_ratio=_test_train_ratio(own),
            )
        )
    return tuple(pairs)


def _test_train_ratio(trials: Sequence[Trial]) -> float:
    return float(np.mean([len(trial.split.test) / len(trial.split.train) for trial in trials]))
