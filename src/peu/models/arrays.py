"""Fitted models as plain arrays: written without pickle, and tried out when they are read."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from peu.errors import BundleError
from peu.files import replacing
from peu.images.resizing import check_image_size
from peu.npz import read_npz

if TYPE_CHECKING:
    from peu.models.probability_model import ProbabilityModel

Model = TypeVar("Model")


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write named arrays and numbers into one .npz file."""
    with replacing(path) as draft:
        np.savez_compressed(draft, allow_pickle=False, **arrays)


def read_arrays(
    path: Path,
    names: Sequence[str] | None,
    build: Callable[[dict[str, Any]], Model],
    *,
    what: str,
) -> Model:
    """Read a file of `write_arrays`, and build a model from its arrays.

    Args:
        path: the file.
        names: of the arrays that it must contain; None takes all that are there.
        build: makes the model from them; may raise anything if they do not fit.
        what: the model, for the message.

    Returns:
        The model.

    Raises:
        BundleError: the file is damaged, or does not contain such a model.
    """
    try:
        values = read_npz(path, names)
        _check_finite(values)
        return build({name: each if each.ndim else each.item() for name, each in values.items()})
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise BundleError(
            f"`{path}` must contain {what} that peu saved. It could not be read: "
            f"{reason[:200]}. Train and save the model again."
        ) from error


def check_positive(temperature: float) -> None:
    """Check the number that scores are divided by.

    Raises:
        ValueError: it is 0 or less, which would turn the order of the classes round.
    """
    if not temperature > 0:
        raise ValueError(f"its temperature must be above 0, not {temperature}")


def _check_finite(values: Mapping[str, Any]) -> None:
    for name, each in values.items():
        if each.dtype.kind not in "biuf" or not np.isfinite(each).all():
            raise ValueError(f"`{name}` must have finite numbers alone")


def check_predicts(model: "ProbabilityModel") -> None:
    """Check that a model predicts finite probabilities for a black image.

    Raises:
        ValueError: it does not predict one finite probability per class.
        RecipeError: its image size is out of range.
    """
    check_image_size(model.image_size, "stretch")
    with np.errstate(all="ignore"):
        probabilities = model.predict_proba(np.zeros((1, *model.image_size, 3), np.uint8))
    if probabilities.shape != (1, model.class_count) or not np.isfinite(probabilities).all():
        raise ValueError("it does not predict one finite probability per class")
