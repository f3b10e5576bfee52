"""EfficientNet-Lite in two parts: ONNX Runtime runs what stays frozen, Keras trains the rest."""

import functools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from peu.backbones.efficientnet_lite import VARIANTS, read_efficientnet_lite
from peu.backbones.head import Layers, window_weights
from peu.backbones.lite_graph import lite_graph
from peu.backbones.onnx_features import OnnxFeatures
from peu.images.proportions import LONGEST, resize_proportionally
from peu.models.onnx_model import OnnxModel
from peu.models.onnx_session import open_session

if TYPE_CHECKING:
    from peu.networks.lite_tuning import LiteTuning

_REDUCTION = 32


class LiteBackbone:
    """EfficientNet-Lite before and after the place from which it learns.

    Args:
        name: a key of `VARIANTS`.
        shorter_side: that images are resized to, in pixels.
        stages: how many of the last rows of the architecture's table learn; the last
            convolution belongs to the last row.
    """

    def __init__(self, name: str, shorter_side: int, stages: int) -> None:
        blocks = read_efficientnet_lite(name)
        self._name = name
        # The stem stays as it is: it sees edges and colours.
        first = max(1, blocks[-1].stage - stages + 1)
        self._trunk = tuple(block for block in blocks if block.stage < first)
        self._tail = blocks[len(self._trunk) :]
        convolutions = [each for block in self._tail for each in block.convolutions]
        self._stride = math.prod(each.stride for each in convolutions)
        self._channels = convolutions[0].weight.shape[1]
        self._side = LONGEST * self._stride // _REDUCTION
        self._session = open_session(lite_graph(self._trunk, name).SerializeToString())
        self.shorter_side = shorter_side
        self.image_size = (shorter_side, shorter_side)
        self.unfrozen = f"head and {convolutions[0].name} to {convolutions[-1].name}"
        self.identity = f"{name}:{VARIANTS[name].sha256}:before {convolutions[0].name}"

    @property
    def map_size(self) -> int:
        """Numbers per image that the tail takes."""
        return int(self._side**2 * (self._channels + 1))

    def maps(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """What the tail takes, as `LiteTuning` describes it, for RGB images of any size."""
        found = np.zeros((len(images), self._side, self._side, self._channels + 1), np.float32)
        for row, image in zip(found, images, strict=True):
            pixels = resize_proportionally(image, self.shorter_side)
            (values,) = self._session.run(["map"], {"pixels": pixels[None]})
            _, _, height, width = values.shape
            row[:height, :width, :-1] = values[0].transpose(1, 2, 0)
            row[:height, :width, -1] = self._shares(height, width)
        return found

    def finetuning(self, head: Any) -> "LiteTuning":
        """Put a head on a copy of the tail."""
        from peu.networks.lite_tuning import LiteTuning

        side = math.ceil(self.shorter_side / _REDUCTION) * self._stride
        return LiteTuning(self._trunk, self._tail, head, self._shares(side, side))

    def classifier(
        self, tuning: "LiteTuning", layers: Layers, class_names: Sequence[str]
    ) -> OnnxModel:
        """What was learnt as one graph, from pixels to probabilities.

        Args:
            tuning: of `finetuning`.
            layers: the head as it is now.
            class_names: of its k classes.
        """
        features = OnnxFeatures(self._name, self.shorter_side, tuning.blocks())
        return features.classifier(layers, class_names)

    def _shares(self, height: int, width: int) -> NDArray[np.float32]:
        """How much each place of the tail's last map counts, at the size of its first."""
        shares = window_weights(height // self._stride, width // self._stride)
        return np.kron(shares, np.ones((self._stride, self._stride), np.float32))


@functools.lru_cache(maxsize=2)
def lite_backbone(name: str, shorter_side: int, stages: int) -> LiteBackbone:
    """Read and divide EfficientNet-Lite; kept for whoever asks next.

    Raises:
        BundleError: its weights are damaged.
        ResourceError: its weights package is not installed.
    """
    return LiteBackbone(name, shorter_side, stages)
