"""A search goes through JSON unchanged, and one that cannot work is refused where it is made."""

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peu.errors import RecipeError
from peu.recipes.augmentation import Augmentation
from peu.recipes.registry import recipe_from_dict, recipe_to_dict
from peu.recipes.search_space import SearchSpace
from peu.recipes.tuned import TunedCNN


def between(low: float, high: float, **ends: Any) -> st.SearchStrategy[tuple[float, float]]:
    return st.tuples(st.floats(low, high, **ends), st.floats(low, high, **ends)).map(_sorted)


def whole(low: int, high: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(low, high), st.integers(low, high)).map(_sorted)


def _sorted(pair: Any) -> Any:
    return (min(pair), max(pair))


SPACES = st.builds(
    SearchSpace,
    image_size=whole(16, 512),
    layers=whole(1, 3),
    filters=whole(1, 256),
    batch_norm=whole(0, 1),
    dropout=between(0, 1, exclude_max=True),
    learning_rate=between(0, 10, exclude_min=True),
    weight_decay=between(0, 10, exclude_min=True, exclude_max=True),
    epochs=whole(1, 1000),
    augmentation=between(0, 2, exclude_min=True),
)
TUNEDS = st.builds(
    TunedCNN,
    name=st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._+ -]{0,59}\Z"),
    resize_mode=st.sampled_from(["pad", "stretch", "crop"]),
    space=SPACES,
    image_size=st.none() | st.tuples(st.integers(8, 2048), st.integers(8, 2048)),
    epochs=st.none() | st.integers(1, 1000),
    learning_rate=st.none() | st.floats(0, 10, exclude_min=True),
    augmentation=st.builds(Augmentation, policy=st.sampled_from(["none", "flip", "strong"])),
    views=st.sampled_from([1, 2, 4]),
    batch_size=st.integers(1, 1000),
    dense_units=st.integers(1, 1000),
    inner_folds=st.integers(1, 3),
    trials=st.integers(1, 1000),
    tuning_time=st.none() | st.floats(0.001, 1e6),
    refit_factor=st.integers(1, 100),
    push=st.none() | st.integers(2, 1000),
)


@given(TUNEDS)
def test_it_comes_back_from_json(recipe: TunedCNN) -> None:
    again = recipe_from_dict(json.loads(json.dumps(recipe_to_dict(recipe))))
    assert again == recipe
    assert isinstance(again, TunedCNN)
    assert {recipe: 1}[again] == 1


def test_part_of_the_space_may_be_given() -> None:
    recipe = recipe_from_dict({"kind": "tuned-cnn", "space": {"layers": [2, 3]}})
    assert recipe == TunedCNN(space=SearchSpace(layers=(2, 3)))
    assert recipe_from_dict({"kind": "tuned-cnn"}) == TunedCNN()


BAD_SPACE: list[tuple[str, object, str]] = [
    ("image_size", (8, 64), "[16, 512]"),
    ("image_size", (64.0, 96.0), "whole number"),
    ("layers", (3, 2), "from its lowest"),
    ("filters", (0, 8), "whole number"),
    ("batch_norm", (0, 2), "0 and 1"),
    ("dropout", (0.0, 1.0), "[0, 1)"),
    ("learning_rate", (0, 1e-3), "(0, 10]"),
    ("weight_decay", (0.0, 0.1), "(0, 10)"),
    ("epochs", (20.5, 60), "whole number"),
    ("epochs", 60, "a range"),
    ("augmentation", (0.0, 1.0), "(0, 2]"),
    ("augmentation", (1.0,), "a range"),
]
BAD_TUNED: list[tuple[str, object, str]] = [
    ("name", "a/b", "letters"),
    ("resize_mode", "squeeze", "one of pad"),
    ("space", {"layers": (2, 3)}, "SearchSpace"),
    ("image_size", (4, 64), "8 to 2048"),
    ("epochs", 0, "whole number"),
    ("learning_rate", 0, "(0, 10]"),
    ("augmentation", "strong", "Augmentation"),
    ("views", 3, "1, 2 or 4"),
    ("batch_size", 0, "whole number"),
    ("dense_units", True, "whole number"),
    ("inner_folds", 4, "[1, 3]"),
    ("trials", 0, "whole number"),
    ("tuning_time", 0, "(0, "),
    ("refit_factor", 0, "whole number"),
    ("refit_factor", 101, "[1, 100]"),
    ("push", 1, "[2, 1000]"),
]


@pytest.mark.parametrize(
    ("cls", "setting", "value", "expected"),
    [
        *((SearchSpace, *setting) for setting in BAD_SPACE),
        *((TunedCNN, *setting) for setting in BAD_TUNED),
    ],
)
def test_a_bad_setting_is_named_with_what_was_expected(
    cls: Any, setting: str, value: object, expected: str
) -> None:
    with pytest.raises(RecipeError) as caught:
        cls(**{setting: value})
    assert f"`{setting}`" in str(caught.value)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_setting_has_a_bad_value_above() -> None:
    assert {setting for setting, _, _ in BAD_SPACE} == {
        f.name for f in dataclasses.fields(SearchSpace)
    }
    assert {setting for setting, _, _ in BAD_TUNED} == {
        f.name for f in dataclasses.fields(TunedCNN)
    }


def test_images_too_small_for_the_layers_are_refused() -> None:
    with pytest.raises(RecipeError, match=r"space\.layers"):
        TunedCNN(image_size=(8, 64), space=SearchSpace(layers=(2, 4)))
    TunedCNN(image_size=(8, 64), space=SearchSpace(layers=(2, 3)))
