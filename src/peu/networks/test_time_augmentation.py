"""Test-time augmentation: a network's predictions averaged over views of each image."""

from typing import Any

from peu.networks.augmentation_settings import Flips, Views
from peu.networks.backend import keras

# The middle that is looked at a second time, as a share of each side.
_MIDDLE = 0.8


def average_views(network: Any, views: Views, *, flips: Flips) -> Any:
    """Average a network's probabilities over views of each image, inside one graph.

    The views are those that its training has varied: the image, its mirror image where
    training mirrors left and right, and with 4 views the middle of both, enlarged.

    Args:
        network: from uint8 pixels (n, height, width, 3) to probabilities (n, k).
        views: 1, 2 or 4.
        flips: how images were mirrored in training.

    Returns:
        A keras.Model like the network that shares its weights; the network itself for one view.
    """
    layers = keras.layers
    mirrored = flips in ("horizontal", "both")
    if views == 1 or (views == 2 and not mirrored):
        return network
    height, width = (int(side) for side in network.input_shape[1:3])
    inputs = keras.Input((height, width, 3), dtype="uint8", name="image")
    seen = [inputs]
    if views == 4:
        middle = layers.CenterCrop(
            round(_MIDDLE * height), round(_MIDDLE * width), dtype="uint8", name="middle"
        )(inputs)
        # In float32, since ONNX rounds no integers.
        enlarged = layers.Resizing(height, width, dtype="float32", name="enlarged")(middle)
        seen.append(keras.ops.cast(keras.ops.round(enlarged), "uint8"))
    if mirrored:
        seen += [keras.ops.flip(view, axis=2) for view in seen]
    outputs = layers.Average(dtype="float32", name="mean_of_views")(
        [network(view) for view in seen]
    )
    return keras.Model(inputs, outputs, name="average_views")
