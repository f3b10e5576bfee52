"""Recipes go through JSON unchanged, and a wrong one is refused where it is made."""

import dataclasses
import json
import subprocess
import sys
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peu.errors import RecipeError
from peu.recipes import descriptors, frozen
from peu.recipes.augmentation import Augmentation, Flips, Policy
from peu.recipes.augmented import SmallResNet
from peu.recipes.checks import ResizeMode
from peu.recipes.descriptors import HogSVM
from peu.recipes.ensemble import Ensemble
from peu.recipes.finetune import FineTune, Keep
from peu.recipes.frozen import Transfer
from peu.recipes.registry import RECIPES, Recipe, recipe_from_dict, recipe_to_dict
from peu.recipes.scratch import SmallCNN
from peu.recipes.training import Precision, Schedule, TrainingSettings

COUNTS = st.integers(1, 1000)
NAMES = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._+ -]{0,59}\Z")
SIZES = st.tuples(st.integers(8, 2048), st.integers(8, 2048))
FITS = st.sampled_from(get_args(ResizeMode))
TRAININGS = st.builds(
    TrainingSettings,
    epochs=COUNTS,
    batch_size=COUNTS,
    learning_rate=st.floats(0, 10, exclude_min=True),
    patience=st.none() | COUNTS,
    precision=st.sampled_from(get_args(Precision)),
    time_limit=st.none() | st.floats(0.001, 1e6),
    optimizer=st.sampled_from(["adamw", "sgd"]),
    weight_decay=st.floats(0, 10, exclude_max=True),
    schedule=st.sampled_from(get_args(Schedule)),
    label_smoothing=st.floats(0, 1, exclude_max=True),
    average_weights=st.floats(0, 1, exclude_max=True),
    watch_every=COUNTS,
)
AUGMENTATIONS = st.builds(
    Augmentation,
    policy=st.sampled_from(get_args(Policy)),
    strength=st.floats(0, 2, exclude_min=True),
    flips=st.sampled_from(get_args(Flips)),
)
SCRATCHES = st.builds(
    SmallCNN,
    name=NAMES,
    image_size=SIZES,
    resize_mode=FITS,
    filters=st.lists(COUNTS, min_size=1, max_size=3).map(tuple),
    kernel_size=COUNTS,
    pool_size=COUNTS,
    pool_strides=st.integers(1, 2),
    dense_units=COUNTS,
    dropout=st.floats(0, 1, exclude_max=True),
    batch_norm=st.booleans(),
    augmentation=AUGMENTATIONS,
    views=st.sampled_from([1, 2, 4]),
    training=TRAININGS,
)
AUGMENTED = st.builds(
    SmallResNet,
    name=NAMES,
    image_size=SIZES,
    resize_mode=FITS,
    filters=st.lists(COUNTS, min_size=1, max_size=2).map(tuple),
    dropout=st.floats(0, 1, exclude_max=True),
    augmentation=AUGMENTATIONS,
    views=st.sampled_from([1, 2, 4]),
    training=TRAININGS,
)
DESCRIPTORS = st.builds(
    HogSVM,
    name=NAMES,
    image_size=SIZES,
    resize_mode=FITS,
    orientations=COUNTS,
    cell_size=st.integers(1, 4),
    block_size=st.integers(1, 2),
    colour=st.sampled_from(get_args(descriptors.Colour)),
    kernel=st.sampled_from(get_args(descriptors.Kernel)),
    regularization=st.floats(0, 1e9, exclude_min=True, exclude_max=True),
)
FROZENS = st.builds(
    Transfer,
    name=NAMES,
    backbone=st.text(min_size=1).filter(str.strip),
    backbone_weights=st.text(min_size=1).filter(str.strip),
    backbone_preprocessing=st.sampled_from(get_args(frozen.Preprocessing)),
    image_size=st.none() | SIZES,
    resize_mode=FITS,
    pooling=st.sampled_from(get_args(frozen.Pooling)),
    head=st.sampled_from(get_args(frozen.Head)),
    hidden_units=COUNTS,
    training=TRAININGS,
)

FINETUNES = st.builds(
    FineTune,
    name=NAMES,
    backbone=st.text(min_size=1).filter(str.strip),
    backbone_preprocessing=st.sampled_from(get_args(frozen.Preprocessing)),
    image_size=st.none() | SIZES,
    head=st.sampled_from(get_args(frozen.Head)),
    head_training=TRAININGS,
    stages=COUNTS,
    earliest_rate=st.floats(0, 1, exclude_min=True),
    keep=st.sampled_from(get_args(Keep)),
    augmentation=AUGMENTATIONS,
    training=TRAININGS,
)

