"""Recipes of any family to and from what JSON can hold."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from peu.errors import RecipeError
from peu.recipes.knobs import check

FORMAT = 1


def knobs_to_dict(recipe: Any) -> dict[str, Any]:
    """Turn a recipe into its format, its kind and every knob."""
    return {"format": FORMAT, "kind": recipe.kind, **dataclasses.asdict(recipe)}


def recipe_from_knobs(value: dict[str, Any], kinds: Mapping[str, Any]) -> Any:
    """Make a recipe from `knobs_to_dict`'s form, or from part of it; the rest are defaults.

    Args:
        value: `kind`, and any of that recipe's knobs.
        kinds: the recipes of one family by their kind.

    Returns:
        The recipe.

    Raises:
        RecipeError: an unknown kind or knob, a value of the wrong type or out of its range, or
            the format of a newer peu.
    """
    knobs = dict(value)
    written = knobs.pop("format", FORMAT)
    check(
        "format",
        holds=written == FORMAT,
        expected=f"{FORMAT}",
        received=written,
        advice="Another version of peu wrote this recipe: update peu.",
    )
    kind = knobs.pop("kind", None)
    check(
        "kind",
        holds=isinstance(kind, str) and kind in kinds,
        expected=f"one of {', '.join(kinds)}",
        received=kind,
        advice="A recipe is named by its kind.",
    )
    return _build(kinds[str(kind)], knobs)


def _build(cls: Any, knobs: dict[str, Any]) -> Any:
    fields = {knob.name: knob for knob in dataclasses.fields(cls)}
    for name in knobs:
        check(
            f"a knob of {cls.__name__}",
            holds=name in fields,
            expected=f"one of {', '.join(fields)}",
            received=name,
            advice="Check its spelling.",
        )
    try:
        return cls(**{name: _revive(fields[name], value) for name, value in knobs.items()})
    except TypeError as error:
        raise RecipeError(
            f"The knobs of {cls.__name__} must have values of their own types. "
            f"Received: {knobs!r}, of which Python says: {error}. Check each value."
        ) from error


def _revive(knob: Any, value: Any) -> Any:
    if isinstance(value, dict) and dataclasses.is_dataclass(knob.type):
        # What is left out is as this recipe has it, which may not be as the class has it.
        usual = {
            part.name: getattr(knob.default_factory(), part.name)
            for part in dataclasses.fields(knob.type)
        }
        return _build(knob.type, {**usual, **value})
    return tuple(value) if isinstance(value, list) else value
