"""Noise as text, and on images: as much as asked, within their range, from the seed alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peu.autoencoders.noise import Noise, add_noise, read_noise
from peu.errors import RecipeError

GREY = np.full((40, 20, 20, 1), 128, np.uint8)


def _noisy(
    text: str, pixels: "np.typing.NDArray[np.uint8]" = GREY, seed: int = 0
) -> "np.typing.NDArray[np.float32]":
    return add_noise(pixels, read_noise(text), np.random.default_rng(seed))


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["0.3", "0-0.6", "poisson:4", "poisson:2-20", "salt-and-pepper:0-0.5"]),
    st.integers(0, 255),
    st.integers(0, 99),
)
def test_noise_stays_within_an_image_and_follows_the_seed(text: str, grey: int, seed: int) -> None:
    pixels = np.full((3, 8, 9, 3), grey, np.uint8)
    noisy = _noisy(text, pixels, seed)
    assert noisy.shape == pixels.shape
    assert noisy.dtype == np.float32
    assert noisy.min() >= 0
    assert noisy.max() <= 255
    np.testing.assert_array_equal(noisy, _noisy(text, pixels, seed))
    assert (pixels == grey).all()


def test_gaussian_noise_has_the_deviation_asked_for() -> None:
    error = _noisy("0.1") / 255 - 128 / 255
    assert error.std() == pytest.approx(0.1, rel=0.03)
    assert abs(error.mean()) < 0.005


def test_black_becomes_brighter_by_what_clipping_leaves() -> None:
    noisy = _noisy("0.4", np.zeros_like(GREY)) / 255
    assert noisy.mean() == pytest.approx(0.4 / np.sqrt(2 * np.pi), rel=0.05)


def test_poisson_noise_counts_photons() -> None:
    error = _noisy("poisson:100") / 255 - 128 / 255
    assert error.var() == pytest.approx(128 / 255 / 100, rel=0.05)
    assert abs(error.mean()) < 0.005


def test_salt_and_pepper_set_whole_pixels_to_black_and_white() -> None:
    pixels = np.full((40, 20, 20, 3), 90, np.uint8)
    noisy = _noisy("salt-and-pepper:0.2", pixels)
    assert (noisy[..., :1] == noisy).all()
    values, counts = np.unique(noisy[..., 0], return_counts=True)
    assert values.tolist() == [0, 90, 255]
    assert counts / counts.sum() == pytest.approx([0.1, 0.8, 0.1], abs=0.01)


def test_a_range_gives_each_image_its_own_amount() -> None:
    spread = (_noisy("0-0.2") / 255).std(axis=(1, 2, 3))
    assert spread.min() < 0.03
    assert spread.max() > 0.15


@pytest.mark.parametrize(
    ("text", "kind", "low", "high"),
    [
        ("0.2", "gaussian", 0.2, 0.2),
        (0.4, "gaussian", 0.4, 0.4),
        (1, "gaussian", 1.0, 1.0),
        (" 0-0.6 ", "gaussian", 0.0, 0.6),
        ("gaussian:.1-.2", "gaussian", 0.1, 0.2),
        ("Poisson:30", "poisson", 30.0, 30.0),
        ("poisson:5-50", "poisson", 5.0, 50.0),
        ("salt-and-pepper:0.1", "salt-and-pepper", 0.1, 0.1),
        ("salt-and-pepper:0-1", "salt-and-pepper", 0.0, 1.0),
    ],
)
def test_noise_is_read_as_it_is_written(text: object, kind: str, low: float, high: float) -> None:
    noise = read_noise(text)
    assert (noise.kind, noise.low, noise.high) == (kind, low, high)
    assert noise.blind == (low != high)


@given(st.sampled_from(["gaussian", "salt-and-pepper"]), st.integers(0, 50), st.integers(1, 50))
def test_what_is_written_reads_the_same(kind: str, low: int, more: int) -> None:
    noise = Noise(kind=kind, low=low / 100, high=(low + more) / 100)  # type: ignore[arg-type]
    assert read_noise(str(noise)) == noise


@pytest.mark.parametrize(
    "text",
    [
        "",
        "much",
        "0",
        0,
        "-0.2",
        -0.2,
        "0.6-0.2",
        "3",
        "1e-3",
        "nan",
        float("nan"),
        float("inf"),
        True,
        None,
        [0.2],
        "poisson:0",
        "poisson:0-30",
        "poisson",
        "salt-and-pepper:1.5",
        "salt-and-pepper:0",
        "speckle:0.1",
        "gaussian:poisson:3",
        "0.1-0.2-0.3",
    ],
)
def test_what_is_no_noise_is_refused(text: object) -> None:
    with pytest.raises(RecipeError, match=r"`--noise` must be .* Received: ") as caught:
        read_noise(text, "--noise")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "strongest", "twice"),
    [
        ("0-0.6", "0.6", "1.2"),
        ("0.2", "0.2", "0.4"),
        ("poisson:4-30", "poisson:4", "poisson:1"),
        ("salt-and-pepper:0.1-0.7", "salt-and-pepper:0.7", "salt-and-pepper:1"),
    ],
)
def test_the_strongest_of_a_range_disturbs_most(text: str, strongest: str, twice: str) -> None:
    assert str(read_noise(text).strongest()) == strongest
    assert str(read_noise(text).strongest(2)) == twice