ENSEMBLES = st.builds(
    Ensemble,
    name=NAMES,
    members=st.lists(
        SCRATCHES | DESCRIPTORS | FROZENS, min_size=2, max_size=3, unique_by=lambda one: one.name
    ).map(tuple),
    shrinkage=st.floats(0, 1e6, exclude_max=True),
)


@given(SCRATCHES | AUGMENTED | DESCRIPTORS | FROZENS | FINETUNES | ENSEMBLES)
def test_every_recipe_comes_back_from_json(recipe: Recipe) -> None:
    stored = json.loads(json.dumps(recipe_to_dict(recipe)))
    again = recipe_from_dict(stored)
    assert again == recipe
    assert type(again) is type(recipe)
    assert recipe_to_dict(again) == recipe_to_dict(recipe)


@pytest.mark.parametrize("kind", RECIPES)
def test_what_is_left_out_is_default(kind: str) -> None:
    assert recipe_from_dict({"kind": kind}) == RECIPES[kind]()
    assert recipe_from_dict({"kind": kind}).name == kind


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
    value = {"kind": "cnn", "filters": [8], "format": 1}
    recipe_from_dict(value)
    assert value == {"kind": "cnn", "filters": [8], "format": 1}


BAD_TRAINING: list[tuple[str, object, str]] = [
    ("epochs", 0, "whole number"),
    ("batch_size", 2.5, "whole number"),
    ("learning_rate", 0, "(0, 10]"),
    ("learning_rate", 10.5, "(0, 10]"),
    ("learning_rate", float("nan"), "(0, 10]"),
    ("patience", -1, "whole number"),
    ("precision", "float16", "mixed_bfloat16"),
    ("time_limit", 0, "(0, "),
    ("optimizer", "lion", "one of adam"),
    ("weight_decay", 0.1, "0 with the optimizer 'adam'"),
    ("weight_decay", -1, "[0, 10)"),
    ("schedule", "step", "one of constant"),
    ("warmup", 0.1, "0 with a constant"),
    ("warmup", 1, "[0, 1)"),
    ("label_smoothing", 1, "[0, 1)"),
    ("average_weights", 1.0, "[0, 1)"),
    ("watch_every", 0, "whole number"),
]
BAD_AUGMENTATION: list[tuple[str, object, str]] = [
    ("policy", "cutmix", "one of none"),
    ("strength", 0, "(0, 2]"),
    ("strength", 2.1, "(0, 2]"),
    ("flips", True, "one of none"),
]
BAD_AUGMENTED: list[tuple[str, object, str]] = [
    ("name", "", "letters"),
    ("image_size", (64, 4096), "8 to 2048"),
    ("filters", (), "one or more"),
    ("filters", (8, 0), "whole number"),
    ("filters", (8,) * 6, "few enough"),
    ("dropout", 1, "[0, 1)"),
    ("augmentation", "strong", "an Augmentation"),
    ("views", 3, "1, 2 or 4"),
    ("views", True, "1, 2 or 4"),
    ("training", None, "TrainingSettings"),
]
BAD_SCRATCH: list[tuple[str, object, str]] = [
    ("batch_norm", 1, "true or false"),
    ("views", 8, "1, 2 or 4"),
    ("name", "a/b", "letters"),
    ("image_size", (4, 224), "8 to 2048"),
    ("image_size", "224", "8 to 2048"),
    ("resize_mode", "squeeze", "one of pad"),
    ("filters", (), "one or more"),
    ("filters", 32, "one or more"),
    ("filters", (32, 0), "whole number"),
    ("filters", (32, "64"), "whole number"),
    ("kernel_size", 0, "whole number"),
    ("pool_size", "3", "whole number"),
    ("pool_strides", 16, "small enough"),
    ("dense_units", True, "whole number"),
    ("dropout", 1, "[0, 1)"),
    ("dropout", -0.1, "[0, 1)"),
    ("augmentation", None, "an Augmentation"),
    ("training", 15, "TrainingSettings"),
    ("training", None, "TrainingSettings"),
]
BAD_DESCRIPTORS: list[tuple[str, object, str]] = [
    ("name", "", "letters"),
    ("image_size", (64, 4096), "8 to 2048"),
    ("resize_mode", None, "one of pad"),
    ("orientations", 0, "whole number"),
    ("cell_size", 33, "at most 64 / 2"),
    ("block_size", 9, "at most 64 / 9"),
    ("colour", True, "one of auto"),
    ("kernel", "poly", "one of rbf"),
    ("regularization", 0, "(0, 1e+09)"),
    ("regularization", float("inf"), "(0, 1e+09)"),
]
BAD_FROZEN: list[tuple[str, object, str]] = [
    ("name", 5, "letters"),
    ("backbone", " ", "a name or a path"),
    ("backbone", None, "a name or a path"),
    ("backbone_weights", "", "a name or a path"),
    ("backbone_preprocessing", "bgr", "one of auto"),
    ("image_size", (224,), "8 to 2048"),
    ("resize_mode", "PAD", "one of pad"),
    ("pooling", "max", "one of average"),
    ("head", "svm", "one of logistic"),
    ("hidden_units", 0, "whole number"),
    ("training", {"epochs": 3}, "TrainingSettings"),
]
BAD_FINETUNE: list[tuple[str, object, str]] = [
    *BAD_FROZEN,
    ("head_training", None, "TrainingSettings"),
    ("stages", 0, "whole number"),
    ("earliest_rate", 0, "(0, 1]"),
    ("keep", "never", "one of better"),
    ("augmentation", "strong", "an Augmentation"),
]
BAD_ENSEMBLE: list[tuple[str, object, str]] = [
    ("name", "", "letters"),
    ("members", (), "two or more"),
    ("members", (HogSVM(),), "two or more"),
    ("members", (HogSVM(), "cnn"), "two or more"),
    ("members", [HogSVM(), SmallCNN()], "two or more"),
    ("members", (HogSVM(), Ensemble()), "none of them an ensemble"),
    ("members", (HogSVM(), HogSVM(kernel="linear")), "names of their own"),
    ("shrinkage", -1, "[0, 1e+06)"),
]
BAD = [
    *((TrainingSettings, *setting) for setting in BAD_TRAINING),
    *((Augmentation, *setting) for setting in BAD_AUGMENTATION),
    *((SmallCNN, *setting) for setting in BAD_SCRATCH),
    *((SmallResNet, *setting) for setting in BAD_AUGMENTED),
    *((HogSVM, *setting) for setting in BAD_DESCRIPTORS),
    *((Transfer, *setting) for setting in BAD_FROZEN),
    *((FineTune, *setting) for setting in BAD_FINETUNE),
    *((Ensemble, *setting) for setting in BAD_ENSEMBLE),
]


