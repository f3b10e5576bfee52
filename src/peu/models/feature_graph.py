"""A pretrained network beside a saved model, from images to features that can be compared."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from peu.errors import BundleError
from peu.files import read_bytes, write_bytes
from peu.images.proportions import resize_proportionally
from peu.models.onnx_limits import check_onnx
from peu.models.onnx_session import open_session, run_each

_MOST_BYTES = 1 << 28


@dataclass(frozen=True, eq=False)
class FeatureGraph:
    """A graph that takes images in their own proportions, and gives their features.

    Attributes:
        content: the ONNX file. Its metadata says the shorter side that images are resized to, and
            an identity, which changes whenever the features would.
    """

    file_name: ClassVar[str] = "features.onnx"

    content: bytes

    @cached_property
    def _session(self) -> Any:
        return open_session(self.content, threads=1)

    @cached_property
    def _metadata(self) -> dict[str, Any]:
        """What the graph says of itself.

        Raises:
            BundleError: it cannot be opened, or does not say it.
        """
        try:
            stored = self._session.get_modelmeta().custom_metadata_map
            return {"identity": json.loads(stored["identity"]), **_side(stored)}
        except Exception as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise BundleError(
                f"`{self.file_name}` must be a graph that peu saved. It could not be opened: "
                f"{reason[:200]}. Train and save the model again."
            ) from error

    @property
    def identity(self) -> str:
        """Changes whenever the features would."""
        return str(self._metadata["identity"])

    @property
    def shorter_side(self) -> int:
        """What the shorter side of an image is resized to, in pixels."""
        side: int = self._metadata["shorter_side"]
        return side

    def prepare(self, image: Image.Image) -> NDArray[np.uint8]:
        """An upright RGB image in its own proportions, as the graph takes it."""
        return resize_proportionally(image, self.shorter_side)

    def features(self, prepared: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Features (n, d) of images that `prepare` gave, one or more."""
        return run_each(self._session, ["features"], prepared)[0]

    def write(self, folder: Path) -> None:
        """Write the graph into a bundle's folder."""
        write_bytes(folder / self.file_name, self.content)

    @classmethod
    def read(cls, folder: Path) -> "FeatureGraph":
        """Read the graph of a bundle; it is opened when it is first used.

        Raises:
            BundleError: the file is missing or too large.
        """
        path = folder / cls.file_name
        try:
            content = read_bytes(path, most_bytes=_MOST_BYTES)
            check_onnx(content)
            return cls(content)
        except (OSError, ValueError) as error:
            raise BundleError(
                f"`{path}` must be a graph that peu saved. It could not be read: {error}. Train "
                "and save the model again."
            ) from error


def _side(stored: dict[str, str]) -> dict[str, int]:
    side = int(json.loads(stored["shorter_side"]))
    if not 32 <= side <= 2048:
        raise ValueError(f"it takes images of {side} pixels")
    return {"shorter_side": side}
