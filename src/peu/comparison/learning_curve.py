"""Accuracy against the number of images: what more images would bring, and how many are needed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.classifiers.base import ImageClassifier
from peu.comparison.compare import compare
from peu.comparison.comparison import Comparison, Failure
from peu.comparison.explanations import without_explanations
from peu.comparison.running import OnTrial, TrialRunner
from peu.comparison.trial import Trial
from peu.evaluation.image_intervals import ImageSample, share_interval
from peu.evaluation.learning_curve import ImagesNeeded, PowerLaw, fit_power_law
from peu.evaluation.uncertainty import Interval
from peu.images.dataset import ImageDataset
from peu.images.nested_subsets import nested_splits
from peu.images.splits import Split, make_splits
from peu.settings import check_setting


@dataclass(frozen=True)
class CurvePoint:
    """What was measured with so many images to learn from.

    Attributes:
        images_per_class: in the training sets, on average.
        accuracy: mean over the trials, with its interval.
        trials: accuracy of each.
    """

    images_per_class: float
    accuracy: Interval
    trials: tuple[float, ...] = field(repr=False)


@dataclass(frozen=True, eq=False, repr=False)
class RecipeCurve:
    """The learning curve of one recipe.

    Attributes:
        name: of the recipe.
        recipe: its settings.
        points: what was measured, the fewest images first.
        law: the power laws that explain it.
        now: images a class at hand, on average.
        needed: images missing to the target.
    """

    name: str
    recipe: ImageClassifier
    points: tuple[CurvePoint, ...]
    law: PowerLaw
    now: float
    needed: ImagesNeeded

    def __repr__(self) -> str:
        return f"<RecipeCurve {self.sentence()}>"

    @property
    def with_all(self) -> Interval:
        """Expected accuracy of the model that learns from all images at hand."""
        return self.law.accuracy(self.now)

    @property
    def with_twice(self) -> Interval:
        """Expected accuracy with twice as many images."""
        return self.law.accuracy(2 * self.now)

    def sentence(self) -> str:
        """How many images more the target takes, or that it is out of reach."""
        need = self.needed
        target = f"{need.target:.4g}"
        if need.more == 0:
            return (
                f"{self.name}: {target} is expected of the images at hand already "
                f"({_range(self.with_all)})."
            )
        if np.isinf(need.more):
            odds = f"; the chance is {need.probability:.0%}" if need.probability >= 0.05 else ""
            return (
                f"{self.name}: {target} is not reachable this way, with up to ten times as many "
                f"images{odds}. Twice as many are expected to give {_range(self.with_twice)}."
            )
        low = f"{np.ceil(need.low):.0f}"
        high = "more than ten times as many" if np.isinf(need.high) else f"{np.ceil(need.high):.0f}"
        return (
            f"{self.name}: about {np.ceil(need.more):.0f} more a class for {target}, between {low} "
            f"and {high}."
        )

    def to_dict(self) -> dict[str, Any]:
        """The curve as JSON values; what is infinite is None."""
        need = self.needed
        ahead = self.now * np.array([1, 1.5, 2, 3, 5, 10])
        return {
            "name": self.name,
            "recipe": self.recipe.to_dict(),
            "points": [
                {
                    "images_per_class": point.images_per_class,
                    "accuracy": _interval(point.accuracy),
                    "trials": list(point.trials),
                }
                for point in self.points
            ],
            "expected": [
                {"images_per_class": float(at), "accuracy": _interval(self.law.accuracy(float(at)))}
                for at in ahead
            ],
            "needed": {
                "target": need.target,
                "more": _finite(need.more),
                "low": _finite(need.low),
                "high": _finite(need.high),
                "level": need.level,
                "probability": need.probability,
            },
            "sentence": self.sentence(),
        }


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


def _range(interval: Interval) -> str:
    return f"{interval.mean:.3f}, {interval.low:.3f} to {interval.high:.3f}"


def _interval(interval: Interval) -> dict[str, float]:
    return {
        "mean": interval.mean,
        "low": interval.low,
        "high": interval.high,
        "level": interval.level,
    }


def _finite(value: float) -> float | None:
    return None if np.isinf(value) else value
