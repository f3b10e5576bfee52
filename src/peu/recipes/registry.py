"""Every recipe by its kind, and recipes to and from JSON."""

from typing import Any

from peu.recipes.augmented import Augmented
from peu.recipes.building import knobs_to_dict, recipe_from_knobs
from peu.recipes.descriptors import Descriptors
from peu.recipes.ensemble import Ensemble
from peu.recipes.finetune import FineTune
from peu.recipes.fisher import FisherVectors
from peu.recipes.frozen import FrozenFeatures
from peu.recipes.scratch import Scratch
from peu.recipes.tuned import Tuned

Recipe = (
    Scratch | Augmented | Tuned | Descriptors | FisherVectors | FrozenFeatures | FineTune | Ensemble
)
RECIPES: dict[str, type[Recipe]] = {
    recipe.kind: recipe
    for recipe in (
        Scratch,
        Augmented,
        Tuned,
        Descriptors,
        FisherVectors,
        FrozenFeatures,
        FineTune,
        Ensemble,
    )
}


def recipe_to_dict(recipe: Recipe) -> dict[str, Any]:
    """Turn a recipe into what JSON can hold.

    Example:
        >>> recipe_to_dict(Descriptors())["kind"]
        'descriptors'
    """
    knobs = knobs_to_dict(recipe)
    if isinstance(recipe, Ensemble):
        knobs["members"] = [recipe_to_dict(member) for member in recipe.members]
    return knobs


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
    if value.get("kind") == Ensemble.kind and isinstance(value.get("members"), (list, tuple)):
        value = {**value, "members": tuple(_member(each) for each in value["members"])}
    recipe: Recipe = recipe_from_knobs(value, RECIPES)
    return recipe


def _member(value: Any) -> Any:
    """Make a member of an ensemble; what cannot be one is left for the ensemble to refuse."""
    if isinstance(value, dict) and value.get("kind") != Ensemble.kind:
        return recipe_from_dict(value)
    return value
