"""A classifier on other images: training images are counted, classes matched by name."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.base import clone

from peu.classifiers.base import ImageClassifier
from peu.comparison.evaluate import evaluate
from peu.errors import DataError
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images
from peu.models.predictor import Predictor
from small_set import CLASSES, PLAIN


@pytest.fixture(scope="module")
def classifier(dataset: ImageDataset) -> Predictor:
    recipe: ImageClassifier = clone(PLAIN)
    return recipe.fit(dataset[np.arange(len(dataset)) % 2 == 0]).predictor()


def test_metrics_are_those_of_the_classifiers_predictions(
    classifier: Predictor, dataset: ImageDataset
) -> None:
    found = evaluate(classifier, dataset)
    predictions = classifier.predict([dataset.read(index) for index in range(len(dataset))])
    assert dataset.labels is not None
    right = [
        prediction.label == CLASSES[label]
        for prediction, label in zip(predictions, dataset.labels, strict=True)
    ]
    assert found.evaluation.accuracy == np.mean(right)
    assert 0 < np.mean(right) < 1


def test_training_images_are_counted_wherever_they_are(
    classifier: Predictor, dataset: ImageDataset, photos: Path, tmp_path: Path
) -> None:
    assert evaluate(classifier, dataset).seen == len(dataset) // 2
    unseen = dataset[np.arange(len(dataset)) % 2 == 1]
    assert evaluate(classifier, unseen).seen == 0
    copied = load_images(shutil.copytree(photos, tmp_path / "copy"))
    assert evaluate(classifier, copied).seen == len(dataset) // 2


def test_a_fitted_recipe_is_evaluated_as_its_predictor(dataset: ImageDataset) -> None:
    recipe = clone(PLAIN).fit(dataset[::2])
    first, second = evaluate(recipe, dataset), evaluate(recipe.predictor(), dataset)
    assert first.seen == second.seen == len(dataset) // 2
    np.testing.assert_array_equal(first.evaluation.probabilities, second.evaluation.probabilities)


def test_classes_are_matched_by_name_in_any_order(
    classifier: Predictor, dataset: ImageDataset
) -> None:
    assert dataset.labels is not None
    turned = replace(
        dataset, class_names=CLASSES[::-1], labels=np.asarray(3 - dataset.labels, np.int64)
    )
    plain, other = evaluate(classifier, dataset), evaluate(classifier, turned)
    np.testing.assert_array_equal(plain.evaluation.confusion, other.evaluation.confusion)


def test_a_set_of_some_of_the_classes_is_enough(
    classifier: Predictor, photos: Path, tmp_path: Path
) -> None:
    for name in CLASSES[1:3]:
        shutil.copytree(photos / name, tmp_path / name)
    found = evaluate(classifier, load_images(tmp_path))
    assert found.evaluation.class_names == CLASSES
    assert found.evaluation.confusion.sum(axis=1).tolist() == [0, 8, 8, 0]


def test_a_class_that_the_model_does_not_know_is_refused(
    classifier: Predictor, photos: Path, tmp_path: Path
) -> None:
    shutil.copytree(photos / "anchor", tmp_path / "anchor")
    (tmp_path / "zebra").mkdir()
    for shade in (50, 90):
        Image.new("RGB", (40, 40), (shade, 0, 0)).save(tmp_path / "zebra" / f"{shade}.png")
    with pytest.raises(DataError, match="zebra"):
        evaluate(classifier, load_images(tmp_path))


def test_images_without_classes_are_refused(classifier: Predictor, dataset: ImageDataset) -> None:
    with pytest.raises(DataError, match="folder of its own"):
        evaluate(classifier, replace(dataset, labels=None))
