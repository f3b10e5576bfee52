"""The recipe chosen by default: by a comparison, by available weights, by numbers."""

import dataclasses
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from peu.classifiers.base import ImageClassifier
from peu.classifiers.ensemble import Ensemble
from peu.classifiers.fisher import FisherVectors
from peu.classifiers.hog import HogSVM
from peu.classifiers.small_cnn import SmallCNN
from peu.classifiers.transfer import Transfer
from peu.comparison.choice import choose_recipe
from peu.errors import BundleError, RecipeError, ResourceError
from peu.files import with_checksum, write_json
from peu.images.dataset import ImageDataset

NOWHERE = Transfer(backbone="mobilenet", backbone_weights="imagenet")


@pytest.fixture
def without_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no pretrained weights on this machine, and no network to fetch them."""
    from peu.networks import feature_extractor

    def refuse(*_: object) -> None:
        raise ResourceError("The ImageNet weights are not on this machine.")

    monkeypatch.setattr(feature_extractor, "feature_extractor", refuse)


def _report(
    folder: Path,
    fingerprint: str,
    rows: list[tuple[ImageClassifier, float, float]],
    repeats: int = 1,
    worse: tuple[str, ...] = (),
) -> None:
    value: dict[str, Any] = {
        "dataset": {"fingerprint": fingerprint},
        "folds": 3,
        "repeats": repeats,
        "recipes": [
            {
                "name": recipe.name,
                "recipe": recipe.to_dict(),
                "accuracy": {"mean": accuracy},
                "seconds_per_trial": seconds,
            }
            for recipe, accuracy, seconds in rows
        ],
        "paired": [
            {
                "first": max(rows, key=lambda row: row[1])[0].name,
                "second": recipe.name,
                "distinguishable": recipe.name in worse,
            }
            for recipe, accuracy, _ in rows
            if accuracy < max(row[1] for row in rows)
        ],
    }
    write_json(folder / "report.json", with_checksum(value))


def test_a_comparison_of_these_images_decides(dataset: ImageDataset, tmp_path: Path) -> None:
    best = SmallCNN(name="mine", filters=(3,))
    rows: list[tuple[ImageClassifier, float, float]] = [(HogSVM(), 0.8, 1.0), (best, 0.9, 60.0)]
    _report(tmp_path / "own", dataset.fingerprint, rows, worse=("hog",))
    _report(tmp_path / "other", "of other images", [(HogSVM(), 1.0, 1.0)])
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "report.json").write_text("{")
    choice = choose_recipe(dataset, runs=tmp_path)
    assert choice.recipe == best
    assert "own" in choice.reason
    assert "90.0%" in choice.reason
    assert choice.run == tmp_path / "own"
    assert choose_recipe(dataset, runs=[tmp_path / "none", tmp_path / "own"]).recipe == best


def test_of_those_that_cannot_be_told_from_the_best_the_fastest_is_taken(
    dataset: ImageDataset, tmp_path: Path
) -> None:
    slow, quick = SmallCNN(), FisherVectors()
    rows: list[tuple[ImageClassifier, float, float]] = [
        (HogSVM(), 0.8, 1.0),
        (quick, 0.89, 3.0),
        (slow, 0.9, 60.0),
    ]
    _report(tmp_path / "run", dataset.fingerprint, rows, worse=("hog",))
    choice = choose_recipe(dataset, runs=tmp_path)
    assert choice.recipe == quick
    for told in ("not shown to be worse than cnn", "89.0%", "90.0%", "3.0 s", "60.0 s"):
        assert told in choice.reason


def test_the_more_thorough_comparison_counts_and_of_equals_the_newer(
    dataset: ImageDataset, tmp_path: Path
) -> None:
    rows: list[ImageClassifier] = [HogSVM(kernel="linear"), HogSVM(), SmallCNN()]
    for number, (recipe, repeats) in enumerate(zip(rows, (1, 2, 2), strict=True)):
        _report(tmp_path / str(number), dataset.fingerprint, [(recipe, 0.9, 1.0)], repeats)
        os.utime(tmp_path / str(number) / "report.json", (100 - number, 100 - number))
    assert choose_recipe(dataset, runs=tmp_path).recipe == HogSVM()


def test_of_equally_good_recipes_the_faster_is_taken(dataset: ImageDataset, tmp_path: Path) -> None:
    _report(tmp_path / "run", dataset.fingerprint, [(SmallCNN(), 0.9, 60.0), (HogSVM(), 0.9, 1.0)])
    assert choose_recipe(dataset, runs=tmp_path).recipe == HogSVM()


def test_available_weights_are_used(dataset: ImageDataset, tmp_path: Path) -> None:
    from peu.networks.backend import keras

    backbone = tmp_path / "tiny.keras"
    inputs = keras.Input((32, 32, 3))
    keras.Model(inputs, keras.layers.Conv2D(3, 5, strides=4)(inputs)).save(backbone)
    mine = Transfer(backbone=str(backbone), backbone_preprocessing="tf")
    choice = choose_recipe(dataset, runs=tmp_path, transfer=mine)
    assert choice.recipe == mine
    assert backbone.name in choice.reason


def test_a_wrong_backbone_is_an_error(dataset: ImageDataset, tmp_path: Path) -> None:
    (tmp_path / "damaged.keras").write_bytes(b"no network")
    for wrong, error in (("nonsense", RecipeError), (str(tmp_path / "damaged.keras"), BundleError)):
        recipe = Transfer(backbone=wrong, backbone_preprocessing="tf")
        with pytest.raises(error):
            choose_recipe(dataset, runs=None, transfer=recipe)


@pytest.mark.usefixtures("without_weights")
def test_without_weights_the_smallest_class_decides(dataset: ImageDataset) -> None:
    few = choose_recipe(dataset, runs=None, transfer=NOWHERE)
    assert few.recipe == FisherVectors()
    assert "(8)" in few.reason
    assert dataset.labels is not None
    one = choose_recipe(dataset[np.r_[0, 8:32]], runs=None, transfer=NOWHERE)
    assert "(1)" in one.reason
    doubled = dataclasses.replace(
        dataset,
        records=dataset.records * 2,
        labels=np.tile(dataset.labels, 2),
    )
    enough = choose_recipe(doubled, runs=None, transfer=NOWHERE)
    assert isinstance(enough.recipe, Ensemble)
    assert [member.kind for member in enough.recipe.members] == ["fisher", "resnet"]
    assert "at least 16" in enough.reason


@pytest.mark.usefixtures("without_weights")
@pytest.mark.parametrize(("times", "kinds"), [(160, ["hog", "resnet"]), (700, [])])
def test_many_images_get_a_recipe_that_can_take_them(
    dataset: ImageDataset, times: int, kinds: list[str]
) -> None:
    assert dataset.labels is not None
    many = dataclasses.replace(
        dataset,
        records=dataset.records * times,
        labels=np.tile(dataset.labels, times),
    )
    choice = choose_recipe(many, runs=None, transfer=NOWHERE)
    assert [member.kind for member in getattr(choice.recipe, "members", ())] == kinds
    assert f"{32 * times:,}" in choice.reason
