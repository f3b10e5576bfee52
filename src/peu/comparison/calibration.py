"""Calibration of a compared recipe: before and after, and how its prediction sets cover."""

import functools
from dataclasses import dataclass

from peu.comparison.comparison import Comparison
from peu.comparison.out_of_fold import out_of_fold
from peu.evaluation.calibration import (
    ChosenCalibration,
    OutOfFold,
    choose_calibration,
    improvement,
)
from peu.evaluation.coverage import LEVELS, SetCoverage, set_coverage
from peu.evaluation.metrics import evaluate_predictions
from peu.evaluation.reliability import Reliability, reliability
from peu.evaluation.uncertainty import Interval

_REACH = 1.96


@dataclass(frozen=True)
class CalibrationFigures:
    """Out-of-fold predictions of all repeats, by how true their probabilities are.

    Attributes:
        log_loss: mean, in nats.
        brier: mean squared distance between probabilities and truth, from 0 to 2.
        reliability: confidence against accuracy, and the calibration error.
    """

    log_loss: float
    brier: float
    reliability: Reliability


@dataclass(frozen=True)
class CalibrationSummary:
    """What calibration does to a recipe, on images that it was not fitted on.

    Attributes:
        method: what a saved model would use; None where no calibration helps.
        before: the recipe's own probabilities.
        after: each fold calibrated by what the other folds say, with the method that they choose.
        gain: how much the log loss falls, and its 95 % interval over the images.
        sets: prediction sets after calibration, one for each coverage that so many images allow.
    """

    method: str | None
    before: CalibrationFigures
    after: CalibrationFigures
    gain: Interval
    sets: tuple[SetCoverage, ...]


@functools.lru_cache(maxsize=32)
def calibrated(comparison: Comparison, name: str) -> ChosenCalibration:
    """Out-of-fold predictions of a recipe in all repeats, each fold calibrated by the others."""
    return choose_calibration(out_of_fold(comparison.trials_of(name), comparison.groups))


@functools.lru_cache(maxsize=32)
def calibration_summary(comparison: Comparison, name: str) -> CalibrationSummary:
    """Calibrate a compared recipe by cross-fitting; nothing is trained again.

    Args:
        comparison: with trials of the recipe.
        name: of the recipe.
    """
    rows = out_of_fold(comparison.trials_of(name), comparison.groups)
    chosen = calibrated(comparison, name)
    gain, error = improvement(rows.losses(), chosen.after.losses(), rows.images)
    covered = (set_coverage(chosen.after, level) for level in LEVELS)
    return CalibrationSummary(
        None if chosen.calibration is None else chosen.calibration.method,
        _figures(rows, comparison),
        _figures(chosen.after, comparison),
        Interval(gain, gain - _REACH * error, gain + _REACH * error),
        tuple(each for each in covered if each is not None),
    )


def _figures(rows: OutOfFold, comparison: Comparison) -> CalibrationFigures:
    found = evaluate_predictions(rows.labels, rows.probabilities, comparison.dataset.class_names)
    repeats = len(rows) / rows.image_count
    return CalibrationFigures(
        found.log_loss,
        found.brier,
        reliability(found.probabilities, found.labels, repeats=repeats),
    )
