"""Fine-tuning: what it starts from, what it changes, what it leaves alone, and when it is kept."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from peu.classifiers import finetune, unfrozen
from peu.classifiers.finetune import fit_finetune, head_recipe
from peu.classifiers.fitted_recipe import FittedRecipe, TrainingPart
from peu.classifiers.frozen import extract_features, fit_frozen, fit_head, put_on
from peu.classifiers.labels import labels_of
from peu.classifiers.unfrozen import Learner, open_workbench
from peu.images.dataset import ImageDataset
from peu.models.classifier import Classifier
from peu.networks.backend import keras
from peu.networks.stages import every_layer
from peu.recipes.augmentation import Augmentation
from peu.recipes.finetune import FineTune, Keep
from peu.recipes.frozen import Head
from peu.recipes.training import TrainingSettings
from small_set import QUICK, half_of

FAST = TrainingSettings(epochs=2, batch_size=8, learning_rate=0.03, optimizer="sgd")


@pytest.fixture(scope="session")
def deep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a file with a backbone of two stages, the second with statistics and dropout."""
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


def _recipe(
    backbone: Path, *, keep: Keep = "always", head: Head = "logistic", stages: int = 1
) -> FineTune:
    return FineTune(
        backbone=str(backbone),
        backbone_preprocessing="tf",
        head=head,
        hidden_units=5,
        head_training=QUICK,
        stages=stages,
        keep=keep,
        training=FAST,
    )


