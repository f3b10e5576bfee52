"""How a network is trained: the knobs that every trained recipe shares."""

from dataclasses import dataclass
from typing import Literal

from peu.recipes.knobs import check, check_choice, check_count, check_range

Precision = Literal["auto", "float32", "mixed_bfloat16"]


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """Say how a network is trained; the defaults are the lab sheet's.

    Attributes:
        epochs: passes over the training pictures, 1 or more.
        batch_size: pictures a step, 1 or more.
        learning_rate: Adam's step size, in (0, 10].
        patience: epochs without a lower training loss before stopping, or None to never stop
            early. No pictures are held out for it: with few, each is worth more in training.
        precision: "auto" takes mixed bfloat16 where the processor has instructions for it.
        time_limit: seconds after which training stops at the end of an epoch, or None.

    Raises:
        RecipeError: a value is out of its range.

    Source: lab sheet, section 1.2, for Adam; epochs and batch size are Keras's habit.
    """

    epochs: int = 15
    batch_size: int = 32
    learning_rate: float = 1e-3
    patience: int | None = None
    precision: Precision = "auto"
    time_limit: float | None = None

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


def check_training(received: object) -> None:
    """Refuse anything but training settings."""
    check(
        "training",
        holds=isinstance(received, TrainingSettings),
        expected="TrainingSettings, or an object of its knobs in JSON",
        received=received,
        advice="Try `training=TrainingSettings(epochs=15)`.",
    )
