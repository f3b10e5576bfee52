"""A classifier as one ONNX graph that takes images of one size."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from peu.files import write_bytes
from peu.models.arrays import check_predicts
from peu.models.class_activation import activation_map
from peu.models.graph_file import read_class_weights, read_graph
from peu.models.onnx_session import open_session, run_sized

# A backbone of 1 GiB and what stands on it.
_MOST_BYTES = 3 << 29


@dataclass(frozen=True, eq=False)
class SizedModel:
    """A backbone with a classifier on it, complete in itself.

    Attributes:
        content: the ONNX file, from "pixels" (n, height, width, 3) uint8 to "probabilities"
            (n, k), and to the "map" that was pooled, where there is one. Its metadata says the
            weights of a linear classifier, for heat maps.
    """

    file_name: ClassVar[str] = "network.onnx"

    content: bytes

    @cached_property
    def _session(self) -> Any:
        return open_session(self.content)

    @cached_property
    def _class_weights(self) -> NDArray[np.float64] | None:
        stored = self._session.get_modelmeta().custom_metadata_map.get("class_weights", "null")
        return read_class_weights(stored, self.class_count)

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
        return np.asarray(run_sized(self._session, "probabilities", pixels), np.float64)

    def class_activation(
        self, pixels: NDArray[np.uint8], class_index: int
    ) -> NDArray[np.float64] | None:
        """Areas behind one class; None where there are none, or the graph has no map.

        Args:
            pixels: (height, width, 3).
            class_index: the class in question.
        """
        weights = self._class_weights
        if weights is None or "map" not in {each.name for each in self._session.get_outputs()}:
            return None
        return activation_map(self._session, weights[:, class_index], pixels)

    def write(self, folder: Path) -> None:
        """Write the graph into a bundle's folder."""
        write_bytes(folder / self.file_name, self.content)

    @classmethod
    def read(cls, folder: Path) -> "SizedModel":
        """Read the graph of a bundle.

        Raises:
            BundleError: the file is no such graph.
        """
        path = folder / cls.file_name
        return read_graph(path, cls, cls.check, most_bytes=_MOST_BYTES)

    def check(self) -> None:
        """Refuse a graph that does not predict for a black image.

        Raises:
            Exception: whatever shows that it does not.
        """
        check_predicts(self)
        _ = self._class_weights
