"""An ensemble: fitted members, weighed by predictions for images they had not learnt from."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone

from eager_steps import untraced
from peu.classifiers.base import ImageClassifier, predict_held_out
from peu.classifiers.ensemble import Ensemble, weigh
from peu.classifiers.training_set import HeldOut, TrainingSet, check_training_set
from peu.classifiers.transfer import Transfer
from peu.images.dataset import ImageDataset
from peu.models.combination import Array, temper
from peu.models.saved import load
from small_set import CLASSES, PLAIN, TINY, fit_half, halves

pytestmark = untraced

COARSE = clone(PLAIN).set_params(name="coarse", cell_size=16)
LABELS = np.arange(60) % 3


@pytest.fixture
def fitted_on(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[str, ...]]]:
    """Names of the recipes that are fitted, each with the hashes of the images it is given."""
    found: list[tuple[str, tuple[str, ...]]] = []
    fit = ImageClassifier.fit

    def recorded(self: ImageClassifier, images: Any, *rest: Any, **options: Any) -> Any:
        found.append((self.name, images.hashes))
        return fit(self, images, *rest, **options)

    monkeypatch.setattr(ImageClassifier, "fit", recorded)
    return found


def test_the_saved_model_answers_as_the_fitted_ensemble_does(
    dataset: ImageDataset, tmp_path: Path
) -> None:
    _, test = halves(dataset)
    fitted = fit_half(Ensemble(members=(PLAIN, TINY)), dataset)
    expected = fitted.predict_proba(test)
    np.testing.assert_allclose(expected.sum(axis=1), 1)
    by_hand = fitted.combination_.combine([each.predict_proba(test) for each in fitted.members_])
    np.testing.assert_array_equal(expected, by_hand)
    fitted.save(tmp_path / "model")
    images = [test.read(index) for index in range(len(test))]
    for predictor in (fitted.predictor(), load(tmp_path / "model")):
        np.testing.assert_allclose(predictor.predict_proba(images), expected, atol=1e-5)
    alone = [each.n_parameters_ for each in fitted.members_]
    assert fitted.n_parameters_ == fitted.n_trainable_parameters_ == sum(alone)
    assert "weighed the members: hog" in fitted.notes_[-1]
    # The members that were given are copied, and stay unfitted.
    assert not hasattr(PLAIN, "classes_")


def test_each_member_of_a_saved_ensemble_remembers_its_images(dataset: ImageDataset) -> None:
    fitted = clone(Ensemble(members=(PLAIN, COARSE))).fit(dataset)
    hashes = fitted.predictor().provenance["image_hashes"]
    assert len(hashes) == len(dataset)
    for member in fitted.members_:
        assert member.provenance_["image_hashes"] == hashes


def test_members_are_seeded_by_the_ensembles_seed(dataset: ImageDataset) -> None:
    ensemble = Ensemble(members=(PLAIN, TINY))
    first, again, other = (
        fit_half(ensemble, dataset, seed=seed, validation=False).predict_proba(dataset)
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_only_members_without_held_out_predictions_are_fitted_again_and_never_on_test_images(
    dataset: ImageDataset, backbone: Path, fitted_on: list[tuple[str, tuple[str, ...]]]
) -> None:
    train, _ = halves(dataset)
    transfer = Transfer(backbone=str(backbone), backbone_preprocessing="tf")
    fit_half(Ensemble(members=(PLAIN, transfer, TINY)), dataset)
    assert [name for name, _ in fitted_on] == ["ensemble", "hog", "transfer", "cnn", "cnn"]
    whole, inner = (set(hashes) for _, hashes in fitted_on[3:])
    assert whole == set(train.hashes)
    assert inner < whole


def _training_set(images: ImageDataset) -> TrainingSet:
    return check_training_set(images)[0]


def test_held_out_predictions_are_of_models_that_had_not_learnt_from_the_images(
    dataset: ImageDataset, fitted_on: list[tuple[str, tuple[str, ...]]]
) -> None:
    train, _ = halves(dataset)
    found = predict_held_out(PLAIN, _training_set(train))
    ((_, learnt),) = fitted_on
    judged = {train.hashes[index] for index in found.indices}
    assert judged | set(learnt) == set(train.hashes)
    assert not judged & set(learnt)
    assert found.probabilities.shape == (len(found.indices), 4)
    assert not hasattr(PLAIN, "classes_")


def test_a_class_with_one_image_is_no_obstacle(dataset: ImageDataset) -> None:
    lone = np.flatnonzero(dataset.labels == 3)[0]
    train = dataset[np.append(np.flatnonzero(dataset.labels != 3), lone)]
    fitted = Ensemble(members=(PLAIN, COARSE)).fit(train, groups=np.arange(len(train)))
    assert fitted.combination_.weights == (0.5, 0.5)
    assert "Too few images" in fitted.notes_[-1]
    assert np.isfinite(fitted.predict_proba(train)).all()
    assert tuple(fitted.classes_) == CLASSES


def _answers(right: float, *, wrong: int = 0, seed: int = 0) -> Array:
    """Give the true class this probability, and in so many images another class instead."""
    said = LABELS.copy()
    chosen = np.random.default_rng(seed).permutation(60)[:wrong]
    said[chosen] = (said[chosen] + 1) % 3
    answers = np.full((60, 3), (1 - right) / 2)
    answers[np.arange(60), said] = right
    return answers


def _held_out(answers: Array, every: int = 1) -> HeldOut:
    indices = np.arange(60)[::every]
    return HeldOut(indices, answers[indices])


def test_the_better_model_weighs_more_and_shrinkage_pulls_back() -> None:
    good, poor = _held_out(_answers(0.9, wrong=3)), _held_out(_answers(0.9, wrong=40, seed=1))
    weights = [weigh([good, poor], LABELS, shrinkage=pull).weights[0] for pull in (0, 10, 1e5)]
    assert weights[0] > 0.95
    assert weights[0] > weights[1] > weights[2]
    assert weights[2] == pytest.approx(0.5, abs=1e-3)


@given(
    right=st.lists(st.floats(0.34, 0.99), min_size=2, max_size=4),
    wrong=st.integers(0, 60),
    shrinkage=st.floats(0, 1e5),
)
def test_weights_are_shares_and_temperatures_positive(
    right: list[float], wrong: int, shrinkage: float
) -> None:
    held_out = [_held_out(_answers(each, wrong=wrong, seed=at)) for at, each in enumerate(right)]
    found = weigh(held_out, LABELS, shrinkage=shrinkage)
    assert sum(found.weights) == pytest.approx(1)
    assert all(0 <= each <= 1 for each in found.weights)
    assert all(0.05 <= each <= 20 for each in found.temperatures)


def test_models_that_err_alike_weigh_alike() -> None:
    same = _held_out(_answers(0.8, wrong=6))
    np.testing.assert_allclose(weigh([same] * 3, LABELS, shrinkage=10).weights, 1 / 3)


def test_a_temperature_mends_predictions_that_are_too_sure() -> None:
    calibrated = _answers(0.8, wrong=12)
    for spoilt in (0.25, 4.0):
        found = weigh([_held_out(temper(calibrated, spoilt))] * 2, LABELS, shrinkage=10)
        assert found.temperatures[0] == pytest.approx(1 / spoilt, rel=0.05)


def test_weights_rest_on_the_images_that_all_predicted_in_any_order() -> None:
    good, poor = _answers(0.9, wrong=3), _answers(0.9, wrong=40, seed=1)
    few = _held_out(poor, every=3)
    turned = HeldOut(few.indices[::-1], few.probabilities[::-1])
    first, second = (weigh([_held_out(good), each], LABELS, shrinkage=10) for each in (few, turned))
    np.testing.assert_allclose(first.weights, second.weights)
    assert first.weights[0] > 0.7


def test_without_predictions_all_count_alike() -> None:
    nothing = HeldOut(np.zeros(0, np.int64), np.zeros((0, 3)))
    found = weigh([_held_out(_answers(0.9)), nothing], LABELS, shrinkage=0)
    assert found.weights == (0.5, 0.5)
    assert found.temperatures[1] == 1
