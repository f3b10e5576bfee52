"""How a network is trained: the settings that every trained recipe shares."""

import dataclasses
from dataclasses import dataclass
from typing import Literal

from peu.recipes.checks import check, check_choice, check_count, check_range

Precision = Literal["auto", "float32", "mixed_bfloat16"]
Optimizer = Literal["adam", "adamw", "sgd"]
Schedule = Literal["constant", "cosine"]
_SMALL_BATCH = 8


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """Say how a network is trained; the defaults are the lab sheet's.

    Attributes:
        epochs: passes over the training images, 1 or more.
        batch_size: images a step, 1 or more.
        learning_rate: the optimizer's step size, at its highest where it changes, in (0, 10].
        optimizer: "adam", "adamw" or "sgd" with Nesterov's momentum of 0.9.
        weight_decay: share of each weight that a step takes away, in units of the step size, in
            [0, 10); biases and the scales of normalisation keep theirs. Not for "adam".
        schedule: "constant", or "cosine": the step size falls to 0 over the epochs along half
            a cosine.
        warmup: share of a cosine's steps over which the step size rises from 0 first, in [0, 1).
        label_smoothing: share of the truth that is spread over all classes, in [0, 1).
        average_weights: how much of the weights' moving average each step keeps, in [0, 1); the
            average is what training leaves behind. 0 takes none.
        patience: epochs without a lower training loss before stopping, or None to never stop
            early. No images are held out for it: with few, each is worth more in training.
        precision: "auto" takes mixed bfloat16 where the processor has instructions for it.
        time_limit: seconds after which training stops at the end of an epoch, or None.
        watch_every: epochs between two looks at the images that curves show, 1 or more.

    Raises:
        RecipeError: a value is out of its range.

    Source: lab sheet, section 1.2, for Adam; epochs and batch size are Keras's habit.
    """

    epochs: int = 15
    batch_size: int = 32
    learning_rate: float = 1e-3
    optimizer: Optimizer = "adam"
    weight_decay: float = 0.0
    schedule: Schedule = "constant"
    warmup: float = 0.0
    label_smoothing: float = 0.0
    average_weights: float = 0.0
    patience: int | None = None
    precision: Precision = "auto"
    time_limit: float | None = None
    watch_every: int = 1

    def __post_init__(self) -> None:
        check_count("epochs", self.epochs, "15 is a good start.")
        check_count("batch_size", self.batch_size, "32 is a good start.")
        if self.patience is not None:
            check_count("patience", self.patience, "Leave it out to never stop early.")
        if self.time_limit is not None:
            check_range("time_limit", self.time_limit, 0, 1e9, "It is in seconds.", ends="()")
        check_range(
            "learning_rate",
            self.learning_rate,
            0,
            10,
            "Adam usually works between 0.0001 and 0.003.",
            ends="(]",
        )
        check_choice("precision", self.precision, Precision)
        check_choice("optimizer", self.optimizer, Optimizer)
        check_choice("schedule", self.schedule, Schedule)
        check_range("weight_decay", self.weight_decay, 0, 10, "0.05 is strong, 0 is none.")
        check(
            "weight_decay",
            holds=self.weight_decay == 0 or self.optimizer != "adam",
            expected="0 with the optimizer 'adam'",
            received=self.weight_decay,
            advice="Take `optimizer='adamw'` or 'sgd', which know what to do with it.",
        )
        check_range("warmup", self.warmup, 0, 1, "0.05 is a usual value.")
        check(
            "warmup",
            holds=self.warmup == 0 or self.schedule == "cosine",
            expected="0 with a constant step size",
            received=self.warmup,
            advice="Take `schedule='cosine'`.",
        )
        check_range("label_smoothing", self.label_smoothing, 0, 1, "0.1 is a usual value.")
        check_range("average_weights", self.average_weights, 0, 1, "0.99 is a usual value.")
        check_count("watch_every", self.watch_every, "1 looks after every epoch.")


def check_training(received: object, setting: str = "training") -> None:
    """Refuse anything but training settings."""
    check(
        setting,
        holds=isinstance(received, TrainingSettings),
        expected="TrainingSettings, or an object of its settings in JSON",
        received=received,
        advice=f"Try `{setting}=TrainingSettings(epochs=15)`.",
    )


def keep_steps(
    settings: TrainingSettings, images: int, *, meant_for: int, batch_size: int | None = None
) -> TrainingSettings:
    """Give fewer images the steps that so many would have: more epochs of smaller batches.

    Args:
        settings: epochs and batch size that are right for `meant_for` images.
        images: to learn from, 1 or more; where they are as many, nothing changes.
        meant_for: images.
        batch_size: of smaller batches, where it is given.

    Example:
        >>> few = keep_steps(TrainingSettings(batch_size=128), 320, meant_for=12_800)
        >>> few.epochs, few.batch_size
        (93, 20)
    """
    if images >= meant_for:
        return settings
    steps = settings.epochs * meant_for // settings.batch_size
    batch = batch_size or max(_SMALL_BATCH, min(settings.batch_size, images // 16))
    epochs = max(settings.epochs, steps // max(1, images // batch))
    return dataclasses.replace(settings, epochs=epochs, batch_size=batch)
