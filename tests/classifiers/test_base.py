"""What every recipe shares: how it is fitted, and what its model remembers."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

from peu import __version__
from peu.classifiers.base import ImageClassifier
from peu.classifiers.hog import HogSVM
from peu.images.dataset import ImageDataset
from peu.images.metadata import short_hash
from peu.models.saved import load
from recorded_progress import recorded_progress
from small_set import CLASSES, PLAIN, TINY, fit_half, halves


def test_a_model_remembers_what_it_was_made_from(dataset: ImageDataset, tmp_path: Path) -> None:
    fitted = clone(PLAIN).set_params(seed=3).fit(dataset)
    predictor = fitted.predictor()
    memory = predictor.provenance
    assert memory["peu"] == __version__
    assert memory["seed"] == 3
    assert memory["images"] == len(dataset)
    assert memory["fingerprint"] == dataset.fingerprint
    assert memory["dataset"] == dataset.name
    assert memory["image_hashes"] == sorted(short_hash(each) for each in dataset.hashes)
    assert memory["parameters"] == fitted.n_parameters_
    assert memory["trainable_parameters"] == fitted.n_trainable_parameters_
    assert predictor.class_names == CLASSES
    assert predictor.recipe == fitted.to_dict()
    fitted.save(tmp_path / "model")
    assert load(tmp_path / "model").provenance == memory


def test_it_learns_from_all_images(dataset: ImageDataset) -> None:
    fitted = clone(PLAIN).fit(dataset)
    assert fitted.predict(dataset).tolist() == dataset.y.tolist()
    predictions = fitted.predictor().predict(dataset)
    assert [each.label for each in predictions] == dataset.y.tolist()


@pytest.mark.parametrize("recipe", [PLAIN, TINY], ids=["hog", "cnn"])
def test_test_images_and_their_labels_have_no_part_in_a_fit(
    recipe: ImageClassifier, dataset: ImageDataset
) -> None:
    train, test = halves(dataset)
    shuffled = np.random.default_rng(0).permutation(np.asarray(test.labels))
    others = type(test)(
        test.name, test.root, test.records, shuffled, test.class_names, whole=test.whole
    )
    first = clone(recipe).fit(train, validation=test)
    second = clone(recipe).fit(train, validation=others)
    third = clone(recipe).fit(train)
    for other in (second, third):
        np.testing.assert_array_equal(first.predict_proba(test), other.predict_proba(test))
        assert other.notes_ == first.notes_


def test_a_recipe_without_epochs_has_no_curves(dataset: ImageDataset) -> None:
    fitted = fit_half(PLAIN, dataset)
    assert fitted.history_.metrics == {}
    assert not fitted.trains_network


def test_what_takes_time_reports_how_far_it_is(dataset: ImageDataset) -> None:
    with recorded_progress() as recorded:
        fit_half(TINY, dataset, validation=False)
    training = [each for each in recorded.phases if each[0] == "Training cnn"]
    assert training == [("Training cnn", done, 2) for done in range(3)]


def test_a_fit_that_fails_leaves_no_half_fitted_recipe(
    dataset: ImageDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sklearn.exceptions import NotFittedError

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    broken = clone(PLAIN)
    monkeypatch.setattr(type(broken), "_fit", interrupt)
    with pytest.raises(KeyboardInterrupt):
        broken.fit(dataset)
    with pytest.raises(NotFittedError):
        broken.predict(dataset)
    with pytest.raises(NotFittedError):
        broken.predictor()


def test_many_classes_of_two_images_are_classes(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (24, 32, 32, 3), dtype=np.uint8)
    names = [f"class {number // 2}" for number in range(24)]
    recipe = HogSVM(image_size=(32, 32)).fit(noise, names)
    assert recipe.predict_proba(noise).shape == (24, 12)
