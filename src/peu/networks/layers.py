"""Layers of a network, for those who take it apart."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_IMAGENET_SIDE = 224
_VGG16_HEAD = {"fc1": 4096, "fc2": 4096, "predictions": 1000}


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
    from peu.networks.backend import keras

    return any(
        isinstance(layer, keras.layers.BatchNormalization)
        or (isinstance(layer, keras.Model) and has_batch_norm(layer))
        for layer in network.layers
    )


def vgg16_layers() -> tuple[Layer, ...]:
    """Layers of VGG16, read from its graph; no weights are downloaded.

    Those of its head are added up: to draw their 124 million weights took two seconds and
    500 MB.
    """
    from peu.networks.backend import keras

    network = keras.applications.VGG16(
        weights=None, include_top=False, input_shape=(_IMAGENET_SIDE, _IMAGENET_SIDE, 3)
    )
    layers = [
        Layer(
            name=layer.name,
            kind=type(layer).__name__,
            output=tuple(int(side) for side in layer.output.shape[1:]),
            parameters=int(layer.count_params()),
        )
        for layer in network.layers
    ]
    keras.backend.clear_session()
    units = math.prod(layers[-1].output)
    layers.append(Layer(name="flatten", kind="Flatten", output=(units,), parameters=0))
    for name, width in _VGG16_HEAD.items():
        parameters = (units + 1) * width
        layers.append(Layer(name=name, kind="Dense", output=(width,), parameters=parameters))
        units = width
    return tuple(layers)


def layer_output(network: Any, name: str, inputs: NDArray[Any]) -> NDArray[np.float32]:
    """Output of one layer for inputs (n, ...)."""
    from peu.networks.backend import keras
    from peu.networks.inference import run_in_batches

    return run_in_batches(keras.Model(network.input, network.get_layer(name).output), inputs)[0]
