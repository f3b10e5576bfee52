"""The result of a comparison: trials, intervals, differences, verdict."""

import contextlib
import html
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.backbones.onnx_features import is_onnx_backbone
from peu.checks.measurements import measure
from peu.checks.shortcuts import Shortcut, find_shortcuts
from peu.classifiers.base import ImageClassifier
from peu.classifiers.transfer import Transfer
from peu.comparison.label_errors import (
    LabelErrors,
    find_label_errors,
    label_errors_in_predictions,
)
from peu.comparison.schedule import LeftOut
from peu.comparison.trial import Trial
from peu.errors import PeuError
from peu.evaluation.metrics import Evaluation, evaluate_predictions
from peu.evaluation.uncertainty import Interval, PairedDifference
from peu.images.dataset import ImageDataset
from peu.images.splits import Split

_MOST_FOR_SHORTCUTS = 1000


@dataclass(frozen=True)
class RecipeSummary:
    """Metrics of one recipe over its trials.

    Attributes:
        name: of the recipe.
        recipe: its settings.
        metrics: mean over the trials and its interval, of every metric in
            `peu.evaluation.metrics.METRICS`, by name.
        seconds_per_trial: to fit and to predict, on average.
        parameters: numbers in the whole model.
        trainable_parameters: those that were learnt.
        seconds_per_image: what a fitted model takes for an image; None where it was not timed.
    """

    name: str
    recipe: ImageClassifier = field(repr=False)
    metrics: dict[str, Interval] = field(repr=False)
    seconds_per_trial: float
    parameters: int
    trainable_parameters: int
    seconds_per_image: float | None = None

    @property
    def accuracy(self) -> Interval:
        """Mean accuracy over the trials and its interval, in [0, 1]."""
        return self.metrics["accuracy"]

    @property
    def log_loss(self) -> Interval:
        """Mean log loss over the trials and its interval, in nats; lower is better."""
        return self.metrics["log_loss"]


@dataclass(frozen=True)
class Failure:
    """A recipe that could not run.

    Attributes:
        name: of the recipe.
        reason: one line, with what to do.
    """

    name: str
    reason: str


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Comparison:
    """Result of a comparison, with everything needed to check it.

    Attributes:
        dataset: the images.
        splits: the folds that every recipe ran on.
        folds: number of folds.
        repeats: number of repeats.
        seed: random seed.
        groups: (n,) near-duplicates share a group, and a side of every split.
        trials: every recipe on every split.
        summaries: one per recipe, the best first.
        paired: differences between recipes on the same splits.
        failures: recipes that could not run.
        left_out: what was not done for want of time.
        verdict: the conclusion, in plain sentences.
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
    left_out: tuple[LeftOut, ...] = ()
    verdict: str
    provenance: dict[str, Any]

    def __repr__(self) -> str:
        best = [f"{each.name} {each.accuracy.mean:.1%}" for each in self.summaries[:5]]
        more = ", ..." if len(self.summaries) > len(best) else ""
        return (
            f"<Comparison on {self.dataset.name!r:.80}: {self.repeats} x {self.folds} folds, "
            f"{', '.join(best)}{more}>"
        )

    def _repr_html_(self) -> str:
        """Verdict and a table of the recipes, for notebooks."""
        columns = ("recipe", "accuracy", "95% interval", "log loss", "seconds per trial")
        rows = [
            (
                each.name,
                f"{each.accuracy.mean:.1%}",
                f"{each.accuracy.low:.1%} to {each.accuracy.high:.1%}",
                f"{each.log_loss.mean:.3f}",
                f"{each.seconds_per_trial:.1f}",
            )
            for each in self.summaries
        ]
        head = "".join(f"<th>{name}</th>" for name in columns)
        body = "".join(
            f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows
        )
        failed = "".join(
            f"<p>{html.escape(f'{each.name} could not run: {each.reason}')}</p>"
            for each in self.failures
        )
        return (
            f"<p>{html.escape(self.verdict)}</p>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{failed}"
        )

    def trials_of(self, name: str) -> tuple[Trial, ...]:
        """Trials of one recipe, in the order of the splits."""
        return tuple(trial for trial in self.trials if trial.recipe.name == name)

    def tested(self, name: str) -> NDArray[np.int64]:
        """Indices of the images that a recipe was tested on, in order."""
        tests = [trial.split.test for trial in self.trials_of(name)]
        return np.unique(np.concatenate(tests))

    def out_of_fold(self, name: str) -> Evaluation:
        """Metrics of out-of-fold predictions: by models that had not seen the image.

        Args:
            name: of the recipe.

        Returns:
            Metrics over the images of `tested(name)`, in that order; an image's
            probabilities are the mean over the repeats.
        """
        total = np.zeros((len(self.dataset), len(self.dataset.class_names)))
        count = np.zeros(len(self.dataset), np.int64)
        for trial in self.trials_of(name):
            total[trial.split.test] += trial.probabilities
            count[trial.split.test] += 1
        tested = self.tested(name)
        return evaluate_predictions(
            np.asarray(self.dataset.labels)[tested],
            total[tested] / count[tested, None],
            self.dataset.class_names,
        )

    def wrong(self, name: str, limit: int) -> tuple[tuple[int, int, float], ...]:
        """Wrongly predicted images of a recipe, the most confident first.

        Args:
            name: of the recipe.
            limit: the largest number of images.

        Returns:
            (index of the image, predicted class, its probability) for each.
        """
        tested, evaluation = self.tested(name), self.out_of_fold(name)
        predicted = evaluation.predictions
        confidence = evaluation.probabilities.max(axis=1)
        wrong = np.flatnonzero(predicted != evaluation.labels)
        order = wrong[np.argsort(-confidence[wrong], kind="stable")][:limit]
        return tuple((int(tested[i]), int(predicted[i]), float(confidence[i])) for i in order)

    @cached_property
    def label_errors(self) -> LabelErrors | None:
        """Labels that are probably wrong; None where no recipe could run.

        Where a recipe's features are at hand, they tell best; otherwise the out-of-fold
        predictions of the best recipe do.
        """
        for recipe in (each.recipe for each in self.summaries):
            if isinstance(recipe, Transfer) and is_onnx_backbone(recipe.backbone):
                with contextlib.suppress(PeuError):  # the images may be gone by now
                    return find_label_errors(self.dataset, splits=self.splits, transfer=recipe)
        if not self.summaries:
            return None
        best = self.summaries[0].name
        return label_errors_in_predictions(
            self.dataset, self.tested(best), self.out_of_fold(best).probabilities, recipe=best
        )

    @cached_property
    def shortcuts(self) -> tuple[Shortcut, ...]:
        """Cues that tell classes apart though they have nothing to do with what is shown.

        Looked for in at most 1,000 images, and without what `peu check` measures besides: it
        should cost little beside the trials.
        """
        images = self.dataset
        if len(images) > _MOST_FOR_SHORTCUTS:
            rng = np.random.default_rng(self.seed)
            images = images[np.sort(rng.permutation(len(images))[:_MOST_FOR_SHORTCUTS])]
        try:
            return find_shortcuts(images, measure(images, sharpness=False), images.groups)
        except PeuError:  # the images may be gone by now
            return ()
