"""What is remembered of a training."""

import math
from dataclasses import dataclass, field

WATCHED_EPOCH = "watched_epoch"


def watched_epochs(epochs: int, every: int) -> tuple[int, ...]:
    """Give the epochs after which watched pictures are looked at: evenly, the last among them.

    Args:
        epochs: of the whole training.
        every: epochs between two looks, at most.

    Returns:
        Epochs counted from 1.

    Example:
        >>> watched_epochs(10, 4)
        (3, 7, 10)
    """
    looks = math.ceil(epochs / every)
    return tuple(round(epochs * look / looks) for look in range(1, looks + 1))


@dataclass(frozen=True)
class History:
    """Hold the figures of every epoch.

    Attributes:
        metrics: "loss" and "accuracy" on the training pictures while they were learnt, one
            value an epoch, and, where pictures were watched, "watched_loss" and
            "watched_accuracy", a value for each epoch in "watched_epoch".
        seconds: how long the training took.
        notes: plain sentences about what went differently than asked.
    """

    metrics: dict[str, tuple[float, ...]] = field(default_factory=dict)
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
