"""How a network is trained: the settings that every trained recipe shares."""

import dataclasses
from typing import Annotated, Literal

from pydantic import Field

from peu.settings import check_setting, settings

Precision = Literal["auto", "float32", "mixed_bfloat16"]
Optimizer = Literal["adam", "adamw", "sgd"]
Schedule = Literal["constant", "cosine"]
_SMALL_BATCH = 8


@settings(frozen=True)
class TrainingSettings:
    """How a network is trained; the defaults are the lab sheet's.

    Source: lab sheet, section 1.2, for Adam; epochs and batch size are Keras's defaults.
    """

    epochs: Annotated[int, Field(ge=1, description="Passes over the training images.")] = 15
    batch_size: Annotated[int, Field(ge=1, description="Images per step.")] = 32
    learning_rate: Annotated[
        float, Field(gt=0, le=10, description="The optimizer's step size, at its highest.")
    ] = 1e-3
    optimizer: Annotated[Optimizer, Field(description='"sgd" has Nesterov momentum of 0.9.')] = (
        "adam"
    )
    weight_decay: Annotated[
        float,
        Field(
            ge=0,
            lt=10,
            description="Share of each weight that a step removes, in units of the learning rate; "
            'biases and normalisation scales are left alone. Not for "adam".',
        ),
    ] = 0.0
    schedule: Annotated[
        Schedule,
        Field(description='"cosine" lowers the learning rate to 0 along half a cosine.'),
    ] = "constant"
    warmup: Annotated[
        float,
        Field(
            ge=0,
            lt=1,
            description="Share of a cosine schedule's steps over which the learning rate first "
            "rises from 0.",
        ),
    ] = 0.0
    label_smoothing: Annotated[
        float, Field(ge=0, lt=1, description="Share of the target spread over all classes.")
    ] = 0.0
    average_weights: Annotated[
        float,
        Field(
            ge=0,
            lt=1,
            description="Decay of the moving average of the weights that training returns; 0 "
            "returns the last weights.",
        ),
    ] = 0.0
    patience: Annotated[
        Annotated[int, Field(ge=1)] | None,
        Field(
            description="Epochs without a lower training loss before stopping; null never stops "
            "early. No images are held out for it: with few, each is worth more in training."
        ),
    ] = None
    precision: Annotated[
        Precision,
        Field(
            description='"auto" uses mixed bfloat16 where the processor or GPU has instructions '
            "for it."
        ),
    ] = "auto"
    time_limit: Annotated[
        Annotated[float, Field(gt=0, lt=1e9)] | None,
        Field(description="Seconds after which training stops at the end of an epoch."),
    ] = None
    validate_every: Annotated[
        int, Field(ge=1, description="Epochs between two evaluations of validation images.")
    ] = 1

    def __post_init__(self) -> None:
        check_setting(
            "weight_decay",
            holds=self.weight_decay == 0 or self.optimizer != "adam",
            expected="0 with the optimizer 'adam'",
            received=self.weight_decay,
            advice="Use `optimizer='adamw'` or 'sgd'.",
        )
        check_setting(
            "warmup",
            holds=self.warmup == 0 or self.schedule == "cosine",
            expected="0 with a constant learning rate",
            received=self.warmup,
            advice="Use `schedule='cosine'`.",
        )


def keep_steps(
    settings: TrainingSettings, images: int, *, meant_for: int, batch_size: int | None = None
) -> TrainingSettings:
    """Give few images the optimiser steps that many would have, in more and smaller batches.

    Args:
        settings: epochs and batch size that are right for `meant_for` images.
        images: to train on, 1 or more; where they are as many, nothing changes.
        meant_for: images.
        batch_size: of the smaller batches, if given.

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
