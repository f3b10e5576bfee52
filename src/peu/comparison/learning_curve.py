"""Accuracy against the number of images: what more images would bring, and how many are needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.classifiers.base import ImageClassifier
from peu.comparison.compare import compare
from peu.comparison.comparison import Comparison, Failure
from peu.comparison.explanations import without_explanations
from peu.comparison.recipe_curve import CurvePoint, RecipeCurve
from peu.comparison.running import OnTrial, TrialRunner
from peu.comparison.trial import Trial
from peu.evaluation.image_intervals import ImageSample, share_interval
from peu.evaluation.learning_curve import fit_power_law
from peu.images.dataset import ImageDataset
from peu.images.nested_subsets import nested_splits
from peu.images.splits import Split, make_splits
from peu.settings import check_setting


@dataclass(frozen=True, eq=False, repr=False)
class LearningCurve:
    """Learning curves of recipes on the same nested training sets.

    Attributes:
        dataset: the images.
        curves: one a recipe, in the user's order.
        failures: recipes that could not run.
        folds: number of folds.
        repeats: number of repeats.
        seed: random seed.
        target: the accuracy wanted.
        provenance: command, versions, machine, time.
    """

    dataset: ImageDataset
    curves: tuple[RecipeCurve, ...]
    failures: tuple[Failure, ...]
    folds: int
    repeats: int
    seed: int
    target: float
    provenance: dict[str, Any]

    def __repr__(self) -> str:
        return f"<LearningCurve of {self.dataset.name!r:.80}: {self.sentence()[:400]}>"

    def sentence(self) -> str:
        """What each recipe needs for the target, in a sentence each."""
        return " ".join(curve.sentence() for curve in self.curves)

    def to_dict(self) -> dict[str, Any]:
        """The curves as JSON values."""
        counts = np.bincount(np.asarray(self.dataset.labels))
        return {
            "format": 1,
            "dataset": {
                "name": self.dataset.name,
                "fingerprint": self.dataset.fingerprint,
                "images": len(self.dataset),
                "classes": dict(zip(self.dataset.class_names, counts.tolist(), strict=True)),
                "images_per_class": len(self.dataset) / len(counts),
            },
            "folds": self.folds,
            "repeats": self.repeats,
            "seed": self.seed,
            "target": self.target,
            "recipes": [curve.to_dict() for curve in self.curves],
            "failures": [{"name": one.name, "reason": one.reason} for one in self.failures],
            "provenance": self.provenance,
        }


def learning_curve(
    dataset: ImageDataset,
    recipes: Sequence[ImageClassifier],
    *,
    target: float = 0.95,
    folds: int = 5,
    repeats: int = 2,
    seed: int = 0,
    run_folder: str | Path | None = None,
    workers: int | None = 1,
    runner: TrialRunner | None = None,
    on_trial: OnTrial | None = None,
    command: str = "",
) -> LearningCurve:
    """Measure accuracy with fewer images than there are, and say what more would bring.

    In every fold a recipe learns from nested parts of the training images, each about 1.4 times
    the one before, and is tested on the same test images. Near-duplicates stay together. The
    largest parts are the folds of `compare`, so that a run folder shares those trials with it.

    Args:
        dataset: labelled images, about five different ones of each class or more.
        recipes: at least one, with different names.
        target: the accuracy wanted, in (0, 1).
        folds: number of folds, 2 or more.
        repeats: number of repeats, 1 or more.
        seed: random seed.
        run_folder: folder of trials, or None to keep nothing.
        workers: as in `compare`.
        runner: as in `compare`.
        on_trial: as in `compare`.
        command: what the user typed, for the record.

    Returns:
        A curve for each recipe.

    Raises:
        DataError: too few images for so many folds, or for three sizes of training sets.
        RecipeError: an impossible target, no recipe, or two of one name.
        PeuError: no recipe could run; the first one's error.

    Example:
        >>> found = learning_curve(load_images("photos/"), [Transfer()])  # doctest: +SKIP
        >>> print(found.sentence())  # doctest: +SKIP
        transfer: about 12 more a class for 0.95, between 3 and 49.

    Source: Mahmood et al. (2022), "How much more data do I need?", which advises to collect in
    rounds and to ask again.
    """
    check_target(target)
    splits = make_splits(dataset, folds=folds, repeats=repeats, seed=seed)
    sizes = nested_splits(dataset, splits)
    with without_explanations():
        comparison = compare(
            dataset,
            recipes,
            seed=seed,
            splits=[split for _, own in sizes for split in own],
            run_folder=run_folder,
            workers=workers,
            runner=runner,
            on_trial=on_trial,
            command=command,
        )
    failed = {failure.name for failure in comparison.failures}
    return LearningCurve(
        dataset=dataset,
        curves=tuple(
            _curve(comparison, recipe, sizes, target)
            for recipe in recipes
            if recipe.name not in failed
        ),
        failures=comparison.failures,
        folds=folds,
        repeats=repeats,
        seed=seed,
        target=target,
        provenance=comparison.provenance,
    )


def check_target(target: float) -> None:
    """Refuse an accuracy that cannot be asked for.

    Raises:
        RecipeError: it is not between 0 and 1.
    """
    check_setting(
        "target",
        holds=0 < target < 1,
        expected="above 0 and below 1",
        received=target,
        advice="0.95 is 95 of 100 images right.",
    )


def _curve(
    comparison: Comparison,
    recipe: ImageClassifier,
    sizes: Sequence[tuple[float, Sequence[Split]]],
    target: float,
) -> RecipeCurve:
    dataset = comparison.dataset
    found = {_key(trial.split): trial for trial in comparison.trials_of(recipe.name)}
    trials = [[found[_key(split)] for split in splits] for _, splits in sizes]
    tested = np.unique(np.concatenate([trial.split.test for trial in trials[-1]]))
    labels, groups = np.asarray(dataset.labels)[tested], dataset.groups[tested]
    correct = np.stack([_how_often_right(own, len(dataset))[tested] for own in trials])
    now = len(dataset) / len(dataset.class_names)
    law = fit_power_law(
        [size for size, _ in sizes],
        correct,
        groups,
        classes=len(dataset.class_names),
        seed=comparison.seed,
    )
    ratio = float(np.mean([len(each.test) / len(each.train) for each in sizes[-1][1]]))
    sample = ImageSample(classes=labels, groups=groups, test_train_ratio=ratio)
    points = tuple(
        CurvePoint(
            size,
            share_interval(right, sample),
            tuple(trial.evaluation.accuracy for trial in own),
        )
        for (size, _), right, own in zip(sizes, correct, trials, strict=True)
    )
    return RecipeCurve(recipe.name, recipe, points, law, now, law.needed(target, now))


def _key(split: Split) -> tuple[int, int, bytes]:
    return split.repeat, split.fold, split.train.tobytes()


def _how_often_right(trials: Sequence[Trial], images: int) -> NDArray[np.float64]:
    """(n,) share of the trials that tested an image in which it was right."""
    right, count = np.zeros(images), np.zeros(images)
    for trial in trials:
        right[trial.split.test] += trial.probabilities.argmax(axis=1) == trial.labels
        count[trial.split.test] += 1
    return np.asarray(right / np.maximum(count, 1), np.float64)
