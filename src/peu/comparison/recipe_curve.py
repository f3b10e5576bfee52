"""The learning curve of one recipe: what was measured, and what it promises, in words and JSON."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from peu.classifiers.base import ImageClassifier
from peu.evaluation.learning_curve import ImagesNeeded, PowerLaw
from peu.evaluation.uncertainty import Interval

_GUESSING = 0.5
"""Probability of guessing from which nothing else is said."""


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
        guessing = self.law.nothing_learnt
        if guessing >= _GUESSING:
            return (
                f"{self.name}: nothing was learnt that these images show ({guessing:.0%} likely): "
                f"it is right about as often as a guess ({1 - self.law.chance:.3f}), and more "
                "images are not shown to help. Look at the labels first."
            )
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
            "nothing_learnt": self.law.nothing_learnt,
            "sentence": self.sentence(),
        }


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