@pytest.fixture(scope="module")
def tuned(
    dataset: ImageDataset, deep: Path, tmp_path_factory: pytest.TempPathFactory
) -> FittedRecipe:
    """Fine-tune once for all tests that look at one fine-tuning or compare others with it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEU_CACHE", str(tmp_path_factory.mktemp("cache")))
        return fit_finetune(_recipe(deep), dataset, half_of(dataset))


def _learner(recipe: FineTune, dataset: ImageDataset, part: TrainingPart) -> tuple[Learner, Any]:
    frozen = head_recipe(recipe)
    _, features = extract_features(frozen, dataset)
    head = fit_head(frozen, features, labels_of(dataset), part, class_count=4)
    return open_workbench(recipe, dataset, (32, 32)).learner(head.network), head.network


def _images(dataset: ImageDataset, indices: Any) -> list[Any]:
    return [dataset.read(int(index)) for index in indices]


@pytest.mark.parametrize(("head", "stages"), [("logistic", 1), ("mlp", 2)])
def test_before_any_fine_tuning_the_assembled_network_answers_as_frozen_features_do(
    dataset: ImageDataset, deep: Path, head: Head, stages: int
) -> None:
    recipe, part = _recipe(deep, head=head, stages=stages), half_of(dataset)
    every = np.arange(len(dataset))
    expected = fit_frozen(head_recipe(recipe), dataset, part).predict_indices(every)
    learner, network = _learner(recipe, dataset, part)
    np.testing.assert_allclose(learner.answer(every), expected, atol=1e-5)
    pixels = dataset[every].pixels((32, 32), recipe.resize_mode)
    whole = put_on(learner.features(), network)(pixels, training=False)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(whole), expected, atol=1e-5)


def test_the_saved_classifier_answers_as_the_fit_did(
    tuned: FittedRecipe, dataset: ImageDataset, tmp_path: Path
) -> None:
    part = half_of(dataset)
    assert part.watched is not None
    answers = tuned.predict_indices(part.watched)
    np.testing.assert_allclose(answers.sum(axis=1), 1)
    classifier = tuned.assemble()
    classifier.save(tmp_path / "model")
    for one in (classifier, Classifier.load(tmp_path / "model")):
        again = one.predict_proba(_images(dataset, part.watched))
        np.testing.assert_allclose(again, answers, atol=1e-5)


def test_each_phase_says_what_learns_and_what_it_was_worth(
    tuned: FittedRecipe, dataset: ImageDataset, deep: Path
) -> None:
    part = half_of(dataset)
    assert part.watched is not None
    first, second = tuned.phases
    head = 9 * 4
    tail = (3 * 3 * 4 + 1) * 6 + (6 + 1) * 8
    assert (first.name, first.trainable_parameters) == ("head", head)
    assert second.name == "head and late to last"
    assert second.trainable_parameters == tuned.trainable_parameters == head + tail
    # The statistics and scales of the batch normalisation and the first stage do not learn.
    assert tuned.parameters == head + tail + 4 * 6 + (3 * 3 * 3 + 1) * 4
    labels = labels_of(dataset)[part.watched]
    answers = tuned.predict_indices(part.watched)
    assert second.accuracy == np.mean(answers.argmax(axis=1) == labels)
    frozen = fit_frozen(head_recipe(_recipe(deep)), dataset, part).predict_indices(part.watched)
    assert first.accuracy == np.mean(frozen.argmax(axis=1) == labels)
    assert first.log_loss != second.log_loss
    assert len(tuned.history.metrics["watched_loss"]) == FAST.epochs


def _layers(network: Any) -> dict[str, Any]:
    return {layer.name: layer for layer in every_layer(network)}


def test_only_what_is_unfrozen_changes_and_frozen_features_stay(
    tuned: FittedRecipe, dataset: ImageDataset, deep: Path
) -> None:
    part, every = half_of(dataset), np.arange(len(dataset))
    original = keras.saving.load_model(deep)
    frozen = fit_frozen(head_recipe(_recipe(deep)), dataset, part).predict_indices(every)
    assert np.abs(tuned.predict_indices(every) - frozen).max() > 1e-4
    changed = _layers(tuned.assemble().model.network)  # type: ignore[attr-defined]
    for layer in original.layers:
        if layer.weights:
            same = [
                np.array_equal(old, new)
                for old, new in zip(
                    layer.get_weights(), changed[layer.name].get_weights(), strict=True
                )
            ]
            assert same == [layer.name not in ("late", "last")] * len(same), layer.name


def _fit(recipe: FineTune, dataset: ImageDataset, seed: int = 0) -> FittedRecipe:
    return fit_finetune(recipe, dataset, half_of(dataset, seed=seed, watched=False))


def test_the_seed_alone_decides(
    tuned: FittedRecipe, dataset: ImageDataset, deep: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = np.arange(len(dataset))
    other = _fit(_recipe(deep), dataset, seed=1).predict_indices(every)
    assert not np.array_equal(other, tuned.predict_indices(every))
    # One inner fold is trained on, asked and parted as all three are.
    monkeypatch.setattr(finetune, "_MANY", 1)
    first, again = (_fit(_recipe(deep, keep="better"), dataset) for _ in range(2))
    assert len(first.phases) == 2
    np.testing.assert_array_equal(first.predict_indices(every), again.predict_indices(every))
    assert first.notes == again.notes
    assert any("Inner folds chose" in note for note in first.notes)


def test_fine_tuning_that_harms_is_not_kept(dataset: ImageDataset, deep: Path) -> None:
    part, every = half_of(dataset), np.arange(len(dataset))
    harmful = TrainingSettings(epochs=1, batch_size=8, learning_rate=9.0, optimizer="sgd")
    recipe = replace(_recipe(deep, keep="better"), training=harmful)
    fitted = _fit(recipe, dataset)
    assert [phase.name for phase in fitted.phases] == ["head"]
    assert any("kept the head alone" in note for note in fitted.notes)
    frozen = fit_frozen(head_recipe(recipe), dataset, part).predict_indices(every)
    np.testing.assert_allclose(fitted.predict_indices(every), frozen, atol=1e-5)
    assert fitted.trainable_parameters == 9 * 4
    # What inner folds answered for every training image once is kept for whoever can use it.
    assert fitted.held_out is not None
    assert sorted(fitted.held_out.indices.tolist()) == part.train.tolist()
    np.testing.assert_allclose(fitted.held_out.probabilities.sum(axis=1), 1)


def test_the_best_of_what_inner_folds_tried_is_chosen() -> None:
    labels = np.array([0, 1, 0, 1])

    def answers(right: float) -> Any:
        return np.array([[right, 1 - right], [1 - right, right]])

    first, second = np.array([0, 1]), np.array([2, 3])
    tried = {(0, 1.0): answers(0.6), (1, 0.5): answers(0.9), (1, 1.0): answers(0.7)}
    # The second training ran out of time after its first epoch.
    longer = {**tried, (2, 1.0): answers(0.99)}
    choice = finetune._choose([(first, longer), (second, tried)], labels)
    assert (choice.epochs, choice.share) == (1, 0.5)
    assert choice.log_loss == pytest.approx(-np.log(0.9))
    assert choice.head_log_loss == pytest.approx(-np.log(0.6))
    assert choice.held_out is not None
    assert choice.held_out.indices.tolist() == [0, 1, 2, 3]
    equal = {(0, 1.0): answers(0.6), (1, 1.0): answers(0.6)}
    assert finetune._choose([(first, equal)], labels).epochs == 0


def test_a_class_with_one_image_leaves_the_head_alone(dataset: ImageDataset, deep: Path) -> None:
    labels = labels_of(dataset)
    lone = int(np.flatnonzero(labels == 3)[0])
    part = TrainingPart(
        train=np.append(np.flatnonzero(labels != 3), lone), groups=np.arange(len(dataset))
    )
    fitted = fit_finetune(_recipe(deep, keep="better"), dataset, part)
    assert [phase.name for phase in fitted.phases] == ["head"]
    assert fitted.held_out is None
    assert any("Too few images" in note for note in fitted.notes)
    # Nothing was watched.
    assert fitted.phases[0].accuracy is None


def test_half_way_is_the_mean_of_the_weights(dataset: ImageDataset, deep: Path) -> None:
    learner, _ = _learner(_recipe(deep), dataset, half_of(dataset))
    before = learner.weights()
    generator = np.random.default_rng(0)
    after = [old + generator.normal(size=old.shape).astype(np.float32) for old in before]
    learner.restore(after)
    learner.blend(before, 0.5)
    for old, new, mean in zip(before, after, learner.weights(), strict=True):
        np.testing.assert_allclose(mean, (old + new) / 2, atol=1e-6)
    learner.restore(after)
    for new, found in zip(after, learner.weights(), strict=True):
        np.testing.assert_array_equal(found, new)


def test_maps_too_large_to_keep_are_computed_as_they_are_needed(
    tuned: FittedRecipe, dataset: ImageDataset, deep: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = np.arange(len(dataset))
    monkeypatch.setattr(unfrozen, "_MOST_CACHED_BYTES", 0)
    computed = _fit(_recipe(deep), dataset).predict_indices(every)
    np.testing.assert_allclose(computed, tuned.predict_indices(every), atol=1e-3)


def test_images_may_be_varied_while_the_backbone_learns(
    tuned: FittedRecipe, dataset: ImageDataset, deep: Path
) -> None:
    varied = replace(_recipe(deep), augmentation=Augmentation(policy="standard"))
    every = np.arange(len(dataset))
    answers = _fit(varied, dataset).predict_indices(every)
    # By more than what computing the maps anew would change.
    assert np.abs(answers - tuned.predict_indices(every)).max() > 1e-3


def test_earlier_blocks_learn_more_slowly(dataset: ImageDataset, deep: Path) -> None:
    part = half_of(dataset)
    learner, _ = _learner(replace(_recipe(deep, stages=2), earliest_rate=0.01), dataset, part)
    rates = learner._rates()
    tail = _layers(learner._tail)
    (early,) = [layer for name, layer in tail.items() if name.startswith("conv2d")]
    found = [rates[id(each.kernel)] for each in (early, tail["late"], tail["last"])]
    # The normalisation in between is a block that does not learn.
    np.testing.assert_allclose(found, [0.01, 0.01 ** (2 / 3), 1])
