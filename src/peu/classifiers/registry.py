"""All recipes by kind: each is one file of this folder, found by its `recipe` decorator."""

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, TypeVar, dataclass_transform

from pydantic import BeforeValidator, Field, InstanceOf, PlainSerializer

from peu.classifiers.base import ImageClassifier
from peu.errors import RecipeError
from peu.settings import settings, settings_from_dict

C = TypeVar("C", bound=ImageClassifier)
_recipes: dict[str, type[ImageClassifier]] = {}


@dataclass_transform(kw_only_default=True, field_specifiers=(Field,))
def recipe(kind: str) -> Callable[[type[C]], type[C]]:
    """Register a recipe under its kind and turn its fields into checked settings.

    The command line, `peu recipes`, JSON and reports know it from then on.

    Args:
        kind: its name on the command line.

    Example:
        >>> @recipe("mine")  # doctest: +SKIP
        ... class Mine(ImageClassifier):
        ...     name: Name = "mine"
    """

    def decorate(cls: type[C]) -> type[C]:
        made = settings()(cls)
        made.kind = kind
        _recipes[kind] = made
        return made

    return decorate


def recipe_kinds() -> tuple[str, ...]:
    """Kinds of all recipes, those that train no network first."""
    _load_all()
    return tuple(sorted(_recipes, key=lambda kind: (_recipes[kind]().trains_network, kind)))


def recipe_class(kind: object) -> type[ImageClassifier]:
    """The class of a kind.

    Raises:
        RecipeError: no such kind.
    """
    _load_all()
    if not isinstance(kind, str) or kind not in _recipes:
        raise RecipeError(
            f"`kind` must be one of {', '.join(recipe_kinds())}. Received: {kind!r}. See `peu "
            "recipes`."
        )
    return _recipes[kind]


def recipe_from_dict(value: dict[str, Any]) -> ImageClassifier:
    """Make a recipe from `ImageClassifier.to_dict`'s form, or from part of it.

    Args:
        value: `kind`, and any of that recipe's settings; the rest are defaults.

    Raises:
        RecipeError: an unknown kind or setting, or a value of the wrong type or out of its range.

    Example:
        >>> recipe_from_dict({"kind": "cnn", "filters": [8, 16]}).filters
        (8, 16)
    """
    own = dict(value)
    return settings_from_dict(recipe_class(own.pop("kind", None)), own)


@cache
def _load_all() -> None:
    package = importlib.import_module("peu.classifiers")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")


AnyRecipe = Annotated[
    InstanceOf[ImageClassifier],
    BeforeValidator(lambda value: recipe_from_dict(value) if isinstance(value, dict) else value),
    PlainSerializer(lambda value: value.to_dict()),
]
"""A recipe as a field of another dataclass: JSON holds its kind and settings."""
