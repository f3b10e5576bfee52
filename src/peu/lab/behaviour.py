"""How a training went, named by a rule from its curves alone."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from peu.networks.history import VALIDATION_EPOCH

Kind = Literal["learnt_nothing", "overfits", "still_learning", "generalises"]
_NO_BETTER = 0.98
_GAP = 0.10
_RISE = 1.10
_STILL = 0.90


@dataclass(frozen=True)
class Behaviour:
    """How a training went, with the numbers that show it.

    Attributes:
        kind: "learnt_nothing": the loss never fell clearly below that of guessing. "overfits":
            at the end accuracy on training images is 10 points or more above that on test
            images. "still_learning": no such gap, and the training loss fell by 10 % or more
            over the last quarter. "generalises": none of these.
        train_accuracy: in the last epoch, in [0, 1].
        test_accuracy: when last measured.
        loss_rise: test loss at the end by its lowest, 1 or more.
        best_epoch: in which the test loss was lowest.
        epochs: of the training.
        late_fall: training loss at the end by that three quarters through.
    """

    kind: Kind
    train_accuracy: float
    test_accuracy: float
    loss_rise: float
    best_epoch: int
    epochs: int
    late_fall: float

    @property
    def gap(self) -> float:
        """Accuracy on training images less that on test images."""
        return self.train_accuracy - self.test_accuracy

    @property
    def rises(self) -> bool:
        """Whether the test loss ended clearly above its lowest."""
        return self.loss_rise >= _RISE


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
        "loss_rise": validated[-1] / max(validated[lowest], 1e-9),
        "best_epoch": measured_at[lowest],
        "epochs": len(loss),
        "late_fall": loss[-1] / max(earlier, 1e-9),
    }
    gap = figures["train_accuracy"] - figures["test_accuracy"]
    kind: Kind
    if min(loss) > _NO_BETTER * math.log(classes):
        kind = "learnt_nothing"
    elif gap >= _GAP:
        kind = "overfits"
    elif figures["late_fall"] <= _STILL and accuracy[-1] < 1 - _GAP / 2:
        kind = "still_learning"
    else:
        kind = "generalises"
    return Behaviour(kind=kind, **figures)
