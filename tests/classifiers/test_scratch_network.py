"""Small networks from scratch: what is saved is what was measured, and the seed decides."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone

from eager_steps import eager_steps, untraced
from peu.classifiers.small_cnn import SmallCNN
from peu.classifiers.small_resnet import SmallResNet
from peu.images.dataset import ImageDataset
from peu.models.heatmap import explain_pixels
from peu.models.saved import load
from peu.networks.augmentation_settings import Augmentation
from peu.networks.training_settings import TrainingSettings
from small_set import TINY, fit_half, halves

pytestmark = untraced

VARIED = SmallResNet(
    image_size=(32, 32),
    filters=(6,),
    training=dataclasses.replace(
        SmallResNet().training, epochs=3, batch_size=8, validate_every=2, precision="float32"
    ),
)


@pytest.fixture(scope="module")
def fitted(dataset: ImageDataset) -> SmallCNN:
    """The sheet's network, trained once for all tests that compare with it."""
    return fit_half(TINY, dataset)


def test_the_predictor_answers_as_the_fitted_recipe_does(
    fitted: SmallCNN, dataset: ImageDataset
) -> None:
    _, test = halves(dataset)
    expected = fitted.predict_proba(test)
    np.testing.assert_allclose(expected.sum(axis=1), 1)
    predictor = fitted.predictor()
    images = [test.read(index) for index in range(len(test))]
    np.testing.assert_allclose(predictor.predict_proba(images), expected, atol=1e-6)
    assert predictor.image_size == (32, 32)
    assert predictor.class_names == dataset.class_names
    # A convolution of 4 filters, 16 x 16 maps into 8 units, 4 classes; biases with each.
    count = (27 * 4 + 4) + (16 * 16 * 4 * 8 + 8) + (8 * 4 + 4)
    assert fitted.n_parameters_ == fitted.n_trainable_parameters_ == count
    assert fitted.trains_network


def test_validation_images_have_curves(fitted: SmallCNN) -> None:
    metrics = fitted.history_.metrics
    assert set(metrics) == {"loss", "accuracy", "val_loss", "val_accuracy", "val_epoch"}
    assert all(len(values) == 2 for values in metrics.values())
    assert list(metrics["val_epoch"]) == [1, 2]
    assert fitted.predictor().history == metrics


def test_the_seed_alone_decides_and_validation_images_do_not(
    fitted: SmallCNN, dataset: ImageDataset
) -> None:
    again, other = (fit_half(TINY, dataset, seed=seed, validation=False) for seed in (0, 1))
    few = dataset[:4]
    first = fitted.predict_proba(few)
    np.testing.assert_array_equal(first, again.predict_proba(few))
    assert again.history_.metrics["loss"] == fitted.history_.metrics["loss"]
    assert set(again.history_.metrics) == {"loss", "accuracy"}
    assert not np.array_equal(first, other.predict_proba(few))


def test_fitting_again_begins_anew(fitted: SmallCNN, dataset: ImageDataset) -> None:
    """A second `fit` of the same object has nothing of the first one."""
    train, _ = halves(dataset)
    twice = clone(TINY).fit(dataset[16:]).fit(train)
    np.testing.assert_array_equal(twice.predict_proba(train), fitted.predict_proba(train))
    assert tuple(twice.classes_) == dataset.class_names


def test_the_augmented_network_is_saved_without_its_augmentation(
    dataset: ImageDataset, tmp_path: Path
) -> None:
    _, test = halves(dataset)
    fitted = fit_half(VARIED, dataset)
    expected = fitted.predict_proba(test)
    np.testing.assert_allclose(expected.sum(axis=1), 1)
    fitted.save(tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert loaded.recipe == VARIED.to_dict()
    images = [test.read(index) for index in range(len(test))]
    np.testing.assert_allclose(loaded.predict_proba(images), expected, atol=1e-5)
    # Evaluated once every other epoch, and after the last.
    metrics = fitted.history_.metrics
    assert list(metrics["val_epoch"]) == [2, 3]
    lengths = {name: len(values) for name, values in metrics.items()}
    assert lengths["val_accuracy"] == 2
    assert lengths["loss"] == 3
    # The statistics of batch normalisation are not trained.
    assert 0 < fitted.n_trainable_parameters_ < fitted.n_parameters_
    # A prediction averaged over views is explained by the network inside.
    pixels = loaded.pixels(dataset.read(0))[0]
    methods = {explain_pixels(loaded.model, pixels, label).method for label in range(4)}
    assert "Grad-CAM" in methods


def test_the_augmented_seed_alone_decides(dataset: ImageDataset) -> None:
    """Mirrored images draw from the same generator as all other changes, and trace sooner."""
    recipe = clone(VARIED).set_params(
        augmentation=Augmentation(policy="flip"), training__epochs=2, training__optimizer="sgd"
    )
    first, again, other = (
        fit_half(recipe, dataset, seed=seed, validation=False).predict_proba(dataset[:4])
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_sheets_network_learns_from_varied_images_too(
    fitted: SmallCNN, dataset: ImageDataset
) -> None:
    recipe = clone(TINY).set_params(augmentation__policy="strong")
    varied = fit_half(recipe, dataset, validation=False)
    assert varied.history_.metrics["loss"] != fitted.history_.metrics["loss"]


def test_the_residual_network_learns(dataset: ImageDataset) -> None:
    recipe = clone(VARIED).set_params(
        filters=(8,),
        dropout=0.0,
        tta=1,
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
    with eager_steps(eager=False):
        losses = fit_half(recipe, dataset, validation=False).history_.metrics["loss"]
    assert losses[-1] < 0.8 * losses[0]


def test_no_image_gives_no_prediction(fitted: SmallCNN, dataset: ImageDataset) -> None:
    assert fitted.predict_proba(dataset[[]]).shape == (0, 4)
