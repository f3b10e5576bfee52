"""The settings of recipes as options of a command, named once for every command that has them."""

import dataclasses
import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, get_type_hints

from peu.cli import options

R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Hold the recipe settings that the command line set; None where it said nothing."""

    epochs: options.Epochs = None
    batch_size: options.BatchSize = None
    learning_rate: options.LearningRate = None
    patience: options.Patience = None
    time_limit: options.TimeLimit = None
    image_size: options.ImageSize = None
    resize_mode: options.ResizeModeOption = None
    augmentation: options.AugmentationOption = None
    flips: options.FlipsOption = None
    no_flip: options.NoFlip = False
    backbone: options.Backbone = None
    backbone_weights: options.BackboneWeights = None
    backbone_preprocessing: options.BackbonePreprocessing = None
    head: options.HeadOption = None
    pooling: options.PoolingOption = None
    stages: options.Stages = None
    members: options.Members = None
    trials: options.Trials = None
    tuning_time: options.TuningTime = None
    push: options.Push = None


def taking_settings(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command an option for each setting, in the place of its parameter `options_given`.

    Args:
        command: takes `options_given`, a `Settings`, among its parameters.

    Returns:
        The command as Typer is to see it.
    """
    hints = get_type_hints(Settings, include_extras=True)
    parameters = list(inspect.signature(command).parameters.values())
    place = [parameter.name for parameter in parameters].index("options_given")
    parameters[place : place + 1] = [
        inspect.Parameter(
            setting.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=setting.default,
            annotation=hints[setting.name],
        )
        for setting in dataclasses.fields(Settings)
    ]

    @functools.wraps(command)
    def taking(**given: object) -> R:
        own = {setting.name: given.pop(setting.name) for setting in dataclasses.fields(Settings)}
        return command(options_given=Settings(**own), **given)  # type: ignore[arg-type]

    taking.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return taking
