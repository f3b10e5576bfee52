"""An ensemble: fitted members, weighed by images that they had not learnt from."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from peu.classifiers.ensemble import fit_ensemble
from peu.classifiers.fit import fit_classifier, fit_recipe
from peu.classifiers.fitted_recipe import FittedRecipe, TrainingPart
from peu.classifiers.held_out import answer_held_out
from peu.classifiers.labels import labels_of
from peu.comparison.evaluate import evaluate
from peu.images.dataset import ImageDataset
from peu.models.classifier import Classifier
from peu.recipes.ensemble import Ensemble
from peu.recipes.frozen import Transfer
from small_set import PLAIN, TINY, half_of

COARSE = replace(PLAIN, name="coarse", cell_size=16)


def test_the_saved_classifier_answers_as_the_fit_did(dataset: ImageDataset, tmp_path: Path) -> None:
    part = half_of(dataset)
    assert part.watched is not None
    fitted = fit_recipe(Ensemble(members=(PLAIN, TINY)), dataset, part)
    answers = fitted.predict_indices(part.watched)
    np.testing.assert_allclose(answers.sum(axis=1), 1)
    classifier = fitted.assemble()
    classifier.save(tmp_path / "model")
    images = [dataset.read(index) for index in part.watched]
    for one in (classifier, Classifier.load(tmp_path / "model")):
        np.testing.assert_allclose(one.predict_proba(images), answers, atol=1e-5)
    alone = [fit_recipe(each, dataset, part).parameters for each in (PLAIN, TINY)]
    assert fitted.parameters == fitted.trainable_parameters == sum(alone)
    assert "weighed the members: hog" in fitted.notes[-1]


def test_it_remembers_its_images_and_is_measured_on_them(dataset: ImageDataset) -> None:
    classifier = fit_classifier(Ensemble(members=(PLAIN, COARSE)), dataset)
    found = evaluate(classifier, dataset)
    assert found.seen == len(dataset)
    images = [dataset.read(index) for index in range(len(dataset))]
    np.testing.assert_allclose(found.evaluation.probabilities, classifier.predict_proba(images))


class _Counting:
    """Fit recipes, and remember on which images."""

    def __init__(self) -> None:
        self.parts: list[tuple[str, list[int]]] = []

    def __call__(
        self, recipe: object, dataset: ImageDataset, part: TrainingPart, **_: object
    ) -> FittedRecipe:
        self.parts.append((recipe.name, part.train.tolist()))  # type: ignore[attr-defined]
        return fit_recipe(recipe, dataset, part)  # type: ignore[arg-type]


def test_only_members_without_inner_answers_are_fitted_again_and_never_on_test_images(
    dataset: ImageDataset, backbone: Path
) -> None:
    counting, part = _Counting(), half_of(dataset)
    frozen = Transfer(backbone=str(backbone), backbone_preprocessing="tf")
    fit_ensemble(Ensemble(members=(PLAIN, frozen, TINY)), dataset, part, fit_member=counting)
    assert [name for name, _ in counting.parts] == ["hog", "transfer", "cnn", "cnn"]
    whole, inner = (set(train) for _, train in counting.parts[2:])
    assert whole == set(part.train.tolist())
    assert inner < whole


def test_held_out_answers_are_of_models_that_had_not_learnt_from_the_images(
    dataset: ImageDataset,
) -> None:
    part = half_of(dataset)
    learnt: list[int] = []

    def fit(inner: TrainingPart) -> FittedRecipe:
        learnt.extend(inner.train.tolist())
        return fit_recipe(PLAIN, dataset, inner)

    found = answer_held_out(fit, dataset, part)
    assert set(found.indices) | set(learnt) == set(part.train)
    assert not set(found.indices) & set(learnt)
    assert found.probabilities.shape == (len(found.indices), 4)


@pytest.mark.parametrize("recipe", ["hog", "transfer"])
def test_choosing_settings_leaves_answers_for_every_training_image(
    dataset: ImageDataset, backbone: Path, recipe: str
) -> None:
    part = half_of(dataset)
    frozen = Transfer(backbone=str(backbone), backbone_preprocessing="tf")
    held_out = fit_recipe(PLAIN if recipe == "hog" else frozen, dataset, part).held_out
    assert held_out is not None
    assert sorted(held_out.indices.tolist()) == part.train.tolist()
    np.testing.assert_allclose(held_out.probabilities.sum(axis=1), 1)
    if recipe == "hog":
        # They are better than guessing, so they belong to the images that they name.
        truth = labels_of(dataset)[held_out.indices]
        assert np.mean(held_out.probabilities.argmax(axis=1) == truth) > 0.3


def test_a_class_with_one_image_is_no_obstacle(dataset: ImageDataset) -> None:
    labels = labels_of(dataset)
    lone = int(np.flatnonzero(labels == 3)[0])
    part = TrainingPart(
        train=np.append(np.flatnonzero(labels != 3), lone), groups=np.arange(len(dataset))
    )
    fitted = fit_recipe(Ensemble(members=(PLAIN, COARSE)), dataset, part)
    assert "all count alike" in fitted.notes[-1]
    assert np.isfinite(fitted.predict_indices(part.train)).all()
