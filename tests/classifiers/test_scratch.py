"""Small networks from nothing: what is saved is what was measured, and the seed decides."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from peu.classifiers.fitted_recipe import FittedRecipe
from peu.classifiers.scratch import fit_scratch
from peu.images.dataset import ImageDataset
from peu.models.classifier import Classifier
from peu.models.explanation import explain
from peu.recipes.augmentation import Augmentation
from peu.recipes.augmented import SmallResNet
from peu.recipes.training import TrainingSettings
from small_set import TINY, half_of

VARIED = SmallResNet(
    image_size=(32, 32),
    filters=(6,),
    training=dataclasses.replace(
        SmallResNet().training, epochs=5, batch_size=8, watch_every=2, precision="float32"
    ),
)


@pytest.fixture(scope="module")
def fitted(dataset: ImageDataset) -> FittedRecipe:
    """Train the sheet's network once for all tests that compare with it."""
    return fit_scratch(TINY, dataset, half_of(dataset))


def test_the_classifier_answers_as_the_fit_did(fitted: FittedRecipe, dataset: ImageDataset) -> None:
    part = half_of(dataset)
    assert part.watched is not None
    answers = fitted.predict_indices(part.watched)
    np.testing.assert_allclose(answers.sum(axis=1), 1)
    classifier = fitted.assemble()
    images = [dataset.read(index) for index in part.watched]
    np.testing.assert_allclose(classifier.predict_proba(images), answers, atol=1e-6)
    assert classifier.image_size == (32, 32)
    assert classifier.class_names == dataset.class_names
    # A convolution of 4 filters, 16 x 16 maps into 8 units, 4 classes; biases with each.
    count = (27 * 4 + 4) + (16 * 16 * 4 * 8 + 8) + (8 * 4 + 4)
    assert fitted.parameters == fitted.trainable_parameters == count
    history = fitted.history.metrics
    assert set(history) == {
        "loss",
        "accuracy",
        "watched_loss",
        "watched_accuracy",
        "watched_epoch",
    }
    assert all(len(values) == 2 for values in history.values())
    assert history["watched_epoch"] == (1, 2)


def test_the_seed_alone_decides(fitted: FittedRecipe, dataset: ImageDataset) -> None:
    again, other = (
        fit_scratch(TINY, dataset, half_of(dataset, seed=seed, watched=False)) for seed in (0, 1)
    )
    few = np.arange(4)
    first = fitted.predict_indices(few)
    np.testing.assert_array_equal(first, again.predict_indices(few))
    assert again.history.metrics["loss"] == fitted.history.metrics["loss"]
    assert not np.array_equal(first, other.predict_indices(few))


def test_the_augmented_network_is_saved_without_its_augmentation(
    dataset: ImageDataset, tmp_path: Path
) -> None:
    part = half_of(dataset)
    assert part.watched is not None
    fitted = fit_scratch(VARIED, dataset, part)
    answers = fitted.predict_indices(part.watched)
    np.testing.assert_allclose(answers.sum(axis=1), 1)
    classifier = fitted.assemble()
    classifier.save(tmp_path / "model")
    loaded = Classifier.load(tmp_path / "model")
    assert loaded.recipe == VARIED
    images = [dataset.read(index) for index in part.watched]
    np.testing.assert_allclose(loaded.predict_proba(images), answers, atol=1e-5)
    # Looked at once every other epoch, and after the last.
    history = fitted.history.metrics
    assert list(history["watched_epoch"]) == [2, 3, 5]
    lengths = {name: len(values) for name, values in history.items()}
    assert lengths["watched_accuracy"] == 3
    assert lengths["loss"] == 5
    # The statistics of batch normalisation are not trained.
    assert 0 < fitted.trainable_parameters < fitted.parameters
    # An answer over views is explained by the network that is asked for them.
    pixels = loaded.pixels(dataset.read(0))[0]
    methods = {explain(loaded, pixels, label).method for label in range(4)}
    assert "Grad-CAM" in methods


def test_the_augmented_seed_alone_decides(dataset: ImageDataset) -> None:
    """Mirrored images draw from the same generator as all other changes, and trace sooner."""
    recipe = dataclasses.replace(
        VARIED,
        augmentation=Augmentation(policy="flip"),
        training=dataclasses.replace(VARIED.training, epochs=2, optimizer="sgd"),
    )
    first, again, other = (
        fit_scratch(recipe, dataset, half_of(dataset, seed=seed, watched=False)).predict_indices(
            np.arange(4)
        )
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_sheets_network_learns_from_varied_images_too(
    fitted: FittedRecipe, dataset: ImageDataset
) -> None:
    recipe = dataclasses.replace(TINY, augmentation=Augmentation(policy="strong"))
    varied = fit_scratch(recipe, dataset, half_of(dataset, watched=False))
    assert varied.history.metrics["loss"] != fitted.history.metrics["loss"]


def test_the_residual_network_learns(dataset: ImageDataset) -> None:
    recipe = dataclasses.replace(
        VARIED,
        filters=(8,),
        dropout=0.0,
        views=1,
        augmentation=Augmentation(policy="standard"),
        training=TrainingSettings(
            epochs=25,
            batch_size=8,
            learning_rate=0.02,
            optimizer="sgd",
            schedule="cosine",
            precision="float32",
        ),
    )
    fitted = fit_scratch(recipe, dataset, half_of(dataset, watched=False))
    losses = fitted.history.metrics["loss"]
    assert losses[-1] < 0.8 * losses[0]
