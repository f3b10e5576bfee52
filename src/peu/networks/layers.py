"""Layers of a network, for those who take it apart."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.networks.backend import keras
from peu.networks.inference import run_in_batches

_IMAGENET_SIDE = 224


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A layer of a network.

    Attributes:
        name: in Keras.
        kind: its class in Keras.
        output: shape, without the batch.
        parameters: numbers in it.
    """

    name: str
    kind: str
    output: tuple[int, ...]
    parameters: int


def has_batch_norm(network: Any) -> bool:
    """Whether a network, or one inside it, normalises over batches."""
    return any(
        isinstance(layer, keras.layers.BatchNormalization)
        or (isinstance(layer, keras.Model) and has_batch_norm(layer))
        for layer in network.layers
    )


def vgg16_layers() -> tuple[Layer, ...]:
    """Layers of VGG16, read from its graph; no weights are downloaded."""
    network = keras.applications.VGG16(
        weights=None, include_top=True, input_shape=(_IMAGENET_SIDE, _IMAGENET_SIDE, 3)
    )
    layers = tuple(
        Layer(
            name=layer.name,
            kind=type(layer).__name__,
            output=tuple(int(side) for side in layer.output.shape[1:]),
            parameters=int(layer.count_params()),
        )
        for layer in network.layers
    )
    keras.backend.clear_session()
    return layers


def layer_output(network: Any, name: str, inputs: NDArray[Any]) -> NDArray[np.float32]:
    """Output of one layer for inputs (n, ...)."""
    return run_in_batches(keras.Model(network.input, network.get_layer(name).output), inputs)[0]
