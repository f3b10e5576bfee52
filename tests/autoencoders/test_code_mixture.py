"""A mixture lies where the codes lie, draws the same from the same seed, and survives JSON."""

from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from peu.autoencoders.code_mixture import CodeMixture, fit_mixture

STORED = TypeAdapter(CodeMixture)


def test_it_draws_where_codes_are_and_not_between_them() -> None:
    generator = np.random.default_rng(0)
    middles = np.array([[-6.0, 0.0], [6.0, 2.0]])
    codes = middles[generator.integers(0, 2, 200)] + 0.1 * generator.standard_normal((200, 2))
    mixture = fit_mixture(codes, seed=3)
    drawn = mixture.draw(500, seed=1)
    distances = np.linalg.norm(drawn[:, None] - middles, axis=2)
    assert distances.min(axis=1).max() < 1
    assert 0.35 < np.mean(distances.argmin(axis=1)) < 0.65
    np.testing.assert_array_equal(mixture.draw(500, seed=1), drawn)
    again = STORED.validate_json(STORED.dump_json(mixture))
    np.testing.assert_array_equal(again.draw(500, seed=1), drawn)
    np.testing.assert_array_equal(fit_mixture(codes, seed=3).draw(500, seed=1), drawn)


@pytest.mark.parametrize("latent", [1, 2, 16])
def test_few_codes_have_one_part_with_their_spread(latent: int) -> None:
    codes = np.random.default_rng(1).standard_normal((12, latent)) * 3 + 5
    mixture = fit_mixture(codes, seed=0)
    assert len(mixture.weights) == 1
    np.testing.assert_allclose(mixture.means[0], codes.mean(axis=0))
    drawn = mixture.draw(4000, seed=0)
    np.testing.assert_allclose(drawn.std(axis=0), codes.std(axis=0), rtol=0.1)


def test_codes_that_coincide_are_drawn_again() -> None:
    codes = np.repeat([[1.0, 2.0]], 50, axis=0)
    np.testing.assert_allclose(fit_mixture(codes, seed=0).draw(9, seed=0), codes[:9], atol=0.01)


@pytest.mark.parametrize(
    "change",
    [
        {"weights": [0.5, 0.6]},
        {"weights": [1.5, -0.5]},
        {"weights": [1.0]},
        {"means": [[0.0], [float("nan")]]},
        {"means": []},
        {"factors": [[[1.0]]]},
    ],
)
def test_what_is_no_mixture_is_refused(change: dict[str, Any]) -> None:
    good = CodeMixture(np.array([0.5, 0.5]), np.zeros((2, 1)), np.ones((2, 1, 1)))
    with pytest.raises(ValidationError, match="a mixture needs"):
        STORED.validate_python({**STORED.dump_python(good), **change})
