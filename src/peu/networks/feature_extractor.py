"""Features of images from a pretrained network that stays as it is."""

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.networks.backbone_sources import BackboneSource, find_backbone
from peu.networks.backbones import DEFAULT_SIZE, feature_network, load_backbone
from peu.networks.backend import keras
from peu.networks.pretrained_settings import Pooling

BATCH = 32


class FeatureExtractor:
    """A pretrained network from pixels to features.

    Args:
        network: a keras.Model from uint8 pixels (n, height, width, 3) to features (n, d).
        identity: changes whenever the features would.
    """

    def __init__(self, network: Any, identity: str) -> None:
        self.network = network
        self.identity = identity

    @property
    def image_size(self) -> tuple[int, int]:
        """(height, width) of its input, in pixels."""
        height, width = self.network.input_shape[1:3]
        return int(height), int(width)

    @property
    def feature_count(self) -> int:
        """Length of a feature vector."""
        return int(self.network.output_shape[-1])

    @property
    def parameters(self) -> int:
        """Numbers in the network."""
        return int(self.network.count_params())

    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Features (n, d) of pixels (n, height, width, 3)."""
        return run_in_batches(self.network, pixels)


def feature_extractor(
    backbone: str,
    weights: str,
    preprocessing: str,
    image_size: tuple[int, int] | None,
    pooling: Pooling,
) -> FeatureExtractor:
    """Load a pretrained network, downloading its weights where they are missing.

    Args:
        backbone: a name, or the path of a Keras model file.
        weights: "imagenet" or the path of a weights file.
        preprocessing: how pixels are scaled, or "auto".
        image_size: (height, width), or None for what the backbone was trained on.
        pooling: "average" or "flatten".

    Returns:
        The extractor, kept for whoever asks next.

    Raises:
        BundleError: the backbone's file is damaged or no backbone.
        RecipeError: no such backbone.
        ResourceError: its weights are not available and could not be downloaded.
    """
    return _extractor(find_backbone(backbone, weights, preprocessing), image_size, pooling)


def load_extractor(
    source: BackboneSource, image_size: tuple[int, int] | None, pooling: Pooling
) -> FeatureExtractor:
    """As `feature_extractor`, of a backbone that was found; nothing is kept."""
    backbone = load_backbone(source, image_size)
    made_for = backbone.input_shape[1:3]
    if image_size is None:
        image_size = DEFAULT_SIZE if None in made_for else (int(made_for[0]), int(made_for[1]))
    network = feature_network(backbone, source.preprocessing, pooling, image_size)
    return FeatureExtractor(network, f"{source.identity}:{source.preprocessing}:{pooling}")


_extractor = functools.lru_cache(maxsize=2)(load_extractor)


def run_in_batches(network: Any, inputs: NDArray[Any]) -> NDArray[np.float32]:
    """Run a network on inputs (n, ...), `BATCH` at a time."""
    rows = [np.zeros((0, *network.output_shape[1:]), np.float32)] if len(inputs) == 0 else []
    for start in range(0, len(inputs), BATCH):
        batch = inputs[start : start + BATCH]
        # Padded, since a batch of another size would have its graph traced anew, for seconds.
        missing = BATCH - len(batch)
        padded = np.concatenate([batch, np.zeros((missing, *batch.shape[1:]), batch.dtype)])
        found = np.asarray(network.predict_on_batch(padded), np.float32)
        rows.append(found[: len(batch)])
    return np.concatenate(rows)


def attach_head(network: Any, head: Any) -> Any:
    """Put a copy of a head on a feature network: one graph from pixels to probabilities."""
    x = network.output
    for layer in head.layers[1:]:
        # A copy, since a layer that stands in two graphs has no one output to explain.
        copy = layer.__class__.from_config(layer.get_config())
        x = copy(x)
        copy.set_weights(layer.get_weights())
    return keras.Model(network.input, x, name="classifier")
