"""From a config file and the command line to recipes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from peu.classifiers.base import ImageClassifier
from peu.classifiers.ensemble import Ensemble
from peu.classifiers.finetune import FineTune
from peu.classifiers.fisher import FisherVectors
from peu.classifiers.hog import HogSVM
from peu.classifiers.search_space import SearchSpace
from peu.classifiers.small_cnn import SmallCNN
from peu.classifiers.small_resnet import SmallResNet
from peu.classifiers.transfer import Transfer
from peu.classifiers.tuned_cnn import TunedCNN
from peu.cli.chosen_recipes import choose_recipes, read_changes, with_changes
from peu.cli.config import CONFIG_FILE, read_config, write_config
from peu.cli.run_folder import run_config
from peu.errors import RecipeError
from peu.networks.augmentation_settings import Augmentation
from peu.networks.training_settings import TrainingSettings


def _chosen(names: str | None, *assignments: str, **options: Any) -> list[ImageClassifier]:
    return choose_recipes(names, {}, read_changes(assignments, **options))


def test_the_usual_recipes_where_nothing_is_named() -> None:
    assert _chosen(None) == [HogSVM(), FisherVectors(), Transfer()]


def test_the_command_line_names_recipes_of_the_file_or_kinds() -> None:
    config = {"recipes": [{"kind": "cnn", "name": "small", "filters": [4]}]}
    small = SmallCNN(name="small", filters=(4,))
    assert choose_recipes(None, config, []) == [small]
    assert choose_recipes("hog, small", config, []) == [HogSVM(), small]


@pytest.mark.parametrize("names", ["cnn,magic", "", ","])
def test_an_unknown_recipe_or_none_is_refused(names: str) -> None:
    with pytest.raises(RecipeError, match=r"magic|--recipes"):
        _chosen(names)


def test_a_recipe_named_twice_is_refused() -> None:
    with pytest.raises(RecipeError, match="names of their own"):
        _chosen("cnn, cnn")
    config = {"recipes": [{"kind": "cnn", "name": "hog"}]}
    assert len(choose_recipes("hog,cnn", config, [])) == 2


# Options, which go to every recipe that has such a setting.


def test_an_option_goes_to_every_recipe_that_has_the_setting() -> None:
    training = TrainingSettings(epochs=3)
    assert _chosen("hog,transfer,cnn", epochs=3, image_size="64", backbone="vgg16") == [
        HogSVM(),
        Transfer(image_size=(64, 64), backbone="vgg16", training=training),
        SmallCNN(image_size=(64, 64), training=training),
    ]
    (tuned,) = _chosen("finetune", epochs=4)
    assert tuned == FineTune(training=replace(FineTune().training, epochs=4))


@pytest.mark.parametrize(
    ("names", "options", "named"),
    [
        ("hog", {"epochs": 3}, "--epochs"),
        ("hog,fisher", {"image_size": "64"}, "--image-size"),
        ("cnn", {"backbone": "vgg16"}, "--backbone"),
        ("hog,transfer", {"augmentation": "strong"}, "--augmentation"),
    ],
)
def test_an_option_that_no_chosen_recipe_has_is_refused(
    names: str, options: dict[str, Any], named: str
) -> None:
    with pytest.raises(RecipeError, match=f"{named}.*Chosen: {names[:3]}"):
        _chosen(names, **options)


def test_several_augmentations_are_a_recipe_each() -> None:
    none, strong, hog = _chosen("resnet,hog", augmentation="none, strong", epochs=7)
    assert [none.name, strong.name, hog.name] == ["resnet-none", "resnet-strong", "hog"]
    for recipe, policy in ((none, "none"), (strong, "strong")):
        assert isinstance(recipe, SmallResNet)
        assert recipe.augmentation == Augmentation(policy=policy)  # type: ignore[arg-type]
        assert recipe.training.epochs == 7
    assert _chosen("cnn", augmentation="flip") == [
        SmallCNN(augmentation=Augmentation(policy="flip"))
    ]
    with pytest.raises(RecipeError, match="must be 'none', 'flip'"):
        _chosen("resnet", augmentation="none,")


# `--set`, which goes to the recipe that it names.


@pytest.mark.parametrize(
    ("name", "assignment", "expected"),
    [
        ("hog", "hog.kernel=linear", HogSVM(kernel="linear")),
        ("hog", "hog.image_size=96", HogSVM(image_size=(96, 96))),
        ("hog", "hog.image_size=64x96", HogSVM(image_size=(64, 96))),
        ("hog", "hog.image_size=64,96", HogSVM(image_size=(64, 96))),
        ("cnn", "cnn.training.epochs=2", SmallCNN(training=TrainingSettings(epochs=2))),
        ("cnn", "cnn.epochs=2", SmallCNN(training=TrainingSettings(epochs=2))),
        ("cnn", "cnn.filters=4,8", SmallCNN(filters=(4, 8))),
        ("cnn", "cnn.batch_norm=true", SmallCNN(batch_norm=True)),
        ("cnn", "cnn.flips=none", SmallCNN(augmentation=Augmentation(flips="none"))),
        ("cnn", "cnn.patience=null", SmallCNN()),
        ("tuned-cnn", "tuned-cnn.layers=2,3", TunedCNN(space=SearchSpace(layers=(2, 3)))),
        ("tuned-cnn", "tuned-cnn.epochs=9", TunedCNN(epochs=9)),
        ("tuned-cnn", "tuned-cnn.push=4", TunedCNN(push=4)),
    ],
)
def test_set_changes_a_setting_nested_or_not(
    name: str, assignment: str, expected: ImageClassifier
) -> None:
    assert _chosen(name, assignment) == [expected]


def test_set_goes_to_the_recipe_of_that_name_alone() -> None:
    config = {"recipes": [{"kind": "cnn"}, {"kind": "cnn", "name": "small", "filters": [4]}]}
    changes = read_changes(["small.dropout=0.5", "small.epochs=3"], epochs=9)
    cnn, small = choose_recipes(None, config, changes)
    assert cnn == SmallCNN(training=TrainingSettings(epochs=9))
    # What names the recipe comes after what goes to all.
    training = TrainingSettings(epochs=3)
    assert small == SmallCNN(name="small", filters=(4,), dropout=0.5, training=training)


@pytest.mark.parametrize(
    ("assignment", "named"),
    [
        ("resnet.dropout=0.5", "Chosen: hog, cnn"),
        ("hog.epochs=3", "epochs"),
        ("cnn.trainng.epochs=3", "Did you mean training.epochs"),
        ("cnn.dropout=2", "dropout"),
        ("cnn.dropout", "RECIPE.SETTING=VALUE"),
        ("dropout=0.5", "RECIPE.SETTING=VALUE"),
        ("cnn.=5", "must name a setting"),
        ("cnn.kind=hog", "must name a setting"),
        ("cnn.training=5", "must name a setting"),
        ("cnn.image_size=big", "--image-size"),
    ],
)
def test_a_set_that_cannot_work_is_refused(assignment: str, named: str) -> None:
    with pytest.raises(RecipeError, match=named) as caught:
        _chosen("hog,cnn", assignment)
    assert "\n" not in str(caught.value)


def test_a_nested_name_that_two_groups_have_must_be_written_out() -> None:
    with pytest.raises(RecipeError, match=r"Did you mean augmentation\.strength"):
        _chosen("cnn", "cnn.strenght=0.5")
    (recipe,) = _chosen("finetune", "finetune.head_training.epochs=3")
    assert recipe == FineTune(head_training=TrainingSettings(epochs=3))


def test_the_command_line_comes_before_the_file() -> None:
    table = {"kind": "cnn", "training": {"epochs": 9, "batch_size": 4}, "resize_mode": "pad"}
    config = {"recipes": [table]}
    (recipe,) = choose_recipes(None, config, read_changes(None, epochs=2))
    training = TrainingSettings(epochs=2, batch_size=4)
    assert recipe == SmallCNN(resize_mode="pad", training=training)
    assert table["training"] == {"epochs": 9, "batch_size": 4}


# Ensembles.


def test_an_ensemble_has_all_other_recipes_or_those_that_are_named() -> None:
    cnn = SmallCNN(image_size=(64, 64))
    *others, ensemble = _chosen("hog,cnn,ensemble", image_size="64")
    assert others == [HogSVM(), cnn]
    assert ensemble == Ensemble(members=(HogSVM(), cnn))
    (alone,) = _chosen("ensemble", "ensemble.members=cnn,hog", image_size="64")
    assert alone == Ensemble(members=(cnn, HogSVM()))
    assert _chosen("ensemble") == [Ensemble()]
    with pytest.raises(RecipeError, match="two or more recipes"):
        _chosen("transfer,ensemble")


def test_settings_reach_the_members_of_an_ensemble() -> None:
    resnet = SmallResNet(training=replace(SmallResNet().training, epochs=2))
    (ensemble,) = _chosen("ensemble", "ensemble.shrinkage=3", epochs=2)
    assert ensemble == Ensemble(members=(FisherVectors(), resnet), shrinkage=3)
    assert _chosen("ensemble", "resnet.epochs=2") == [Ensemble(members=(FisherVectors(), resnet))]


def test_a_config_file_names_members_by_name_or_spells_them_out(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        '[[recipes]]\nkind = "cnn"\nname = "small"\nfilters = [4]\n'
        '[[recipes]]\nkind = "ensemble"\nmembers = ["hog", "small"]\nshrinkage = 3\n'
    )
    small, ensemble = choose_recipes(None, read_config(file), [])
    assert ensemble == Ensemble(members=(HogSVM(), small), shrinkage=3)
    write_config(tmp_path, run_config("photos", "abc", 3, 1, 7, [small, ensemble]))
    read = read_config(tmp_path / CONFIG_FILE)
    assert choose_recipes(None, read, []) == [small, ensemble]
    for members in ('"hog"', '["hog", "unheard"]', '["hog", 5]', "5"):
        file.write_text(f'[[recipes]]\nkind = "ensemble"\nmembers = {members}\n')
        with pytest.raises(RecipeError):
            choose_recipes(None, read_config(file), [])


def test_a_recipe_that_was_chosen_for_the_user_takes_options_too() -> None:
    assert with_changes(HogSVM(), []) == [HogSVM()]
    (network,) = with_changes(SmallCNN(dropout=0.1), read_changes(None, epochs=2))
    assert network == SmallCNN(dropout=0.1, training=TrainingSettings(epochs=2))
    with pytest.raises(RecipeError, match="--epochs"):
        with_changes(HogSVM(), read_changes(None, epochs=2))
