"""From a config file and the command line to recipes."""

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from peu.cli.recipe_options import Settings
from peu.cli.settings import (
    choose_recipes,
    read_config,
    read_filters,
    read_image_size,
    same_settings,
    settings_of,
    write_config,
)
from peu.errors import RecipeError
from peu.recipes.augmentation import Augmentation
from peu.recipes.augmented import SmallResNet
from peu.recipes.descriptors import HogSVM
from peu.recipes.ensemble import Ensemble
from peu.recipes.finetune import FineTune
from peu.recipes.fisher import FisherVectors
from peu.recipes.frozen import Transfer
from peu.recipes.registry import Recipe
from peu.recipes.scratch import SmallCNN
from peu.recipes.training import TrainingSettings

ENDLESS = pytest.param("9" * 5000, id="endless")
RECIPES: list[Recipe] = [
    HogSVM(kernel="linear"),
    SmallCNN(filters=(3, 5), training=TrainingSettings(epochs=2, patience=1)),
    Transfer(name="mine", image_size=None, backbone_weights='a "b"\\c'),
]


@pytest.mark.parametrize(
    ("text", "size"),
    [("224", (224, 224)), ("240x320", (240, 320)), ("240X320", (240, 320)), (" 9 x 10 ", (9, 10))],
)
def test_an_image_size_is_a_side_or_two(text: str, size: tuple[int, int]) -> None:
    assert read_image_size(text) == size


def test_several_augmentations_are_a_recipe_each() -> None:
    settings = Settings(augmentation="none, strong", flips="none", epochs=7)
    chosen = choose_recipes("resnet,hog", {}, settings)
    assert [recipe.name for recipe in chosen] == [
        "resnet-none",
        "resnet-strong",
        "hog",
    ]
    for recipe, policy in zip(chosen, ("none", "strong"), strict=False):
        assert isinstance(recipe, SmallResNet)
        assert recipe.augmentation == Augmentation(policy=policy, flips="none")  # type: ignore[arg-type]
        assert recipe.training.epochs == 7
    (alone,) = choose_recipes("cnn", {}, Settings(augmentation="flip", flips="vertical"))
    assert alone == SmallCNN(augmentation=Augmentation(policy="flip", flips="vertical"))
    (usual,) = choose_recipes("resnet", {}, Settings())
    assert usual == SmallResNet()
    with pytest.raises(RecipeError, match="one of none, flip"):
        choose_recipes("resnet", {}, Settings(augmentation="none,"))


@pytest.mark.parametrize("text", ["", "x", "12x", "1x2x3", "-5", "4.5", "big", "²", ENDLESS])
def test_anything_else_is_no_image_size(text: str) -> None:
    with pytest.raises(RecipeError, match="--image-size"):
        read_image_size(text)


@pytest.mark.parametrize(("text", "filters"), [("16", (16,)), ("24, 48,96", (24, 48, 96))])
def test_filters_are_whole_numbers_with_commas_between(text: str, filters: tuple[int, ...]) -> None:
    assert read_filters(text) == filters


@pytest.mark.parametrize("text", ["", "24,", "24x48", "-8", "2.5", ENDLESS])
def test_anything_else_is_no_filters(text: str) -> None:
    with pytest.raises(RecipeError, match="--filters"):
        read_filters(text)


def test_settings_come_back_from_their_file(tmp_path: Path) -> None:
    settings = settings_of("photos", "abc", 3, 1, 7, RECIPES)
    write_config(tmp_path, settings)
    read = read_config(tmp_path / "config.toml")
    assert choose_recipes(None, read, Settings()) == RECIPES
    assert same_settings(read, settings)
    assert {key: read[key] for key in ("data", "folds", "repeats", "seed")} == {
        "data": "photos",
        "folds": 3,
        "repeats": 1,
        "seed": 7,
    }


def test_runs_are_the_same_wherever_the_images_lie() -> None:
    first = settings_of("photos", "abc", 3, 1, 7, RECIPES)
    assert same_settings(first, settings_of("elsewhere", "abc", 3, 1, 7, RECIPES))
    others: list[dict[str, Any]] = [
        settings_of("photos", "other", 3, 1, 7, RECIPES),
        settings_of("photos", "abc", 4, 1, 7, RECIPES),
        settings_of("photos", "abc", 3, 1, 8, RECIPES),
        settings_of("photos", "abc", 3, 1, 7, RECIPES[:2]),
    ]
    assert not any(same_settings(first, other) for other in others)


def test_all_recipes_where_nothing_is_said() -> None:
    assert choose_recipes(None, {}, Settings()) == [
        HogSVM(),
        FisherVectors(),
        Transfer(),
        SmallResNet(),
    ]


def test_the_command_line_names_recipes_of_the_file_or_kinds() -> None:
    config = {"recipes": [{"kind": "cnn", "name": "small", "filters": [4]}]}
    small = SmallCNN(name="small", filters=(4,))
    assert choose_recipes(None, config, Settings()) == [small]
    assert choose_recipes("hog, small", config, Settings()) == [HogSVM(), small]


