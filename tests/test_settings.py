"""Settings are declared once; a wrong value is refused in one sentence where it is given."""

import dataclasses
import json
import math
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from peu.errors import RecipeError
from peu.settings import (
    Setting,
    changed_settings,
    check_setting,
    list_settings,
    parse_value,
    settings,
    settings_from_dict,
    settings_to_dict,
)


@settings(frozen=True)
class Training:
    epochs: Annotated[int, Field(ge=1, description="Passes over the images.")] = 15
    rate: Annotated[float, Field(gt=0, le=10, description="Step size.")] = 0.1
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.0

    def __post_init__(self) -> None:
        check_setting(
            "warmup",
            holds=self.warmup == 0 or self.epochs > 1,
            expected="0 with one epoch",
            received=self.warmup,
            advice="Train for longer.",
        )


@settings()
class Recipe:
    name: Annotated[str, Field(pattern=r"^[a-z]+$", description="Name in tables.")] = "recipe"
    filters: Annotated[
        tuple[Annotated[int, Field(ge=1)], ...],
        Field(strict=False, min_length=1, description="Filters of each layer."),
    ] = (8, 16)
    C: Annotated[float, Field(gt=0)] | Literal["auto"] = "auto"
    colour: bool = False
    patience: Annotated[int, Field(ge=1)] | None = None
    # The defaults of a nested class are the recipe's own.
    training: Annotated[Training, Field(description="How it is trained.")] = Training(epochs=3)


RECIPES = st.builds(
    Recipe,
    name=st.from_regex(r"\A[a-z]+\Z"),
    filters=st.lists(st.integers(1), min_size=1).map(tuple),
    C=st.floats(0, 1e9, exclude_min=True) | st.just("auto"),
    colour=st.booleans(),
    patience=st.none() | st.integers(1, 99),
    training=st.builds(Training, epochs=st.integers(2), rate=st.floats(0, 10, exclude_min=True)),
)

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": "A"}, "`name` must match pattern '^[a-z]+$'. Received: 'A'. Try 'recipe'."),
    (
        {"colour": 1},
        "`colour` must be a valid boolean. Received: 1. Try False.",
    ),
    (
        {"filters": (8, 0)},
        "`filters` must be greater than or equal to 1. Received: 0. Try (8, 16).",
    ),
    (
        {"C": 0.0},
        "`C` must be greater than 0 or be 'auto'. Received: 0.0. Try 'auto'.",
    ),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG)
def test_a_message_says_what_was_expected_what_was_received_and_what_to_try(
    wrong: dict[str, Any], message: str
) -> None:
    with pytest.raises(RecipeError) as caught:
        Recipe(**wrong)
    assert str(caught.value) == message
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("received", ["a\nb", "X" * 500, object(), [1] * 99])
def test_a_message_is_one_line_of_readable_length(received: Any) -> None:
    with pytest.raises(RecipeError) as caught:
        Recipe(name=received)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250


def test_a_setting_that_is_not_there_is_told_with_the_nearest_one() -> None:
    with pytest.raises(RecipeError, match=r"Recipe .*`filter`. Did you mean `filters`"):
        Recipe(filter=(8,))  # type: ignore[call-arg]
    with pytest.raises(RecipeError, match=r"Training .*`volume`. It has: epochs, rate, warmup"):
        Training(volume=11)  # type: ignore[call-arg]


def test_arguments_are_given_by_name() -> None:
    with pytest.raises((TypeError, RecipeError)):
        Recipe("name")  # type: ignore[call-arg]


@pytest.mark.parametrize("received", [True, 1.5, "1", None, math.nan, [1], 0, -1])
def test_a_count_is_an_integer_from_one(received: Any) -> None:
    with pytest.raises(RecipeError, match=r"`epochs` must .* Received: "):
        Training(epochs=received)


@given(st.integers(1))
def test_every_integer_from_one_is_a_count(count: int) -> None:
    assert Training(epochs=count).epochs == count


def _training(name: str, value: Any) -> Training:
    return Training(**{name: value})


@given(st.floats() | st.integers())
def test_ranges_hold_at_their_ends_as_declared(received: Any) -> None:
    for name, inside in (("rate", 0 < received <= 10), ("warmup", 0 <= received < 1)):
        if inside:
            assert getattr(_training(name, received), name) == received
        else:
            with pytest.raises(RecipeError, match=f"`{name}` must"):
                _training(name, received)


@pytest.mark.parametrize("received", [True, "0.5", None, [0.5], math.nan, math.inf])
def test_a_range_holds_finite_numbers_only(received: Any) -> None:
    with pytest.raises(RecipeError, match="`rate` must"):
        Training(rate=received)


