"""Noise on images: drawn anew for every batch in training, and once for a test."""

import math
import re
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from peu.errors import RecipeError

NoiseKind = Literal["gaussian", "poisson", "salt-and-pepper"]

_NUMBER = r"(\d+(?:\.\d*)?|\.\d+)"
_AMOUNT = re.compile(rf"{_NUMBER}(?:-{_NUMBER})?")
_LIMITS = {"gaussian": 2.0, "poisson": 1e6, "salt-and-pepper": 1.0}


@dataclass(frozen=True, kw_only=True)
class Noise:
    """The kind of noise and its amount; intensities go from 0 to 1 and are clipped there.

    Where `low` and `high` differ, the amount is drawn for each image, uniformly between them. A
    denoiser trained on such a range is blind: it does not need to know how noisy an image is.

    Attributes:
        kind: "gaussian" adds a normal deviate to each value; "poisson" counts photons;
            "salt-and-pepper" sets pixels to black or white.
        low: the least amount: a standard deviation in intensities; the photons of a white
            pixel (fewer are noisier); or the share of pixels set.
        high: the greatest amount, as `low`.
    """

    kind: NoiseKind = "gaussian"
    low: float = 0.2
    high: float = 0.2

    def __str__(self) -> str:
        amount = f"{self.low:g}" if self.low == self.high else f"{self.low:g}-{self.high:g}"
        return amount if self.kind == "gaussian" else f"{self.kind}:{amount}"

    @property
    def blind(self) -> bool:
        """Whether amounts differ from image to image."""
        return self.low != self.high

    def strongest(self, times: float = 1) -> "Noise":
        """The same kind of noise at its strongest amount, or a multiple of that.

        Args:
            times: factor of the standard deviation, 1 or more; of salt and pepper, of the share
                of pixels, which ends at 1.
        """
        if self.kind == "poisson":
            amount = self.low / times**2
        else:
            amount = min(self.high * times, _LIMITS[self.kind])
        return Noise(kind=self.kind, low=amount, high=amount)


def read_noise(text: object, setting: str = "noise") -> Noise:
    """Parse noise from text: `0.2`, `0-0.6`, `poisson:30`, `salt-and-pepper:0-0.2`.

    Args:
        text: the text, or a number, which is a Gaussian standard deviation.
        setting: the name that an error message uses.

    Raises:
        RecipeError: an unknown kind of noise, or an amount outside its range.

    Example:
        >>> read_noise("0-0.6")
        Noise(kind='gaussian', low=0.0, high=0.6)
        >>> str(read_noise("poisson:30"))
        'poisson:30'
    """
    written = text.strip().lower() if isinstance(text, str) else ""
    if isinstance(text, (int, float)) and not isinstance(text, bool) and math.isfinite(text):
        written = f"{text:.12g}"
    kind, _, amount = written.rpartition(":")
    kind = kind or "gaussian"
    found = _AMOUNT.fullmatch(amount)
    if found is not None and kind in get_args(NoiseKind):
        low = float(found[1])
        high = float(found[2]) if found[2] else low
        # A pixel that no photon reaches is black whatever was there.
        above = low > 0 if kind == "poisson" else high > 0
        if above and low <= high <= _LIMITS[kind]:
            return Noise(kind=kind, low=low, high=high)  # type: ignore[arg-type]
    raise RecipeError(
        f"`{setting}` must be a standard deviation as 0.2, a range as 0-0.6, poisson:PHOTONS or "
        f"salt-and-pepper:SHARE. Received: {text!r}. Intensities go from 0 to 1, and so do shares."
    )


def add_noise(
    pixels: NDArray[np.generic], noise: Noise, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Add noise to images and clip them to the range of pixels.

    Clipping makes the noise uneven: a black pixel can only become brighter.

    Args:
        pixels: (n, height, width, channels) of 0 to 255.
        noise: what to add; from a range, the amount is drawn for each image.
        generator: source of randomness.

    Returns:
        The same shape, of 0 to 255, not rounded.
    """
    clean = pixels.astype(np.float32)
    amounts = np.full(len(clean), noise.low, np.float32)
    if noise.blind:
        amounts = generator.uniform(noise.low, noise.high, len(clean)).astype(np.float32)
    amount = amounts[:, None, None, None]
    if noise.kind == "gaussian":
        drawn = generator.standard_normal(clean.shape, dtype=np.float32)
        drawn *= 255 * amount
        clean += drawn
    elif noise.kind == "poisson":
        photons = generator.poisson(clean * (amount / 255))
        clean = (photons * (255 / amount)).astype(np.float32)
    else:
        draws = generator.random(clean.shape[:3], dtype=np.float32)[..., None]
        clean = np.where(draws < amount / 2, np.float32(0), clean)
        clean = np.where(draws > 1 - amount / 2, np.float32(255), clean)
    clipped: NDArray[np.float32] = np.clip(clean, 0, 255, out=clean)
    return clipped