@pytest.mark.parametrize(("cls", "setting", "value", "expected"), BAD)
def test_a_bad_setting_is_named_with_what_was_expected_and_received(
    cls: Any, setting: str, value: object, expected: str
) -> None:
    with pytest.raises(RecipeError) as caught:
        cls(**{setting: value})
    message = str(caught.value)
    # A block that does not fit is told as a cell that does not fit.
    assert f"`{'cell_size' if setting == 'block_size' and value == 9 else setting}`" in message
    assert expected in message
    received = value[1] if setting == "filters" and isinstance(value, tuple) and value else value
    # Members are told by their kinds or names: all their settings would be a page.
    assert repr(received) in message or value == 9 or setting == "members"
    assert "\n" not in message


def test_every_setting_has_a_bad_value_above() -> None:
    for cls in (TrainingSettings, SmallCNN, HogSVM, Transfer):
        tried = {setting for owner, setting, _, _ in BAD if owner is cls}
        assert tried == {field.name for field in dataclasses.fields(cls)}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({}, f"`kind` must be one of {', '.join(RECIPES)}. Received: None"),
        ({"kind": "magic"}, "Received: 'magic'"),
        ({"kind": ["cnn"]}, "`kind`"),
        ({"kind": "cnn", "format": 2}, "update peu"),
        ({"kind": "cnn", "format": "1"}, "update peu"),
        ({"kind": "cnn", "epoch": 3}, "Received: 'epoch'"),
        ({"kind": "cnn", "training": {"epoch": 3}}, "TrainingSettings"),
        ({"kind": "cnn", "training": [3]}, "TrainingSettings"),
        ({"kind": "cnn", "filters": [[8]]}, "`filters`"),
        ({"kind": "hog", "image_size": {"height": 64}}, "`image_size`"),
        ({"kind": "hog", "image_size": ["64", "64"]}, "`image_size`"),
    ],
)
def test_what_is_no_recipe_is_refused(value: dict[str, Any], said: str) -> None:
    with pytest.raises(RecipeError) as caught:
        recipe_from_dict(value)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("recipe", [TrainingSettings(), *(cls() for cls in RECIPES.values())])
def test_recipes_do_not_change_and_can_be_keys(recipe: Any) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        recipe.name = "other"
    assert {recipe: 1}[dataclasses.replace(recipe)] == 1


def test_recipes_are_made_without_numpy_or_keras() -> None:
    code = (
        "import sys; import peu.recipes.registry as r; r.recipe_from_dict({'kind': 'cnn'});"
        "print(sorted({'numpy', 'keras', 'tensorflow', 'sklearn', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
