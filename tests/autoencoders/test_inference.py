"""A denoising network on images of any size and colour, without seams."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bar_images import bars
from peu.autoencoders.cleaned_files import without_colour
from peu.autoencoders.inference import DenoisingFunction, Inference, residual, shifts
from peu.errors import RecipeError
from peu.networks.choices import DenoisingNetwork
from peu.networks.denoisers import build_denoiser
from peu.networks.inference import run_in_batches

ONCE = Inference()


def _function(network: DenoisingNetwork, channels: int) -> DenoisingFunction:
    """Draw a network at random: whatever it computes, seams would show."""
    filters = (4, 8, 8)
    built = build_denoiser(network, filters, channels=channels, mean=0.4, seed=3)
    last = built.get_layer("noise" if network == "unet" else "output")
    drawn = np.random.default_rng(0).normal(size=last.weights[0].shape)
    last.set_weights([drawn if network == "unet" else 30 * drawn, np.zeros(channels)])
    return DenoisingFunction(
        network=built,
        channels=channels,
        stride=8 if network == "sheet" else 4,
        ends_in_sigmoid=network == "sheet",
    )


@pytest.fixture(scope="module", params=["sheet", "unet"])
def grey_function(request: pytest.FixtureRequest) -> DenoisingFunction:
    return _function(request.param, 1)


def _image(height: int, width: int, channels: int) -> "np.typing.NDArray[np.uint8]":
    rng = np.random.default_rng(height)
    return rng.integers(0, 256, (1, height, width, channels), dtype=np.uint8)


@pytest.mark.parametrize("size", [(8, 8), (9, 31), (50, 27)])
def test_any_size_comes_back_as_it_was(
    grey_function: DenoisingFunction, size: tuple[int, int]
) -> None:
    clean = grey_function(_image(*size, 1), ONCE)
    assert clean.shape == (1, *size, 1)
    assert clean.min() >= 0
    assert clean.max() <= 1


def test_tiles_leave_no_seams(grey_function: DenoisingFunction) -> None:
    image = _image(150, 203, 1)
    whole = grey_function(image, ONCE, 4096)
    assert whole.std() > 0.01
    np.testing.assert_allclose(grey_function(image, ONCE, 40), whole, atol=1e-5)


def test_a_grey_network_denoises_each_colour_and_a_colour_network_greys(
    grey_function: DenoisingFunction,
) -> None:
    coloured = _image(16, 20, 3)
    clean = grey_function(coloured, ONCE)
    for at in range(3):
        alone = grey_function(coloured[..., at : at + 1], ONCE)
        np.testing.assert_allclose(clean[..., at : at + 1], alone, atol=1e-6)
    colour_function = _function("sheet", 3)
    grey = _image(16, 20, 1)
    as_colour = colour_function(np.repeat(grey, 3, axis=3), ONCE)
    np.testing.assert_allclose(
        colour_function(grey, ONCE)[..., 0], as_colour.mean(axis=3), atol=1e-6
    )


def test_a_batch_is_denoised_as_each_image_is(grey_function: DenoisingFunction) -> None:
    pixels = bars(3)
    denoised = grey_function(pixels, ONCE)
    for image, clean in zip(pixels, denoised, strict=True):
        np.testing.assert_allclose(grey_function(image[None], ONCE)[0], clean, atol=1e-6)


def test_run_once_it_is_the_network_alone(grey_function: DenoisingFunction) -> None:
    pixels = bars(2)
    (alone,) = run_in_batches(grey_function.network, pixels)
    np.testing.assert_allclose(grey_function(pixels, ONCE), np.clip(alone, 0, 1), atol=1e-6)


def test_shifted_it_is_the_mean_over_moved_images(grey_function: DenoisingFunction) -> None:
    pixels, stride = _image(16, 24, 1), grey_function.stride
    found = grey_function(pixels, Inference(shifted=True))
    moved = []
    for down, right in shifts(stride):
        around = [(0, 0), (down, -down % stride), (right, -right % stride), (0, 0)]
        denoised = grey_function(np.pad(pixels, around), ONCE)
        moved.append(denoised[:, down : down + 16, right : right + 24])
    if grey_function.ends_in_sigmoid:
        clipped = np.clip(moved, 1e-6, 1 - 1e-6)
        mean = 1 / (1 + np.exp(-np.mean(np.log(clipped / (1 - clipped)), axis=0)))
    else:
        mean = np.mean(moved, axis=0)
    np.testing.assert_allclose(found, mean, atol=1e-5)
    assert np.abs(found - grey_function(pixels, ONCE)).max() > 0.01


def test_an_image_is_denoised_again_only_where_it_is_noisier_than_usual() -> None:
    function = _function("sheet", 1)
    pixels = np.concatenate([bars(1), _image(16, 16, 1)])
    once = function(pixels, ONCE)
    left = residual(pixels, once)
    quieter, noisier = np.argsort(left)
    typical = float(left.mean())
    again = Inference(rounds=1, typical_residual=typical, max_residual=typical)
    found = function(pixels, again)
    np.testing.assert_array_equal(found[quieter], once[quieter])
    kept = np.sqrt(typical / left[noisier])
    mixed = kept * pixels[noisier] + (1 - kept) * 255 * once[noisier]
    np.testing.assert_allclose(found[noisier], function(mixed[None], ONCE)[0], atol=1e-5)
    assert np.abs(found[noisier] - once[noisier]).max() > 1e-3


def test_images_without_colour_are_reduced_to_grey() -> None:
    grey = np.repeat(_image(8, 9, 1)[0], 3, axis=2)
    assert without_colour(grey).shape == (8, 9, 1)
    assert without_colour(_image(8, 9, 3)[0]).shape == (8, 9, 3)


@given(stride=st.integers(1, 64))
def test_shifts_are_different_and_within_the_stride(stride: int) -> None:
    chosen = shifts(stride)
    assert len(set(chosen)) == len(chosen) == min(4, stride**2)
    assert chosen[0] == (0, 0)
    assert all(0 <= side < stride for shift in chosen for side in shift)


@pytest.mark.parametrize(
    "wrong",
    [
        {"shifted": 1},
        {"rounds": -1},
        {"rounds": 1.5},
        {"typical_residual": 0.0},
        {"typical_residual": 0.2, "max_residual": 0.1},
        {"typical_residual": float("nan")},
        {"typical_residual": "much"},
        {"colour": True},
    ],
)
def test_impossible_inference_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(RecipeError):
        Inference(**wrong)
