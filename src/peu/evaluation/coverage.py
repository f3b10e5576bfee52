"""How often prediction sets hold the true label, and how large they are."""

from dataclasses import dataclass

import numpy as np

from peu.evaluation.calibration import OutOfFold
from peu.evaluation.uncertainty import wilson_interval
from peu.models.prediction_sets import PredictionSets, images_needed

LEVELS = (0.8, 0.9, 0.95, 0.99)


@dataclass(frozen=True)
class SetCoverage:
    """Prediction sets at one coverage, on images whose scores did not set the threshold.

    Attributes:
        wanted: the coverage that was asked for.
        covered: share of the images whose set held the true label.
        low: lower end of its 95 % interval.
        high: upper end.
        mean_size: labels in a set.
        empty: share of the sets without a label.
    """

    wanted: float
    covered: float
    low: float
    high: float
    mean_size: float
    empty: float


def prediction_sets(rows: OutOfFold) -> PredictionSets:
    """Prediction sets from out-of-fold predictions, calibrated by cross-fitting."""
    of_truth = rows.probabilities[np.arange(len(rows)), rows.labels]
    return PredictionSets(np.sort(1 - of_truth), rows.image_count)


def set_coverage(rows: OutOfFold, wanted: float) -> SetCoverage | None:
    """Measure prediction sets by cross-fitting: each part with the scores of the others.

    Args:
        rows: out-of-fold predictions, calibrated by cross-fitting.
        wanted: the coverage.

    Returns:
        None where the other parts have too few images for this coverage.
    """
    inside = np.zeros(rows.probabilities.shape, np.bool_)
    for part in np.unique(rows.parts):
        here = rows.parts == part
        if here.all() or rows[~here].image_count < images_needed(wanted):
            return None
        inside[here] = prediction_sets(rows[~here])(rows.probabilities[here], wanted)
    covered = float(inside[np.arange(len(rows)), rows.labels].mean())
    sizes = inside.sum(axis=1)
    interval = wilson_interval(covered * rows.image_count, rows.image_count)
    return SetCoverage(
        wanted,
        covered,
        interval.low,
        interval.high,
        float(sizes.mean()),
        float((sizes == 0).mean()),
    )
