"""What the seed decides of a comparison."""

from peu.comparison.comparison import Comparison


def seeded_figures(comparison: Comparison) -> list[object]:
    """Everything that must be the same when a comparison is run again."""
    return [
        (trial.recipe.name, trial.split.fold, trial.probabilities.tolist(), trial.history)
        for trial in comparison.trials
    ]
