"""Features of images by ONNX Runtime, without TensorFlow."""

import functools
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from peu.backbones.efficientnet_lite import VARIANTS, Block, read_efficientnet_lite
from peu.backbones.head import Layers, add_classifier, add_pooling
from peu.backbones.lite_graph import lite_graph
from peu.images.proportions import resize_proportionally
from peu.models.onnx_model import OnnxModel
from peu.models.onnx_session import open_session, run_each

DEFAULT_SIDE = 256
# The fast one: as accurate as at 256, and 1.5 times as fast (docs/measured.md).
_SIDES = {"efficientnet-lite0": 192}


class OnnxFeatures:
    """A pretrained network from images to features.

    Images enter in their own proportions, the shorter side resized; features are the mean of
    three windows of the last map.

    Args:
        name: a key of `VARIANTS`.
        shorter_side: in pixels.
        blocks: with other weights than those of ImageNet, as after fine-tuning.
    """

    def __init__(self, name: str, shorter_side: int, blocks: Sequence[Block] | None = None) -> None:
        self.name = name
        self.graph = add_pooling(lite_graph(blocks or read_efficientnet_lite(name), name))
        self.shorter_side = shorter_side
        self.identity = f"{name}:{VARIANTS[name].sha256}:windows"

    @cached_property
    def _session(self) -> Any:
        return open_session(self.graph.SerializeToString(), threads=1)

    @property
    def parameters(self) -> int:
        """Numbers in the network."""
        return sum(int(np.prod(each.dims)) for each in self.graph.graph.initializer)

    def __call__(self, images: Iterable[Image.Image]) -> NDArray[np.float32]:
        """Features (n, d) of upright RGB images of any size, one or more."""

        def prepare(image: Image.Image) -> NDArray[np.uint8]:
            return resize_proportionally(image, self.shorter_side)

        return run_each(self._session, ["features"], images, prepare)[0]

    def classifier(self, layers: Layers, class_names: Sequence[str]) -> OnnxModel:
        """The whole model, from pixels to probabilities, as one graph."""
        (weights, _), *others = layers.dense
        model = add_classifier(
            self.graph,
            layers,
            {
                "backbone": self.name,
                "class_names": list(class_names),
                "shorter_side": self.shorter_side,
                # For heat maps: of one layer only do they say which areas speak for a class.
                "class_weights": None if others else np.round(weights, 6).tolist(),
            },
        )
        content: bytes = model.SerializeToString()
        return OnnxModel(content)


@functools.lru_cache(maxsize=2)
def onnx_features(name: str, shorter_side: int = DEFAULT_SIDE) -> OnnxFeatures:
    """Build a pretrained network; kept for whoever asks next.

    Raises:
        BundleError: its weights are damaged.
        ResourceError: its weights package is not installed.
    """
    return OnnxFeatures(name, shorter_side)


def default_side(name: str) -> int:
    """What the shorter side of images is resized to for a pretrained network, in pixels."""
    return _SIDES.get(name, DEFAULT_SIDE)


def is_onnx_backbone(name: str) -> bool:
    """Whether a backbone's name is one that ONNX Runtime runs."""
    return name in VARIANTS
