"""Predictions of several models combined: properties of tempering and averaging."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from peu.models.combination import Array, Combination, temper

PREDICTIONS = arrays(np.float64, (4, 3), elements=st.floats(0.001, 1)).map(
    lambda each: each / each.sum(axis=1, keepdims=True)
)


@given(PREDICTIONS, st.floats(0.05, 20))
def test_tempering_keeps_the_order_and_changes_the_confidence(
    predictions: Array, temperature: float
) -> None:
    tempered = temper(predictions, temperature)
    np.testing.assert_allclose(tempered.sum(axis=1), 1)
    rows = np.arange(len(predictions))
    np.testing.assert_allclose(tempered[rows, predictions.argmax(axis=1)], tempered.max(axis=1))
    more_confident = (tempered.max(axis=1) - predictions.max(axis=1)) * (1 - temperature)
    assert (more_confident >= -1e-9).all()
    np.testing.assert_allclose(temper(predictions, 1), predictions)


@given(PREDICTIONS, PREDICTIONS, st.floats(0, 1))
def test_an_average_lies_between(first: Array, second: Array, share: float) -> None:
    found = Combination((1.0, 1.0), (share, 1 - share)).combine([first, second])
    np.testing.assert_allclose(found, share * first + (1 - share) * second, atol=1e-9)


def test_probabilities_of_0_and_1_stay_finite() -> None:
    sure = np.array([[1.0, 0.0]])
    found = Combination((2.0, 0.5), (0.5, 0.5)).combine([sure, sure[:, ::-1]])
    assert np.isfinite(found).all()
    assert temper(sure, 0.05)[0, 0] == 1


@pytest.mark.parametrize(
    ("temperatures", "weights"),
    [
        ((), ()),
        ((1.0,), (0.5, 0.5)),
        ((0.0, 1.0), (0.5, 0.5)),
        ((float("nan"), 1.0), (0.5, 0.5)),
        ((float("inf"), 1.0), (0.5, 0.5)),
        ((1.0, 1.0), (0.6, 0.6)),
        ((1.0, 1.0), (1.5, -0.5)),
        ((1.0, 1.0), (float("nan"), 1.0)),
    ],
)
def test_an_invalid_combination_is_refused(
    temperatures: tuple[float, ...], weights: tuple[float, ...]
) -> None:
    with pytest.raises(ValueError, match="sum to 1"):
        Combination(temperatures, weights)
