"""Fisher vectors: the same as a whole classifier, learnt from the training images alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from peu.classifiers import fisher as fisher_module
from peu.classifiers.fisher import fit_fisher
from peu.classifiers.fitted_recipe import TrainingPart
from peu.errors import ResourceError
from peu.images.catalog import open_dataset
from peu.images.dataset import ImageDataset
from peu.images.duplicates import duplicate_groups
from peu.models.classifier import Classifier
from peu.recipes.fisher import FisherVectors
from small_set import half_of

SMALL = FisherVectors(image_size=(32, 32), scales=(1.0, 2.0), radius=5, components=6, dimensions=12)


def test_the_classifier_answers_as_the_fit_did(dataset: ImageDataset, tmp_path: Path) -> None:
    part = half_of(dataset)
    assert part.watched is not None
    fitted = fit_fisher(SMALL, dataset, part)
    answers = fitted.predict_indices(part.watched)
    assert answers.shape == (16, 4)
    np.testing.assert_allclose(answers.sum(axis=1), 1)
    fitted.assemble().save(tmp_path / "model")
    classifier = Classifier.load(tmp_path / "model")
    assert classifier.recipe == SMALL
    images = [dataset.read(index) for index in part.watched]
    np.testing.assert_allclose(classifier.predict_proba(images), answers, atol=1e-6)
    assert fitted.parameters == fitted.trainable_parameters > 0


def test_nothing_is_learnt_from_images_held_out(
    dataset: ImageDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other images held out change nothing, and are not even looked at before they are asked."""
    asked: list[int] = []
    read = ImageDataset.batches

    def watching(self: ImageDataset, indices: object, *rest: object) -> object:
        asked.extend(np.asarray(indices).tolist())
        return read(self, indices, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(ImageDataset, "batches", watching)
    part = half_of(dataset)
    fitted = fit_fisher(SMALL, dataset, part)
    assert set(asked) == set(part.train.tolist())
    assert fitted.held_out is not None
    assert sorted(fitted.held_out.indices) == sorted(part.train)


@pytest.mark.parametrize("classes", [(0, 1), (0, 1, 2)])
def test_two_and_three_classes_are_ordered_rightly(
    dataset: ImageDataset, classes: tuple[int, ...]
) -> None:
    assert dataset.labels is not None
    chosen = np.flatnonzero(np.isin(dataset.labels, classes))
    few = replace(dataset[chosen], class_names=tuple(dataset.class_names[i] for i in classes))
    part = TrainingPart(train=np.arange(len(few)), groups=np.arange(len(few)))
    fitted = fit_fisher(SMALL, few, part)
    assert few.labels is not None
    assert (fitted.predict_indices(part.train).argmax(axis=1) == few.labels).all()


def test_the_seed_alone_decides(dataset: ImageDataset) -> None:
    first, again, other = (
        fit_fisher(SMALL, dataset, half_of(dataset, seed=seed)).predict_indices(
            np.arange(len(dataset))
        )
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_few_of_many_images_teach_the_patches(
    dataset: ImageDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = half_of(dataset)
    monkeypatch.setattr(fisher_module, "_TO_LEARN_PATCHES", 3)
    answers = fit_fisher(SMALL, dataset, part).predict_indices(part.train)
    assert dataset.labels is not None
    right = answers.argmax(axis=1) == np.asarray(dataset.labels)[part.train]
    assert right.mean() > 0.9


def test_a_class_with_one_image_works(dataset: ImageDataset) -> None:
    assert dataset.labels is not None
    lone = int(np.flatnonzero(dataset.labels == 3)[0])
    train = np.append(np.flatnonzero(dataset.labels != 3), lone)
    part = TrainingPart(train=train, groups=np.arange(len(dataset)))
    fitted = fit_fisher(SMALL, dataset, part)
    assert fitted.held_out is None
    assert fitted.predict_indices(np.array([lone])).argmax() == 3


def test_images_of_one_colour_do_no_harm(tmp_path: Path) -> None:
    for name, colours in {"dark": (10, 20, 30), "light": (200, 210, 220)}.items():
        (tmp_path / name).mkdir()
        for colour in colours:
            Image.new("RGB", (40, 40), (colour,) * 3).save(tmp_path / name / f"{colour}.png")
    plain = open_dataset(tmp_path)
    part = TrainingPart(train=np.arange(6), groups=np.arange(6))
    answers = fit_fisher(SMALL, plain, part).predict_indices(np.arange(6))
    assert np.isfinite(answers).all()


def test_real_images_are_recognised(peu_data: Path) -> None:
    """From half of them, near-copies on one side; gradient histograms have 0.87 there."""
    caltech = open_dataset(peu_data / "caltech4")
    labels = np.asarray(caltech.labels)
    groups = duplicate_groups(caltech)
    learnt = np.flatnonzero(groups % 2 == 0)
    fitted = fit_fisher(FisherVectors(), caltech, TrainingPart(train=learnt, groups=groups))
    others = np.flatnonzero(groups % 2 == 1)
    right = fitted.predict_indices(others).argmax(axis=1) == labels[others]
    assert right.mean() >= 0.92


def test_more_images_than_fit_into_memory_are_refused_before_any_work(
    dataset: ImageDataset,
) -> None:
    part = TrainingPart(train=np.arange(5001), groups=np.arange(5001))
    with pytest.raises(ResourceError, match=r"at most 5,000 .* Received: 5,001"):
        fit_fisher(SMALL, dataset, part)
