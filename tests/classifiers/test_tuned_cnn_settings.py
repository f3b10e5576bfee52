"""Settings and search spaces of the tuned CNN."""

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peu.classifiers.registry import recipe_from_dict
from peu.classifiers.search_space import SearchSpace, starting_point
from peu.classifiers.small_cnn import SmallCNN
from peu.classifiers.tuned_cnn import TunedCNN
from peu.errors import RecipeError
from peu.networks.augmentation_settings import Augmentation

# The less there is of a network, the sooner it is traced.


def _start_of(recipe: TunedCNN) -> dict[str, Any]:
    """Where a search begins, as a search of no trials at all chooses."""
    return starting_point(recipe.distributions())


def test_what_is_fixed_is_not_searched() -> None:
    every = {field.name for field in dataclasses.fields(SearchSpace)}
    assert set(TunedCNN().distributions()) == every
    fixed = TunedCNN(
        image_size=(40, 60), epochs=7, learning_rate=0.01, augmentation=Augmentation(policy="none")
    )
    searched = {"layers", "filters", "batch_norm", "dropout", "weight_decay"}
    assert set(fixed.distributions()) == searched
    chosen = fixed.configuration(_start_of(fixed))
    assert chosen.image_size == (40, 60)
    assert chosen.training.epochs == 7
    assert chosen.training.learning_rate == 0.01
    assert chosen.augmentation == Augmentation(policy="none")


def test_filters_double_and_stay_bounded() -> None:
    usual = TunedCNN()
    start = _start_of(usual)
    assert usual.configuration({**start, "filters": 10, "layers": 3}).filters == (10, 20, 40)
    widest = usual.configuration({**start, "filters": 32, "layers": 4}).filters
    assert widest == (32, 64, 128, 128)
    wide = TunedCNN(space=SearchSpace(filters=(200, 300)))
    assert wide.configuration({**start, "filters": 200, "layers": 2}).filters == (200, 200)


def test_the_start_lies_within_the_ranges_and_on_their_steps() -> None:
    space = SearchSpace(image_size=(70, 100), layers=(1, 2), epochs=(5, 17), dropout=(0.3, 0.4))
    recipe = TunedCNN(space=space)
    found = recipe.distributions()
    assert (found["image_size"].high, found["epochs"].high) == (86, 15)
    start = _start_of(recipe)
    assert (start["image_size"], start["layers"], start["epochs"]) == (70, 2, 15)
    assert start["dropout"] == 0.3
    assert isinstance(recipe.configuration(start), SmallCNN)


def _between(low: float, high: float, **ends: Any) -> st.SearchStrategy[tuple[float, float]]:
    return st.tuples(st.floats(low, high, **ends), st.floats(low, high, **ends)).map(_sorted)


def _whole(low: int, high: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(low, high), st.integers(low, high)).map(_sorted)


def _sorted(pair: Any) -> Any:
    return (min(pair), max(pair))


SPACES = st.builds(
    SearchSpace,
    image_size=_whole(16, 512),
    layers=_whole(1, 3),
    filters=_whole(1, 256),
    batch_norm=_whole(0, 1),
    dropout=_between(0, 1, exclude_max=True),
    learning_rate=_between(0, 10, exclude_min=True),
    weight_decay=_between(0, 10, exclude_min=True, exclude_max=True),
    epochs=_whole(1, 1000),
    augmentation=_between(0, 2, exclude_min=True),
)


RECIPES = st.builds(
    TunedCNN,
    name=st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._+ -]{0,59}\Z"),
    resize_mode=st.sampled_from(["pad", "stretch", "crop"]),
    space=SPACES,
    image_size=st.none() | st.tuples(st.integers(8, 2048), st.integers(8, 2048)),
    epochs=st.none() | st.integers(1, 1000),
    learning_rate=st.none() | st.floats(0, 10, exclude_min=True),
    augmentation=st.builds(Augmentation, policy=st.sampled_from(["none", "flip", "strong"])),
    tta=st.sampled_from([1, 2, 4]),
    batch_size=st.integers(1, 1000),
    dense_units=st.integers(1, 1000),
    inner_folds=st.integers(1, 3),
    trials=st.integers(1, 1000),
    tuning_time=st.none() | st.floats(0.001, 1e6),
    refit_factor=st.integers(1, 100),
    push=st.none() | st.integers(2, 1000),
)


@given(RECIPES)
def test_it_comes_back_from_json(recipe: TunedCNN) -> None:
    again = recipe_from_dict(json.loads(json.dumps(recipe.to_dict())))
    assert again == recipe
    assert isinstance(again, TunedCNN)


def test_part_of_the_space_may_be_given() -> None:
    recipe = recipe_from_dict({"kind": "tuned-cnn", "space": {"layers": [2, 3]}})
    assert recipe == TunedCNN(space=SearchSpace(layers=(2, 3)))
    assert recipe_from_dict({"kind": "tuned-cnn"}) == TunedCNN()


BAD_SPACE: list[tuple[str, object]] = [
    ("image_size", (8, 64)),
    ("image_size", (64, 1024)),
    ("image_size", (64.5, 96)),
    ("layers", (3, 2)),
    ("layers", (0, 2)),
    ("filters", (0, 8)),
    ("batch_norm", (0, 2)),
    ("dropout", (0.0, 1.0)),
    ("learning_rate", (0, 1e-3)),
    ("weight_decay", (0.0, 0.1)),
    ("weight_decay", (0.1, 10.0)),
    ("epochs", (20.5, 60)),
    ("epochs", 60),
    ("augmentation", (0.0, 1.0)),
    ("augmentation", (1.0,)),
]


BAD_RECIPE: list[tuple[str, object]] = [
    ("name", "a/b"),
    ("seed", -1),
    ("resize_mode", "squeeze"),
    ("space", {"layers": (2, 3)}),
    ("image_size", (4, 64)),
    ("epochs", 0),
    ("learning_rate", 0),
    ("augmentation", "strong"),
    ("tta", 3),
    ("batch_size", 0),
    ("dense_units", True),
    ("inner_folds", 4),
    ("trials", 0),
    ("tuning_time", 0),
    ("refit_factor", 0),
    ("refit_factor", 101),
    ("push", 1),
]


@pytest.mark.parametrize(
    ("cls", "setting", "value"),
    [
        *((SearchSpace, *setting) for setting in BAD_SPACE),
        *((TunedCNN, *setting) for setting in BAD_RECIPE),
    ],
)
def test_a_bad_setting_is_named_with_what_was_expected(
    cls: Any, setting: str, value: object
) -> None:
    with pytest.raises(RecipeError, match=r"must .*\. Received: ") as caught:
        cls(**{setting: value})
    assert f"`{setting}" in str(caught.value) or setting == "space"
    assert "\n" not in str(caught.value)


def test_every_setting_has_a_bad_value_above() -> None:
    for cls, bad in ((SearchSpace, BAD_SPACE), (TunedCNN, BAD_RECIPE)):
        assert {setting for setting, _ in bad} == {field.name for field in dataclasses.fields(cls)}


def test_images_too_small_for_the_layers_are_refused() -> None:
    with pytest.raises(RecipeError, match=r"space\.layers"):
        TunedCNN(image_size=(8, 64), space=SearchSpace(layers=(2, 4)))
    TunedCNN(image_size=(8, 64), space=SearchSpace(layers=(2, 3)))
