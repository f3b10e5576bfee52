"""From `--recipes`, a config file and `--set` to recipes; the command line comes first."""

import copy
import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from peu.cli.options import read_image_size
from peu.errors import RecipeError

if TYPE_CHECKING:
    from peu.classifiers.base import ImageClassifier

DEFAULT_RECIPES = ("hog", "fisher", "transfer")
_ENSEMBLE = "ensemble"
_POLICY = "augmentation.policy"
_NETWORKS_HAVE = {"backbone", "epochs", "training.epochs"}
"""Settings of which a recipe has one if it trains or uses a network."""

Table = dict[str, Any]
"""A recipe in the form of a config file: its kind, and some of its settings."""


class Change(NamedTuple):
    """A setting that the command line gave.

    Attributes:
        given: as it was typed, for messages.
        target: a setting of every chosen recipe that has it, or "RECIPE.SETTING" if `named`.
        value: what it is set to.
        named: whether the target names its recipe.
    """

    given: str
    target: str
    value: Any
    named: bool


def read_changes(assignments: Sequence[str] | None, **options: Any) -> list[Change]:
    """Read the settings of recipes that the command line gave.

    Args:
        assignments: what `--set` got: texts of the form RECIPE.SETTING=VALUE.
        **options: values of options that are named as a setting; None where one was not given.

    Raises:
        RecipeError: a text of another form.
    """
    from peu.settings import parse_value

    changes = []
    for name, value in options.items():
        if value is not None:
            target = _POLICY if name == "augmentation" else name
            changes.append(Change(f"--{name.replace('_', '-')}", target, value, named=False))
    for text in assignments or ():
        target, equals, value = text.partition("=")
        if not equals or "." not in target:
            raise RecipeError(
                f"`--set` must be RECIPE.SETTING=VALUE. Received: {text!r}. Try --set hog.C=10; "
                "`peu recipes` lists recipes and settings."
            )
        value = parse_value(value.strip())
        changes.append(Change(f"--set {text}", target.strip(), value, named=True))
    return changes


def choose_recipes(
    names: str | None, config: Table, changes: Sequence[Change]
) -> "list[ImageClassifier]":
    """Build the recipes that the user wants.

    An option goes to every recipe that has such a setting, but `--image-size` to networks alone,
    since descriptors have sizes that suit them. Several augmentations with commas between make a
    recipe of each. An ensemble has the members that its settings name, or else all other recipes.

    Args:
        names: with commas between, or None for those of the config file, or the usual ones.
        config: of `read_config`.
        changes: of `read_changes`.

    Returns:
        At least one recipe.

    Raises:
        RecipeError: an unknown recipe or setting, a setting that no chosen recipe has, or a value
            that cannot work.
    """
    tables = config.get("recipes", [])
    known = {str(table.get("name", table.get("kind"))): table for table in tables}
    if len(known) < len(tables):
        raise RecipeError(
            f"`recipes` in a config file must have names of their own. Received: {len(tables)} "
            f"recipes with {len(known)} names. Give each a `name`."
        )
    wanted = _listed(names) if names is not None else list(known) or list(DEFAULT_RECIPES)
    if not wanted:
        raise RecipeError(f"`--recipes` must name one or more. Received: {names!r}. Try hog.")
    return _build([_table(name, known) for name in wanted], known, changes)


def with_changes(recipe: "ImageClassifier", changes: Sequence[Change]) -> "list[ImageClassifier]":
    """Change a recipe as the command line wants it; one for each augmentation that it named.

    Raises:
        RecipeError: a setting that the recipe does not have, or a value that cannot work.
    """
    return _build([recipe.to_dict()], {}, changes)


def _build(
    tables: list[Table], known: dict[str, Table], changes: Sequence[Change]
) -> "list[ImageClassifier]":
    from peu.classifiers.registry import recipe_from_dict

    taken: set[str] = set()

    def change(table: Table) -> list[Table]:
        return _changed(table, changes, taken)

    rows = [row for table in tables for row in change(table)]
    singles = [row for row in rows if row.get("kind") != _ENSEMBLE]
    for row in rows:
        if row.get("kind") == _ENSEMBLE:
            members = _members(row, known, any_others=bool(singles))
            row["members"] = (
                singles
                if members is None
                else [one for member in members for one in change(member)]
            )
    recipes = [recipe_from_dict(row) for row in rows]
    names = [recipe.name for recipe in recipes]
    if len(set(names)) < len(names):
        raise RecipeError(
            f"Recipes must have names of their own. Received: {', '.join(names)}. Name each once, "
            "or give each another `name` in a config file."
        )
    for each in changes:
        if each.given not in taken:
            raise RecipeError(
                f"`{each.given}` must be for a chosen recipe that has this setting. Chosen: "
                f"{', '.join(names)}. `peu recipes {recipes[0].kind}` lists the settings of one."
            )
    return recipes


