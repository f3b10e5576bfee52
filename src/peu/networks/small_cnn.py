"""The lab sheet's convolutional network, every number a setting."""

from typing import Any

from peu.networks.backend import keras
from peu.networks.heads import class_probabilities
from peu.recipes.scratch import SmallCNN
from peu.seeds import child_seed

# A training on few images has few steps to learn these means from.
_MOMENTUM = 0.9


def small_cnn(recipe: SmallCNN, class_count: int, *, seed: int, precision: str = "float32") -> Any:
    """Build the network that `SmallCNN` trains, with weights drawn from `seed`.

    Pixels are scaled inside the graph, so that whoever holds the model holds the preprocessing.

    Args:
        recipe: filters, sizes, dropout.
        class_count: classes to tell apart, 2 or more.
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

    inputs = keras.Input((*recipe.image_size, 3), dtype="uint8", name="pixels")
    x = layers.Rescaling(1 / 255, dtype=precision, name="scale")(inputs)
    for number, filters in enumerate(recipe.filters, start=1):
        x = layers.Conv2D(
            filters,
            recipe.kernel_size,
            padding="same",
            activation=None if recipe.batch_norm else "relu",
            use_bias=not recipe.batch_norm,
            kernel_initializer=weights(f"conv_{number}"),
            dtype=precision,
            name=f"conv_{number}",
        )(x)
        if recipe.batch_norm:
            x = layers.BatchNormalization(
                momentum=_MOMENTUM, dtype=precision, name=f"norm_{number}"
            )(x)
            x = layers.Activation("relu", dtype=precision, name=f"relu_{number}")(x)
        x = layers.MaxPooling2D(
            recipe.pool_size,
            strides=recipe.pool_strides,
            padding="same",
            dtype=precision,
            name=f"pool_{number}",
        )(x)
    x = layers.Flatten(dtype=precision, name="flatten")(x)
    x = layers.Dense(
        recipe.dense_units,
        activation="relu",
        kernel_initializer=weights("hidden"),
        dtype=precision,
        name="hidden",
    )(x)
    if recipe.dropout:
        x = layers.Dropout(
            recipe.dropout, seed=child_seed(seed, "dropout"), dtype=precision, name="dropout"
        )(x)
    outputs = class_probabilities(x, class_count, seed=seed, precision=precision)
    return keras.Model(inputs, outputs, name="small_cnn")
