"""A trained network as a saved model: pixels in, probabilities out."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from peu.errors import BundleError
from peu.files import write_bytes
from peu.networks.backend import keras
from peu.networks.limited_opening import check_opens
from peu.networks.onnx_export import drawn_examples, to_onnx
from peu.networks.saving import save_network

_BATCH_SIZE = 32


@dataclass(frozen=True, eq=False)
class NetworkModel:
    """Wrap a keras.Model whose graph holds its own preprocessing.

    Attributes:
        network: from uint8 pixels (n, height, width, 3) to probabilities (n, k).
        examples: (m, height, width, 3), images on which the exported network must answer as this
            one does; None takes drawn ones.
    """

    file_name: ClassVar[str] = "network.onnx"
    keras_name: ClassVar[str] = "network.keras"

    network: Any
    examples: NDArray[np.uint8] | None = None

    @cached_property
    def content(self) -> bytes:
        """The network as an ONNX file.

        Raises:
            BundleError: it cannot be exported, or the export answers otherwise.
            ResourceError: the exporter is not installed.
        """
        given = self.examples
        return to_onnx(self.network, drawn_examples(self.image_size) if given is None else given)

    @property
    def image_size(self) -> tuple[int, int]:
        """(height, width) of its input, in pixels."""
        height, width = self.network.input_shape[1:3]
        return int(height), int(width)

    @property
    def class_count(self) -> int:
        """Number of classes."""
        return int(self.network.output_shape[-1])

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
            keras.ops.convert_to_numpy(
                self.network(pixels[start : start + _BATCH_SIZE], training=False)
            )
            for start in range(0, len(pixels), _BATCH_SIZE)
        ]
        probabilities = np.concatenate(batches).astype(np.float64)
        return np.asarray(probabilities / probabilities.sum(axis=1, keepdims=True))

    def grad_cam(self, pixels: NDArray[np.uint8], class_index: int) -> NDArray[np.float64] | None:
        """Areas behind one class's prediction, as `peu.networks.grad_cam` finds them."""
        from peu.networks.grad_cam import grad_cam

        return grad_cam(self.network, pixels, class_index)

    def write(self, folder: Path) -> None:
        """Write the network into a bundle's folder: as ONNX to predict, as Keras to go on.

        Raises:
            BundleError: as `content`.
        """
        write_bytes(folder / self.file_name, self.content)
        save_network(self.network, folder / self.keras_name, optimizer=False)

    @classmethod
    def read(cls, folder: Path) -> "NetworkModel":
        """Read the Keras network of a bundle, running no code that the file brings along.

        Raises:
            BundleError: the file is no network that maps images to classes.
        """
        path = folder / cls.keras_name
        check_opens(path)
        try:
            network = keras.saving.load_model(path, compile=False, safe_mode=True)
            # Lists and dictionaries of tensors have no shape.
            takes = getattr(network.input, "shape", None)
            gives = getattr(network.output, "shape", None)
        except Exception as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise BundleError(
                f"`{path}` must be a network that peu saved. It could not be loaded: "
                f"{reason[:200]} Train and save the model again."
            ) from error
        if not _is_classifier(takes, gives):
            raise BundleError(
                f"`{path}` must map images (n, height, width, 3) to classes (n, k). Received: "
                f"{takes} to {gives}. Choose a folder that `peu train` wrote."
            )
        return cls(network)


def _is_classifier(takes: Any, gives: Any) -> bool:
    if not (isinstance(takes, tuple) and isinstance(gives, tuple)):
        return False
    if len(takes) != 4 or len(gives) != 2 or takes[-1] != 3:
        return False
    return all(isinstance(size, int) for size in (*takes[1:], gives[-1]))