def _changed(table: Table, changes: Sequence[Change], taken: set[str]) -> list[Table]:
    """A recipe's table with the changes that are for it: one for each augmentation named."""
    from peu.classifiers.registry import recipe_class
    from peu.settings import list_settings

    kind = table.get("kind")
    name = str(table.get("name", kind))
    own = [setting.name for setting in list_settings(recipe_class(kind))]
    tables = [copy.deepcopy(table)]
    for change in changes:
        target = change.target
        if change.named:
            owner = next((one for one in (name, kind) if target.startswith(f"{one}.")), None)
            if owner is None:
                continue
            target = target.removeprefix(f"{owner}.")
        elif target == "image_size" and not _NETWORKS_HAVE & set(own):
            continue
        path = _setting_path(target, own)
        if path is None and change.named:
            raise _unknown(change, target, own)
        if path is None:
            continue
        taken.add(change.given)
        if change.named or path != _POLICY:
            for one in tables:
                _put(one, path, change.value)
        else:
            tables = _varied(tables, [policy.strip() for policy in change.value.split(",")])
    return tables


def _setting_path(target: str, own: list[str]) -> str | None:
    """The full name of a setting: as it is, of the training, or nested where that is plain."""
    for path in (target, f"training.{target}"):
        if path in own:
            return path
    nested = [name for name in own if name.endswith(f".{target}")]
    return nested[0] if len(nested) == 1 else None


def _unknown(change: Change, target: str, own: list[str]) -> RecipeError:
    last = target.rpartition(".")[2]
    alike = {last, *difflib.get_close_matches(last, {name.rpartition(".")[2] for name in own}, 1)}
    near = [name for name in own if name.rpartition(".")[2] in alike]
    hint = f"Did you mean {' or '.join(near)}?" if near else f"It has {', '.join(own)}."
    return RecipeError(
        f"`{change.given}` must name a setting that the recipe has. Received: {target}. {hint}"
    )


def _put(table: Table, path: str, value: Any) -> None:
    *groups, last = path.split(".")
    for group in groups:
        table = table.setdefault(group, {})
        if not isinstance(table, dict):
            raise RecipeError(
                f"`{group}` must be a table of settings. Received: {table!r}. Write {path} = ..."
            )
    one_side = path == "image_size" and isinstance(value, (int, str))
    table[last] = read_image_size(str(value)) if one_side else value


def _varied(tables: list[Table], policies: list[str]) -> list[Table]:
    varied = []
    for table in tables:
        for policy in policies:
            one = copy.deepcopy(table)
            _put(one, _POLICY, policy)
            if len(policies) > 1:
                one["name"] = f"{table.get('name', table['kind'])}-{policy}"
            varied.append(one)
    return varied


def _table(name: str, known: dict[str, Table]) -> Table:
    from peu.classifiers.registry import recipe_kinds

    names = dict.fromkeys((*known, *recipe_kinds()))
    if name not in names:
        raise RecipeError(
            f"A recipe must be among {', '.join(names)}. Received: {name!r}. Check its spelling; "
            "`peu recipes` lists them."
        )
    return known.get(name, {"kind": name})


def _members(ensemble: Table, known: dict[str, Table], *, any_others: bool) -> list[Table] | None:
    """The members that an ensemble names, or None for all others that were chosen."""
    from peu.classifiers.registry import recipe_from_dict

    listed = ensemble.get("members")
    if listed is None and any_others:
        return None
    if listed is None:
        listed = recipe_from_dict({"kind": _ENSEMBLE}).to_dict()["members"]
    if isinstance(listed, str):
        listed = _listed(listed)
    if not isinstance(listed, list) or not all(isinstance(one, (str, dict)) for one in listed):
        raise RecipeError(
            "`members` must be a list of recipes or of their names. Received: "
            f'{listed!r}. Write `members = ["fisher", "resnet"]`.'
        )
    return [_table(one, known) if isinstance(one, str) else one for one in listed]


def _listed(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
