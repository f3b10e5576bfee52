"""What every fitted model does, whatever it is made of."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from PIL import Image


class ProbabilityModel(Protocol):
    """What every fitted model does, whatever it is made of."""

    @property
    def file_name(self) -> str:
        """Name of its file in a bundle."""

    @property
    def image_size(self) -> tuple[int, int]:
        """(height, width) of the images that it takes."""

    @property
    def class_count(self) -> int:
        """Number of classes."""

    def predict_proba(self, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Probabilities (n, k) for pixels (n, height, width, 3)."""

    def write(self, folder: Path) -> None:
        """Write it into a bundle's folder."""


@runtime_checkable
class PreparesImages(Protocol):
    """A model that brings images to size itself, whatever their own."""

    def prepare(self, image: Image.Image) -> Any:
        """An upright RGB image as the model takes it."""

    def predict_prepared(self, prepared: Sequence[Any]) -> NDArray[np.float64]:
        """Probabilities (n, k) for images that `prepare` gave."""
