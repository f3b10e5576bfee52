"""Saved models that are one ONNX graph in a file: read whole, and tried out."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from peu.errors import BundleError
from peu.files import read_bytes

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
        model = build(read_bytes(path, most_bytes=most_bytes))
        check(model)
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise BundleError(
            f"`{path}` must be a model that peu saved. It could not be read: {reason[:200]}. "
            "Train and save the model again."
        ) from error
    return model
