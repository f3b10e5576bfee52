"""Codes: divergences that are none, dimensions that move, and draws."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from numpy.typing import NDArray

from peu.models.codes import Codes, anomaly_score, latent_distances, unexplained

_VALUES = npst.arrays(np.float64, (5, 3), elements=st.floats(-8, 8))


@given(_VALUES, _VALUES)
def test_no_divergence_is_negative(
    means: NDArray[np.float64], log_variances: NDArray[np.float64]
) -> None:
    assert (Codes(means, log_variances).divergences >= 0).all()


def test_the_prior_diverges_from_itself_by_nothing() -> None:
    codes = Codes(np.zeros((4, 2)), np.zeros((4, 2)))
    np.testing.assert_array_equal(codes.kl, [0, 0])
    np.testing.assert_array_equal(codes.active, [False, False])


def test_the_divergence_is_that_of_two_normals() -> None:
    codes = Codes(np.array([[1.0, 0.0]]), np.array([[0.0, np.log(0.25)]]))
    np.testing.assert_allclose(codes.kl, [0.5, 0.5 * (0.25 - 1 - np.log(0.25))])


def test_a_dimension_is_active_where_its_mean_moves_by_more_than_a_tenth() -> None:
    means = np.array([[-0.11, -0.09], [0.11, 0.09]])
    np.testing.assert_array_equal(Codes(means, np.zeros((2, 2))).active, [True, False])


def test_draws_follow_the_codes_and_the_seed() -> None:
    codes = Codes(np.full((2000, 1), 2.0), np.full((2000, 1), np.log(0.01)))
    drawn = codes.draw(3)
    assert abs(drawn.mean() - 2) < 0.01
    assert abs(drawn.std() - 0.1) < 0.01
    np.testing.assert_array_equal(drawn, codes.draw(3))
    assert not np.array_equal(drawn, codes.draw(4))


def test_what_is_far_and_badly_drawn_is_unusual() -> None:
    codes = Codes(np.array([[0.0, 0.0], [3.0, 4.0]]), np.zeros((2, 2)))
    np.testing.assert_allclose(latent_distances(codes), [0, 5])
    scores = anomaly_score(codes, np.array([0.02, 0.04]), typical_share=0.02, pixels=100)
    np.testing.assert_allclose(scores, [50, 100 + 12.5])


def test_an_error_counts_by_the_contrast_that_it_is_of() -> None:
    rng = np.random.default_rng(0)
    strong = rng.choice(np.array([0, 255], np.uint8), (600, 10, 10, 1))
    faint = strong // 5
    errors = np.full(600, 0.01)
    np.testing.assert_allclose(
        unexplained(errors, strong), 0.01 / (strong.var(axis=(1, 2, 3)) / 255**2), rtol=0.01
    )
    assert (unexplained(errors, faint) > 15 * unexplained(errors, strong)).all()
    flat = unexplained(errors, np.full_like(strong, 90))
    np.testing.assert_allclose(flat, 0.01 / (8 / 255) ** 2)
