"""Digits as parts 2 and 3 use them: greyscale, at one size."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.autoencoders.denoiser import Denoiser
from peu.autoencoders.images import default_image_size, image_pixels
from peu.images.dataset import ImageDataset
from peu.networks.training_settings import TrainingSettings, keep_steps

# Less than four in five, as a fifth may be held out.
_PART = 0.79


@dataclass(frozen=True, kw_only=True)
class DigitFindings:
    """What trainings on digits learnt from.

    Attributes:
        n_images: trained on.
        n_available: training images that the set has.
    """

    n_images: int
    n_available: int

    @property
    def is_part(self) -> bool:
        """Whether images were left out to save time; a fifth may be held out."""
        return self.n_images < _PART * self.n_available


def digit_size(digits: ImageDataset) -> tuple[int, int]:
    """Height and width in pixels of parts 2 and 3: 28 x 28 for MNIST."""
    return default_image_size(digits, Denoiser().stride)


def first_digits(digits: ImageDataset, n: int) -> NDArray[np.uint8]:
    """The first n images (n, height, width, 1), or all where there are fewer."""
    return image_pixels(digits[:n], digit_size(digits), "crop", "grey")


def test_digits(digits: ImageDataset, n: int) -> NDArray[np.uint8]:
    """The first n images of the set's own test part (n, height, width, 1).

    A set without one gives its last images.
    """
    tested = [at for at, part in enumerate(digits.parts) if part == "test"]
    chosen = tested[:n] or list(range(max(0, len(digits) - n), len(digits)))
    return image_pixels(digits[chosen], digit_size(digits), "crop", "grey")


def n_training_images(digits: ImageDataset) -> int:
    """Number of images that are not in the set's own test part."""
    return sum(part != "test" for part in digits.parts)


def digit_schedule(
    digits: ImageDataset, meant_for: int, *, epochs: int, batch_size: int = 32
) -> dict[str, Any]:
    """Epochs and batch size of an auto-encoder, with as many steps for fewer digits.

    Args:
        digits: to train on.
        meant_for: number of digits that the schedule is meant for.
        epochs: for so many.
        batch_size: for so many.
    """
    usual = TrainingSettings(epochs=epochs, batch_size=batch_size)
    training = keep_steps(usual, len(digits), meant_for=meant_for)
    return {"epochs": training.epochs, "batch_size": training.batch_size}
