"""A classifier as one ONNX graph, from pixels to probabilities."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from peu.files import write_bytes
from peu.images.proportions import resize_proportionally
from peu.models.class_activation import activation_map
from peu.models.graph_file import read_class_weights, read_graph
from peu.models.onnx_session import (
    cores,
    open_session,
    run_each,
    runs_one_by_one,
)

_MOST_BYTES = 1 << 30


@dataclass(frozen=True, eq=False)
class OnnxModel:
    """A graph that takes images in their own proportions.

    Attributes:
        content: the ONNX file. Its metadata says the classes, the shorter side that images are
            resized to, and the weights of the linear classifier for heat maps.
        threads: that one image is shared out to; 1, for an image a core, is best for many images,
            None is all cores.
    """

    file_name: ClassVar[str] = "model.onnx"

    content: bytes
    threads: int | None = 1

    @cached_property
    def _session(self) -> Any:
        return open_session(self.content, threads=self.threads)

    @cached_property
    def for_one_image(self) -> "OnnxModel":
        """The same model for one image as soon as possible: all cores work on it."""
        return self if cores() == 1 else OnnxModel(self.content, threads=None)

    @cached_property
    def _stored(self) -> dict[str, str]:
        return dict(self._session.get_modelmeta().custom_metadata_map)

    @cached_property
    def _shorter_side(self) -> int:
        return int(json.loads(self._stored["shorter_side"]))

    @cached_property
    def _class_weights(self) -> NDArray[np.float64] | None:
        return read_class_weights(self._stored["class_weights"], self.class_count)

    @property
    def one_by_one(self) -> bool:
        """Whether images run one at a time, an image a core, as they do on processors."""
        return runs_one_by_one(self._session)

    @property
    def image_size(self) -> tuple[int, int]:
        """(shorter, shorter): the side that images are resized to, in pixels."""
        return self._shorter_side, self._shorter_side

    @cached_property
    def class_count(self) -> int:
        """Number of classes."""
        return len(json.loads(self._stored["class_names"]))

    def prepare(self, image: Image.Image) -> NDArray[np.uint8]:
        """An RGB image in its own proportions, as the graph takes it: (height, width, 3)."""
        return resize_proportionally(image, self._shorter_side)

    def predict_prepared(self, prepared: Sequence[NDArray[np.uint8]]) -> NDArray[np.float64]:
        """Probabilities (n, k) for images of any sizes that `prepare` gave."""
        if not prepared:
            return np.zeros((0, self.class_count))
        (found,) = run_each(self._session, ["probabilities"], prepared)
        return np.asarray(found, np.float64)

    def predict_images(self, images: Iterable[Image.Image]) -> NDArray[np.float64]:
        """Probabilities (n, k) for upright RGB images of any sizes, one or more."""
        (found,) = run_each(self._session, ["probabilities"], images, self.prepare)
        return np.asarray(found, np.float64)

    def predict_with_features(
        self, prepared: Sequence[NDArray[np.uint8]]
    ) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """The same with the features (n, d) that the classifier takes; one image or more."""
        names = ["probabilities", "features"]
        found, features = run_each(self._session, names, prepared)
        return np.asarray(found, np.float64), features

    def predict_proba(self, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Predict the probabilities of the classes.

        Args:
            pixels: (n, height, width, 3) in [0, 255], sides multiples of 32.

        Returns:
            (n, k), rows summing to 1.
        """
        return self.predict_prepared(list(pixels))

    def class_activation(
        self, pixels: NDArray[np.uint8], class_index: int
    ) -> NDArray[np.float64] | None:
        """Areas behind one class; None where there are none, or the classifier has more layers.

        Args:
            pixels: (height, width, 3), of `prepare`.
            class_index: the class in question.
        """
        if self._class_weights is None:
            return None
        return activation_map(self._session, self._class_weights[:, class_index], pixels)

    def write(self, folder: Path) -> None:
        """Write the graph into a bundle's folder."""
        write_bytes(folder / self.file_name, self.content)

    @classmethod
    def read(cls, folder: Path) -> "OnnxModel":
        """Read the graph of a bundle.

        Raises:
            BundleError: the file is no such graph.
        """
        path = folder / cls.file_name
        return read_graph(path, cls, cls.check, most_bytes=_MOST_BYTES)

    def check(self) -> None:
        """Refuse a graph that does not predict for a black image.

        Raises:
            ValueError: sizes out of range, or no finite probability per class.
        """
        if not 32 <= self.image_size[0] <= 2048 or self.class_count < 1:
            raise ValueError("its metadata is out of range")
        _ = self._class_weights
        probabilities = self.predict_prepared([np.zeros((32, 32, 3), np.uint8)])
        if probabilities.shape != (1, self.class_count) or not np.isfinite(probabilities).all():
            raise ValueError("it does not give one probability per class")
