"""Grad-CAM: the areas of an image behind a network's prediction."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.networks.backend import gradient, keras

# Cells per side below which a map is too coarse to show a place; pretrained networks end at 7.
_FINE_ENOUGH = 7


def grad_cam(
    network: Any, pixels: NDArray[np.uint8], class_index: int
) -> NDArray[np.float64] | None:
    """Weight a network's last map by the gradient of one class's logit.

    Args:
        network: a keras.Model from pixels to probabilities with a layer named "logits", its own
            or that of a network inside it.
        pixels: (height, width, 3) in [0, 255], of the network's size.
        class_index: the class in question.

    Returns:
        (rows, columns), not negative; None where no map leads to the logits alone, or where no
        channel speaks for the class.

    Source: Selvaraju et al. (2017), "Grad-CAM", equations 1 and 2.
    """
    inner = _with_logits(network)
    layer = None if inner is None else _last_map(inner)
    if layer is None:
        return None
    to_maps = keras.Model(inner.input, layer.output)
    to_logits = keras.Model(layer.output, inner.get_layer("logits").output)
    maps = keras.ops.cast(to_maps(pixels[None], training=False), "float32")
    slopes = gradient(
        lambda point: keras.ops.cast(to_logits(point, training=False)[0, class_index], "float32"),
        maps,
    )
    weights = slopes.mean(axis=(1, 2), keepdims=True)
    support = np.maximum((keras.ops.convert_to_numpy(maps) * weights).sum(axis=-1)[0], 0)
    return support.astype(np.float64) if support.any() else None


def _with_logits(network: Any) -> Any:
    """Find the network whose own graph holds the logits: itself, or one inside it."""
    if any(layer.name == "logits" for layer in network.layers):
        return network
    inner = [layer for layer in network.layers if hasattr(layer, "layers")]
    return next((found for each in inner if (found := _with_logits(each)) is not None), None)


def _last_map(network: Any) -> Any:
    """Find the last map, or the last fine enough where that one is too coarse."""
    maps = [layer for layer in network.layers if len(getattr(layer.output, "shape", ())) == 4]
    # Three channels are the image itself, whose mean gradient says nothing about a place.
    maps = [layer for layer in maps if layer.output.shape[-1] != 3]
    if not maps:
        return None
    # A backbone that takes any size does not say how large its maps are.
    sized = [layer for layer in maps if None not in layer.output.shape[1:3]]
    fine = [layer for layer in sized if min(layer.output.shape[1:3]) >= _FINE_ENOUGH]
    for layer in (*reversed(fine), maps[-1]):
        if _leads_to_logits(layer, network):
            return layer
    return None


def _leads_to_logits(layer: Any, network: Any) -> bool:
    """Whether the logits depend on this map alone, as they do not inside a block."""
    try:
        keras.Model(layer.output, network.get_layer("logits").output)
    except ValueError:
        return False
    return True
