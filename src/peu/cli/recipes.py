"""`peu recipes`: every recipe, or every setting of one."""

import dataclasses
import inspect
import json
from typing import Annotated

import typer

from peu.cli import options
from peu.cli.console import show_table, write_result
from peu.cli.handle_errors import handle_errors

_LONGEST = 40


@handle_errors
def recipes_command(
    recipe: Annotated[
        str | None,
        typer.Argument(metavar="RECIPE", help="List the settings of this one.", show_default=False),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """List the recipes, or the settings of one with their values and defaults.

    Change a setting with `--set RECIPE.SETTING=VALUE`, as in
    `peu compare photos/ --set hog.orientations=12`.
    """
    from peu.classifiers.registry import recipe_class, recipe_kinds
    from peu.settings import list_settings

    if recipe is None:
        recipes = [(kind, _summary(recipe_class(kind))) for kind in recipe_kinds()]
        if as_json:
            listed = [{"name": kind, "summary": summary} for kind, summary in recipes]
            write_result({"format": 1, "recipes": listed})
        else:
            show_table(("recipe", "what it does"), recipes)
        return
    settings = list_settings(recipe_class(recipe))
    if as_json:
        listed = [
            {**dataclasses.asdict(setting), "default": json.loads(setting.default)}
            for setting in settings
        ]
        write_result({"format": 1, "recipe": recipe, "settings": listed})
    else:
        show_table(
            ("setting", "values", "default", "description"),
            [(one.name, one.values, _short(one.default), one.description) for one in settings],
        )


def _summary(recipe: type) -> str:
    return (inspect.getdoc(recipe) or "").partition("\n")[0]


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