def test_what_settings_must_agree_on_is_checked_where_they_are_made() -> None:
    with pytest.raises(RecipeError, match=r"`warmup` must be 0 with one epoch. Received: 0.5"):
        Training(epochs=1, warmup=0.5)
    with pytest.raises(RecipeError, match="warmup"):
        dataclasses.replace(Training(warmup=0.5), epochs=1)
    with pytest.raises(RecipeError, match="warmup"):
        settings_from_dict(Recipe, {"training": {"epochs": 1, "warmup": 0.5}})


def test_check_setting_says_three_things_in_one_line() -> None:
    with pytest.raises(RecipeError) as caught:
        check_setting("epochs", holds=False, expected="1 or more", received="a\nb", advice="Try 5.")
    assert str(caught.value) == "`epochs` must be 1 or more. Received: 'a\\nb'. Try 5."
    check_setting("epochs", holds=True, expected="", received=None, advice="")


def test_frozen_settings_do_not_change_and_can_be_keys() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Training().epochs = 3  # type: ignore[misc]
    assert {Training(): 1}[dataclasses.replace(Training())] == 1


@given(RECIPES)
def test_settings_come_back_from_json(recipe: Recipe) -> None:
    stored = json.loads(json.dumps(settings_to_dict(recipe)))
    assert settings_from_dict(Recipe, stored) == recipe
    assert settings_to_dict(settings_from_dict(Recipe, stored)) == stored


def test_what_is_left_out_is_default_and_in_a_part_as_the_whole_has_it() -> None:
    assert settings_from_dict(Recipe, {}) == Recipe()
    part = settings_from_dict(Recipe, {"training": {"rate": 1.0}})
    assert part.training == Training(epochs=3, rate=1.0)


def test_the_value_is_left_as_it_was() -> None:
    value = {"filters": [8], "training": {"rate": 1.0}}
    settings_from_dict(Recipe, value)
    assert value == {"filters": [8], "training": {"rate": 1.0}}


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ({"loud": 1}, "`loud`"),
        ({"training": {"loud": 1}}, "Training .*`loud`"),
        ({"training": [3]}, "`training`"),
        ({"training": None}, "`training`"),
        ({"training": {"epochs": 0}}, "`training.epochs`"),
        ({"filters": [[8]]}, "`filters`"),
        ({"filters": ["8"]}, "`filters`"),
        ({"filters": {"first": 8}}, "`filters`"),
        ({"colour": "yes"}, "`colour`"),
        ({"patience": "3"}, "`patience`"),
    ],
)
def test_what_json_must_not_hold_is_refused(value: dict[str, Any], named: str) -> None:
    with pytest.raises(RecipeError, match=named) as caught:
        settings_from_dict(Recipe, value)
    assert "\n" not in str(caught.value)


def test_only_what_differs_from_the_defaults_is_shown() -> None:
    assert repr(Recipe()) == "Recipe()"
    changed = Recipe(colour=True, training=Training(epochs=9))
    assert repr(changed) == "Recipe(colour=True, training=Training(epochs=9))"
    assert changed_settings(changed) == {"colour": True, "training": Training(epochs=9)}


def test_settings_are_listed_with_type_bounds_default_and_description() -> None:
    found = list_settings(Recipe, "mine.")
    assert [one.name for one in found] == [
        "mine.name",
        "mine.filters",
        "mine.C",
        "mine.colour",
        "mine.patience",
        "mine.training.epochs",
        "mine.training.rate",
        "mine.training.warmup",
    ]
    named = {one.name.removeprefix("mine."): one for one in found}
    assert named["training.epochs"] == Setting(
        name="mine.training.epochs",
        values="integer >= 1",
        default="3",
        description="Passes over the images.",
    )
    assert named["training.rate"].values == "number > 0, <= 10"
    assert named["filters"].values == "list of integer >= 1"
    assert named["filters"].default == "[8, 16]"
    assert named["C"].values == 'number > 0 or "auto"'
    assert named["colour"].values == "true or false"
    assert named["patience"].values.startswith("integer >= 1 or ")
    for one in found:
        json.loads(one.default)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("0.5", 0.5),
        ("1e-3", 1e-3),
        ("auto", "auto"),
        ("true", True),
        ("null", None),
        ("None", None),
        ("8,16", [8, 16]),
        ("[8, 16]", [8, 16]),
        ("a,b", "a,b"),
        ("/data/a b.h5", "/data/a b.h5"),
        ('{"epochs": 3}', {"epochs": 3}),
        ("", ""),
    ],
)
def test_values_are_read_as_a_command_line_gives_them(text: str, value: Any) -> None:
    found = parse_value(text)
    assert found == value
    assert type(found) is type(value)
