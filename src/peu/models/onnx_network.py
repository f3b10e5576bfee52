"""A network that Keras trained, run by ONNX Runtime."""

import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from peu.errors import ResourceError
from peu.files import replacing
from peu.models.sized_model import SizedModel


@dataclass(frozen=True, eq=False)
class OnnxNetwork(SizedModel):
    """A saved network: predicts without Keras, which only its heat maps need.

    Attributes:
        keras_file: the same network for Keras, to be explained, trained on or converted.
    """

    keras_name: ClassVar[str] = "network.keras"

    keras_file: Path = Path(keras_name)

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
        super().write(folder)
        with replacing(folder / self.keras_name) as draft:
            shutil.copyfile(self.keras_file, draft)

    @classmethod
    def read(cls, folder: Path) -> "OnnxNetwork":
        """Read the network of a bundle.

        Raises:
            BundleError: the file is no network that maps images of one size to classes.
        """
        return cls(SizedModel.read(folder).content, folder / cls.keras_name)
