"""Every auto-encoder's recipe by its kind, and those recipes to and from JSON."""

from typing import Any

from peu.recipes.building import recipe_from_settings, settings_to_dict
from peu.recipes.denoising import Denoising
from peu.recipes.variational import Variational

AutoencoderRecipe = Denoising | Variational
AUTOENCODERS: dict[str, type[AutoencoderRecipe]] = {
    recipe.kind: recipe for recipe in (Denoising, Variational)
}


def autoencoder_to_dict(recipe: AutoencoderRecipe) -> dict[str, Any]:
    """Turn a recipe into what JSON can hold."""
    return settings_to_dict(recipe)


def autoencoder_from_dict(value: dict[str, Any]) -> AutoencoderRecipe:
    """Make a recipe from `autoencoder_to_dict`'s form, or from part of it; the rest are defaults.

    Raises:
        RecipeError: an unknown kind or setting, a value of the wrong type or out of its range, or
            the format of a newer peu.

    Example:
        >>> autoencoder_from_dict({"kind": "denoising", "noise": "0-0.6"}).noise
        '0-0.6'
    """
    recipe: AutoencoderRecipe = recipe_from_settings(value, AUTOENCODERS)
    return recipe
