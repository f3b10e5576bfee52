"""Prediction sets of a saved model, beside those of crepes."""

import warnings

import numpy as np
import pytest

from peu.errors import DataError
from peu.models.prediction_sets import PredictionSets, images_needed


def _sets(count: int, seed: int = 0) -> PredictionSets:
    return PredictionSets(np.sort(np.random.default_rng(seed).beta(1, 4, count)), count)


@pytest.mark.parametrize(("coverage", "needed"), [(0.8, 4), (0.9, 9), (0.95, 19), (0.99, 99)])
def test_a_coverage_needs_so_many_images(coverage: float, needed: int) -> None:
    assert images_needed(coverage) == needed
    assert np.isfinite(_sets(needed).largest_score(coverage))
    with pytest.raises(DataError, match=f"for {needed} images"):
        _sets(needed - 1).largest_score(coverage)


@pytest.mark.parametrize("coverage", [0.0, 1.0, 1.5, -0.1, float("nan")])
def test_a_coverage_is_a_share(coverage: float) -> None:
    with pytest.raises(DataError, match="below 1"):
        _sets(100).largest_score(coverage)


def test_sets_are_those_of_crepes() -> None:
    from crepes import ConformalClassifier

    rng = np.random.default_rng(1)
    scores, probabilities = np.sort(rng.random(57)), rng.dirichlet([1, 1, 1], 40)
    sets = PredictionSets(scores, 57)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        oracle = ConformalClassifier().fit(scores)
        for coverage in (0.8, 0.9, 0.95):
            told = oracle.predict_set(1 - probabilities, confidence=coverage, smoothing=False)
            assert (sets(probabilities, coverage) == np.asarray(told, np.bool_)).all()


def test_repeats_of_the_same_scores_change_nothing() -> None:
    once = _sets(57)
    twice = PredictionSets(np.repeat(once.scores, 2), 57)
    for coverage in (0.5, 0.8, 0.9, 0.95):
        assert twice.largest_score(coverage) == once.largest_score(coverage)


def test_new_images_are_covered_as_often_as_was_asked() -> None:
    covered = []
    for seed in range(400):
        rng = np.random.default_rng(seed)
        threshold = PredictionSets(np.sort(rng.random(49)), 49).largest_score(0.9)
        covered.append(threshold)  # of uniform scores, the share below a threshold is the threshold
    assert np.mean(covered) == pytest.approx(0.9, abs=0.01)


def test_scores_that_are_not_sorted_are_refused() -> None:
    with pytest.raises(ValueError, match="sorted"):
        PredictionSets(np.array([0.2, 0.1]), 2)
