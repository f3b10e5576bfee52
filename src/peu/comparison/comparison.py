"""What a comparison holds: trials, intervals, differences, and the verdict."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.classifiers.labels import labels_of
from peu.comparison.trial import Trial
from peu.evaluation.metrics import Evaluation, evaluate_predictions
from peu.evaluation.uncertainty import Interval, PairedDifference
from peu.images.dataset import ImageDataset
from peu.images.splits import Split
from peu.recipes.registry import Recipe


@dataclass(frozen=True)
class RecipeSummary:
    """Sum up one recipe's trials.

    Attributes:
        name: of the recipe.
        recipe: its settings.
        accuracy: mean over the trials and its interval, in [0, 1].
        balanced_accuracy: the same, every class counting alike.
        log_loss: mean negative log probability of the truth, in nats; lower is better.
        seconds_per_trial: to learn and to answer, on average.
        parameters: numbers in the whole model.
        trainable_parameters: those that were learnt.
    """

    name: str
    recipe: Recipe
    accuracy: Interval
    balanced_accuracy: Interval
    log_loss: Interval
    seconds_per_trial: float
    parameters: int
    trainable_parameters: int


@dataclass(frozen=True)
class Failure:
    """Say why a recipe could not run.

    Attributes:
        name: of the recipe.
        reason: one line, with what to do.
    """

    name: str
    reason: str


@dataclass(frozen=True, eq=False, kw_only=True)
class Comparison:
    """Hold a comparison and everything that it can be checked by.

    Attributes:
        dataset: the images.
        splits: the folds that every recipe ran on.
        folds: parts of a repeat.
        repeats: how often the images were parted anew.
        seed: of everything random.
        groups: (n,) near-duplicates share a group, and a side of every split.
        trials: every recipe on every split.
        summaries: a recipe each, the best first.
        paired: differences between recipes on the same splits.
        failures: recipes that could not run.
        verdict: what all this shows, in plain sentences.
        provenance: command, versions, machine, time.
    """

    dataset: ImageDataset
    splits: tuple[Split, ...]
    folds: int
    repeats: int
    seed: int
    groups: NDArray[np.int64]
    trials: tuple[Trial, ...]
    summaries: tuple[RecipeSummary, ...]
    paired: tuple[PairedDifference, ...]
    failures: tuple[Failure, ...]
    verdict: str
    provenance: dict[str, Any]

    def trials_of(self, name: str) -> tuple[Trial, ...]:
        """Give the trials of one recipe, in the order of the splits."""
        return tuple(trial for trial in self.trials if trial.recipe.name == name)

    def tested(self, name: str) -> NDArray[np.int64]:
        """Give the indices of the images that a recipe was tested on, in order."""
        tests = [trial.split.test for trial in self.trials_of(name)]
        return np.unique(np.concatenate(tests))

    def out_of_fold(self, name: str) -> Evaluation:
        """Gather what a recipe answered for images that it had not learnt from.

        Args:
            name: of the recipe.

        Returns:
            Figures over the images of `tested(name)`, in that order; an image's
            probabilities are the mean over the repeats.
        """
        total = np.zeros((len(self.dataset), len(self.dataset.class_names)))
        count = np.zeros(len(self.dataset), np.int64)
        for trial in self.trials_of(name):
            total[trial.split.test] += trial.probabilities
            count[trial.split.test] += 1
        tested = self.tested(name)
        return evaluate_predictions(
            labels_of(self.dataset)[tested],
            total[tested] / count[tested, None],
            self.dataset.class_names,
        )

    def wrong(self, name: str, limit: int) -> tuple[tuple[int, int, float], ...]:
        """List the images that a recipe got most confidently wrong.

        Args:
            name: of the recipe.
            limit: how many at most.

        Returns:
            (index of the image, wrong class, its probability), the most confident first.
        """
        tested, evaluation = self.tested(name), self.out_of_fold(name)
        answers = evaluation.probabilities.argmax(axis=1)
        sureness = evaluation.probabilities.max(axis=1)
        wrong = np.flatnonzero(answers != evaluation.labels)
        order = wrong[np.argsort(-sureness[wrong], kind="stable")][:limit]
        return tuple((int(tested[i]), int(answers[i]), float(sureness[i])) for i in order)
