"""Recipes' settings: bad values are named with what was expected and received."""

import dataclasses
from typing import Any

import pytest
from pydantic import TypeAdapter

from peu.classifiers.ensemble import Ensemble
from peu.classifiers.finetune import FineTune
from peu.classifiers.hog import HogSVM
from peu.classifiers.registry import (
    AnyRecipe,
    recipe_from_dict,
)
from peu.classifiers.small_cnn import SmallCNN
from peu.classifiers.small_resnet import SmallResNet
from peu.classifiers.transfer import Transfer
from peu.errors import RecipeError
from peu.networks.training_settings import TrainingSettings


def test_a_recipe_can_be_a_field_of_another_class() -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(tuple[AnyRecipe, ...])
    recipes = (HogSVM(C=3.0), SmallCNN(filters=(8,)))
    assert adapter.validate_json(adapter.dump_json(recipes)) == recipes


def test_part_of_the_training_may_be_given() -> None:
    recipe = recipe_from_dict({"kind": "cnn", "training": {"epochs": 3}})
    assert isinstance(recipe, SmallCNN)
    assert recipe.training == TrainingSettings(epochs=3)


def test_what_is_left_out_of_a_part_is_as_the_recipe_has_it() -> None:
    usual = SmallResNet()
    recipe = recipe_from_dict(
        {"kind": "resnet", "training": {"epochs": 3}, "augmentation": {"strength": 0.5}}
    )
    assert isinstance(recipe, SmallResNet)
    assert recipe.training == dataclasses.replace(usual.training, epochs=3)
    assert recipe.augmentation == dataclasses.replace(usual.augmentation, strength=0.5)


def test_the_value_is_left_as_it_was() -> None:
    value = {"kind": "cnn", "filters": [8]}
    recipe_from_dict(value)
    assert value == {"kind": "cnn", "filters": [8]}


COMMON: list[tuple[str, object]] = [
    ("name", ""),
    ("name", " a"),
    ("name", "a/b"),
    ("name", "../a"),
    ("name", ".a"),
    ("name", "a\n"),
    ("name", "\xe9"),
    ("name", "a" * 61),
    ("name", 5),
    ("name", None),
    ("seed", -1),
    ("seed", 0.5),
    ("seed", True),
]


BAD_CNN: list[tuple[str, object]] = [
    *COMMON,
    ("batch_norm", 1),
    ("tta", 8),
    ("image_size", (4, 224)),
    ("image_size", "224"),
    ("resize_mode", "squeeze"),
    ("filters", ()),
    ("filters", 32),
    ("filters", (32, 0)),
    ("filters", (32, "64")),
    ("kernel_size", 0),
    ("pool_size", "3"),
    ("pool_strides", 16),
    ("dense_units", True),
    ("dropout", 1),
    ("dropout", -0.1),
    ("augmentation", None),
    ("training", 15),
    ("training", None),
]


BAD_RESNET: list[tuple[str, object]] = [
    *COMMON,
    ("image_size", (64, 4096)),
    ("resize_mode", None),
    ("filters", ()),
    ("filters", (8, 0)),
    ("filters", (8,) * 6),
    ("dropout", 1),
    ("augmentation", "strong"),
    ("tta", 3),
    ("tta", True),
    ("training", None),
]


BAD_HOG: list[tuple[str, object]] = [
    *COMMON,
    ("image_size", (64, 4096)),
    ("resize_mode", None),
    ("orientations", 0),
    ("cell_size", 33),
    ("block_size", 9),
    ("colour", True),
    ("kernel", "poly"),
    ("C", 0),
    ("C", float("inf")),
]


BAD_TRANSFER: list[tuple[str, object]] = [
    *COMMON,
    ("backbone", " "),
    ("backbone", None),
    ("backbone_weights", ""),
    ("backbone_preprocessing", "bgr"),
    ("image_size", (224,)),
    ("resize_mode", "PAD"),
    ("pooling", "max"),
    ("head", "svm"),
    ("hidden_units", 0),
    ("training", {"epochs": 3}),
]


BAD_FINETUNE: list[tuple[str, object]] = [
    *BAD_TRANSFER,
    ("head_training", None),
    ("stages", 0),
    ("earliest_rate", 0),
    ("keep", "never"),
    ("augmentation", "strong"),
]


BAD_ENSEMBLE: list[tuple[str, object]] = [
    *COMMON,
    ("members", ()),
    ("members", (HogSVM(),)),
    ("members", (HogSVM(), "cnn")),
    ("members", (HogSVM(), {"kind": "magic"})),
    ("members", (HogSVM(), Ensemble())),
    ("members", (HogSVM(), HogSVM(kernel="linear"))),
    ("shrinkage", -1),
    ("shrinkage", 1e6),
]


BAD = [
    *((SmallCNN, *setting) for setting in BAD_CNN),
    *((SmallResNet, *setting) for setting in BAD_RESNET),
    *((HogSVM, *setting) for setting in BAD_HOG),
    *((Transfer, *setting) for setting in BAD_TRANSFER),
    *((FineTune, *setting) for setting in BAD_FINETUNE),
    *((Ensemble, *setting) for setting in BAD_ENSEMBLE),
]


@pytest.mark.parametrize(("cls", "setting", "value"), BAD)
def test_a_bad_setting_is_named_with_what_was_expected_and_received(
    cls: Any, setting: str, value: object
) -> None:
    with pytest.raises(RecipeError, match=r" must .*\. Received: .+\. ") as caught:
        cls(**{setting: value})
    message = str(caught.value)
    # A block that does not fit is told as a cell that does not fit.
    shown = "cell_size" if setting == "block_size" and value == 9 else setting
    assert f"`{shown}`" in message or "`kind`" in message
    assert "\n" not in message
    assert caught.value.exit_code == 2


def test_every_setting_has_a_bad_value_above() -> None:
    for cls in (SmallCNN, SmallResNet, HogSVM, Transfer, FineTune, Ensemble):
        tried = {setting for owner, setting, _ in BAD if owner is cls}
        assert tried == {field.name for field in dataclasses.fields(cls)}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({}, "`kind` must be one of fisher, hog, transfer, cnn, "),
        ({"kind": "magic"}, "Received: 'magic'"),
        ({"kind": ["cnn"]}, "`kind`"),
        ({"kind": "cnn", "format": 1}, "Received: `format`"),
        ({"kind": "cnn", "epoch": 3}, "Received: `epoch`"),
        ({"kind": "cnn", "training": {"epoch": 3}}, "TrainingSettings"),
        ({"kind": "cnn", "training": [3]}, "`training`"),
        ({"kind": "cnn", "filters": [[8]]}, "`filters`"),
        ({"kind": "hog", "image_size": {"height": 64}}, "`image_size`"),
        ({"kind": "hog", "image_size": ["64", "64"]}, "`image_size`"),
        ({"kind": "ensemble", "members": [{"kind": "hog"}, {"kind": "cnn", "tta": 3}]}, "`tta`"),
    ],
)
def test_what_is_no_recipe_is_refused(value: dict[str, Any], said: str) -> None:
    with pytest.raises(RecipeError) as caught:
        recipe_from_dict(value)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
