"""Recipes of any family to and from what JSON can hold."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from peu.errors import RecipeError
from peu.recipes.checks import check

FORMAT = 1


def settings_to_dict(recipe: Any) -> dict[str, Any]:
    """Turn a recipe into its format, its kind and every setting."""
    return {"format": FORMAT, "kind": recipe.kind, **dataclasses.asdict(recipe)}


def recipe_from_settings(value: dict[str, Any], kinds: Mapping[str, Any]) -> Any:
    """Make a recipe from `settings_to_dict`'s form, or from part of it; the rest are defaults.

    Args:
        value: `kind`, and any of that recipe's settings.
        kinds: the recipes of one family by their kind.

    Returns:
        The recipe.

    Raises:
        RecipeError: an unknown kind or setting, a value of the wrong type or out of its range, or
            the format of a newer peu.
    """
    settings = dict(value)
    written = settings.pop("format", FORMAT)
    check(
        "format",
        holds=written == FORMAT,
        expected=f"{FORMAT}",
        received=written,
        advice="Another version of peu wrote this recipe: update peu.",
    )
    kind = settings.pop("kind", None)
    check(
        "kind",
        holds=isinstance(kind, str) and kind in kinds,
        expected=f"one of {', '.join(kinds)}",
        received=kind,
        advice="A recipe is named by its kind.",
    )
    return _build(kinds[str(kind)], settings)


def _build(cls: Any, settings: dict[str, Any]) -> Any:
    fields = {setting.name: setting for setting in dataclasses.fields(cls)}
    for name in settings:
        check(
            f"a setting of {cls.__name__}",
            holds=name in fields,
            expected=f"one of {', '.join(fields)}",
            received=name,
            advice="Check its spelling.",
        )
    try:
        return cls(**{name: _revive(fields[name], value) for name, value in settings.items()})
    except TypeError as error:
        raise RecipeError(
            f"The settings of {cls.__name__} must have values of their own types. "
            f"Received: {settings!r}, of which Python says: {error}. Check each value."
        ) from error


def _revive(setting: Any, value: Any) -> Any:
    if isinstance(value, dict) and dataclasses.is_dataclass(setting.type):
        # What is left out is as this recipe has it, which may not be as the class has it.
        usual = {
            part.name: getattr(setting.default_factory(), part.name)
            for part in dataclasses.fields(setting.type)
        }
        return _build(setting.type, {**usual, **value})
    return tuple(value) if isinstance(value, list) else value
