"""Heat maps: the areas of an image behind a prediction."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

_OCCLUSION_STEPS = 8
_ROUNDING = 1e-6
_METHODS = {"grad_cam": "Grad-CAM", "class_activation": "class activation map"}


class PredictsPixels(Protocol):
    """Whatever gives probabilities (n, k) for pixels (n, height, width, 3)."""

    def predict_proba(self, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Predict the probabilities of the classes."""


@dataclass(frozen=True, eq=False)
class Heatmap:
    """The areas of an image behind the prediction of one class.

    Attributes:
        values: coarse grid (rows, columns) in [0, 1]; 1 counted most, all zeros where no area
            speaks for the class.
        method: "Grad-CAM", "class activation map" or "occlusion".
    """

    values: NDArray[np.float64] = field(repr=False)
    method: str


def explain_pixels(model: PredictsPixels, pixels: NDArray[np.uint8], class_index: int) -> Heatmap:
    """Find the areas of an image behind the prediction of a class.

    A network is explained by Grad-CAM, a linear classifier on a feature map by its class
    activation map. Others are explained by covering one area after the other, and so are networks
    in which no channel speaks for the class. Where an image is a set of patches, those of an area
    are left out instead: that is as good, and needs one description of the image.

    Args:
        model: any.
        pixels: (height, width, 3) in [0, 255], of the model's size.
        class_index: the class in question.

    Returns:
        A coarse map over the image.

    Source: Selvaraju et al. (2017), "Grad-CAM"; Zeiler and Fergus (2014), section 4.2, for
    occlusion.
    """
    for name, method in _METHODS.items():
        explain = getattr(model, name, None)
        values = None if explain is None else explain(pixels, class_index)
        if values is not None:
            return Heatmap(_to_unit_range(values), method)
    leave_out = getattr(model, "without_each_part", None)
    if leave_out is not None:
        answers = leave_out(pixels, _OCCLUSION_STEPS, _OCCLUSION_STEPS)
        return Heatmap(_losses(answers[:, class_index]), "occlusion")
    return Heatmap(_occlusion(model, pixels, class_index), "occlusion")


def _occlusion(
    model: PredictsPixels, pixels: NDArray[np.uint8], class_index: int
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
    answers = model.predict_proba(np.stack([*covered, pixels]))
    return _losses(answers[:, class_index])


def _losses(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a prediction loses without each area: probabilities without it, then of the whole."""
    losses = probabilities[-1] - probabilities[:-1]
    losses[losses < _ROUNDING] = 0
    return _to_unit_range(losses.reshape(_OCCLUSION_STEPS, _OCCLUSION_STEPS))


def _to_unit_range(values: NDArray[np.float64]) -> NDArray[np.float64]:
    highest = values.max()
    return values / highest if highest > 0 else values
