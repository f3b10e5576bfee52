"""A classifier as one ONNX graph that takes images of one size."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from peu.errors import BundleError
from peu.files import write_bytes
from peu.models.arrays import check_predicts
from peu.models.graph_file import read_class_weights, read_graph
from peu.models.onnx_session import open_session, run_session, run_sized

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
        """Areas behind one class: the last map weighted by the linear classifier.

        Args:
            pixels: (height, width, 3).
            class_index: the class in question.

        Returns:
            (rows, columns), not negative; None where the graph has no map, or no area speaks for
            the class.

        Raises:
            BundleError: the map does not belong to the weights.

        Source: Zhou et al. (2016), "Learning deep features for discriminative localization".
        """
        weights = self._class_weights
        if weights is None or "map" not in {each.name for each in self._session.get_outputs()}:
            return None
        found = run_session(self._session, ["map"], {"pixels": pixels[None]}, pixels[..., 0].size)
        feature_map, chosen = found[0][0], weights[:, class_index]
        if feature_map.ndim != 3 or len(chosen) not in (feature_map.size, len(feature_map)):
            raise BundleError(
                f"A model's map must have {len(chosen)} channels, one for each of its weights. "
                f"Received: {feature_map.shape}. Train and save the model again."
            )
        if len(chosen) == feature_map.size:
            # Not pooled but flattened, channels last: a weight for every place.
            channels = len(feature_map)
            chosen = chosen.reshape(*feature_map.shape[1:], channels).transpose(2, 0, 1)
            support = np.maximum((chosen * feature_map).sum(axis=0), 0)
        else:
            support = np.maximum(np.tensordot(chosen, feature_map, axes=1), 0)
        return support if support.any() else None

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
