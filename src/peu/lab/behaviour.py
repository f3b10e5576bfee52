"""How a training went, named by a rule from its curves alone."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from peu.networks.history import VALIDATION_EPOCH

Kind = Literal[
    "learnt_nothing", "overfits", "still_learning", "stalls", "grows_sure_of_errors", "generalises"
]
_NO_BETTER = 0.98
_GAP = 0.10
_RISE, _LEAST_RISE = 1.10, 0.02
_STILL = 0.90
_LEARNT = 0.95


@dataclass(frozen=True)
class Behaviour:
    """How a training went, with the numbers that show it.

    Attributes:
        kind: "learnt_nothing": the loss never fell clearly below that of guessing. "overfits":
            at the end accuracy on training images is 10 points or more above that on test
            images. Without such a gap: "still_learning" or "stalls", where less than 95 % of
            the training images are right, and the loss did or did not fall by 10 % or more over
            the last quarter; "grows_sure_of_errors", where the test loss ends clearly above its
            lowest; "generalises", none of these.
        train_accuracy: in the last epoch, in [0, 1].
        test_accuracy: when last measured.
        lowest_loss: the lowest test loss.
        last_loss: the test loss at the end.
        best_epoch: in which the test loss was lowest.
        epochs: of the training.
        late_fall: training loss at the end by that three quarters through.
        lowest_training_loss: over all epochs.
        guessing_loss: of a guess, the logarithm of the number of classes.
    """

    kind: Kind
    train_accuracy: float
    test_accuracy: float
    lowest_loss: float
    last_loss: float
    best_epoch: int
    epochs: int
    late_fall: float
    lowest_training_loss: float
    guessing_loss: float

    @property
    def gap(self) -> float:
        """Accuracy on training images less that on test images."""
        return self.train_accuracy - self.test_accuracy

    @property
    def rises(self) -> bool:
        """Whether the test loss ended clearly above its lowest."""
        return _rises(self.lowest_loss, self.last_loss)


def name_behaviour(history: Mapping[str, Sequence[float]], classes: int) -> Behaviour:
    """Name how a training went.

    Args:
        history: "loss", "accuracy", "val_loss" and "val_accuracy", as `History` has them.
        classes: to tell apart.
    """
    loss, accuracy = list(history["loss"]), list(history["accuracy"])
    validated = list(history["val_loss"])
    measured_at = [
        int(epoch) for epoch in history.get(VALIDATION_EPOCH, range(1, len(validated) + 1))
    ]
    lowest = int(np.argmin(validated))
    earlier = loss[max(0, math.ceil(0.75 * len(loss)) - 1)]
    figures: dict[str, Any] = {
        "train_accuracy": accuracy[-1],
        "test_accuracy": history["val_accuracy"][-1],
        "lowest_loss": validated[lowest],
        "last_loss": validated[-1],
        "best_epoch": measured_at[lowest],
        "epochs": len(loss),
        "late_fall": loss[-1] / max(earlier, 1e-9),
        "lowest_training_loss": min(loss),
        "guessing_loss": math.log(classes),
    }
    kind: Kind
    if min(loss) > _NO_BETTER * math.log(classes):
        kind = "learnt_nothing"
    elif accuracy[-1] - history["val_accuracy"][-1] >= _GAP:
        kind = "overfits"
    elif accuracy[-1] < _LEARNT:
        kind = "still_learning" if figures["late_fall"] <= _STILL else "stalls"
    elif _rises(validated[lowest], validated[-1]):
        kind = "grows_sure_of_errors"
    else:
        kind = "generalises"
    return Behaviour(kind=kind, **figures)


def _rises(lowest: float, last: float) -> bool:
    # A tenth of next to nothing is nothing.
    return last >= _RISE * lowest and last - lowest >= _LEAST_RISE
