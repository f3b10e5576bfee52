"""Fine-tuning: what it starts from, what it changes, what it leaves alone, and when it is kept."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

from eager_steps import untraced
from peu.classifiers import finetune
from peu.classifiers.finetune import FineTune
from peu.classifiers.training_set import TrainingSet, check_training_set
from peu.classifiers.transfer import Transfer
from peu.images.dataset import ImageDataset
from peu.models.saved import load
from peu.networks.augmentation_settings import Augmentation
from peu.networks.backend import keras
from peu.networks.stages import every_layer
from peu.networks.training_settings import TrainingSettings
from small_set import CLASSES, QUICK, fit_half, halves

pytestmark = untraced

FAST = TrainingSettings(epochs=2, batch_size=8, learning_rate=0.03, optimizer="sgd")


@pytest.fixture(scope="session")
def deep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a backbone of two stages, the second with batch statistics and dropout."""
    drawn = [keras.initializers.GlorotUniform(seed=seed) for seed in range(3)]
    inputs = keras.Input((32, 32, 3))
    x = keras.layers.Conv2D(4, 3, strides=2, activation="relu", kernel_initializer=drawn[0])(inputs)
    x = keras.layers.Conv2D(6, 3, strides=2, name="late", kernel_initializer=drawn[1])(x)
    x = keras.layers.BatchNormalization(name="statistics")(x)
    x = keras.layers.Dropout(0.5)(x)
    x = keras.layers.Conv2D(8, 1, activation="relu", name="last", kernel_initializer=drawn[2])(x)
    path = tmp_path_factory.mktemp("backbones") / "deep.keras"
    keras.Model(inputs, x).save(path)
    return path


def _recipe(backbone: Path, **settings: Any) -> FineTune:
    settings = {"keep": "always", "training": FAST, **settings}
    return FineTune(
        backbone=str(backbone),
        backbone_preprocessing="tf",
        hidden_units=5,
        head_training=QUICK,
        **settings,
    )


def _head_alone(recipe: FineTune) -> Transfer:
    """The recipe of the head that fine-tuning starts from."""
    return Transfer(
        backbone=recipe.backbone,
        backbone_preprocessing=recipe.backbone_preprocessing,
        head=recipe.head,
        hidden_units=recipe.hidden_units,
        training=recipe.head_training,
    )


