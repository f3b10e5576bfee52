"""`peu recipes`: what there is to choose from, and what there is to set."""

import json

import pytest

from command_line import Peu, complaint
from peu.classifiers.registry import recipe_kinds


def test_every_recipe_has_a_line(peu: Peu) -> None:
    listed = json.loads(peu("recipes", "--json").stdout)
    assert listed["format"] == 1
    assert [each["name"] for each in listed["recipes"]] == list(recipe_kinds())
    assert all(each["summary"].endswith(".") for each in listed["recipes"])
    table = peu("recipes").stdout
    assert all(kind in table for kind in recipe_kinds())


@pytest.mark.parametrize("kind", recipe_kinds())
def test_every_setting_of_a_recipe_is_listed_with_its_default(peu: Peu, kind: str) -> None:
    listed = json.loads(peu("recipes", kind, "--json").stdout)
    assert listed["recipe"] == kind
    settings = {each["name"]: each for each in listed["settings"]}
    assert settings["name"]["default"] == kind
    table = peu("recipes", kind)
    assert table.exit_code == 0
    assert all(name in table.stdout for name in settings)


def test_nested_settings_are_listed_as_set_takes_them(peu: Peu) -> None:
    listed = json.loads(peu("recipes", "cnn", "--json").stdout)["settings"]
    assert {"name": "training.epochs", "default": 15}.items() <= next(
        each for each in listed if each["name"] == "training.epochs"
    ).items()


def test_an_unknown_recipe_is_a_usage_error(peu: Peu) -> None:
    told = peu("recipes", "magic")
    assert told.exit_code == 2
    assert "magic" in complaint(told)
