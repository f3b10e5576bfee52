"""Section 2.1: the digits, and the noise that is added to them."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from peu.autoencoders.noise import add_noise, read_noise
from peu.evaluation.reconstruction import peak_signal_to_noise
from peu.lab.context import LabContext
from peu.lab.digits import digit_size, first_digits, n_training_images, test_digits
from peu.reports.mosaics import mosaic
from peu.seeds import child_seed

TRAINING_NOISE, TEST_NOISE = 0.2, 0.4
Source = Literal["with_test_set", "without_test_set", "substitute"]
_SHOWN = 5
_MEASURED_ON = 1000


@dataclass(frozen=True)
class Clipping:
    """What clipping to [0, 1] does to Gaussian noise of one level.

    Attributes:
        noise: standard deviation of the noise, in intensities of 0 to 1.
        below: share of pixels below 0 before clipping.
        above: share of pixels above 1 before clipping.
        black_mean: mean of black pixels after clipping; None where no pixel is black.
        black_mean_by_theory: that of a normal distribution cut off at 0, noise / sqrt(2 pi).
        psnr: of the noisy images, in dB.
    """

    noise: float
    below: float
    above: float
    black_mean: float | None
    black_mean_by_theory: float
    psnr: float


@dataclass(frozen=True, kw_only=True)
class Findings:
    """Counts and sizes of the digits, and what noise and clipping do to them.

    Attributes:
        name: of the set.
        source: whether it has test images, or was taken because MNIST could not be opened.
        n_train: images to train on.
        n_test: test images of the set's own; 0 where some are held out instead.
        height: in pixels.
        width: in pixels.
        n_classes: classes, which denoising does not use.
        clipping: for the noise of training and that of the test.
    """

    name: str
    source: Source
    n_train: int
    n_test: int
    height: int
    width: int
    n_classes: int
    clipping: tuple[Clipping, ...]


def measure(lab: LabContext) -> Findings:
    """Count the digits, add noise and measure what clipping does."""
    digits = lab.digits
    seed = child_seed(lab.settings.seed, "noise")
    train, test = first_digits(digits, _MEASURED_ON), test_digits(digits, _MEASURED_ON)
    parts = ((train, TRAINING_NOISE), (test, TEST_NOISE))
    rows = []
    for pixels, level in parts:
        shown = pixels[:_SHOWN]
        noisy = add_noise(shown, read_noise(level), np.random.default_rng(seed))
        rows += [shown / np.float32(255), noisy / np.float32(255)]
    lab.keep_image("noisy", mosaic(np.stack(rows), gap=0))
    n_train = n_training_images(digits)
    source: Source = "without_test_set"
    if n_train < len(digits):
        source = "with_test_set"
    elif lab.settings.digits is None:
        source = "substitute"
    height, width = digit_size(digits)
    return Findings(
        name=digits.name,
        source=source,
        n_train=n_train,
        n_test=len(digits) - n_train,
        height=height,
        width=width,
        n_classes=len(digits.class_names),
        clipping=tuple(measure_clipping(pixels, level, seed) for pixels, level in parts),
    )


def measure_clipping(pixels: NDArray[np.uint8], noise: float, seed: int) -> Clipping:
    """Add Gaussian noise to images and clip them.

    Args:
        pixels: images of any shape.
        noise: standard deviation, in intensities of 0 to 1.
        seed: random seed.
    """
    intensities = pixels.astype(np.float64) / 255
    noisy = intensities + noise * np.random.default_rng(seed).standard_normal(intensities.shape)
    clipped = np.clip(noisy, 0, 1)
    black = clipped[pixels == 0]
    return Clipping(
        noise=noise,
        below=float((noisy < 0).mean()),
        above=float((noisy > 1).mean()),
        black_mean=float(black.mean()) if black.size else None,
        black_mean_by_theory=float(noise / np.sqrt(2 * np.pi)),
        psnr=float(peak_signal_to_noise(intensities, clipped).mean()),
    )
