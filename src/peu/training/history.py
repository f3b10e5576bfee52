"""What is remembered of a training."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class History:
    """Hold the figures of every epoch.

    Attributes:
        metrics: "loss" and "accuracy" on the training pictures while they were learnt and,
            where pictures were watched, "watched_loss" and "watched_accuracy"; one value an
            epoch each.
        seconds: how long the training took.
        notes: plain sentences about what went differently than asked.
    """

    metrics: dict[str, tuple[float, ...]] = field(default_factory=dict)
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