def test_settings_go_only_to_recipes_that_have_them() -> None:
    settings = Settings(epochs=3, image_size="64", resize_mode="crop", backbone="vgg16", head="mlp")
    descriptors, frozen, scratch = choose_recipes("hog,transfer,cnn", {}, settings)
    training = TrainingSettings(epochs=3)
    assert descriptors == HogSVM(resize_mode="crop")
    assert scratch == SmallCNN(image_size=(64, 64), resize_mode="crop", training=training)
    assert frozen == Transfer(
        image_size=(64, 64), resize_mode="crop", backbone="vgg16", head="mlp", training=training
    )


def test_an_ensemble_is_of_all_other_recipes_or_of_those_that_are_named() -> None:
    scratch = SmallCNN(image_size=(64, 64))
    settings = Settings(image_size="64")
    *others, ensemble = choose_recipes("hog,cnn,ensemble", {}, settings)
    assert others == [HogSVM(), scratch]
    assert ensemble == Ensemble(members=(HogSVM(), scratch))
    named = Settings(members="cnn, hog", image_size="64")
    (alone,) = choose_recipes("ensemble", {}, named)
    assert alone == Ensemble(members=(scratch, HogSVM()))
    assert choose_recipes("ensemble", {}, Settings()) == [Ensemble()]
    with pytest.raises(RecipeError, match="two or more recipes"):
        choose_recipes("transfer,ensemble", {}, Settings())


def test_a_config_file_names_members_by_name_or_spells_them_out(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        '[[recipes]]\nkind = "cnn"\nname = "small"\nfilters = [4]\n'
        '[[recipes]]\nkind = "ensemble"\nmembers = ["hog", "small"]\nshrinkage = 3\n'
    )
    small, ensemble = choose_recipes(None, read_config(file), Settings())
    assert ensemble == Ensemble(members=(HogSVM(), small), shrinkage=3)
    write_config(tmp_path, settings_of("photos", "abc", 3, 1, 7, [small, ensemble]))
    read = read_config(tmp_path / "config.toml")
    assert choose_recipes(None, read, Settings()) == [small, ensemble]
    for members in ('"hog"', '["hog", "unheard"]', '["hog", 5]'):
        file.write_text(f'[[recipes]]\nkind = "ensemble"\nmembers = {members}\n')
        with pytest.raises(RecipeError):
            choose_recipes(None, read_config(file), Settings())


def test_stages_are_for_fine_tuning_alone() -> None:
    chosen = choose_recipes("transfer,finetune", {}, Settings(stages=2, backbone="vgg16", epochs=4))
    training = replace(FineTune().training, epochs=4)
    tuned = FineTune(stages=2, backbone="vgg16", training=training)
    frozen = Transfer(backbone="vgg16", training=TrainingSettings(epochs=4))
    assert chosen == [frozen, tuned]


def test_the_command_line_comes_before_the_file() -> None:
    config = {
        "recipes": [
            {"kind": "cnn", "training": {"epochs": 9, "batch_size": 4}, "resize_mode": "pad"}
        ]
    }
    (recipe,) = choose_recipes(None, config, Settings(epochs=2))
    expected = SmallCNN(resize_mode="pad", training=TrainingSettings(epochs=2, batch_size=4))
    assert recipe == expected
    assert recipe != replace(expected, training=TrainingSettings(epochs=9, batch_size=4))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("colour = 3", "colour"),
        ("folds = [", "TOML"),
        ("format = 2", "format"),
        ('seed = "one"', "`seed`"),
        ("seed = true", "`seed`"),
        ("folds = 2.5", "`folds`"),
        ("data = 5", "`data`"),
        ("recipes = 5", "[[recipes]]"),
        ('recipes = ["cnn"]', "[[recipes]]"),
        ('[[recipes]]\nkind = "cnn"\nheight = 3', "height"),
        ('[[recipes]]\nkind = "unheard"', "unheard"),
        ('[[recipes]]\nkind = "cnn"\n[[recipes]]\nkind = "cnn"', "names of their own"),
        ('[[recipes]]\nkind = "cnn"\n[recipes.training]\nepochs = "x"', "epochs"),
    ],
)
def test_a_file_with_anything_wrong_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(RecipeError) as caught:
        choose_recipes(None, read_config(file), Settings())
    assert reason in str(caught.value)


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.toml", tmp_path):
        with pytest.raises(RecipeError, match="--config"):
            read_config(path)
    (tmp_path / "bytes.toml").write_bytes(b"data = '\xff'")
    with pytest.raises(RecipeError, match="--config"):
        read_config(tmp_path / "bytes.toml")


def test_an_unknown_recipe_is_refused() -> None:
    with pytest.raises(RecipeError, match="magic"):
        choose_recipes("cnn,magic", {}, Settings())


def test_a_folder_name_that_is_no_text_does_not_stop_a_run(tmp_path: Path) -> None:
    write_config(tmp_path, settings_of("caf\udce9", "abc", 3, 1, 7, RECIPES))
    assert tomllib.loads((tmp_path / "config.toml").read_text())["data"] == "caf?"


def test_a_recipe_named_twice_is_refused() -> None:
    with pytest.raises(RecipeError, match="names of their own"):
        choose_recipes("cnn, cnn", {}, Settings())
    config = {"recipes": [{"kind": "cnn", "name": "hog"}]}
    assert len(choose_recipes("hog,cnn", config, Settings())) == 2
