"""EfficientNet-Lite's last blocks and a head, trained on maps of images of any proportions."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from peu.networks.augmentation import augmenting
from peu.networks.augmentation_settings import Augmentation
from peu.networks.backend import keras
from peu.networks.efficientnet_lite import lite_layers, lite_network, updated_blocks
from peu.networks.feature_extractor import BATCH
from peu.networks.finetuning import Tuning

if TYPE_CHECKING:
    from peu.backbones.efficientnet_lite import Block


class LiteTuning(Tuning):
    """A head on EfficientNet-Lite's last blocks; training changes both.

    Maps of different sizes lie in the upper left corners of arrays of one shape (n, rows,
    columns, channels + 1). The last channel says how much each place counts in the pooling, and
    is 0 beyond the image, which then answers as it would alone.

    Args:
        trunk: blocks that stay as they are.
        tail: blocks that learn.
        head: a keras.Model from features to probabilities.
        square: (rows, columns), that last channel for square images.
    """

    def __init__(
        self,
        trunk: "Sequence[Block]",
        tail: "Sequence[Block]",
        head: Any,
        square: NDArray[np.float32],
    ) -> None:
        self._trunk, self._tail_blocks, self._square = trunk, tail, square
        convolutions = [each for block in tail for each in block.convolutions]
        self._stride = math.prod(each.stride for each in convolutions)
        channels = convolutions[0].weight.shape[1]
        inputs = keras.Input((None, None, channels + 1), name="maps")
        shares = inputs[..., channels:]
        x = lite_layers(inputs[..., :channels], tail, keras.ops.cast(shares > 0, "float32"))
        features = keras.ops.sum(x * shares[:, :: self._stride, :: self._stride], axis=(1, 2))
        network = keras.Model(inputs, head(features), name="finetuning")
        names = tuple(tuple(each.name for each in block.convolutions) for block in tail)
        super().__init__(network, network, names)

    def shaped(self, maps: NDArray[np.float32]) -> NDArray[np.float32]:
        """Maps without the rows and columns that lie beyond every image."""
        inside = maps[..., -1] > 0
        rows, columns = (int(inside.any(axis=axes).sum()) for axes in ((0, 2), (0, 1)))
        return maps[:, :rows, :columns]

    def predict_maps(self, maps: NDArray[np.float32]) -> NDArray[np.float64]:
        """Probabilities (n, k) for maps, those of one size together and nothing beyond them."""
        inside = maps[..., -1] > 0
        sizes = np.stack([inside.any(axis=2).sum(axis=1), inside.any(axis=1).sum(axis=1)], axis=1)
        found = np.zeros((len(maps), self.from_maps.output_shape[-1]))
        for rows, columns in np.unique(sizes, axis=0):
            chosen = np.flatnonzero((sizes == (rows, columns)).all(axis=1))
            for start in range(0, len(chosen), BATCH):
                part = chosen[start : start + BATCH]
                probabilities = self.from_maps(maps[part, :rows, :columns], training=False)
                found[part] = keras.ops.convert_to_numpy(probabilities)
        return np.asarray(found / found.sum(axis=1, keepdims=True))

    def from_pixels(self, augmentation: Augmentation, *, seed: int) -> Any:
        """The network from the pixels of square images, with augmentation in front."""
        side = 32 * len(self._square) // self._stride
        trunk = lite_network(self._trunk, (side, side))
        trunk.trainable = False
        shares = keras.ops.ones_like(trunk.output[..., :1]) * self._square[None, :, :, None]
        maps = keras.ops.concatenate([trunk.output, shares], axis=-1)
        network = keras.Model(trunk.input, self.from_maps(maps))
        return augmenting(network, augmentation, (side, side), seed=seed)

    def blocks(self) -> "tuple[Block, ...]":
        """The whole backbone's blocks, with what was learnt."""
        return (*self._trunk, *updated_blocks(self._tail_blocks, self.from_maps))
