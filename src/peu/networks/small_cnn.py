"""The lab sheet's convolutional network, every number a setting."""

from collections.abc import Sequence
from typing import Any

from peu.networks.backend import keras
from peu.networks.heads import class_probabilities
from peu.seeds import child_seed

# A training on few images has few steps to learn these means from.
_MOMENTUM = 0.9


def small_cnn(
    image_size: tuple[int, int],
    class_count: int,
    *,
    filters: Sequence[int] = (32, 64),
    kernel_size: int = 3,
    pool_size: int = 3,
    pool_strides: int = 2,
    dense_units: int = 100,
    batch_norm: bool = False,
    dropout: float = 0.0,
    seed: int,
    precision: str = "float32",
) -> Any:
    """Build the lab sheet's network, with weights drawn from `seed`.

    Pixels are scaled inside the graph, so that whoever holds the model holds the preprocessing.

    Args:
        image_size: (height, width) in pixels.
        class_count: number of classes, 2 or more.
        filters: filters of each convolution.
        kernel_size: side of the convolutions, in pixels.
        pool_size: side of the pooling windows, in pixels.
        pool_strides: stride of the pooling windows, in pixels.
        dense_units: width of the hidden layer after flattening.
        batch_norm: whether each convolution is followed by batch normalisation.
        dropout: share of the hidden layer's units dropped in training, in [0, 1).
        seed: of the weights and of the dropout.
        precision: a Keras dtype policy; the probabilities are float32 under each.

    Returns:
        A keras.Model from uint8 pixels (n, height, width, 3) in [0, 255] to probabilities
        (n, class_count).

    Source: lab sheet, section 1.2.
    """
    layers = keras.layers

    def weights(name: str) -> Any:
        return keras.initializers.GlorotUniform(seed=child_seed(seed, "weights", name))

    inputs = keras.Input((*image_size, 3), dtype="uint8", name="pixels")
    x = layers.Rescaling(1 / 255, dtype=precision, name="scale")(inputs)
    for number, count in enumerate(filters, start=1):
        x = layers.Conv2D(
            count,
            kernel_size,
            padding="same",
            activation=None if batch_norm else "relu",
            use_bias=not batch_norm,
            kernel_initializer=weights(f"conv_{number}"),
            dtype=precision,
            name=f"conv_{number}",
        )(x)
        if batch_norm:
            x = layers.BatchNormalization(
                momentum=_MOMENTUM, dtype=precision, name=f"norm_{number}"
            )(x)
            x = layers.Activation("relu", dtype=precision, name=f"relu_{number}")(x)
        x = layers.MaxPooling2D(
            pool_size,
            strides=pool_strides,
            padding="same",
            dtype=precision,
            name=f"pool_{number}",
        )(x)
    x = layers.Flatten(dtype=precision, name="flatten")(x)
    x = layers.Dense(
        dense_units,
        activation="relu",
        kernel_initializer=weights("hidden"),
        dtype=precision,
        name="hidden",
    )(x)
    if dropout:
        x = layers.Dropout(
            dropout, seed=child_seed(seed, "dropout"), dtype=precision, name="dropout"
        )(x)
    outputs = class_probabilities(x, class_count, seed=seed, precision=precision)
    return keras.Model(inputs, outputs, name="small_cnn")
