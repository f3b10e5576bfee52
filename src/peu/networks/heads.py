"""What stands on top of features: from numbers to the probabilities of classes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.networks.backend import keras
from peu.seeds import child_seed


def class_probabilities(
    features: Any, class_count: int, *, seed: int, precision: str = "float32"
) -> Any:
    """Add a dense layer named "logits" and a softmax in float32.

    The two are apart since explanations differentiate the logits: the softmax's gradient
    vanishes where a network is sure.

    Args:
        features: symbolic tensor (n, d).
        class_count: classes to tell apart.
        seed: of the weights.
        precision: dtype policy of the dense layer.

    Returns:
        Symbolic tensor (n, class_count) of probabilities.
    """
    logits = keras.layers.Dense(
        class_count,
        kernel_initializer=keras.initializers.GlorotUniform(seed=child_seed(seed, "logits")),
        dtype=precision,
        name="logits",
    )(features)
    return keras.layers.Softmax(dtype="float32", name="probabilities")(logits)


def mlp_head(feature_count: int, hidden_units: int, class_count: int, *, seed: int) -> Any:
    """Build the sheet's classifier of features: one hidden layer with ReLU, then a softmax.

    Args:
        feature_count: length of a feature vector.
        hidden_units: width of the hidden layer.
        class_count: classes to tell apart.
        seed: of the weights.

    Returns:
        A keras.Model from features (n, feature_count) to probabilities (n, class_count).

    Source: lab sheet, section 1.5.
    """
    inputs = keras.Input((feature_count,), name="features")
    x = keras.layers.Dense(
        hidden_units,
        activation="relu",
        kernel_initializer=keras.initializers.GlorotUniform(seed=child_seed(seed, "hidden")),
        name="hidden",
    )(inputs)
    outputs = class_probabilities(x, class_count, seed=seed)
    return keras.Model(inputs, outputs, name="mlp")


def linear_head(weights: NDArray[np.float64], intercepts: NDArray[np.float64]) -> Any:
    """Build a softmax over fitted linear scores of features brought to unit length.

    Args:
        weights: (d, k), one column a class.
        intercepts: (k,).

    Returns:
        A keras.Model from features (n, d) to probabilities (n, k).
    """
    feature_count, class_count = weights.shape
    inputs = keras.Input((feature_count,), name="features")
    x = keras.layers.UnitNormalization(name="unit_length")(inputs)
    outputs = class_probabilities(x, class_count, seed=0)
    model = keras.Model(inputs, outputs, name="logistic_regression")
    model.get_layer("logits").set_weights([weights, intercepts])
    return model
