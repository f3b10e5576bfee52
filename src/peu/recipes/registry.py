"""Every recipe by its kind, and recipes to and from JSON."""

import dataclasses
from typing import Any

from peu.errors import RecipeError
from peu.recipes.augmentation import Augmentation
from peu.recipes.augmented import Augmented
from peu.recipes.descriptors import Descriptors
from peu.recipes.frozen import FrozenFeatures
from peu.recipes.knobs import check
from peu.recipes.scratch import Scratch
from peu.recipes.training import TrainingSettings

FORMAT = 1

Recipe = Scratch | Augmented | Descriptors | FrozenFeatures
RECIPES: dict[str, type[Recipe]] = {
    recipe.kind: recipe for recipe in (Scratch, Augmented, Descriptors, FrozenFeatures)
}


def recipe_to_dict(recipe: Recipe) -> dict[str, Any]:
    """Turn a recipe into what JSON can hold.

    Example:
        >>> recipe_to_dict(Descriptors())["kind"]
        'descriptors'
    """
    return {"format": FORMAT, "kind": recipe.kind, **dataclasses.asdict(recipe)}


def recipe_from_dict(value: dict[str, Any]) -> Recipe:
    """Make a recipe from `recipe_to_dict`'s form, or from part of it; the rest are defaults.

    Args:
        value: `kind`, and any of that recipe's knobs.

    Returns:
        The recipe; `recipe_from_dict(recipe_to_dict(recipe)) == recipe`.

    Raises:
        RecipeError: an unknown kind or knob, a value of the wrong type or out of its range, or
            the format of a newer peu.

    Example:
        >>> recipe_from_dict({"kind": "scratch", "filters": [8, 16]}).filters
        (8, 16)
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
        holds=isinstance(kind, str) and kind in RECIPES,
        expected=f"one of {', '.join(RECIPES)}",
        received=kind,
        advice="A recipe is named by its kind.",
    )
    recipe: Recipe = _build(RECIPES[kind], knobs)
    return recipe


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
    if knob.type in (TrainingSettings, Augmentation) and isinstance(value, dict):
        # What is left out is as this recipe has it, which may not be as the class has it.
        usual = {
            part.name: getattr(knob.default_factory(), part.name)
            for part in dataclasses.fields(knob.type)
        }
        return _build(knob.type, {**usual, **value})
    return tuple(value) if isinstance(value, list) else value
