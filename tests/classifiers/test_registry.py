"""Recipes go through JSON unchanged, and a wrong one is refused where it is made."""

import json
import subprocess
import sys
from typing import Annotated, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from peu.classifiers import registry
from peu.classifiers.base import ImageClassifier
from peu.classifiers.ensemble import Ensemble
from peu.classifiers.finetune import FineTune
from peu.classifiers.fisher import FisherVectors
from peu.classifiers.hog import HogSVM
from peu.classifiers.registry import (
    recipe,
    recipe_class,
    recipe_from_dict,
    recipe_kinds,
)
from peu.classifiers.small_cnn import SmallCNN
from peu.classifiers.small_resnet import SmallResNet
from peu.classifiers.training_set import TrainingSet
from peu.classifiers.transfer import Transfer
from peu.images.resizing import ResizeMode
from peu.networks.augmentation_settings import Augmentation, Flips, Policy
from peu.networks.pretrained_settings import Head, Pooling, Preprocessing
from peu.networks.training_settings import Precision, Schedule, TrainingSettings
from peu.settings import list_settings

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
    validate_every=COUNTS,
)
AUGMENTATIONS = st.builds(
    Augmentation,
    policy=st.sampled_from(get_args(Policy)),
    strength=st.floats(0, 2, exclude_min=True),
    flips=st.sampled_from(get_args(Flips)),
)
CNNS = st.builds(
    SmallCNN,
    name=NAMES,
    seed=st.integers(0),
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
    tta=st.sampled_from([1, 2, 4]),
    training=TRAININGS,
)
RESNETS = st.builds(
    SmallResNet,
    name=NAMES,
    seed=st.integers(0),
    image_size=SIZES,
    resize_mode=FITS,
    filters=st.lists(COUNTS, min_size=1, max_size=2).map(tuple),
    dropout=st.floats(0, 1, exclude_max=True),
    augmentation=AUGMENTATIONS,
    tta=st.sampled_from([1, 2, 4]),
    training=TRAININGS,
)
HOGS = st.builds(
    HogSVM,
    name=NAMES,
    seed=st.integers(0),
    image_size=SIZES,
    resize_mode=FITS,
    orientations=st.integers(1, 64),
    cell_size=st.integers(1, 4),
    block_size=st.integers(1, 2),
    colour=st.sampled_from(["auto", "always", "never"]),
    kernel=st.sampled_from(["rbf", "linear"]),
    C=st.floats(0, 1e9, exclude_min=True, exclude_max=True),
)
TRANSFERS = st.builds(
    Transfer,
    name=NAMES,
    seed=st.integers(0),
    backbone=st.text(min_size=1).filter(str.strip),
    backbone_weights=st.text(min_size=1).filter(str.strip),
    backbone_preprocessing=st.sampled_from(get_args(Preprocessing)),
    image_size=st.none() | SIZES,
    resize_mode=FITS,
    pooling=st.sampled_from(get_args(Pooling)),
    head=st.sampled_from(get_args(Head)),
    hidden_units=COUNTS,
    training=TRAININGS,
)
FISHERS = st.builds(
    FisherVectors,
    name=NAMES,
    seed=st.integers(0),
    image_size=st.tuples(st.integers(105, 512), st.integers(105, 512)),
    scales=st.lists(st.floats(1, 5), min_size=1, max_size=10).map(tuple),
    radius=st.integers(2, 10),
    # Closer ones are too many patches for 1,024 components.
    step=st.integers(6, 1000),
    dimensions=st.integers(1, 136),
    components=st.integers(1, 1024),
    position_weight=st.floats(0, 100),
    C=st.floats(0, 1e9, exclude_min=True, exclude_max=True),
)
FINETUNES = st.builds(
    FineTune,
    name=NAMES,
    seed=st.integers(0),
    backbone=st.text(min_size=1).filter(str.strip),
    backbone_preprocessing=st.sampled_from(get_args(Preprocessing)),
    image_size=st.none() | SIZES,
    head=st.sampled_from(get_args(Head)),
    head_training=TRAININGS,
    stages=COUNTS,
    earliest_rate=st.floats(0, 1, exclude_min=True),
    keep=st.sampled_from(["better", "always"]),
    augmentation=AUGMENTATIONS,
    training=TRAININGS,
)
ENSEMBLES = st.builds(
    Ensemble,
    name=NAMES,
    seed=st.integers(0),
    members=st.lists(
        CNNS | HOGS | TRANSFERS, min_size=2, max_size=3, unique_by=lambda one: one.name
    ).map(tuple),
    shrinkage=st.floats(0, 1e6, exclude_max=True),
)


@given(CNNS | RESNETS | HOGS | FISHERS | TRANSFERS | FINETUNES | ENSEMBLES)
def test_every_recipe_comes_back_from_json(recipe: ImageClassifier) -> None:
    stored = json.loads(json.dumps(recipe.to_dict()))
    again = recipe_from_dict(stored)
    assert again == recipe
    assert type(again) is type(recipe)
    assert again.to_dict() == recipe.to_dict()


def test_all_recipes_are_found_and_those_without_a_network_first() -> None:
    assert recipe_kinds() == (
        "fisher",
        "hog",
        "transfer",
        "cnn",
        "ensemble",
        "finetune",
        "resnet",
        "tuned-cnn",
    )
    assert recipe_class("hog") is HogSVM


@pytest.mark.parametrize("kind", recipe_kinds())
def test_what_is_left_out_is_default(kind: str) -> None:
    assert recipe_from_dict({"kind": kind}) == recipe_class(kind)()
    assert recipe_from_dict({"kind": kind}).name == kind


@pytest.mark.parametrize("kind", recipe_kinds())
def test_every_setting_has_a_description(kind: str) -> None:
    for one in list_settings(recipe_class(kind)):
        assert one.description.strip(), one.name
        assert "\n" not in one.description


def test_a_decorated_class_is_a_recipe_like_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_recipes", dict(registry._recipes))

    @recipe("mine")
    class Mine(ImageClassifier):
        """A recipe of somebody else's."""

        depth: Annotated[int, Field(ge=1, description="How deep.")] = 2

        def _fit(self, data: TrainingSet) -> None:
            raise NotImplementedError

    assert recipe_class("mine") is Mine
    assert "mine" in recipe_kinds()
    assert recipe_from_dict({"kind": "mine", "depth": 3}) == Mine(depth=3)
    assert Mine().to_dict() == {"kind": "mine", "name": "classifier", "seed": 0, "depth": 2}


def test_all_recipes_are_made_without_keras_optuna_or_matplotlib() -> None:
    code = (
        "import sys; import peu.classifiers.registry as r;"
        "[r.recipe_from_dict({'kind': kind}).to_dict() for kind in r.recipe_kinds()];"
        "print(sorted({'keras', 'tensorflow', 'optuna', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
