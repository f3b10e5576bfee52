"""A small residual network for small images."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.networks.backend import keras
from peu.networks.heads import class_probabilities
from peu.seeds import child_seed

_STEM = 5
# Batches of a few hundred images are few: statistics follow them at one part in ten.
_MOMENTUM = 0.9
# A deviation of 8 grey levels, in the scale of `_SCALE`: flatter images are not blown up.
_SCALE = 1 / 64
_FLAT = (8 * _SCALE) ** 2
_ORIENTED_SHARE = 2 / 3


def residual_network(
    image_size: tuple[int, int],
    class_count: int,
    *,
    filters: Sequence[int] = (24, 48, 96, 192),
    dropout: float = 0.3,
    seed: int,
    precision: str = "float32",
) -> Any:
    """Build a small residual network, with weights drawn from `seed`.

    Each image is brought to the same mean and contrast. A strided 5 x 5 convolution follows,
    most of whose filters begin as slopes in evenly spaced directions, as gradient histograms
    have them: with few images that is learnt neither well nor soon. Then comes a residual
    block for each entry of `filters`, each of two 3 x 3 convolutions behind batch normalisation
    and ReLU and of half its input's sides, then the mean over positions. With the default
    filters and four classes 691,804 numbers are trained.

    Args:
        image_size: (height, width) in pixels.
        class_count: number of classes, 2 or more.
        filters: channels of each residual block.
        dropout: share of the pooled features dropped in training, in [0, 1).
        seed: of the weights and of the dropout.
        precision: a Keras dtype policy; the probabilities are float32 under each.

    Returns:
        A keras.Model from uint8 pixels (n, height, width, 3) in [0, 255] to probabilities
        (n, class_count).

    Source: He et al. (2016), "Identity mappings in deep residual networks", figure 1b.
    """
    layers = keras.layers

    def convolution(x: Any, count: int, side: int, strides: int, name: str) -> Any:
        return layers.Conv2D(
            count,
            side,
            strides=strides,
            padding="same",
            use_bias=False,
            kernel_initializer=keras.initializers.HeNormal(seed=child_seed(seed, "weights", name)),
            dtype=precision,
            name=name,
        )(x)

    def activation(x: Any, name: str) -> Any:
        x = layers.BatchNormalization(momentum=_MOMENTUM, dtype=precision, name=f"{name}_norm")(x)
        return layers.Activation("relu", dtype=precision, name=f"{name}_relu")(x)

    inputs = keras.Input((*image_size, 3), dtype="uint8", name="pixels")
    x = layers.Rescaling(_SCALE, dtype="float32", name="scale")(inputs)
    x = layers.LayerNormalization(
        axis=(1, 2, 3), epsilon=_FLAT, center=False, scale=False, dtype="float32", name="contrast"
    )(x)
    x = convolution(x, filters[0], _STEM, 2, "stem")
    for number, width in enumerate(filters, start=1):
        name = f"block_{number}"
        ahead = activation(x, f"{name}_first")
        inside = convolution(ahead, width, 3, 2, f"{name}_first_conv")
        inside = activation(inside, f"{name}_second")
        inside = convolution(inside, width, 3, 1, f"{name}_second_conv")
        beside = layers.AveragePooling2D(2, padding="same", dtype=precision, name=f"{name}_pool")(
            ahead
        )
        if beside.shape[-1] != width:
            beside = convolution(beside, width, 1, 1, f"{name}_shortcut")
        x = layers.Add(dtype=precision, name=f"{name}_sum")([inside, beside])
    x = activation(x, "last")
    x = layers.GlobalAveragePooling2D(dtype=precision, name="pool")(x)
    if dropout:
        x = layers.Dropout(
            dropout, seed=child_seed(seed, "dropout"), dtype=precision, name="dropout"
        )(x)
    outputs = class_probabilities(x, class_count, seed=seed, precision=precision)
    network = keras.Model(inputs, outputs, name="residual_network")
    slopes = _slopes(_STEM, filters[0], np.random.default_rng(child_seed(seed, "stem")))
    network.get_layer("stem").set_weights([slopes])
    return network


def _slopes(side: int, count: int, generator: np.random.Generator) -> NDArray[np.float32]:
    """Draw filters (side, side, 3, count): derivatives of a Gaussian, and a share of noise."""
    filters = generator.normal(0, 0.02, (side, side, 3, count))
    places = np.arange(side) - (side - 1) / 2
    down, across = np.meshgrid(places, places, indexing="ij")
    window = np.exp(-(across**2 + down**2) / (2 * (side / 5) ** 2))
    oriented = round(_ORIENTED_SHARE * count)
    for number in range(oriented):
        angle = 2 * math.pi * number / oriented
        slope = (across * math.cos(angle) + down * math.sin(angle)) * window
        filters[..., number] += (0.53 * slope / np.linalg.norm(slope))[..., None]
    return filters.astype(np.float32)
