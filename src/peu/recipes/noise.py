"""What disturbs images: the kind of noise and how much of it, as one writes it."""

import math
import re
from dataclasses import dataclass
from typing import Literal, get_args

from peu.errors import RecipeError

NoiseKind = Literal["gaussian", "poisson", "salt-and-pepper"]

_NUMBER = r"(\d+(?:\.\d*)?|\.\d+)"
_AMOUNT = re.compile(rf"{_NUMBER}(?:-{_NUMBER})?")
_LIMITS = {"gaussian": 2.0, "poisson": 1e6, "salt-and-pepper": 1.0}


@dataclass(frozen=True, kw_only=True)
class Noise:
    """Say how images are disturbed; intensities go from 0 to 1, and the result is clipped there.

    Where `low` and `high` differ, every image draws its own amount evenly between them: a
    denoiser trained so is blind, that is, it need not be told how noisy an image is.

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
        """Tell whether amounts differ from image to image."""
        return self.low != self.high

    def strongest(self, times: float = 1) -> "Noise":
        """Give the same noise at the amount that disturbs most, or so many times as much.

        Args:
            times: of the standard deviation, 1 or more; of salt and pepper, of the share of
                pixels, as far as there are any.
        """
        if self.kind == "poisson":
            amount = self.low / times**2
        else:
            amount = min(self.high * times, _LIMITS[self.kind])
        return Noise(kind=self.kind, low=amount, high=amount)


def read_noise(text: object, setting: str = "noise") -> Noise:
    """Read noise as it is written: `0.2`, `0-0.6`, `poisson:30`, `salt-and-pepper:0-0.2`.

    Args:
        text: the text, or a number, which is a Gaussian standard deviation.
        setting: what an error calls it.

    Raises:
        RecipeError: no such noise, or an amount that makes none or nothing else.

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
