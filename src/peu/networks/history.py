"""The figures of a training, epoch by epoch."""

import math
from dataclasses import dataclass, field

VALIDATION_EPOCH = "val_epoch"


def validation_epochs(epochs: int, every: int) -> tuple[int, ...]:
    """Epochs after which validation images are evaluated: evenly spaced, the last included.

    Args:
        epochs: of the whole training.
        every: epochs between two evaluations, at most.

    Returns:
        Epochs counted from 1.

    Example:
        >>> validation_epochs(10, 4)
        (3, 7, 10)
    """
    count = math.ceil(epochs / every)
    return tuple(round(epochs * number / count) for number in range(1, count + 1))


@dataclass(frozen=True)
class History:
    """The figures of every epoch.

    Attributes:
        metrics: "loss" and "accuracy" on the training images during training, one value an
            epoch, and, with validation images, "val_loss" and "val_accuracy", one value for
            each epoch in "val_epoch".
        seconds: how long the training took.
        notes: plain sentences about what went differently than asked.
    """

    metrics: dict[str, tuple[float, ...]] = field(default_factory=dict)
    seconds: float = 0.0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Phase:
    """One phase of a training in several, and what it was worth on validation images.

    Attributes:
        name: "head", or which part of a backbone learnt along with it.
        trainable_parameters: numbers that learnt in it.
        accuracy: on the validation images after it, in [0, 1]; None without any.
        log_loss: the same, in nats.
    """

    name: str
    trainable_parameters: int
    accuracy: float | None = None
    log_loss: float | None = None
