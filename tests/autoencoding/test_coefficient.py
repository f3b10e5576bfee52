"""What a coefficient must lead to, told from the pictures: bounds, warnings, the starting point."""

from pathlib import Path

import numpy as np
import pytest

from latent_pictures import lights
from peu.autoencoding import coefficient as module
from peu.autoencoding.coefficient import Spectrum, collapse_warning, picture_spectrum
from peu.data.dataset import load_dataset


def test_the_spectrum_is_that_of_the_covariance() -> None:
    pixels, _ = lights(300, 3)
    rows = pixels.reshape(300, -1) / 255
    covariance = np.cov(rows, rowvar=False, bias=True)
    spectrum = picture_spectrum(pixels, 5)
    np.testing.assert_allclose(
        spectrum.eigenvalues, np.linalg.eigvalsh(covariance)[::-1][:5], rtol=1e-4
    )
    assert spectrum.total == pytest.approx(np.trace(covariance), rel=1e-4)
    assert spectrum.pixels == 12 * 14 * 3
    assert spectrum.start == pytest.approx(2 * rows.var(axis=0).mean() / spectrum.pixels, rel=1e-4)


def test_few_large_pictures_have_the_same_spectrum(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels, _ = lights(100)
    rows = pixels.reshape(100, -1) / 255
    wanted = np.linalg.eigvalsh(np.cov(rows, rowvar=False, bias=True))[::-1][:3]
    np.testing.assert_allclose(picture_spectrum(pixels, 3).eigenvalues, wanted, rtol=1e-4)
    monkeypatch.setattr(module, "_MOST_WIDE", 10)
    monkeypatch.setattr(module, "_MOST_PICTURES_OF_WIDE", 90)
    some = picture_spectrum(pixels, 3).eigenvalues
    np.testing.assert_allclose(some, wanted, rtol=0.2)
    assert not np.array_equal(some, wanted)


def test_more_dimensions_than_pictures_can_fill_have_a_bound_of_nothing() -> None:
    pixels, _ = lights(3)
    bounds = picture_spectrum(pixels, 6).bounds
    assert (bounds[:2] > 0).all()
    np.testing.assert_allclose(bounds[3:], 0, atol=1e-8)


@pytest.mark.parametrize(
    ("coefficient", "empty"), [(1.0, 2), (0.1, 2), (0.012, 1), (0.0131, 2), (0.0095, 0), (1e-3, 0)]
)
def test_a_warning_counts_the_dimensions_that_must_stay_empty(
    coefficient: float, empty: int
) -> None:
    mnist = Spectrum(np.array([5.117, 3.741]), 52.7, 784)
    warning = collapse_warning(mnist, coefficient, 2)
    if empty == 0:
        assert warning is None
    else:
        assert warning is not None
        assert f"leave {empty} of 2 dimensions empty" in warning
        assert "0.00954" in warning
        assert "\n" not in warning


def test_the_bounds_of_mnist_are_the_published_ones(peu_data: Path) -> None:
    array = load_dataset(peu_data / "mnist.npz").array
    assert array is not None
    spectrum = picture_spectrum(array[:60000, ..., None], 2)
    np.testing.assert_allclose(spectrum.eigenvalues, [5.117, 3.741], atol=0.001)
    np.testing.assert_allclose(spectrum.bounds, [0.0131, 0.0095], atol=0.0001)
