"""A denoiser at work: any size and colour, without seams, and only where it is one."""

from pathlib import Path

import numpy as np
import pytest

from bar_images import bars
from peu.autoencoders.denoise import (
    denoise,
    denoise_batch,
    load_denoiser,
    plain_grey,
    residual,
    to_bytes,
)
from peu.autoencoders.passes import ONCE, Passes, shifts
from peu.errors import BundleError
from peu.models.autoencoder import Autoencoder
from peu.networks.denoisers import denoiser
from peu.recipes.denoising import Denoising
from peu.recipes.variational import Variational


def _model(network: str, channels: int) -> Autoencoder:
    """Draw a network at random: whatever it computes, seams would show."""
    recipe = Denoising(network=network, filters=(4, 8, 8))  # type: ignore[arg-type]
    built = denoiser(recipe, channels, 0.4, seed=3)
    last = built.get_layer("noise" if network == "unet" else "output")
    drawn = np.random.default_rng(0).normal(size=last.weights[0].shape)
    last.set_weights([drawn if network == "unet" else 30 * drawn, np.zeros(channels)])
    return Autoencoder(
        networks={"denoiser": built}, image_size=(16, 16), channels=channels, recipe=recipe
    )


@pytest.fixture(scope="module", params=["sheet", "unet"])
def grey_model(request: pytest.FixtureRequest) -> Autoencoder:
    return _model(request.param, 1)


def _image(height: int, width: int, channels: int) -> "np.typing.NDArray[np.uint8]":
    rng = np.random.default_rng(height)
    return rng.integers(0, 256, (height, width, channels), dtype=np.uint8)


@pytest.mark.parametrize("size", [(8, 8), (9, 31), (50, 27)])
def test_any_size_comes_back_as_it_was(grey_model: Autoencoder, size: tuple[int, int]) -> None:
    clean = denoise(grey_model, _image(*size, 1))
    assert clean.shape == (*size, 1)
    assert clean.min() >= 0
    assert clean.max() <= 1


def test_tiles_leave_no_seams(grey_model: Autoencoder) -> None:
    image = _image(150, 203, 1)
    whole = denoise(grey_model, image, tile=4096)
    assert whole.std() > 0.01
    np.testing.assert_allclose(denoise(grey_model, image, tile=40), whole, atol=1e-5)


def test_a_grey_model_cleans_each_colour_and_a_coloured_one_greys(
    grey_model: Autoencoder,
) -> None:
    coloured = _image(16, 20, 3)
    clean = denoise(grey_model, coloured)
    for at in range(3):
        alone = denoise(grey_model, coloured[..., at : at + 1])
        np.testing.assert_allclose(clean[..., at : at + 1], alone, atol=1e-6)
    model = _model("sheet", 3)
    grey = _image(16, 20, 1)
    as_colour = denoise(model, np.repeat(grey, 3, axis=2))
    np.testing.assert_allclose(denoise(model, grey)[..., 0], as_colour.mean(axis=2), atol=1e-6)


def test_a_batch_is_cleaned_as_each_image_is(grey_model: Autoencoder) -> None:
    pixels = bars(3)
    cleaned = denoise_batch(grey_model, pixels)
    for image, clean in zip(pixels, cleaned, strict=True):
        np.testing.assert_allclose(denoise(grey_model, image), clean, atol=1e-6)


def test_run_once_it_is_the_network_alone(grey_model: Autoencoder) -> None:
    pixels = bars(2)
    alone = np.clip(grey_model.run("denoiser", pixels, 2), 0, 1)
    np.testing.assert_allclose(denoise_batch(grey_model, pixels, passes=ONCE), alone, atol=1e-6)


def test_shifted_it_is_the_mean_over_moved_images(grey_model: Autoencoder) -> None:
    pixels, stride = _image(16, 24, 1), grey_model.recipe.stride
    found = denoise(grey_model, pixels, passes=Passes(shifted=True))
    moved = []
    for down, right in shifts(stride):
        around = [(down, -down % stride), (right, -right % stride), (0, 0)]
        cleaned = denoise(grey_model, np.pad(pixels, around))
        moved.append(cleaned[down : down + 16, right : right + 24])
    if grey_model.recipe.network == "sheet":  # type: ignore[union-attr]
        held = np.clip(moved, 1e-6, 1 - 1e-6)
        mean = 1 / (1 + np.exp(-np.mean(np.log(held / (1 - held)), axis=0)))
    else:
        mean = np.mean(moved, axis=0)
    np.testing.assert_allclose(found, mean, atol=1e-5)
    assert np.abs(found - denoise(grey_model, pixels)).max() > 0.01


def test_an_image_is_cleaned_again_only_where_it_is_noisier_than_usual() -> None:
    model = _model("sheet", 1)
    pixels = np.concatenate([bars(1), _image(16, 16, 1)[None]])
    once = denoise_batch(model, pixels)
    left = residual(pixels, once)
    quieter, noisier = np.argsort(left)
    usual = float(left.mean())
    found = denoise_batch(model, pixels, passes=Passes(rounds=1, usual=usual, most=usual))
    np.testing.assert_array_equal(found[quieter], once[quieter])
    kept = np.sqrt(usual / left[noisier])
    mixed = kept * pixels[noisier] + (1 - kept) * 255 * once[noisier]
    np.testing.assert_allclose(found[noisier], denoise(model, mixed), atol=1e-5)
    assert np.abs(found[noisier] - once[noisier]).max() > 1e-3


def test_grey_is_told_by_its_values() -> None:
    grey = np.repeat(_image(8, 9, 1), 3, axis=2)
    assert plain_grey(grey).shape == (8, 9, 1)
    assert plain_grey(_image(8, 9, 3)).shape == (8, 9, 3)
    assert to_bytes(np.array([0.0, 0.5, 1.0], np.float32)).tolist() == [0, 128, 255]


def test_another_model_is_no_denoiser(
    tmp_path: Path, grey_model: Autoencoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    grey_model.save(tmp_path / "good")
    assert load_denoiser(tmp_path / "good").recipe == grey_model.recipe
    mapped = Autoencoder(networks={}, image_size=(16, 16), channels=1, recipe=Variational())
    monkeypatch.setattr(Autoencoder, "load", lambda _: mapped)
    with pytest.raises(BundleError, match=r"must hold a denoiser.*variational"):
        load_denoiser(tmp_path / "good")
