"""What is remembered of a training."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")

WATCHED_EPOCH = "watched_epoch"


def watched_epochs(epochs: int, every: int) -> tuple[int, ...]:
    """Give the epochs after which watched images are looked at: evenly, the last among them.

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


def named_as_watched(figures: Mapping[str, T]) -> dict[str, T]:
    """Rename Keras's figures of validation: here they decide nothing.

    Example:
        >>> named_as_watched({"loss": 0.1, "val_loss": 0.2})
        {'loss': 0.1, 'watched_loss': 0.2}
    """
    return {name.replace("val_", "watched_"): value for name, value in figures.items()}


@dataclass(frozen=True)
class History:
    """Hold the figures of every epoch.

    Attributes:
        metrics: "loss" and "accuracy" on the training images while they were learnt, one
            value an epoch, and, where images were watched, "watched_loss" and
            "watched_accuracy", a value for each epoch in "watched_epoch".
        seconds: how long the training took.
        notes: plain sentences about what went differently than asked.
    """

    metrics: dict[str, tuple[float, ...]] = field(default_factory=dict)
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
