"""Coverage and reliability of predictions, by cross-fitting."""

import numpy as np
import pytest

from peu.evaluation.calibration import OutOfFold
from peu.evaluation.coverage import prediction_sets, set_coverage
from peu.evaluation.reliability import reliability


def _rows(count: int, confidence: float, seed: int = 0) -> OutOfFold:
    """Predictions of two classes that are right as often as they say."""
    rng = np.random.default_rng(seed)
    sure = rng.uniform(confidence, 1, count)
    labels = rng.integers(0, 2, count)
    told = np.where(rng.random(count) < sure, labels, 1 - labels)
    probabilities = np.empty((count, 2))
    probabilities[np.arange(count), told] = sure
    probabilities[np.arange(count), 1 - told] = 1 - sure
    return OutOfFold(np.arange(count), probabilities, labels, np.arange(count) % 5)


def test_sets_cover_what_was_asked_for() -> None:
    found = set_coverage(_rows(2000, 0.6), 0.9)
    assert found is not None
    assert found.covered == pytest.approx(0.9, abs=0.02)
    assert found.low < 0.9 < found.high
    assert 1 < found.mean_size < 2


def test_too_few_images_have_no_coverage() -> None:
    assert set_coverage(_rows(20, 0.6), 0.95) is None
    assert set_coverage(_rows(40, 0.6), 0.95) is not None


def test_scores_are_sorted_and_count_images() -> None:
    rows = _rows(50, 0.6)
    sets = prediction_sets(rows)
    assert sets.images == 50
    assert (np.diff(sets.scores) >= 0).all()
    assert sets.scores.sum() == pytest.approx(
        (1 - rows.probabilities[np.arange(50), rows.labels]).sum()
    )


def test_true_probabilities_have_the_error_of_chance() -> None:
    rows = _rows(500, 0.5)
    found = reliability(rows.probabilities, rows.labels)
    assert len(found.bins) == 10
    assert sum(each.images for each in found.bins) == 500
    assert found.calibration_error < 2 * found.by_chance
    assert sum(each.low <= each.confidence <= each.high for each in found.bins) >= 8


def test_overconfidence_shows() -> None:
    rows = _rows(500, 0.5)
    sharp = rows.probabilities**4 / (rows.probabilities**4).sum(axis=1, keepdims=True)
    found = reliability(sharp, rows.labels)
    assert found.calibration_error > 4 * found.by_chance
    assert found.bins[5].confidence > found.bins[5].high
