"""Images are varied while training alone, as the policy says, and from the seed alone."""

from typing import Any, get_args

import numpy as np
import pytest
from numpy.typing import NDArray

from peu.networks.augmentation import VariedImages, augmenting
from peu.networks.augmentation_settings import Augmentation, Policy
from peu.networks.backend import keras
from peu.networks.small_cnn import small_cnn

TINY: dict[str, Any] = {"image_size": (16, 24), "filters": (4,), "dense_units": 8}
POLICIES = get_args(Policy)


def _images(count: int = 64) -> NDArray[np.uint8]:
    """Give one image many times: bright at the left, brighter still at the top left, coloured."""
    image = np.full((16, 24, 3), (60, 40, 20), np.uint8)
    image[:, :8] = (160, 120, 80)
    image[:5, :8] = (240, 200, 160)
    return np.repeat(image[None], count, axis=0)


def _vary(pixels: NDArray[np.uint8], *, seed: int = 0, **settings: Any) -> NDArray[np.uint8]:
    layer = VariedImages(Augmentation(**settings), seed=seed)
    return np.asarray(keras.ops.convert_to_numpy(layer(pixels, training=True)))


@pytest.mark.parametrize("policy", POLICIES)
def test_pixels_stay_pixels_and_recognition_sees_them_untouched(policy: Policy) -> None:
    pixels = _images(8)
    layer = VariedImages(Augmentation(policy=policy), seed=0)
    varied = keras.ops.convert_to_numpy(layer(pixels, training=True))
    assert varied.dtype == np.uint8
    assert varied.shape == pixels.shape
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(layer(pixels, training=False)), pixels)


def test_flips_are_those_that_were_asked_for_and_about_half() -> None:
    pixels = _images()
    mirrored = {
        "none": pixels[0],
        "horizontal": pixels[0][:, ::-1],
        "vertical": pixels[0][::-1],
    }
    for flips in ("none", "horizontal", "vertical"):
        varied = _vary(pixels, policy="flip", flips=flips)
        same = (varied == pixels).all(axis=(1, 2, 3))
        other = (varied == mirrored[flips]).all(axis=(1, 2, 3))
        assert (same | other).all()
        assert same.all() if flips == "none" else 16 < other.sum() < 48
    both = _vary(pixels, policy="flip", flips="both")
    assert len(np.unique(both.reshape(64, -1), axis=0)) == 4


@pytest.mark.parametrize("policy", ["standard", "strong", "mixup", "erase"])
def test_nothing_is_mirrored_where_that_is_not_asked_for(policy: Policy) -> None:
    # Left is brighter than right, and top than bottom, in every image that is not mirrored.
    varied = _vary(_images(), policy=policy, flips="none").astype(float).mean(axis=-1)
    if policy == "erase":
        # A grey rectangle may lie on the bright side.
        assert (varied[:, :, :6].mean((1, 2)) > varied[:, :, -6:].mean((1, 2))).mean() > 0.8
        return
    assert (varied[:, :, :6].mean((1, 2)) > varied[:, :, -6:].mean((1, 2))).all()
    mirrored = _vary(_images(), policy=policy, flips="horizontal").astype(float).mean(axis=-1)
    share = (mirrored[:, :, :6].mean((1, 2)) > mirrored[:, :, -6:].mean((1, 2))).mean()
    assert 0.25 < share < 0.75


def test_changes_grow_with_strength() -> None:
    pixels = _images()
    changes = [
        np.abs(_vary(pixels, policy="strong", strength=strength, flips="none").astype(int) - pixels)
        .mean()
        .item()
        for strength in (0.2, 1.0, 2.0)
    ]
    assert changes[0] < changes[1] < changes[2]


def test_strong_takes_the_colour_from_some_images() -> None:
    varied = _vary(_images(200), policy="strong").astype(int)
    grey = (np.abs(varied[..., 0] - varied[..., 2]) <= 2).all(axis=(1, 2))
    assert 0.1 < grey.mean() < 0.3
    assert not (np.ptp(_vary(_images(), policy="standard"), axis=-1) <= 2).all(axis=(1, 2)).any()


def test_erasing_covers_a_rectangle_of_some_images_with_one_grey() -> None:
    strong = _vary(_images(200), policy="strong", flips="none")
    erased = _vary(_images(200), policy="erase", flips="none")
    # The draws before the rectangle's are the same.
    covered = (strong != erased).any(axis=-1)
    shares = covered.mean(axis=(1, 2))
    assert 0.3 < (shares > 0).mean() < 0.7
    assert shares.max() < 0.4
    for image, where in zip(erased, covered, strict=True):
        assert np.ptp(image[where], axis=None) == 0 if where.any() else True
        rows, columns = np.flatnonzero(where.any(1)), np.flatnonzero(where.any(0))
        # A pixel may have had that grey before; all but a few of the rectangle are new.
        assert where.sum() >= 0.8 * len(rows) * len(columns)


def test_each_call_draws_anew_and_the_seed_alone_decides() -> None:
    pixels = _images(8)
    layers = [VariedImages(Augmentation(policy="strong"), seed=seed) for seed in (5, 5, 6)]
    keras.utils.set_random_seed(1)
    first, second = (np.asarray(layers[0](pixels, training=True)) for _ in range(2))
    keras.utils.set_random_seed(2)
    np.testing.assert_array_equal(layers[1](pixels, training=True), first)
    assert not np.array_equal(layers[2](pixels, training=True), first)
    assert not np.array_equal(first, second)


def test_the_wrapped_network_shares_its_weights_and_answers_the_same() -> None:
    network = small_cnn(**TINY, class_count=3, seed=0)
    wrapped = augmenting(network, Augmentation(policy="strong"), (16, 24), seed=0)
    pixels = _images(4)
    np.testing.assert_array_equal(wrapped(pixels, training=False), network(pixels, training=False))
    owned = {id(weights) for weights in network.trainable_weights}
    assert {id(weights) for weights in wrapped.trainable_weights} == owned
    assert augmenting(network, Augmentation(), (16, 24), seed=0) is network