@pytest.fixture(scope="module")
def fitted(dataset: ImageDataset, deep: Path, tmp_path_factory: pytest.TempPathFactory) -> FineTune:
    """Fine-tuned once for all tests that look at one fine-tuning or compare others with it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEU_CACHE", str(tmp_path_factory.mktemp("cache")))
        return fit_half(_recipe(deep), dataset)


def _training_half(dataset: ImageDataset) -> TrainingSet:
    return check_training_set(halves(dataset)[0])[0]


def _untrained(recipe: FineTune, dataset: ImageDataset) -> tuple[Any, Any]:
    head = recipe._fit_head(_training_half(dataset)).keras_network
    return recipe._divided().finetuning(head), head


@pytest.mark.parametrize(("head", "stages"), [("logistic", 1), ("mlp", 2)])
def test_before_any_fine_tuning_the_whole_network_answers_as_frozen_features_do(
    dataset: ImageDataset, deep: Path, head: str, stages: int
) -> None:
    recipe = _recipe(deep, head=head, stages=stages)
    expected = fit_half(_head_alone(recipe), dataset).predict_proba(dataset)
    tuning, network = _untrained(recipe, dataset)
    found = tuning.predict_maps(recipe._maps(dataset))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    pixels = dataset.pixels((32, 32), "pad")
    whole = network(tuning.features()(pixels, training=False), training=False)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(whole), expected, atol=1e-5)


def test_the_saved_model_answers_as_the_fitted_recipe_does(
    fitted: FineTune, dataset: ImageDataset, tmp_path: Path
) -> None:
    _, test = halves(dataset)
    expected = fitted.predict_proba(test)
    np.testing.assert_allclose(expected.sum(axis=1), 1)
    fitted.save(tmp_path / "model")
    images = [test.read(index) for index in range(len(test))]
    for predictor in (fitted.predictor(), load(tmp_path / "model")):
        np.testing.assert_allclose(predictor.predict_proba(images), expected, atol=1e-5)


def test_each_phase_says_what_learns_and_what_it_was_worth(
    fitted: FineTune, dataset: ImageDataset, deep: Path
) -> None:
    _, test = halves(dataset)
    first, second = fitted.phases_
    head = 9 * 4
    tail = (3 * 3 * 4 + 1) * 6 + (6 + 1) * 8
    assert (first.name, first.trainable_parameters) == ("head", head)
    assert second.name == "head and late to last"
    assert second.trainable_parameters == fitted.n_trainable_parameters_ == head + tail
    # The statistics and scales of the batch normalisation and the first stage do not learn.
    assert fitted.n_parameters_ == head + tail + 4 * 6 + (3 * 3 * 3 + 1) * 4
    assert second.accuracy == fitted.score(test)
    assert first.accuracy == fit_half(_head_alone(_recipe(deep)), dataset).score(test)
    assert first.log_loss != second.log_loss
    assert len(fitted.history_.metrics["val_loss"]) == FAST.epochs


def _layers(network: Any) -> dict[str, Any]:
    return {layer.name: layer for layer in every_layer(network)}


def test_only_what_is_unfrozen_changes_and_frozen_features_stay(
    fitted: FineTune, dataset: ImageDataset, deep: Path
) -> None:
    original = keras.saving.load_model(deep)
    frozen = fit_half(_head_alone(_recipe(deep)), dataset).predict_proba(dataset)
    assert np.abs(fitted.predict_proba(dataset) - frozen).max() > 1e-4
    changed = _layers(fitted.predictor().model.network)  # type: ignore[attr-defined]
    for layer in original.layers:
        if layer.weights:
            same = [
                np.array_equal(old, new)
                for old, new in zip(
                    layer.get_weights(), changed[layer.name].get_weights(), strict=True
                )
            ]
            assert same == [layer.name not in ("late", "last")] * len(same), layer.name


def _fit(recipe: FineTune, dataset: ImageDataset, seed: int = 0) -> FineTune:
    return fit_half(recipe, dataset, seed=seed, validation=False)


def test_the_seed_alone_decides(
    fitted: FineTune, dataset: ImageDataset, deep: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = _fit(_recipe(deep), dataset, seed=1).predict_proba(dataset)
    assert not np.array_equal(other, fitted.predict_proba(dataset))
    # One inner fold is trained on, predicted and split as all three are.
    monkeypatch.setattr(finetune, "_MANY", 1)
    first, again = (_fit(_recipe(deep, keep="better"), dataset) for _ in range(2))
    assert len(first.phases_) == 2
    np.testing.assert_array_equal(first.predict_proba(dataset), again.predict_proba(dataset))
    assert first.notes_ == again.notes_
    assert any("Inner folds chose" in note for note in first.notes_)


def test_fine_tuning_that_harms_is_not_kept(dataset: ImageDataset, deep: Path) -> None:
    train, _ = halves(dataset)
    harmful = TrainingSettings(epochs=1, batch_size=8, learning_rate=9.0, optimizer="sgd")
    recipe = _recipe(deep, keep="better", training=harmful)
    fitted = _fit(recipe, dataset)
    assert [phase.name for phase in fitted.phases_] == ["head"]
    assert any("kept the head alone" in note for note in fitted.notes_)
    frozen = fit_half(_head_alone(recipe), dataset).predict_proba(dataset)
    np.testing.assert_allclose(fitted.predict_proba(dataset), frozen, atol=1e-5)
    images = [dataset.read(index) for index in range(len(dataset))]
    np.testing.assert_allclose(fitted.predictor().predict_proba(images), frozen, atol=1e-5)
    assert fitted.n_trainable_parameters_ == 9 * 4
    # What inner folds predicted for every training image is kept for whoever can use it.
    assert fitted.held_out_ is not None
    assert sorted(fitted.held_out_.indices.tolist()) == list(range(len(train)))
    np.testing.assert_allclose(fitted.held_out_.probabilities.sum(axis=1), 1)


def test_an_inner_fold_without_progress_is_given_up(dataset: ImageDataset, deep: Path) -> None:
    harmful = TrainingSettings(epochs=9, batch_size=8, learning_rate=9.0, optimizer="sgd")
    data = _training_half(dataset)
    tried = _recipe(deep, training=harmful)._try_out(0, data, dataset[1::2])
    assert max(epoch for epoch, _ in tried) == finetune._PATIENCE < harmful.epochs


def test_the_best_of_what_inner_folds_tried_is_chosen(
    dataset: ImageDataset, deep: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = _training_half(dataset)

    def predictions(part: Any, right: float) -> Any:
        """The true class has this probability on each judged image."""
        found = np.full((len(part), 4), (1 - right) / 3)
        found[np.arange(len(part)), [CLASSES.index(name) for name in part.y]] = right
        return found

    def try_out(number: int, _: Any, judged: ImageDataset) -> Any:
        tried = {
            (0, 1.0): predictions(judged, 0.6),
            (1, 0.5): predictions(judged, 0.9),
            (1, 1.0): predictions(judged, 0.7),
        }
        # The other trainings ran out of time after their first epoch.
        return {**tried, (2, 1.0): predictions(judged, 0.99)} if number == 0 else tried

    recipe = _recipe(deep, keep="better")
    monkeypatch.setattr(recipe, "_try_out", try_out)
    choice = recipe._choose(data)
    assert (choice.epochs, choice.share) == (1, 0.5)
    assert choice.log_loss == pytest.approx(-np.log(0.9))
    assert choice.head_log_loss == pytest.approx(-np.log(0.6))
    assert choice.held_out is not None
    assert sorted(choice.held_out.indices.tolist()) == list(range(len(data)))
    truth = choice.held_out.probabilities[
        np.arange(len(data)), data.labels[choice.held_out.indices]
    ]
    np.testing.assert_allclose(truth, 0.9)

    def equal(_: int, __: Any, judged: ImageDataset) -> Any:
        return {(0, 1.0): predictions(judged, 0.6), (1, 1.0): predictions(judged, 0.6)}

    monkeypatch.setattr(recipe, "_try_out", equal)
    assert recipe._choose(data).epochs == 0


def test_a_class_with_one_image_leaves_the_head_alone(dataset: ImageDataset, deep: Path) -> None:
    lone = np.flatnonzero(dataset.labels == 3)[0]
    train = dataset[np.append(np.flatnonzero(dataset.labels != 3), lone)]
    fitted = _recipe(deep, keep="better").fit(train, groups=np.arange(len(train)))
    assert [phase.name for phase in fitted.phases_] == ["head"]
    assert fitted.held_out_ is None
    assert any("Too few images" in note for note in fitted.notes_)
    # There were no validation images.
    assert fitted.phases_[0].accuracy is None


def test_maps_too_large_to_keep_are_computed_as_they_are_needed(
    fitted: FineTune, dataset: ImageDataset, deep: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finetune, "_MOST_CACHED_BYTES", 0)
    computed = _fit(_recipe(deep), dataset).predict_proba(dataset)
    np.testing.assert_allclose(computed, fitted.predict_proba(dataset), atol=1e-3)


def test_images_may_be_varied_while_the_backbone_learns(
    fitted: FineTune, dataset: ImageDataset, deep: Path
) -> None:
    varied = _recipe(deep, augmentation=Augmentation(policy="standard"))
    probabilities = _fit(varied, dataset).predict_proba(dataset)
    # By more than what computing the maps anew would change.
    assert np.abs(probabilities - fitted.predict_proba(dataset)).max() > 1e-3


def test_a_copy_is_fitted_from_the_same_start(fitted: FineTune, dataset: ImageDataset) -> None:
    """Fine-tuning changes a copy of the backbone, never the one that is kept for the next fit."""
    again = fit_half(clone(fitted), dataset)
    np.testing.assert_array_equal(again.predict_proba(dataset), fitted.predict_proba(dataset))


def test_no_image_gives_no_prediction(fitted: FineTune, dataset: ImageDataset) -> None:
    assert fitted.predict_proba(dataset[[]]).shape == (0, 4)
