"""What a KL weight must lead to, predicted from the images: bounds and warnings."""

from pathlib import Path

import numpy as np
import pytest

from latent_images import lights
from peu.autoencoders import kl_weight as module
from peu.autoencoders.kl_weight import Spectrum, collapse_warning, image_spectrum


def test_the_spectrum_is_that_of_the_covariance() -> None:
    pixels, _ = lights(300, 3)
    rows = pixels.reshape(300, -1) / 255
    covariance = np.cov(rows, rowvar=False, bias=True)
    spectrum = image_spectrum(pixels, 5)
    np.testing.assert_allclose(
        spectrum.eigenvalues, np.linalg.eigvalsh(covariance)[::-1][:5], rtol=1e-4
    )
    assert spectrum.total == pytest.approx(np.trace(covariance), rel=1e-4)
    assert spectrum.pixels == 12 * 14 * 3
    assert spectrum.start == pytest.approx(2 * rows.var(axis=0).mean() / spectrum.pixels, rel=1e-4)


def test_few_large_images_have_the_same_spectrum(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels, _ = lights(100)
    rows = pixels.reshape(100, -1) / 255
    wanted = np.linalg.eigvalsh(np.cov(rows, rowvar=False, bias=True))[::-1][:3]
    np.testing.assert_allclose(image_spectrum(pixels, 3).eigenvalues, wanted, rtol=1e-4)
    monkeypatch.setattr(module, "_MOST_WIDE", 10)
    monkeypatch.setattr(module, "_MOST_IMAGES_OF_WIDE", 90)
    some = image_spectrum(pixels, 3).eigenvalues
    np.testing.assert_allclose(some, wanted, rtol=0.2)
    assert not np.array_equal(some, wanted)


def test_more_dimensions_than_images_can_fill_have_a_bound_of_nothing() -> None:
    pixels, _ = lights(3)
    bounds = image_spectrum(pixels, 6).bounds
    assert (bounds[:2] > 0).all()
    np.testing.assert_allclose(bounds[3:], 0, atol=1e-8)


@pytest.mark.parametrize(
    ("kl_weight", "empty"), [(1.0, 2), (0.1, 2), (0.012, 1), (0.0131, 2), (0.0095, 0), (1e-3, 0)]
)
def test_a_warning_counts_the_dimensions_that_must_stay_empty(kl_weight: float, empty: int) -> None:
    mnist = Spectrum((5.117, 3.741), 52.7, 784)
    warning = collapse_warning(mnist, kl_weight, 2)
    if empty == 0:
        assert warning is None
    else:
        assert warning is not None
        assert f"leave {empty} of 2 dimensions empty" in warning
        assert "0.00954" in warning
        assert "\n" not in warning


def test_the_bounds_of_mnist_are_the_published_ones(peu_data: Path) -> None:
    with np.load(peu_data / "mnist.npz") as stored:
        spectrum = image_spectrum(stored["x_train"][..., None], 2)
    np.testing.assert_allclose(spectrum.eigenvalues, [5.117, 3.741], atol=0.001)
    np.testing.assert_allclose(spectrum.bounds, [0.0131, 0.0095], atol=0.0001)
