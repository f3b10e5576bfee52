"""Every recipe by its kind, and recipes to and from JSON."""

from typing import Any

from peu.recipes.augmented import SmallResNet
from peu.recipes.building import recipe_from_settings, settings_to_dict
from peu.recipes.descriptors import HogSVM
from peu.recipes.ensemble import Ensemble
from peu.recipes.finetune import FineTune
from peu.recipes.fisher import FisherVectors
from peu.recipes.frozen import Transfer
from peu.recipes.scratch import SmallCNN
from peu.recipes.tuned import TunedCNN

Recipe = SmallCNN | SmallResNet | TunedCNN | HogSVM | FisherVectors | Transfer | FineTune | Ensemble
RECIPES: dict[str, type[Recipe]] = {
    recipe.kind: recipe
    for recipe in (
        SmallCNN,
        SmallResNet,
        TunedCNN,
        HogSVM,
        FisherVectors,
        Transfer,
        FineTune,
        Ensemble,
    )
}


def recipe_to_dict(recipe: Recipe) -> dict[str, Any]:
    """Turn a recipe into what JSON can hold.

    Example:
        >>> recipe_to_dict(HogSVM())["kind"]
        'descriptors'
    """
    settings = settings_to_dict(recipe)
    if isinstance(recipe, Ensemble):
        settings["members"] = [recipe_to_dict(member) for member in recipe.members]
    return settings


def recipe_from_dict(value: dict[str, Any]) -> Recipe:
    """Make a recipe from `recipe_to_dict`'s form, or from part of it; the rest are defaults.

    Args:
        value: `kind`, and any of that recipe's settings.

    Returns:
        The recipe; `recipe_from_dict(recipe_to_dict(recipe)) == recipe`.

    Raises:
        RecipeError: an unknown kind or setting, a value of the wrong type or out of its range, or
            the format of a newer peu.

    Example:
        >>> recipe_from_dict({"kind": "cnn", "filters": [8, 16]}).filters
        (8, 16)
    """
    if value.get("kind") == Ensemble.kind and isinstance(value.get("members"), (list, tuple)):
        value = {**value, "members": tuple(_member(each) for each in value["members"])}
    recipe: Recipe = recipe_from_settings(value, RECIPES)
    return recipe


def _member(value: Any) -> Any:
    """Make a member of an ensemble; what cannot be one is left for the ensemble to refuse."""
    if isinstance(value, dict) and value.get("kind") != Ensemble.kind:
        return recipe_from_dict(value)
    return value
