"""Class activation maps: the areas behind a class, from the same pass that predicts it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.errors import BundleError
from peu.models.onnx_session import run_session


def activation_map(
    session: Any, weights: NDArray[np.float64], pixels: NDArray[np.uint8]
) -> NDArray[np.float64] | None:
    """A network's last map, weighted by a linear classifier.

    Args:
        session: of a graph that gives its "map", which was pooled or flattened to features.
        weights: (d,) of the class in question, one for each feature.
        pixels: (height, width, 3), as the graph takes them.

    Returns:
        (rows, columns), not negative; None where no area speaks for the class.

    Raises:
        BundleError: the map does not belong to the weights.

    Source: Zhou et al. (2016), "Learning deep features for discriminative localization".
    """
    found = run_session(session, ["map"], {"pixels": pixels[None]}, pixels[..., 0].size)
    feature_map = found[0][0]
    if feature_map.ndim != 3 or len(weights) not in (feature_map.size, len(feature_map)):
        raise BundleError(
            f"A model's map must have {len(weights)} channels, one for each of its weights. "
            f"Received: {feature_map.shape}. Train and save the model again."
        )
    if len(weights) == len(feature_map):
        support = np.tensordot(weights, feature_map, axes=1)
    else:
        # Not pooled but flattened, channels last: a weight for every place.
        places = weights.reshape(*feature_map.shape[1:], len(feature_map)).transpose(2, 0, 1)
        support = (places * feature_map).sum(axis=0)
    support = np.maximum(support, 0)
    return support if support.any() else None
