"""One door to every strategy, and what a classifier remembers of its making."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from peu import __version__
from peu.classifiers.fit import fit_classifier, fit_recipe
from peu.classifiers.fitted_recipe import TrainingPart
from peu.errors import DataError
from peu.images.dataset import ImageDataset
from peu.models.marks import image_mark
from peu.recipes.registry import Recipe
from small_set import CLASSES, PLAIN, TINY, half_of


@pytest.mark.parametrize("recipe", [PLAIN, TINY], ids=["hog", "cnn"])
def test_a_class_without_an_image_to_learn_from_is_refused(
    dataset: ImageDataset, recipe: Recipe
) -> None:
    assert dataset.labels is not None
    part = TrainingPart(train=np.flatnonzero(dataset.labels != 2), groups=np.arange(len(dataset)))
    with pytest.raises(DataError, match="barrel") as caught:
        fit_recipe(recipe, dataset, part)
    assert "\n" not in str(caught.value)


def test_images_without_classes_are_refused(dataset: ImageDataset) -> None:
    with pytest.raises(DataError, match="folder of its own"):
        fit_recipe(PLAIN, replace(dataset, labels=None), half_of(dataset))


def test_each_recipe_finds_its_strategy(dataset: ImageDataset) -> None:
    assert not fit_recipe(PLAIN, dataset, half_of(dataset)).history.metrics
    assert fit_recipe(TINY, dataset, half_of(dataset)).history.metrics["loss"]


def test_a_classifier_remembers_what_it_was_made_from(
    dataset: ImageDataset, tmp_path: Path
) -> None:
    classifier = fit_classifier(PLAIN, dataset, seed=3)
    memory = classifier.provenance
    assert memory["peu"] == __version__
    assert memory["seed"] == 3
    assert memory["images"] == len(dataset)
    assert memory["fingerprint"] == dataset.fingerprint
    assert memory["dataset"] == dataset.name
    assert memory["image_marks"] == sorted(image_mark(facts.sha256) for facts in dataset.facts)
    assert classifier.class_names == CLASSES
    assert classifier.recipe == PLAIN
    classifier.save(tmp_path / "model")
    assert type(classifier).load(tmp_path / "model").provenance == memory


def test_it_learns_from_all_images(dataset: ImageDataset) -> None:
    assert dataset.labels is not None
    classifier = fit_classifier(PLAIN, dataset)
    answers = classifier.predict([dataset.read(index) for index in range(len(dataset))])
    assert [answer.label for answer in answers] == [CLASSES[i] for i in dataset.labels]
