"""The bound at the best variance, and neighbours on the map."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peu.evaluation.latent import best_bound, latent_figures, neighbour_accuracy
from peu.models.codes import Codes


@given(st.floats(1e-4, 1), st.floats(0, 50), st.floats(1e-4, 1))
def test_no_other_variance_gives_a_higher_bound(mse: float, kl: float, variance: float) -> None:
    pixels = 784
    other = -(pixels / (2 * variance) * mse + pixels / 2 * math.log(2 * math.pi * variance) + kl)
    assert best_bound(mse, kl, pixels) >= other - 1e-6 * abs(other)


def test_the_bound_of_what_was_measured_on_mnist() -> None:
    assert best_bound(0.0415, 8.07, 784) == pytest.approx(126.8, abs=0.1)


def test_the_figures_are_put_together() -> None:
    codes = Codes(np.array([[-1.0, 0.0], [1.0, 0.0]]), np.zeros((2, 2)))
    figures = latent_figures(codes, 0.05, 0.04, 100, None)
    assert figures.kl == (0.5, 0.0)
    assert figures.active_units == 1
    assert figures.elbo == best_bound(0.05, 0.5, 100)
    assert figures.knn_accuracy is None


def test_neighbours_vote() -> None:
    generator = np.random.default_rng(0)
    labels = np.arange(60) % 3
    places = np.array([[0, 0], [5, 0], [0, 5]])[labels] + generator.normal(0, 0.5, (60, 2))
    codes = Codes(places, np.zeros((60, 2)))
    assert neighbour_accuracy(codes, labels, codes, labels) == 1
    nowhere = Codes(generator.normal(0, 5, (60, 2)), np.zeros((60, 2)))
    assert neighbour_accuracy(nowhere, labels, codes, labels) < 0.8
    few = Codes(places[:3], np.zeros((3, 2)))
    assert 0 <= neighbour_accuracy(few, labels[:3], codes, labels) <= 1
