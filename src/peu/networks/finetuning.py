"""The part of a pretrained network that learns: its inputs, its training, its weights."""

import functools
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.networks.augmentation import augmenting
from peu.networks.augmentation_settings import Augmentation
from peu.networks.backbone_sources import BackboneSource, find_backbone
from peu.networks.backbones import feature_network, load_backbone, pooled
from peu.networks.backend import keras
from peu.networks.feature_extractor import run_in_batches
from peu.networks.pretrained_settings import Pooling
from peu.networks.stages import copy_network, divide_backbone, every_layer, unfreeze

Weights = list[NDArray[np.float32]]


class DividedBackbone:
    """A pretrained network in two: a frozen trunk, and a tail that may learn.

    Args:
        source: of `find_backbone`.
        image_size: (height, width) of its input.
        stages: how many of its last stages the tail has.
        pooling: from the tail's maps to features.
    """

    def __init__(
        self, source: BackboneSource, image_size: tuple[int, int], stages: int, pooling: Pooling
    ) -> None:
        backbone = load_backbone(source, None if source.weights is None else image_size)
        if None in backbone.input_shape[1:3]:
            tensors = keras.Input((*image_size, 3))
            backbone = keras.models.clone_model(backbone, input_tensors=tensors)
        self.parts = divide_backbone(copy_network(backbone, "backbone"), stages)
        self.parts.trunk.trainable = False
        self.image_size = image_size
        self.pooling: Pooling = pooling
        self.preprocessing = source.preprocessing
        first = self.parts.blocks[0][0]
        self.identity = f"{source.identity}:{source.preprocessing}:before {first}"
        self._below = feature_network(self.parts.trunk, source.preprocessing, "flatten", image_size)

    @property
    def unfrozen(self) -> str:
        """What learns along with the head, by the names of layers."""
        first, last = self.parts.blocks[0][0], self.parts.blocks[-1][-1]
        return f"head and {first}" + (f" to {last}" if last != first else "")

    @property
    def map_size(self) -> int:
        """Numbers per image that the tail takes."""
        return int(self._below.output_shape[-1])

    def maps(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What the tail takes, flattened (n, d), for pixels (n, height, width, 3)."""
        return run_in_batches(self._below, pixels)

    def finetuning(self, head: Any) -> "FineTuning":
        """Put a head on a copy of the tail."""
        return FineTuning(self, head)


@functools.lru_cache(maxsize=2)
def _divided(
    source: BackboneSource, image_size: tuple[int, int], stages: int, pooling: Pooling
) -> DividedBackbone:
    return DividedBackbone(source, image_size, stages, pooling)


def divided_backbone(
    backbone: str,
    weights: str,
    preprocessing: str,
    image_size: tuple[int, int],
    stages: int,
    pooling: Pooling,
) -> DividedBackbone:
    """Load and divide a pretrained network; kept for whoever asks next.

    Raises:
        PeuError: as `peu.networks.feature_extractor.feature_extractor`.
    """
    return _divided(find_backbone(backbone, weights, preprocessing), image_size, stages, pooling)


class Tuning:
    """The part of a network that learns: a tail with a head on it, from maps to probabilities.

    Args:
        from_maps: a keras.Model from maps to probabilities; only what learns is trainable.
        tail: the network or layer that holds the tail's layers.
        blocks: names of the tail's layers with weights, a tuple a block, the earliest first.
    """

    def __init__(self, from_maps: Any, tail: Any, blocks: tuple[tuple[str, ...], ...]) -> None:
        self.from_maps = from_maps
        self._tail = tail
        self._blocks = blocks

    @property
    def trainable_parameters(self) -> int:
        """Numbers that learn: of the head, and of the tail all but batch statistics."""
        return sum(math.prod(each.shape) for each in self.from_maps.trainable_variables)

    def predict_maps(self, maps: NDArray[np.float32]) -> NDArray[np.float64]:
        """Probabilities (n, k) for maps as they were computed."""
        found = run_in_batches(self.from_maps, self.shaped(maps)).astype(np.float64)
        return np.asarray(found / found.sum(axis=1, keepdims=True))

    def shaped(self, maps: NDArray[np.float32]) -> NDArray[np.float32]:
        """Maps in the shape that the tail takes."""
        return maps

    def from_pixels(self, augmentation: Augmentation, *, seed: int) -> Any:
        """The network from pixels to probabilities, with augmentation in front for training."""
        raise NotImplementedError

    def weights(self) -> Weights:
        """Copy of what learns."""
        return [
            np.array(keras.ops.convert_to_numpy(each)) for each in self.from_maps.trainable_weights
        ]

    def restore(self, weights: Weights) -> None:
        """Set what learns."""
        for variable, value in zip(self.from_maps.trainable_weights, weights, strict=True):
            variable.assign(value)

    def blend(self, before: Weights, share: float) -> None:
        """Go back towards earlier weights, keeping `share` of the way since.

        Source: Wortsman et al. (2022), "Robust fine-tuning of zero-shot models", equation 1.
        """
        if share < 1:
            pairs = zip(before, self.weights(), strict=True)
            self.restore([old + share * (new - old) for old, new in pairs])

    def learning_rates(self, earliest: float) -> dict[int, float]:
        """Share of the learning rate for each variable of the tail, lower for earlier blocks.

        Args:
            earliest: share of the earliest block; later ones lie on a geometric scale up to 1.

        Returns:
            By the variable's `id`.
        """
        layers = {layer.name: layer for layer in every_layer(self._tail)}
        blocks = self._blocks
        rates = {}
        for number, names in enumerate(blocks):
            remaining = (len(blocks) - 1 - number) / max(1, len(blocks) - 1)
            for name in names:
                for variable in layers[name].trainable_variables:
                    rates[id(variable)] = earliest**remaining
        return rates


class FineTuning(Tuning):
    """A head on the unfrozen tail of a pretrained network; training changes both.

    Args:
        backbone: stays as it is; the tail is copied.
        head: a keras.Model from features to probabilities.
    """

    def __init__(self, backbone: DividedBackbone, head: Any) -> None:
        self._backbone = backbone
        tail = copy_network(backbone.parts.tail, "tail")
        unfreeze(tail)
        self._head = head
        maps = keras.Input(tail.input_shape[1:], name="maps")
        outputs = head(pooled(tail(maps), backbone.pooling))
        from_maps = keras.Model(maps, outputs, name="finetuning")
        super().__init__(from_maps, tail, backbone.parts.blocks)

    def features(self) -> Any:
        """The network from pixels to features, through trunk and tail."""
        backbone = self._backbone
        # A copy, since what is put on a graph stays alive as long as the graph does.
        trunk = copy_network(backbone.parts.trunk, "trunk")
        trunk.trainable = False
        whole = keras.Model(trunk.input, self._tail(trunk.output), name="backbone")
        return feature_network(whole, backbone.preprocessing, backbone.pooling, backbone.image_size)

    def from_pixels(self, augmentation: Augmentation, *, seed: int) -> Any:
        """The network from pixels to probabilities, with augmentation in front for training."""
        features = self.features()
        return augmenting(
            keras.Model(features.input, self._head(features.output)),
            augmentation,
            self._backbone.image_size,
            seed=seed,
        )

    def shaped(self, maps: NDArray[np.float32]) -> NDArray[np.float32]:
        """Flattened maps (n, d) in the shape that the tail takes."""
        return maps.reshape(-1, *self._tail.input_shape[1:])
