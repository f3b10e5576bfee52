"""What a model says of one image."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Prediction:
    """What one image shows, and how sure that is.

    Attributes:
        label: the most probable class.
        probability: its probability, in [0, 1].
        probabilities: of every class.
        none_of_these: whether the image is unlike all that the model learnt from; None where
            that was not asked, or the model cannot tell.
        prediction_set: the labels that the image may have, for a coverage that was asked for;
            none where even the most probable is not probable enough.
    """

    label: str
    probability: float
    probabilities: dict[str, float] = field(repr=False)
    none_of_these: bool | None = None
    prediction_set: tuple[str, ...] | None = None

    def to_dict(self) -> dict[str, object]:
        """As JSON holds it, in `peu predict --json` and over HTTP; without what was not asked."""
        value: dict[str, object] = {
            "label": self.label,
            "probability": self.probability,
            "probabilities": self.probabilities,
        }
        if self.none_of_these is not None:
            value["none_of_these"] = self.none_of_these
        if self.prediction_set is not None:
            value["prediction_set"] = list(self.prediction_set)
        return value


def named_predictions(
    class_names: tuple[str, ...],
    probabilities: NDArray[np.float64],
    refused: Flags | None,
    sets: Flags | None,
) -> Iterator[Prediction]:
    """Name what a model says.

    Args:
        class_names: k names.
        probabilities: (n, k).
        refused: (n,) which images are none of the classes, or None.
        sets: (n, k) which labels are in each image's prediction set, or None.

    Yields:
        A prediction for each image.
    """
    for at, row in enumerate(probabilities):
        best = int(np.argmax(row))
        chosen = None if sets is None else np.flatnonzero(sets[at])
        yield Prediction(
            class_names[best],
            float(row[best]),
            {name: float(each) for name, each in zip(class_names, row, strict=True)},
            none_of_these=None if refused is None else bool(refused[at]),
            prediction_set=None
            if chosen is None
            else tuple(class_names[each] for each in chosen[np.argsort(-row[chosen])]),
        )
