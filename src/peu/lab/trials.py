"""What sections keep of trials and of comparisons by folds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.stats import binomtest

from peu.classifiers.base import ImageClassifier
from peu.comparison.comparison import Comparison
from peu.comparison.trial import Trial
from peu.evaluation.metrics import Evaluation
from peu.evaluation.uncertainty import Interval, wilson_interval
from peu.lab.behaviour import Behaviour, name_behaviour
from peu.networks.history import Phase

History = dict[str, tuple[float, ...]]
_LEVEL = 0.05
# Of fewer tested images a share says next to nothing.
_FEWEST = 20


@dataclass(frozen=True, kw_only=True)
class Score:
    """Right answers among tested images."""

    correct: int
    tested: int

    @property
    def accuracy(self) -> Interval:
        """Accuracy with its Wilson interval."""
        return wilson_interval(self.correct, self.tested)


@dataclass(frozen=True, kw_only=True)
class Paired:
    """Two classifiers on the same images.

    Attributes:
        gained: images that only the second has right.
        lost: images that only the first has right.
    """

    gained: int
    lost: int

    @property
    def p_value(self) -> float:
        """How often chance alone splits these images as unevenly.

        Source: McNemar (1947), exact form.
        """
        apart = self.gained + self.lost
        return float(binomtest(self.gained, apart).pvalue) if apart else 1.0

    @property
    def outcome(self) -> Literal["better", "worse", "not_told_apart"]:
        """What the second is beside the first, at the 5 % level."""
        if self.p_value >= _LEVEL:
            return "not_told_apart"
        return "better" if self.gained > self.lost else "worse"


def paired(first: Sequence[int], second: Sequence[int]) -> Paired:
    """Compare two classifiers by the images that each has wrong.

    Example:
        >>> paired((1, 2, 3), (3, 9)).p_value
        1.0
    """
    return Paired(gained=len(set(first) - set(second)), lost=len(set(second) - set(first)))


@dataclass(frozen=True, kw_only=True)
class TrialFindings(Score):
    """A training on all training images, and its score on the test images.

    Attributes:
        name: of the recipe.
        classes: to tell apart.
        wrong: positions of the test images that it has wrong.
        log_loss: on the test images.
        seconds: of training and testing.
        parameters: in the whole model.
        trainable_parameters: those that were trained.
        history: figures of each epoch; empty where there are none.
        majority: share of the most frequent class among the test images.
        notes: sentences about what was chosen or went differently than asked.
        phases: of a training in several, with the test after each.
    """

    name: str
    classes: int
    wrong: tuple[int, ...]
    log_loss: float
    seconds: float
    parameters: int
    trainable_parameters: int
    history: History
    majority: float = 0.0
    notes: tuple[str, ...] = ()
    phases: tuple[Phase, ...] = ()

    @property
    def epochs(self) -> int:
        """Epochs that were trained."""
        return len(self.history.get("loss", ()))

    @property
    def guess(self) -> float:
        """Accuracy of always answering the most frequent class, which needs no image."""
        return max(self.majority, 1 / self.classes)

    @property
    def worth(self) -> Literal["few_images", "as_guessing", "better"]:
        """Whether its test says anything: by the images tested, and by the interval."""
        if self.tested < _FEWEST:
            return "few_images"
        return "better" if self.accuracy.low > self.guess else "as_guessing"

    @property
    def behaviour(self) -> Behaviour:
        """How the training went."""
        return name_behaviour(self.history, self.classes)

    def beside(self, other: "TrialFindings") -> Paired:
        """Compare it with another on the same test images."""
        return paired(other.wrong, self.wrong)


@dataclass(frozen=True, kw_only=True)
class FoldFindings:
    """A recipe in a comparison by folds of the training images.

    No image was tested by a network that had seen it, and none twice, so the interval is that of
    as many images; an interval over so few folds would say nothing.

    Attributes:
        name: of the recipe.
        accuracy: on all images tested.
        wrong: positions of those that it has wrong.
        log_loss: mean of the folds.
        seconds: per trial.
    """

    name: str
    accuracy: Interval
    wrong: tuple[int, ...]
    log_loss: float
    seconds: float

    @property
    def rank(self) -> tuple[float, float]:
        """What recipes are ranked by: accuracy, and where that is equal the log loss."""
        return self.accuracy.mean, -self.log_loss

    def beside(self, other: "FoldFindings") -> Paired:
        """Compare it with another on the same images."""
        return paired(other.wrong, self.wrong)


@dataclass(frozen=True, kw_only=True)
class FoldSearch:
    """Networks compared by folds of the training images, and tests of those that matter.

    Attributes:
        train: training images.
        folds: that networks were trained on.
        image_size: side in pixels.
        tried: what was compared.
        best: name of the one chosen.
        trials: tests on the test images, by name.
    """

    train: int
    folds: int
    image_size: int
    tried: tuple[FoldFindings, ...]
    best: str
    trials: dict[str, TrialFindings]

    @property
    def by_name(self) -> dict[str, FoldFindings]:
        """What was compared by its name, the best first."""
        ranked = sorted(self.tried, key=lambda row: row.rank, reverse=True)
        return {row.name: row for row in ranked}

    @property
    def accuracies(self) -> dict[str, Interval]:
        """Accuracy on the folds by name, the best first."""
        return {name: row.accuracy for name, row in self.by_name.items()}


def score(evaluation: Evaluation) -> dict[str, int]:
    """Right answers and tested images of an evaluation, for `Score`."""
    correct = int(np.count_nonzero(evaluation.predictions == evaluation.labels))
    return {"correct": correct, "tested": len(evaluation.labels)}


def wrong_at(evaluation: Evaluation) -> tuple[int, ...]:
    """Positions of the images that were not recognised."""
    return tuple(np.flatnonzero(evaluation.predictions != evaluation.labels).tolist())


def trial_findings(trial: Trial) -> TrialFindings:
    """Keep what a section needs of a trial."""
    return TrialFindings(
        **tested_figures(trial.recipe.name, trial.evaluation),
        seconds=trial.seconds,
        parameters=trial.parameters,
        trainable_parameters=trial.trainable_parameters,
        history=dict(trial.history),
        notes=trial.notes,
        phases=trial.phases,
    )


def fit_findings(recipe: ImageClassifier, evaluation: Evaluation, seconds: float) -> TrialFindings:
    """Keep what a section needs of a fitted recipe and its test."""
    return TrialFindings(
        **tested_figures(recipe.name, evaluation),
        seconds=seconds,
        parameters=recipe.n_parameters_,
        trainable_parameters=recipe.n_trainable_parameters_,
        history=dict(recipe.history_.metrics),
        notes=recipe.notes_,
        phases=tuple(getattr(recipe, "phases_", ())),
    )


def fold_findings(compared: Comparison) -> tuple[FoldFindings, ...]:
    """Keep what a section needs of a comparison by folds, in the order of the recipes."""
    found = {one.name: compared.out_of_fold(one.name) for one in compared.summaries}
    return tuple(
        FoldFindings(
            name=summary.name,
            accuracy=Score(**score(found[summary.name])).accuracy,
            wrong=wrong_at(found[summary.name]),
            log_loss=summary.log_loss.mean,
            seconds=summary.seconds_per_trial,
        )
        for summary in compared.summaries
    )


def tested_figures(name: str, evaluation: Evaluation) -> dict[str, Any]:
    """What `TrialFindings` says of a test, by its fields."""
    return {
        "name": name,
        "classes": len(evaluation.class_names),
        "wrong": wrong_at(evaluation),
        "log_loss": evaluation.log_loss,
        "majority": float(np.bincount(evaluation.labels).max() / len(evaluation.labels)),
        **score(evaluation),
    }
