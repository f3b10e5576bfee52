"""A tuned network is chosen inside the training images, and comes out the same after a kill."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter
from sklearn.base import clone

from eager_steps import untraced
from peu.classifiers import tuned_cnn
from peu.classifiers.search import searches_kept_in
from peu.classifiers.search_record import Search
from peu.classifiers.search_space import SearchSpace, starting_point
from peu.classifiers.small_cnn import SmallCNN
from peu.classifiers.training_set import check_training_set
from peu.classifiers.tuned_cnn import TunedCNN
from peu.images.dataset import ImageDataset
from peu.models.saved import load
from peu.networks.augmentation_settings import Augmentation
from small_set import fit_half, halves

pytestmark = untraced

# The less there is of a network, the sooner it is traced.
SMALL = TunedCNN(
    space=SearchSpace(image_size=(16, 32), layers=(1, 1), filters=(2, 6), batch_norm=(0, 0)),
    augmentation=Augmentation(policy="flip"),
    tta=2,
    epochs=2,
    batch_size=8,
    dense_units=8,
    inner_folds=1,
    trials=2,
    push=2,
)
SEARCHED = clone(SMALL).set_params(
    space__epochs=(2, 2), epochs=None, refit_factor=3, trials=1, push=None
)


@pytest.fixture(scope="module")
def fitted(dataset: ImageDataset) -> TunedCNN:
    return fit_half(SMALL, dataset, seed=5)


def _without_times(search: Search) -> Search:
    trials = tuple(dataclasses.replace(trial, seconds=0.0) for trial in search.trials)
    return dataclasses.replace(search, trials=trials)


def _start_of(recipe: TunedCNN) -> dict[str, Any]:
    """Where a search begins, as a search of no trials at all chooses."""
    return starting_point(recipe.distributions())


def test_the_best_on_held_out_images_is_trained_on_all(
    fitted: TunedCNN, dataset: ImageDataset
) -> None:
    search = fitted.search_
    assert len(search.trials) == 2
    assert search.best is not None
    assert search.best in search.near_best
    losses = [trial.log_loss for trial in search.trials if trial.log_loss is not None]
    best = search.trials[search.best]
    assert best.log_loss == min(losses)
    expected = fitted.configuration(best.settings).set_params(seed=5)
    assert search.chosen == expected
    assert search.chosen.training.epochs == 2
    assert len(fitted.history_.metrics["loss"]) == 2
    assert fitted.notes_[0].startswith("Inner folds chose ")
    assert "among 2 configurations" in fitted.notes_[0]
    assert fitted.trains_network
    assert fitted.held_out_ is None
    np.testing.assert_allclose(fitted.predict_proba(dataset[:4]).sum(axis=1), 1)
    adapter = TypeAdapter(Search)
    assert adapter.validate_json(adapter.dump_json(search)) == search


def test_the_choice_fitted_by_itself_is_the_same_network(
    fitted: TunedCNN, dataset: ImageDataset
) -> None:
    alone = clone(fitted.search_.chosen)
    alone.fit(halves(dataset)[0])
    expected = fitted.predict_proba(dataset[:4])
    np.testing.assert_array_equal(alone.predict_proba(dataset[:4]), expected)
    np.testing.assert_array_equal(fitted.network_.predict_proba(dataset[:4]), expected)
    assert alone.n_parameters_ == fitted.n_parameters_


@pytest.fixture(scope="module")
def searches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("searches")


@pytest.fixture(scope="module")
def searched(dataset: ImageDataset, searches: Path) -> TunedCNN:
    with searches_kept_in(searches):
        fitted: TunedCNN = fit_half(SEARCHED, dataset, seed=5)
    return fitted


def test_searched_epochs_are_fewer_than_those_of_the_last_training(searched: TunedCNN) -> None:
    fitted = searched
    assert fitted.search_.trials[0].settings["epochs"] == 2
    assert fitted.search_.chosen.training.epochs == 6
    assert len(fitted.history_.metrics["loss"]) == 6
    assert fitted.notes_[0].endswith("Trained for 6 epochs, and judged with 2.")


def test_another_last_training_takes_up_the_same_search(
    searched: TunedCNN, searches: Path, dataset: ImageDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, trained = tuned_cnn.fit_on, []

    def noted(network: SmallCNN, *rest: Any) -> None:
        trained.append(network.training.epochs)
        real(network, *rest)

    monkeypatch.setattr(tuned_cnn, "fit_on", noted)
    other = clone(SEARCHED).set_params(refit_factor=2, name="other")
    with searches_kept_in(searches):
        again = fit_half(other, dataset, seed=5).search_
    assert trained == [4]
    assert again.trials == searched.search_.trials


@pytest.mark.parametrize(
    "changes",
    [{"batch_size": 16}, {"space__filters": (2, 5)}, {"seed": 1}, {"tta": 1}],
    ids=["batch size", "space", "seed", "tta"],
)
def test_another_search_has_a_file_of_its_own(
    dataset: ImageDataset, changes: dict[str, Any]
) -> None:
    data, _ = check_training_set(dataset)
    name = SMALL._search_name(data)
    assert clone(SMALL).set_params(**changes)._search_name(data) != name
    assert clone(SMALL).set_params(trials=50, push=None, tuning_time=9.0)._search_name(data) == name


def test_other_images_labels_or_groups_are_another_search(dataset: ImageDataset) -> None:
    sets = [
        check_training_set(dataset),
        check_training_set(dataset[::2]),
        check_training_set(dataset, y=np.arange(32) % 2),
        check_training_set(dataset, groups=np.arange(32) // 4),
    ]
    assert len({SMALL._search_name(data) for data, _ in sets}) == 4


def test_longer_training_is_evaluated_and_changes_no_prediction(
    fitted: TunedCNN, dataset: ImageDataset
) -> None:
    pushed = fitted.search_.push
    assert pushed is not None
    assert (pushed.factor, pushed.epochs) == (2, 2)
    assert len(pushed.metrics["loss"]) == 4
    assert pushed.metrics["val_epoch"][-1] == 4
    assert len(pushed.metrics["val_loss"]) == len(pushed.metrics["val_epoch"])


def test_the_saved_model_answers_as_the_fitted_recipe_does(
    fitted: TunedCNN, dataset: ImageDataset, tmp_path: Path
) -> None:
    _, test = halves(dataset)
    fitted.save(tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert loaded.recipe == fitted.to_dict()
    images = [test.read(index) for index in range(len(test))]
    np.testing.assert_allclose(loaded.predict_proba(images), fitted.predict_proba(test), atol=1e-6)


def test_after_a_kill_it_ends_the_same_and_test_labels_have_no_part_in_it(
    fitted: TunedCNN, dataset: ImageDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train, test = halves(dataset)
    shuffled = np.random.default_rng(0).permutation(np.asarray(test.labels))
    others = dataclasses.replace(test, labels=shuffled)
    recipe = clone(SMALL).set_params(seed=5)
    real, calls = tuned_cnn.fit_on, 0

    def killed(*args: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        real(*args)

    monkeypatch.setattr(tuned_cnn, "fit_on", killed)
    with searches_kept_in(tmp_path):
        with pytest.raises(KeyboardInterrupt):
            recipe.fit(train, validation=others)
        (file,) = tmp_path.glob("*.log")
        assert file.read_text().count('"ending"') == 1
        again = clone(recipe).fit(train, validation=others)
    # One trial before the kill, the one that it met, and after it that one, the final training
    # and the longer one.
    assert calls == 5
    first, second = _without_times(fitted.search_), _without_times(again.search_)
    assert second.trials == first.trials
    assert second.chosen == first.chosen
    np.testing.assert_array_equal(again.predict_proba(test), fitted.predict_proba(test))
    # The curves of the longer training do show them, and only that.
    assert first.push is not None
    assert second.push is not None
    assert second.push.metrics["loss"] == first.push.metrics["loss"]
    assert second.push.metrics["val_loss"] != first.push.metrics["val_loss"]


def test_too_few_images_or_too_little_time_leave_the_starting_point(
    dataset: ImageDataset,
) -> None:
    short = clone(SMALL).set_params(push=None)
    start = short.configuration(_start_of(short))
    firsts = [int(np.flatnonzero(dataset.labels == label)[0]) for label in range(4)]
    single = clone(short).fit(dataset[firsts])
    assert single.search_.chosen == start
    assert single.search_.trials == ()
    assert single.notes_[0].startswith("Too few images per class")
    hurried = fit_half(short.set_params(tuning_time=0.01), dataset, validation=False)
    assert hurried.search_.chosen == start
    assert hurried.search_.ended_by == "time"
    assert hurried.notes_[0].startswith("No configuration could be judged within the tuning time")
