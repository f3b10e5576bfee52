"""Test-time augmentation: what is averaged, and that nothing is mirrored by default."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from peu.networks.augmentation_settings import Flips
from peu.networks.backend import keras
from peu.networks.small_cnn import small_cnn
from peu.networks.test_time_augmentation import average_views

TINY: dict[str, Any] = {"image_size": (20, 30), "filters": (4,), "dense_units": 8}
NETWORK = small_cnn(**TINY, class_count=3, seed=0)
PIXELS = np.random.default_rng(0).integers(0, 256, (4, 20, 30, 3), dtype=np.uint8)


def _answers(network: object, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.asarray(keras.ops.convert_to_numpy(network(pixels, training=False)))  # type: ignore[operator]


def test_two_views_are_the_mean_of_an_image_and_its_mirror_image() -> None:
    expected = (_answers(NETWORK, PIXELS) + _answers(NETWORK, PIXELS[:, :, ::-1])) / 2
    both = average_views(NETWORK, 2, flips="horizontal")
    np.testing.assert_allclose(_answers(both, PIXELS), expected, atol=1e-6)


def test_four_views_look_at_the_middle_too() -> None:
    middles = np.stack(
        [
            np.asarray(
                Image.fromarray(image[2:18, 3:27]).resize((30, 20), Image.Resampling.BILINEAR)
            )
            for image in PIXELS
        ]
    )
    seen = [PIXELS, PIXELS[:, :, ::-1], middles, middles[:, :, ::-1]]
    expected = np.mean([_answers(NETWORK, view) for view in seen], axis=0)
    four = average_views(NETWORK, 4, flips="both")
    # Two libraries round an enlarged pixel differently.
    np.testing.assert_allclose(_answers(four, PIXELS), expected, atol=5e-3)
    assert np.abs(_answers(four, PIXELS) - _answers(NETWORK, PIXELS)).max() > 5e-3


@pytest.mark.parametrize("flips", ["none", "vertical"])
def test_nothing_is_mirrored_that_training_did_not_mirror(flips: Flips) -> None:
    assert average_views(NETWORK, 2, flips=flips) is NETWORK
    four = average_views(NETWORK, 4, flips=flips)
    mirrored = _answers(four, np.ascontiguousarray(PIXELS[:, :, ::-1]))
    assert np.abs(mirrored - _answers(four, PIXELS)).max() > 1e-3


def test_one_view_is_the_network_itself() -> None:
    assert average_views(NETWORK, 1, flips="horizontal") is NETWORK
