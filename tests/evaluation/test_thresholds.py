"""Answers above a probability: how many there are, and how many of them are right."""

import numpy as np
import pytest

from peu.evaluation.thresholds import answered_above

SURE = np.array([[0.95, 0.05], [0.9, 0.1], [0.4, 0.6], [0.45, 0.55]])
LABELS = np.array([0, 0, 1, 0])


def test_coverage_falls_and_accuracy_is_of_what_is_answered() -> None:
    found = answered_above(SURE, LABELS, thresholds=(0.0, 0.6, 0.9, 0.99))
    assert [each.answered for each in found] == [1.0, 0.75, 0.5, 0.0]
    assert [each.accuracy for each in found] == [0.75, 1.0, 1.0, None]
    assert found[-1].low is None


def test_repeats_of_an_image_count_once_in_the_interval() -> None:
    once = answered_above(SURE, LABELS, thresholds=(0.0,))[0]
    twice = answered_above(np.tile(SURE, (2, 1)), np.tile(LABELS, 2), thresholds=(0,), repeats=2)[0]
    assert twice.images == once.images == 4
    assert (twice.low, twice.high) == pytest.approx((once.low, once.high))
