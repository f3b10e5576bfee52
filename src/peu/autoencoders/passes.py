"""How often a denoiser runs over an image: at shifts of it, and again where it is noisy."""

from dataclasses import asdict, dataclass
from typing import Any

from peu.errors import BundleError
from peu.models.autoencoder import Autoencoder

_KEY = "passes"


@dataclass(frozen=True, kw_only=True)
class Passes:
    """Say how an image is passed through a denoiser; by default once, as it is.

    Attributes:
        shifted: run on shifted copies and take the mean: a network with poolings does not treat
            all pixels alike.
        rounds: how often an image that is noisier than those learnt from is mixed with what
            came of it, so that its noise comes down to what the network knows, and cleaned again.
        usual: the mean squared difference, in intensities, between an image with the most noise
            that was learnt from and what came of it.
        most: what that difference stays below for 99 of 100 such images.
    """

    shifted: bool = False
    rounds: int = 0
    usual: float = 1.0
    most: float = 1.0

    def to_dict(self) -> dict[str, Any]:
        """Give what a model's provenance holds."""
        return {_KEY: asdict(self)}


ONCE = Passes()


def passes_of(model: Autoencoder) -> Passes:
    """Read from a model how images pass through it; one that does not say runs once.

    Raises:
        BundleError: it says something impossible.
    """
    stored = model.provenance.get(_KEY, asdict(ONCE))
    try:
        passes = Passes(**stored)
        whole = (
            isinstance(passes.shifted, bool)
            and passes.rounds in range(100)
            and 0 < passes.usual <= passes.most
        )
    except TypeError:
        whole = False
    if not whole:
        raise BundleError(
            f"The model's provenance must say how images pass through it, as {asdict(ONCE)}. "
            f"Received: {stored!r}. Train it again."
        )
    return passes


def shifts(stride: int) -> list[tuple[int, int]]:
    """Give up to four (rows, columns) that spread evenly over a network's stride.

    Args:
        stride: what the network's poolings shrink an image by, 1 or more.

    Example:
        >>> shifts(4)
        [(0, 0), (1, 2), (2, 1), (3, 3)]
        >>> shifts(1)
        [(0, 0)]
    """
    quarters = enumerate((0, 2, 1, 3))
    return sorted({(row * stride // 4, column * stride // 4) for row, column in quarters})
