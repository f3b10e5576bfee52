"""From a TOML file and the command line to recipes; the command line comes first."""

import dataclasses
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from peu.cli.recipe_options import Settings
from peu.errors import RecipeError
from peu.files import write_text
from peu.recipes.augmentation import Augmentation
from peu.recipes.ensemble import Ensemble
from peu.recipes.registry import RECIPES, Recipe, recipe_from_dict, recipe_to_dict
from peu.recipes.training import TrainingSettings

FORMAT = 1
CONFIG_FILE = "config.toml"
DEFAULT_RECIPES = ("hog", "fisher", "transfer", "resnet")
_OF_THEIR_OWN_SIZE = ("hog", "fisher")
_KEYS = {"format", "data", "folds", "repeats", "seed", "recipes", "fingerprint"}
_TYPES: dict[str, type] = {"data": str, "folds": int, "repeats": int, "seed": int}
_WORDS = {str: "a text in quotes", int: "a whole number"}
_MOST_DIGITS = 6
_TRAINING = {setting.name for setting in dataclasses.fields(TrainingSettings)}


def read_config(path: Path | None) -> dict[str, Any]:
    """Read a TOML file of settings; nothing gives no settings.

    Raises:
        RecipeError: no such file, no TOML, an unknown key or a newer format.
    """
    if path is None:
        return {}
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RecipeError(
            f"`--config` must be a readable TOML file. Received: `{path}`, {error}. Check the path "
            "and the file."
        ) from error
    unknown = sorted(set(settings) - _KEYS)
    if unknown:
        raise RecipeError(
            f"`{path}` must be made of {', '.join(sorted(_KEYS))}. Received: {unknown[0]}. Check "
            "its spelling."
        )
    if settings.get("format", FORMAT) != FORMAT:
        raise RecipeError(
            f"`{path}` must have format {FORMAT}. Received: {settings['format']!r}. Update peu."
        )
    for key, wanted in _TYPES.items():
        value = settings.get(key, wanted())
        if not isinstance(value, wanted) or isinstance(value, bool):
            raise RecipeError(
                f"`{key}` in `{path}` must be {_WORDS[wanted]}. Received: {value!r}. Change it."
            )
    return settings


def write_config(folder: Path, settings: dict[str, Any]) -> None:
    """Keep the settings of a run in its folder."""
    import tomli_w

    text = tomli_w.dumps(_without_none(settings))
    # TOML has no word for bytes of a folder's name that are no text.
    write_text(folder / CONFIG_FILE, text.encode("utf-8", "replace").decode("utf-8"))


def choose_recipes(names: str | None, config: dict[str, Any], settings: Settings) -> list[Recipe]:
    """Build the recipes that the user wants.

    Args:
        names: kinds with commas between, or None for those of the config file, or for all.
        config: of `read_config`.
        settings: what the command line set; a setting goes to every recipe that has it, and
            `image_size` to networks only, since descriptors have sizes that suit them.
            Several augmentations with commas between make a recipe of each. An ensemble has
            the members that are named, or else all other recipes that were chosen.

    Returns:
        At least one recipe.

    Raises:
        RecipeError: an unknown recipe or setting, or a value that cannot work.
    """
    written = config.get("recipes", [])
    if not isinstance(written, list) or not all(isinstance(item, dict) for item in written):
        raise RecipeError(
            "`recipes` in a config file must be tables, each headed [[recipes]]. Received: "
            f"{written!r}. Write `kind` and any settings below each heading."
        )
    by_name = {str(item.get("name", item.get("kind"))): item for item in written}
    if len(by_name) < len(written):
        raise RecipeError(
            f"`recipes` in a config file must have names of their own. Received: {len(written)} "
            f"recipes with {len(by_name)} names. Give each a `name`."
        )
    if names is not None:
        wanted = [name.strip() for name in names.split(",") if name.strip()]
    else:
        wanted = list(by_name) or list(DEFAULT_RECIPES)

    def make(value: dict[str, Any]) -> list[Recipe]:
        return with_settings(recipe_from_dict(value), settings)

    values = [_named(name, by_name) for name in wanted]
    singles = [one for value in values if value.get("kind") != Ensemble.kind for one in make(value)]
    chosen = []
    for value in values:
        if value.get("kind") == Ensemble.kind:
            chosen.append(_ensemble(value, singles, settings.members, by_name, make))
        else:
            chosen += make(value)
    called = [recipe.name for recipe in chosen]
    if len(set(called)) < len(called):
        raise RecipeError(
            f"Recipes must have names of their own. Received: {', '.join(called)}. Name each once, "
            "or give each another `name` in a config file."
        )
    return chosen


def settings_of(
    data: str, fingerprint: str, folds: int, repeats: int, seed: int, recipes: Sequence[Recipe]
) -> dict[str, Any]:
    """Gather what a run depends on, in the form of a config file."""
    return {
        "format": FORMAT,
        "data": data,
        "fingerprint": fingerprint,
        "folds": folds,
        "repeats": repeats,
        "seed": seed,
        "recipes": [recipe_to_dict(recipe) for recipe in recipes],
    }


