"""Options that change settings of recipes: declared once, for every command that has them."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from peu.cli import options
from peu.cli.chosen_recipes import read_changes

R = TypeVar("R")

BACKBONE = ("backbone", "backbone_weights", "backbone_preprocessing")
NETWORKS = ("epochs", "image_size", "augmentation", *BACKBONE)

_TYPES = {
    "epochs": options.Epochs,
    "image_size": options.ImageSize,
    "augmentation": options.AugmentationOption,
    "backbone": options.Backbone,
    "backbone_weights": options.BackboneWeights,
    "backbone_preprocessing": options.BackbonePreprocessing,
    "assignments": options.Assignments,
}


def recipe_options(*names: str) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Give a command options for settings of recipes, in the place of its parameter `changes`.

    The command gets what `read_changes` makes of them, and `--set` is among them always.

    Args:
        names: of options, as `NETWORKS` or `BACKBONE`. All parameters of the command are keywords.
    """
    wanted = (*names, "assignments")

    def decorate(command: Callable[..., R]) -> Callable[..., R]:
        @functools.wraps(command)
        def changed(**given: Any) -> R:
            values = {name: given.pop(name) for name in wanted}
            return command(changes=read_changes(values.pop("assignments"), **values), **given)

        own = inspect.signature(command)
        added = [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_TYPES[name]
            )
            for name in wanted
        ]
        parameters: list[inspect.Parameter] = []
        for parameter in own.parameters.values():
            parameters += added if parameter.name == "changes" else [parameter]
        # Where Typer looks for a command's options.
        changed.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
        return changed

    return decorate
