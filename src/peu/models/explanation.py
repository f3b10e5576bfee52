"""Where in an image a classifier saw what it predicts."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.models.classifier import Classifier, ProbabilityModel

_OCCLUSION_STEPS = 8
_ROUNDING = 1e-6
# Cells a side that a map needs to show a place: the last one of pretrained networks has 7.
_FINE_ENOUGH = 7


@dataclass(frozen=True, eq=False)
class Heatmap:
    """Show which regions spoke for a class.

    Attributes:
        values: coarse grid (rows, columns) in [0, 1]; 1 spoke loudest.
        method: "Grad-CAM" or "occlusion".
    """

    values: NDArray[np.float64]
    method: str


def explain(classifier: Classifier, pixels: NDArray[np.uint8], class_index: int) -> Heatmap:
    """Find the regions of an image that speak for a class.

    Networks are asked by Grad-CAM; anything else by covering one region after the other, and
    so are networks in which no channel speaks for the class on the whole.

    Args:
        classifier: any.
        pixels: (height, width, 3) in [0, 255], of the classifier's size.
        class_index: the class in question.

    Returns:
        A coarse map over the image; all zeros where nothing speaks for the class.

    Source: Selvaraju et al. (2017), "Grad-CAM", equations 1 and 2; Zeiler and Fergus (2014),
    section 4.2, for occlusion.
    """
    whole = getattr(classifier.model, "network", None)
    network = None if whole is None else _with_logits(whole)
    layer = None if network is None else _last_map(network)
    if layer is not None:
        values = _grad_cam(network, layer, pixels, class_index)
        if values.any():
            return Heatmap(values, "Grad-CAM")
    return Heatmap(_occlusion(classifier.model, pixels, class_index), "occlusion")


def _with_logits(network: Any) -> Any:
    """Give the network whose own graph holds the logits: itself, or one that it asks for views."""
    if any(layer.name == "logits" for layer in network.layers):
        return network
    asked = [layer for layer in network.layers if hasattr(layer, "layers")]
    return next((found for each in asked if (found := _with_logits(each)) is not None), None)


def _last_map(network: Any) -> Any:
    """Find the last map, or the last that shows places where that one is too coarse to."""
    maps = [layer for layer in network.layers if len(getattr(layer.output, "shape", ())) == 4]
    # Three channels are the image itself, whose mean slope says nothing of a place.
    maps = [layer for layer in maps if layer.output.shape[-1] != 3]
    if not maps:
        return None
    # A backbone that was made for any size does not say how large its maps are.
    sized = [layer for layer in maps if None not in layer.output.shape[1:3]]
    fine = [layer for layer in sized if min(layer.output.shape[1:3]) >= _FINE_ENOUGH]
    for layer in (*reversed(fine), maps[-1]):
        if _leads_to_logits(layer, network):
            return layer
    return None


def _leads_to_logits(layer: Any, network: Any) -> bool:
    """Tell whether the logits come from this map alone, as they do not within a block."""
    from peu.networks.backend import keras

    try:
        keras.Model(layer.output, network.get_layer("logits").output)
    except ValueError:
        return False
    return True


def _grad_cam(
    network: Any, layer: Any, pixels: NDArray[np.uint8], class_index: int
) -> NDArray[np.float64]:
    from peu.networks.backend import gradient, keras

    to_maps = keras.Model(network.input, layer.output)
    to_logits = keras.Model(layer.output, network.get_layer("logits").output)
    maps = keras.ops.cast(to_maps(pixels[None], training=False), "float32")
    slopes = gradient(
        lambda point: keras.ops.cast(to_logits(point, training=False)[0, class_index], "float32"),
        maps,
    )
    weights = slopes.mean(axis=(1, 2), keepdims=True)
    support = np.maximum((keras.ops.convert_to_numpy(maps) * weights).sum(axis=-1)[0], 0)
    return _to_unit_range(support.astype(np.float64))


def _occlusion(
    model: ProbabilityModel, pixels: NDArray[np.uint8], class_index: int
) -> NDArray[np.float64]:
    height, width = pixels.shape[:2]
    rows = np.linspace(0, height, _OCCLUSION_STEPS + 1).astype(int)
    columns = np.linspace(0, width, _OCCLUSION_STEPS + 1).astype(int)
    grey = pixels.reshape(-1, 3).mean(axis=0).astype(np.uint8)
    covered = []
    for top, bottom in pairwise(rows):
        for left, right in pairwise(columns):
            copy = pixels.copy()
            copy[top:bottom, left:right] = grey
            covered.append(copy)
    whole = model.predict_proba(pixels[None])[0, class_index]
    without = model.predict_proba(np.stack(covered))[:, class_index]
    losses = whole - without
    losses[losses < _ROUNDING] = 0
    return _to_unit_range(losses.reshape(_OCCLUSION_STEPS, _OCCLUSION_STEPS))


def _to_unit_range(values: NDArray[np.float64]) -> NDArray[np.float64]:
    highest = values.max()
    return values / highest if highest > 0 else values
