"""Fitted models of plain arrays: written without pickle, and tried out when they are read."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from peu.errors import BundleError
from peu.files import replacing
from peu.recipes.checks import check_image

Model = TypeVar("Model")


class Answering(Protocol):
    """What gives probabilities for images of its own size."""

    @property
    def image_size(self) -> tuple[int, int]:
        """Give (height, width) in pixels."""

    @property
    def class_count(self) -> int:
        """Give how many classes it tells apart."""

    def predict_proba(self, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Give (n, k) for (n, height, width, 3)."""


def write_arrays(path: Path, arrays: dict[str, Any]) -> None:
    """Write named arrays and numbers into one file."""
    with replacing(path) as draft:
        np.savez_compressed(draft, allow_pickle=False, **arrays)


def read_arrays(
    path: Path, names: Sequence[str], build: Callable[[dict[str, Any]], Model], *, what: str
) -> Model:
    """Read what `write_arrays` wrote, and build a model of it.

    Args:
        path: the file.
        names: of the arrays that it must hold.
        build: makes the model, and raises whatever it likes where it cannot.
        what: the model, for the message.

    Returns:
        The model.

    Raises:
        BundleError: the file is damaged, or holds no such model.
    """
    try:
        # NumPy leaves a damaged file open that it has opened itself.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            values = {name: stored[name] for name in names}
        return build({name: each if each.ndim else each.item() for name, each in values.items()})
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise BundleError(
            f"`{path}` must hold {what} that peu saved. It could not be read: "
            f"{reason[:200]}. Train and save the model again."
        ) from error


def check_answers(model: Answering) -> None:
    """Refuse a model that does not answer for a black image.

    Raises:
        ValueError: no finite probability a class.
        RecipeError: a size out of all proportion.
    """
    check_image(model.image_size, "stretch")
    with np.errstate(all="ignore"):
        answer = model.predict_proba(np.zeros((1, *model.image_size, 3), np.uint8))
    if answer.shape != (1, model.class_count) or not np.isfinite(answer).all():
        raise ValueError("it does not give one probability a class")