def same_settings(first: dict[str, Any], second: dict[str, Any]) -> bool:
    """Tell whether two runs are the same, wherever their images lie."""

    def essence(settings: dict[str, Any]) -> dict[str, Any]:
        recipes = [recipe_from_dict(item) for item in settings.get("recipes", [])]
        return {**settings, "data": "", "recipes": recipes}

    return essence(first) == essence(second)


def read_image_size(text: str) -> tuple[int, int]:
    """Read "224" or "240x320" (height x width).

    Raises:
        RecipeError: it is neither.
    """
    sides = text.lower().split("x")
    if len(sides) > 2 or not all(_is_count(side) for side in sides):
        raise RecipeError(
            f"`--image-size` must be 224 or HEIGHTxWIDTH, as 240x320. Received: {text!r}. Write "
            "whole numbers of pixels."
        )
    return int(sides[0]), int(sides[-1])


def read_filters(text: str) -> tuple[int, ...]:
    """Read "24,48,96", a number for each resolution.

    Raises:
        RecipeError: something in it is no whole number.
    """
    numbers = text.split(",")
    if not all(_is_count(number) for number in numbers):
        raise RecipeError(
            f"`--filters` must be whole numbers with commas between. Received: {text!r}. "
            "Try 24,48,96."
        )
    return tuple(int(number) for number in numbers)


def _is_count(text: str) -> bool:
    """Tell whether a text is a whole number of pixels or filters, of a size that anyone has."""
    return text.strip().isdecimal() and len(text.strip()) <= _MOST_DIGITS


def _named(name: str, by_name: dict[str, dict[str, Any]]) -> dict[str, Any]:
    if name not in by_name and name not in RECIPES:
        raise RecipeError(
            f"A recipe must be among {', '.join({**by_name, **RECIPES})}. Received: "
            f"{name!r}. Check its spelling."
        )
    return by_name.get(name, {"kind": name})


def _ensemble(
    value: dict[str, Any],
    others: Sequence[Recipe],
    names: str | None,
    by_name: dict[str, dict[str, Any]],
    make: Callable[[dict[str, Any]], list[Recipe]],
) -> Recipe:
    """Build an ensemble of the members that are named, or else of all others that were chosen."""
    listed = value.get("members")
    if names is not None:
        listed = [name.strip() for name in names.split(",") if name.strip()]
    if listed is None:
        if not others:
            return recipe_from_dict(value)
        return recipe_from_dict({**value, "members": [recipe_to_dict(one) for one in others]})
    if not isinstance(listed, list) or not all(isinstance(one, (str, dict)) for one in listed):
        raise RecipeError(
            "`members` must be a list of recipes or of their names. Received: "
            f'{listed!r}. Write `members = ["fisher", "resnet"]`.'
        )
    members = [
        recipe_to_dict(one)
        for item in listed
        for one in make(_named(item, by_name) if isinstance(item, str) else item)
    ]
    return recipe_from_dict({**value, "members": members})


def with_settings(recipe: Recipe, settings: Settings) -> list[Recipe]:
    """Give a recipe the settings that the command line set: one a named augmentation.

    Raises:
        RecipeError: a value that cannot work.
    """
    changes: dict[str, Any] = {}
    training: dict[str, Any] = {}
    own = {setting.name for setting in dataclasses.fields(recipe)}
    for name, value in _set_settings(settings).items():
        if name in _TRAINING and "training" in own:
            training[name] = value
        elif name in own - {"augmentation"} and not (
            name == "image_size" and recipe.kind in _OF_THEIR_OWN_SIZE
        ):
            changes[name] = value
    if training:
        changes["training"] = dataclasses.replace(getattr(recipe, "training"), **training)  # noqa: B009
    return _varied(dataclasses.replace(recipe, **changes) if changes else recipe, settings)


def _varied(recipe: Recipe, settings: Settings) -> list[Recipe]:
    """Give a recipe for each augmentation that the command line named, or the recipe itself."""
    usual = getattr(recipe, "augmentation", None)
    if not isinstance(usual, Augmentation):
        return [recipe]
    flips = "none" if settings.no_flip else settings.flips
    if flips is not None:
        usual = dataclasses.replace(usual, flips=flips)
    policies: list[Any] = [usual.policy]
    if settings.augmentation is not None:
        policies = [name.strip() for name in settings.augmentation.split(",")]
    varying: Any = recipe
    return [
        dataclasses.replace(
            varying,
            name=recipe.name if len(policies) == 1 else f"{recipe.name}-{policy}",
            augmentation=dataclasses.replace(usual, policy=policy),
        )
        for policy in policies
    ]


def _set_settings(settings: Settings) -> dict[str, Any]:
    values = {}
    for setting in dataclasses.fields(settings):
        value = getattr(settings, setting.name)
        if value is not None:
            values[setting.name] = value
    if "image_size" in values:
        values["image_size"] = read_image_size(values["image_size"])
    return values


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [_without_none(item) for item in value]
    return value
