"""A network that Keras trained, run by ONNX Runtime."""

import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from peu.errors import BundleError, ResourceError
from peu.files import read_bytes, replacing, write_bytes
from peu.models.arrays import check_predicts
from peu.models.onnx_session import open_session

_MOST_BYTES = 1 << 30
_BATCH_SIZE = 32


@dataclass(frozen=True, eq=False)
class OnnxNetwork:
    """A saved network: predicts without Keras, which only its heat maps need.

    Attributes:
        content: the ONNX file, from "pixels" (n, height, width, 3) uint8 of one size to
            "probabilities" (n, k).
        keras_file: the same network for Keras, to be explained, trained on or converted.
    """

    file_name: ClassVar[str] = "model.onnx"
    keras_name: ClassVar[str] = "model.keras"

    content: bytes
    keras_file: Path

    @cached_property
    def _session(self) -> Any:
        return open_session(self.content)

    @property
    def image_size(self) -> tuple[int, int]:
        """(height, width) of its input, in pixels."""
        height, width = self._session.get_inputs()[0].shape[1:3]
        return int(height), int(width)

    @property
    def class_count(self) -> int:
        """Number of classes."""
        return int(self._session.get_outputs()[0].shape[1])

    def predict_proba(self, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Predict the probabilities of the classes.

        Args:
            pixels: (n, height, width, 3) in [0, 255].

        Returns:
            (n, k), rows summing to 1.
        """
        if len(pixels) == 0:
            return np.zeros((0, self.class_count))
        batches = [
            self._session.run(["probabilities"], {"pixels": pixels[start : start + _BATCH_SIZE]})[0]
            for start in range(0, len(pixels), _BATCH_SIZE)
        ]
        probabilities = np.concatenate(batches).astype(np.float64)
        return np.asarray(probabilities / probabilities.sum(axis=1, keepdims=True))

    @cached_property
    def _in_keras(self) -> Any:
        from peu.networks.network_model import NetworkModel

        return NetworkModel.read(self.keras_file.parent)

    def grad_cam(self, pixels: NDArray[np.uint8], class_index: int) -> NDArray[np.float64] | None:
        """Areas behind one class's prediction, as `peu.networks.grad_cam` finds them.

        Returns:
            (rows, columns); None where no map shows any, or Keras is not installed.
        """
        try:
            network = self._in_keras
        except ResourceError:
            return None
        found: NDArray[np.float64] | None = network.grad_cam(pixels, class_index)
        return found

    def write(self, folder: Path) -> None:
        """Write the network into a bundle's folder.

        Raises:
            ResourceError: the folder that it was read from is gone, or the disk is full.
        """
        write_bytes(folder / self.file_name, self.content)
        with replacing(folder / self.keras_name) as draft:
            shutil.copyfile(self.keras_file, draft)

    @classmethod
    def read(cls, folder: Path) -> "OnnxNetwork":
        """Read the network of a bundle.

        Raises:
            BundleError: the file is no network that maps images of one size to classes.
        """
        path = folder / cls.file_name
        try:
            model = cls(read_bytes(path, most_bytes=_MOST_BYTES), folder / cls.keras_name)
            check_predicts(model)
        except Exception as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise BundleError(
                f"`{path}` must be a network that peu saved. It could not be read: {reason[:200]}. "
                "Train and save the model again."
            ) from error
        return model
