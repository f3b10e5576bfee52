"""Saved models that are one ONNX graph in a file: read whole, and tried out."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from peu.errors import BundleError
from peu.files import read_bytes
from peu.models.onnx_limits import check_onnx
from peu.models.onnx_session import running_alone

Model = TypeVar("Model")


def read_graph(
    path: Path,
    build: Callable[[bytes], Model],
    check: Callable[[Model], object],
    *,
    most_bytes: int,
) -> Model:
    """Read a model's graph from a bundle.

    Args:
        path: the file.
        build: makes the model from its content.
        check: raises whatever it likes if the model does not predict.
        most_bytes: that the file may have.

    Returns:
        The model.

    Raises:
        BundleError: the file is no such graph.
    """
    try:
        content = read_bytes(path, most_bytes=most_bytes)
        check_onnx(content)
        model = build(content)
        with running_alone():
            check(model)
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise BundleError(
            f"`{path}` must be a model that peu saved. It could not be read: {reason[:200]}. "
            "Train and save the model again."
        ) from error
    return model


def read_class_weights(stored: str, class_count: int) -> NDArray[np.float64] | None:
    """The weights (d, k) of a linear classifier that a graph's metadata holds; None if it has none.

    Raises:
        ValueError: they are no finite numbers, or for another number of classes.
    """
    try:
        found = json.loads(stored)
        weights = np.asarray(found, np.float64)
    except (ValueError, TypeError, RecursionError) as error:
        raise ValueError("its weights for heat maps are no numbers") from error
    if found is None:
        return None
    if weights.ndim != 2 or weights.shape[1] != class_count or not np.isfinite(weights).all():
        raise ValueError("its weights for heat maps are not one for each channel and class")
    return weights
