"""A rule that names how a training behaved, from its curves alone."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from peu.lab.charts import Line, Panel, curves
from peu.lab.language import Language
from peu.networks.history import WATCHED_EPOCH
from peu.reports.report import Figure

Kind = Literal["learnt nothing", "overfits", "still learning", "generalises"]
_NO_BETTER = 0.98
_GAP = 0.10
_RISE = 1.10
_STILL = 0.90


@dataclass(frozen=True)
class Behaviour:
    """Say how a training behaved, with the numbers that say so.

    Attributes:
        kind: "learnt nothing": the loss never fell clearly below that of guessing. "overfits":
            at the end accuracy on training images is 10 points or more above that on test
            images. "still learning": no such gap, and the training loss fell by 10 % or more
            over the last quarter. "generalises": none of these.
        train_accuracy: in the last epoch, in [0, 1].
        test_accuracy: at the last look.
        loss_rise: test loss at the end by its lowest, 1 or more.
        best_epoch: in which it was lowest.
        epochs: trained.
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
    def rises(self) -> bool:
        """Whether the test loss ended clearly above its lowest."""
        return self.loss_rise >= _RISE


def name_behaviour(history: Mapping[str, Sequence[float]], classes: int) -> Behaviour:
    """Name how a training behaved.

    Args:
        history: "loss", "accuracy", "watched_loss" and "watched_accuracy", as `History` has them.
        classes: told apart.

    Returns:
        The behaviour.
    """
    loss, accuracy = list(history["loss"]), list(history["accuracy"])
    watched = list(history["watched_loss"])
    looks = [int(epoch) for epoch in history.get(WATCHED_EPOCH, range(1, len(watched) + 1))]
    lowest = int(np.argmin(watched))
    earlier = loss[max(0, math.ceil(0.75 * len(loss)) - 1)]
    figures: dict[str, Any] = {
        "train_accuracy": accuracy[-1],
        "test_accuracy": history["watched_accuracy"][-1],
        "loss_rise": watched[-1] / max(watched[lowest], 1e-9),
        "best_epoch": looks[lowest],
        "epochs": len(loss),
        "late_fall": loss[-1] / max(earlier, 1e-9),
    }
    gap = figures["train_accuracy"] - figures["test_accuracy"]
    kind: Kind
    if min(loss) > _NO_BETTER * math.log(classes):
        kind = "learnt nothing"
    elif gap >= _GAP:
        kind = "overfits"
    elif figures["late_fall"] <= _STILL and accuracy[-1] < 1 - _GAP / 2:
        kind = "still learning"
    else:
        kind = "generalises"
    return Behaviour(kind=kind, **figures)


def behaviour_in_words(say: Language, found: Behaviour) -> str:
    """Say what the rule found, and by which numbers."""
    train, test = say.percent(found.train_accuracy), say.percent(found.test_accuracy)
    if found.kind == "learnt nothing":
        return say(
            "Il n'apprend rien : la perte ne descend jamais sous celle d'une réponse au hasard "
            f"({train} sur l'apprentissage). Le taux d'apprentissage est à revoir.",
            f"It learns nothing: the loss never falls below that of guessing ({train} on training "
            "images). The learning rate has to change.",
        )
    numbers = say(
        f"à la fin, {train} sur l'apprentissage contre {test} sur le test",
        f"at the end {train} on training images against {test} on test images",
    )
    if found.kind == "overfits":
        rise = say.number(found.loss_rise, 1)
        tail = (
            say(
                f" ; la perte de test est la plus basse à l'epoch {found.best_epoch} puis remonte "
                f"({rise} fois ce minimum)",
                f"; the test loss is lowest in epoch {found.best_epoch} and then rises (to {rise} "
                "times that)",
            )
            if found.rises
            else ""
        )
        return say(
            f"Il sur-apprend : {numbers}{tail}. Il retient les images au lieu de la classe.",
            f"It overfits: {numbers}{tail}. It remembers images instead of the class.",
        )
    if found.kind == "still learning":
        fall = say.percent(1 - found.late_fall, 0)
        return say(
            f"Il apprend encore : {numbers}, et la perte a baissé de {fall} sur le dernier quart. "
            "Plus d'epochs aideraient.",
            f"It is still learning: {numbers}, and the loss fell by {fall} over the last quarter. "
            "More epochs would help.",
        )
    return say(
        f"Il généralise : {numbers}, sans écart de 10 points.",
        f"It generalises: {numbers}, without a gap of 10 points.",
    )


def training_figure(say: Language, history: Mapping[str, Any], caption: str = "") -> Figure:
    """Draw loss and accuracy of one training, on training and on test images."""
    epochs = list(range(1, len(history["loss"]) + 1))
    looks = list(history.get(WATCHED_EPOCH, epochs))
    train, test = say("apprentissage", "training"), say("test", "test")
    panels = [
        Panel(
            title,
            "epoch",
            (
                Line(train, epochs, history[key]),
                *(
                    (Line(test, looks, history[f"watched_{key}"]),)
                    if history.get(f"watched_{key}")
                    else ()
                ),
            ),
            floor=0.0,
        )
        for key, title in (
            ("loss", say("perte", "loss")),
            ("accuracy", say("exactitude", "accuracy")),
        )
    ]
    return curves(
        say,
        panels,
        (caption + " " if caption else "")
        + say(
            "Trait plein : images d'apprentissage. Tirets : images de test, qui n'ont rien décidé.",
            "Solid: training images. Dashed: test images, which decided nothing.",
        ),
    )
