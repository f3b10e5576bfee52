"""Every recipe by its kind, and recipes to and from JSON."""

from typing import Any

from peu.recipes.augmented import Augmented
from peu.recipes.building import knobs_to_dict, recipe_from_knobs
from peu.recipes.descriptors import Descriptors
from peu.recipes.frozen import FrozenFeatures
from peu.recipes.scratch import Scratch
from peu.recipes.tuned import Tuned

Recipe = Scratch | Augmented | Tuned | Descriptors | FrozenFeatures
RECIPES: dict[str, type[Recipe]] = {
    recipe.kind: recipe for recipe in (Scratch, Augmented, Tuned, Descriptors, FrozenFeatures)
}


def recipe_to_dict(recipe: Recipe) -> dict[str, Any]:
    """Turn a recipe into what JSON can hold.

    Example:
        >>> recipe_to_dict(Descriptors())["kind"]
        'descriptors'
    """
    return knobs_to_dict(recipe)


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
    recipe: Recipe = recipe_from_knobs(value, RECIPES)
    return recipe
