"""Features by ONNX Runtime from graphs that take images of one size."""

import functools
import hashlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.backbones.head import Layers, add_classifier
from peu.backbones.onnx_file import read_onnx_backbone
from peu.errors import RecipeError
from peu.models.onnx_session import open_session, run_sized
from peu.models.sized_model import SizedModel

SUFFIX = ".onnx"


class SizedFeatures:
    """A pretrained network from pixels of one size to features.

    Args:
        graph: an `onnx.ModelProto` from uint8 "pixels" (n, height, width, 3) to "features"
            (n, d), and to a "map" where there is one.
        identity: changes whenever the features would; None is the graph's hash.
    """

    def __init__(self, graph: Any, identity: str | None = None) -> None:
        self._graph = graph
        self._content: bytes = graph.SerializeToString(deterministic=True)
        self.identity = identity or hashlib.sha256(self._content).hexdigest()

    @cached_property
    def _session(self) -> Any:
        return open_session(self._content)

    @property
    def image_size(self) -> tuple[int, int]:
        """(height, width) of its input, in pixels."""
        _, height, width, _ = self._graph.graph.input[0].type.tensor_type.shape.dim
        return int(height.dim_value), int(width.dim_value)

    @property
    def parameters(self) -> int:
        """Numbers in the network, as Keras counts them where it was Keras's."""
        stored = {each.key: each.value for each in self._graph.metadata_props}
        if "parameters" in stored:
            return int(stored["parameters"])
        return sum(int(np.prod(each.dims)) for each in self._graph.graph.initializer)

    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Features (n, d) of pixels (n, height, width, 3)."""
        return run_sized(self._session, "features", pixels)

    def classifier(self, layers: Layers, class_names: Sequence[str]) -> SizedModel:
        """The whole model, from pixels to probabilities, as one graph."""
        (weights, _), *others = layers.dense
        metadata = {
            "class_names": list(class_names),
            # For heat maps: of one layer only do they say which areas speak for a class.
            "class_weights": None if others else np.round(weights, 6).tolist(),
        }
        model = add_classifier(self._graph, layers, metadata)
        return SizedModel(model.SerializeToString())


def is_onnx_file(name: str) -> bool:
    """Whether a backbone's name is that of an ONNX file."""
    return Path(name).suffix.lower() == SUFFIX


def file_features(
    name: str, preprocessing: str, image_size: tuple[int, int] | None
) -> SizedFeatures:
    """Read an ONNX file as a backbone; kept for whoever asks next.

    Args:
        name: the file's path.
        preprocessing: how pixels are scaled: "tf", "torch", "caffe", "unit" or "none".
        image_size: (height, width), or None for what the file was made for.

    Raises:
        BundleError: the file is damaged or no backbone.
        RecipeError: no such file, or a setting that it does not take.
    """
    path = Path(name).expanduser()
    if not path.is_file():
        raise RecipeError(
            f"`backbone` must be a name that peu knows, or the path of a file. Received: {name!r}, "
            "which is no file. Check the path."
        )
    status = path.stat()
    return _read(path.resolve(), status.st_mtime_ns, status.st_size, preprocessing, image_size)


@functools.lru_cache(maxsize=2)
def _read(
    path: Path, _changed: int, _size: int, preprocessing: str, image_size: tuple[int, int] | None
) -> SizedFeatures:
    return SizedFeatures(read_onnx_backbone(path, preprocessing, image_size))
