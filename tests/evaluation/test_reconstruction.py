"""PSNR and SSIM against values known by hand, and laws that hold for any image."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peu.evaluation.reconstruction import peak_signal_to_noise, structural_similarity


def _drawn(seed: int, shape: tuple[int, ...] = (2, 12, 9, 1)) -> "np.typing.NDArray[np.float64]":
    return np.random.default_rng(seed).random(shape)


def test_decibels_are_of_the_squared_error_of_each_image() -> None:
    truth = np.zeros((2, 8, 8, 3))
    estimate = truth + np.array([0.1, 0.01]).reshape(2, 1, 1, 1)
    assert peak_signal_to_noise(truth, estimate) == pytest.approx([20, 40])


def test_equal_images_have_a_bound() -> None:
    assert peak_signal_to_noise(_drawn(0), _drawn(0)).tolist() == [100, 100]
    assert structural_similarity(_drawn(0), _drawn(0)) == pytest.approx([1, 1])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 99), st.floats(0.01, 0.3))
def test_more_noise_is_never_better(seed: int, amount: float) -> None:
    truth, noise = _drawn(seed), _drawn(seed + 100) - 0.5
    mild, strong = truth + amount * noise, truth + 2 * amount * noise
    lost = peak_signal_to_noise(truth, mild) - peak_signal_to_noise(truth, strong)
    assert lost == pytest.approx(20 * np.log10(2))
    assert (structural_similarity(truth, mild) > structural_similarity(truth, strong)).all()


@pytest.mark.parametrize("shape", [(1, 8, 8, 1), (1, 8, 40, 3), (2, 9, 11, 3)])
def test_similarity_takes_small_images_grey_and_coloured(shape: tuple[int, ...]) -> None:
    found = structural_similarity(_drawn(1, shape), _drawn(2, shape))
    assert found.shape == shape[:1]
    assert (abs(found) < 0.5).all()
