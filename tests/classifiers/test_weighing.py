"""Temperatures and weights from held-out answers: what wins, and how few images pull back."""

import numpy as np
import pytest

from peu.classifiers.fitted_recipe import HeldOut
from peu.classifiers.weighing import weigh
from peu.models.combination import Array, temper

LABELS = np.arange(60) % 3


def _answers(right: float, *, wrong: int = 0, seed: int = 0) -> Array:
    """Give the truth this probability, and in so many images to another class instead."""
    said = LABELS.copy()
    chosen = np.random.default_rng(seed).permutation(60)[:wrong]
    said[chosen] = (said[chosen] + 1) % 3
    answers = np.full((60, 3), (1 - right) / 2)
    answers[np.arange(60), said] = right
    return answers


def _held_out(answers: Array, every: int = 1) -> HeldOut:
    indices = np.arange(60)[::every]
    return HeldOut(indices, answers[indices])


def test_the_better_model_weighs_more_and_shrinkage_pulls_back() -> None:
    good, poor = _held_out(_answers(0.9, wrong=3)), _held_out(_answers(0.9, wrong=40, seed=1))
    weights = [weigh([good, poor], LABELS, shrinkage=pull).weights[0] for pull in (0, 10, 1e5)]
    assert weights[0] > 0.95
    assert weights[0] > weights[1] > weights[2]
    assert weights[2] == pytest.approx(0.5, abs=1e-3)
    for pull in (0.0, 10.0):
        assert sum(weigh([good, poor], LABELS, shrinkage=pull).weights) == pytest.approx(1)


def test_models_that_err_alike_weigh_alike() -> None:
    same = _held_out(_answers(0.8, wrong=6))
    np.testing.assert_allclose(weigh([same] * 3, LABELS, shrinkage=10).weights, 1 / 3)


def test_a_temperature_mends_answers_that_are_too_sure() -> None:
    calibrated = _answers(0.8, wrong=12)
    for spoilt in (0.25, 4.0):
        found = weigh([_held_out(temper(calibrated, spoilt))] * 2, LABELS, shrinkage=10)
        assert found.temperatures[0] == pytest.approx(1 / spoilt, rel=0.05)


def test_weights_rest_on_the_images_that_all_answered_for_in_any_order() -> None:
    good, poor = _answers(0.9, wrong=3), _answers(0.9, wrong=40, seed=1)
    few = _held_out(poor, every=3)
    turned = HeldOut(few.indices[::-1], few.probabilities[::-1])
    first, second = (weigh([_held_out(good), each], LABELS, shrinkage=10) for each in (few, turned))
    np.testing.assert_allclose(first.weights, second.weights)
    assert first.weights[0] > 0.7


def test_without_answers_all_count_alike() -> None:
    nothing = HeldOut(np.zeros(0, np.int64), np.zeros((0, 3)))
    found = weigh([_held_out(_answers(0.9)), nothing], LABELS, shrinkage=0)
    assert found.weights == (0.5, 0.5)
    assert found.temperatures[1] == 1
