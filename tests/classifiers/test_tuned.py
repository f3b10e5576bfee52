"""A tuned network is chosen inside the training images, and comes out the same after a kill."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from peu.classifiers import tuned
from peu.classifiers.configurations import configure, ranges_of, starting_point
from peu.classifiers.fit import fit_recipe
from peu.classifiers.fitted_recipe import FittedRecipe, TrainingPart
from peu.classifiers.scratch import fit_scratch
from peu.classifiers.search_record import Search, search_from_dict, search_to_dict
from peu.classifiers.tuned import fit_tuned
from peu.images.dataset import ImageDataset
from peu.models.classifier import Classifier
from peu.recipes.augmentation import Augmentation
from peu.recipes.scratch import SmallCNN
from peu.recipes.search_space import SearchSpace
from peu.recipes.tuned import TunedCNN
from small_set import half_of

# The less there is of a network, the sooner it is traced.
SMALL = TunedCNN(
    space=SearchSpace(image_size=(16, 32), layers=(1, 1), filters=(2, 6), batch_norm=(0, 0)),
    augmentation=Augmentation(policy="flip"),
    views=2,
    epochs=2,
    batch_size=8,
    dense_units=8,
    inner_folds=1,
    trials=2,
    push=3,
)
SEARCHED = dataclasses.replace(
    SMALL,
    space=dataclasses.replace(SMALL.space, epochs=(2, 2)),
    epochs=None,
    refit_factor=3,
    trials=1,
    push=None,
)


@pytest.fixture(scope="module")
def part(dataset: ImageDataset) -> TrainingPart:
    return half_of(dataset, seed=5)


@pytest.fixture(scope="module")
def fitted(dataset: ImageDataset, part: TrainingPart) -> FittedRecipe:
    return fit_recipe(SMALL, dataset, part)


def search_of(fitted: FittedRecipe) -> Search:
    assert fitted.search is not None
    return fitted.search


def without_times(search: Search) -> Search:
    trials = tuple(dataclasses.replace(trial, seconds=0.0) for trial in search.trials)
    return dataclasses.replace(search, trials=trials)


def test_the_best_on_held_out_images_is_trained_on_all(
    fitted: FittedRecipe, dataset: ImageDataset
) -> None:
    search = search_of(fitted)
    assert len(search.trials) == 2
    assert search.best is not None
    assert search.best in search.near_best
    losses = [trial.log_loss for trial in search.trials if trial.log_loss is not None]
    best = search.trials[search.best]
    assert best.log_loss == min(losses)
    assert search.chosen == configure(SMALL, best.settings)
    assert search.chosen.training.epochs == 2
    assert len(fitted.history.metrics["loss"]) == 2
    assert fitted.notes[0].startswith("Inner folds chose ")
    assert "among 2 configurations" in fitted.notes[0]
    assert search_from_dict(json.loads(json.dumps(search_to_dict(search)))) == search
    np.testing.assert_allclose(fitted.predict_indices(np.arange(4)).sum(axis=1), 1)


def test_searched_epochs_are_fewer_than_those_of_the_last_training(
    dataset: ImageDataset, part: TrainingPart
) -> None:
    fitted = fit_tuned(SEARCHED, dataset, part)
    search = search_of(fitted)
    assert search.trials[0].settings["epochs"] == 2
    assert search.chosen.training.epochs == 6
    assert len(fitted.history.metrics["loss"]) == 6
    assert fitted.notes[0].endswith("Trained for 6 epochs, and judged with 2.")


def test_another_last_training_takes_up_the_same_search(
    dataset: ImageDataset, part: TrainingPart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = dataclasses.replace(part, folder=tmp_path)
    first = search_of(fit_tuned(SEARCHED, dataset, kept))
    real, trained = fit_scratch, []

    def noted(recipe: Any, *args: Any, **options: Any) -> FittedRecipe:
        trained.append(recipe.training.epochs)
        return real(recipe, *args, **options)

    monkeypatch.setattr(tuned, "fit_scratch", noted)
    again = search_of(fit_tuned(dataclasses.replace(SEARCHED, refit_factor=2), dataset, kept))
    assert trained == [4]
    assert again.trials == first.trials


def test_longer_training_is_watched_and_changes_no_answer(fitted: FittedRecipe) -> None:
    pushed = search_of(fitted).push
    assert pushed is not None
    assert (pushed.factor, pushed.epochs) == (3, 2)
    assert len(pushed.metrics["loss"]) == 6
    assert pushed.metrics["watched_epoch"][-1] == 6
    assert len(pushed.metrics["watched_loss"]) == len(pushed.metrics["watched_epoch"])


def test_what_is_saved_answers_as_what_was_fitted(
    fitted: FittedRecipe, dataset: ImageDataset, part: TrainingPart, tmp_path: Path
) -> None:
    assert part.watched is not None
    fitted.assemble().save(tmp_path / "model")
    classifier = Classifier.load(tmp_path / "model")
    assert classifier.recipe == SMALL
    images = [dataset.read(index) for index in part.watched]
    np.testing.assert_allclose(
        classifier.predict_proba(images), fitted.predict_indices(part.watched), atol=1e-6
    )


def test_after_a_kill_it_ends_the_same_and_test_labels_have_no_part_in_it(
    fitted: FittedRecipe,
    dataset: ImageDataset,
    part: TrainingPart,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert dataset.labels is not None
    assert part.watched is not None
    labels = dataset.labels.copy()
    labels[part.watched] = np.random.default_rng(0).permutation(labels[part.watched])
    other = dataclasses.replace(dataset, labels=labels)
    kept = dataclasses.replace(part, folder=tmp_path)
    real, calls = fit_scratch, 0

    def killed(*args: Any, **options: Any) -> FittedRecipe:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        return real(*args, **options)

    monkeypatch.setattr(tuned, "fit_scratch", killed)
    with pytest.raises(KeyboardInterrupt):
        fit_tuned(SMALL, other, kept)
    (file,) = tmp_path.glob("*.json")
    assert len(json.loads(file.read_text())["trials"]) == 1
    again = fit_tuned(SMALL, other, kept)
    # One trial before the kill, the one that it met, and after it that one, the final training
    # and the longer one.
    assert calls == 5
    first, second = without_times(search_of(fitted)), without_times(search_of(again))
    assert second.trials == first.trials
    assert second.chosen == first.chosen
    np.testing.assert_array_equal(
        again.predict_indices(part.watched), fitted.predict_indices(part.watched)
    )
    # The curves of the longer training do show them, and only that.
    assert first.push is not None
    assert second.push is not None
    assert second.push.metrics["loss"] == first.push.metrics["loss"]
    assert second.push.metrics["watched_loss"] != first.push.metrics["watched_loss"]


def test_too_few_images_or_too_little_time_leave_the_starting_point(
    dataset: ImageDataset,
) -> None:
    assert dataset.labels is not None
    start = configure(SMALL, starting_point(ranges_of(SMALL)))
    firsts = np.array([np.flatnonzero(dataset.labels == label)[0] for label in range(4)])
    few = TrainingPart(train=firsts, groups=np.arange(len(dataset)))
    short = dataclasses.replace(SMALL, push=None)
    single = fit_tuned(short, dataset, few)
    assert search_of(single).chosen == start
    assert search_of(single).trials == ()
    assert single.notes[0].startswith("Too few images a class")
    hurried = fit_tuned(
        dataclasses.replace(short, tuning_time=0.01), dataset, half_of(dataset, watched=False)
    )
    assert search_of(hurried).chosen == start
    assert search_of(hurried).ended_by == "time"
    assert hurried.notes[0].startswith("Not one configuration could be judged in the time")


def test_what_is_fixed_is_not_searched() -> None:
    assert set(ranges_of(TunedCNN())) == {f.name for f in dataclasses.fields(SearchSpace)}
    fixed = TunedCNN(
        image_size=(40, 60), epochs=7, learning_rate=0.01, augmentation=Augmentation(policy="none")
    )
    ranges = ranges_of(fixed)
    assert set(ranges) == {"layers", "filters", "batch_norm", "dropout", "weight_decay"}
    chosen = configure(fixed, starting_point(ranges))
    assert chosen.image_size == (40, 60)
    assert chosen.training.epochs == 7
    assert chosen.training.learning_rate == 0.01
    assert chosen.augmentation == Augmentation(policy="none")


def test_filters_double_and_stay_bounded() -> None:
    settings = starting_point(ranges_of(TunedCNN()))
    assert configure(TunedCNN(), {**settings, "filters": 10, "layers": 3}).filters == (10, 20, 40)
    assert configure(TunedCNN(), {**settings, "filters": 32, "layers": 4}).filters == (
        32,
        64,
        128,
        128,
    )
    wide = TunedCNN(space=SearchSpace(filters=(200, 300)))
    assert configure(wide, {**settings, "filters": 200, "layers": 2}).filters == (200, 200)


def test_the_start_lies_within_the_ranges_and_on_their_steps() -> None:
    space = SearchSpace(image_size=(70, 100), layers=(1, 2), epochs=(5, 17), dropout=(0.3, 0.4))
    ranges = ranges_of(TunedCNN(space=space))
    assert (ranges["image_size"].high, ranges["epochs"].high) == (86, 15)
    start = starting_point(ranges)
    assert (start["image_size"], start["layers"], start["epochs"]) == (70, 2, 15)
    assert start["dropout"] == 0.3
    assert isinstance(configure(TunedCNN(space=space), start), SmallCNN)
