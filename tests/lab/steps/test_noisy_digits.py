"""Section 2.1: digits are counted, and what clipping does to noise is measured."""

import numpy as np
import pytest

from peu.lab.context import LabContext
from peu.lab.steps.noisy_digits import measure, measure_clipping


def test_digits_are_counted_and_shown_with_noise(digits_lab: LabContext) -> None:
    digits_lab.section = "2.1"
    found = measure(digits_lab)
    assert found.source == "without_test_set"
    assert (found.n_train, found.n_test, found.n_classes) == (1797, 0, 10)
    assert (found.height, found.width) == (8, 8)
    assert [one.noise for one in found.clipping] == [0.2, 0.4]
    assert (digits_lab.folder / "parts" / "2.1" / "noisy.png").is_file()


def test_clipping_moves_the_mean_of_black_pixels_as_theory_says() -> None:
    found = measure_clipping(np.zeros((100, 28, 28, 1), np.uint8), 0.4, seed=0)
    assert found.below == pytest.approx(0.5, abs=0.01)
    assert found.black_mean == pytest.approx(found.black_mean_by_theory, rel=0.01)


def test_images_without_black_pixels_have_no_black_mean() -> None:
    found = measure_clipping(np.full((2, 8, 8, 1), 255, np.uint8), 0.2, seed=0)
    assert found.black_mean is None
    assert found.above == pytest.approx(0.5, abs=0.1)
