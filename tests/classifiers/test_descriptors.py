"""HogSVM and their machine: chosen inside, the same as a whole classifier."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from peu.classifiers import descriptors as descriptors_module
from peu.classifiers.descriptors import fit_descriptors
from peu.classifiers.fitted_recipe import TrainingPart
from peu.comparison.compare import compare
from peu.errors import ResourceError
from peu.images.catalog import open_dataset
from peu.images.dataset import ImageDataset
from peu.recipes.descriptors import Colour, HogSVM, Kernel
from small_set import half_of


@pytest.mark.parametrize("colour", ["auto", "always", "never"])
@pytest.mark.parametrize("kernel", ["rbf", "linear"])
def test_the_classifier_answers_as_the_fit_did(
    dataset: ImageDataset, colour: Colour, kernel: Kernel
) -> None:
    part = half_of(dataset)
    assert part.watched is not None
    fitted = fit_descriptors(HogSVM(colour=colour, kernel=kernel), dataset, part)
    answers = fitted.predict_indices(part.watched)
    assert answers.shape == (16, 4)
    np.testing.assert_allclose(answers.sum(axis=1), 1)
    classifier = fitted.assemble()
    images = [dataset.read(index) for index in part.watched]
    np.testing.assert_allclose(classifier.predict_proba(images), answers, atol=1e-9)
    assert fitted.parameters == fitted.trainable_parameters > 0
    assert bool(fitted.notes) == (colour == "auto")


@pytest.mark.parametrize("classes", [(0, 1), (0, 1, 2)])
def test_two_and_three_classes_are_ordered_rightly(
    dataset: ImageDataset, classes: tuple[int, ...]
) -> None:
    assert dataset.labels is not None
    chosen = np.flatnonzero(np.isin(dataset.labels, classes))
    few = replace(dataset[chosen], class_names=tuple(dataset.class_names[i] for i in classes))
    part = TrainingPart(train=np.arange(len(few)), groups=np.arange(len(few)))
    fitted = fit_descriptors(HogSVM(), few, part)
    assert few.labels is not None
    assert (fitted.predict_indices(part.train).argmax(axis=1) == few.labels).all()


def test_the_seed_alone_decides(dataset: ImageDataset) -> None:
    first, again, other = (
        fit_descriptors(HogSVM(), dataset, half_of(dataset, seed=seed)).predict_indices(
            np.arange(len(dataset))
        )
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    # Another seed gives other inner folds, hence another temperature.
    assert not np.array_equal(first, other)


def test_more_colours_make_more_parameters(dataset: ImageDataset) -> None:
    part = half_of(dataset)
    without, with_colour = (
        fit_descriptors(HogSVM(colour=colour), dataset, part).assemble().model
        for colour in ("never", "always")
    )
    widths = [model.support_vectors.shape[1] for model in (without, with_colour)]  # type: ignore[attr-defined]
    # Two by two tiles, three channels, eight bins.
    assert widths[1] - widths[0] == 96


def test_a_class_with_one_image_works(dataset: ImageDataset) -> None:
    assert dataset.labels is not None
    lone = int(np.flatnonzero(dataset.labels == 3)[0])
    train = np.append(np.flatnonzero(dataset.labels != 3), lone)
    part = TrainingPart(train=train, groups=np.arange(len(dataset)))
    fitted = fit_descriptors(HogSVM(), dataset, part)
    assert fitted.notes == ()
    assert fitted.predict_indices(np.array([lone])).argmax() == 3


def test_images_of_one_colour_do_no_harm(tmp_path: Path, dataset: ImageDataset) -> None:
    from PIL import Image

    for name, colours in {"dark": (10, 20, 30), "light": (200, 210, 220)}.items():
        (tmp_path / name).mkdir()
        for colour in colours:
            Image.new("RGB", (40, 40), (colour,) * 3).save(tmp_path / name / f"{colour}.png")
    plain = open_dataset(tmp_path)
    part = TrainingPart(train=np.arange(6), groups=np.arange(6))
    answers = fit_descriptors(HogSVM(), plain, part).predict_indices(np.arange(6))
    assert np.isfinite(answers).all()


def test_real_images_are_recognised(peu_data: Path) -> None:
    caltech = open_dataset(peu_data / "caltech4")
    comparison = compare(caltech, [HogSVM()], folds=3, repeats=1, seed=0)
    assert comparison.summaries[0].accuracy.mean >= 0.90


def test_choices_on_very_many_images_are_made_on_some_of_each_class() -> None:
    """A class of few keeps its images, and near-duplicates are drawn together or not at all."""
    labels = np.repeat([0, 1, 2], [4000, 3000, 5]).astype(np.int64)
    groups = np.arange(len(labels)) // 2
    sample = descriptors_module._sample(labels, groups, seed=0)
    assert len(sample) <= 1000
    assert np.bincount(labels[sample]).tolist() == [333, 333, 5]
    assert np.array_equal(sample, descriptors_module._sample(labels, groups, seed=0))
    _, counts = np.unique(groups[sample], return_counts=True)
    assert (counts == 1).sum() <= 6


def test_more_images_than_a_kernel_machine_can_take_are_refused_before_any_work() -> None:
    """The message names the limit and what to do instead."""
    part = TrainingPart(train=np.arange(20_001), groups=np.arange(20_001))
    with pytest.raises(ResourceError, match=r"at most 20,000 .* Received: 20,001"):
        fit_descriptors(HogSVM(), None, part)  # type: ignore[arg-type]
