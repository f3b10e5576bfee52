"""HOG features and their machine: chosen on inner folds, the same as a predictor."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.base import clone

from peu.classifiers import hog as hog_module
from peu.classifiers.hog import HogSVM
from peu.errors import ResourceError
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images
from peu.images.splits import make_splits
from peu.seeds import child_seed
from small_set import CLASSES, fit_half, halves


@pytest.mark.parametrize("colour", ["auto", "always", "never"])
@pytest.mark.parametrize("kernel", ["rbf", "linear"])
def test_the_predictor_answers_as_the_fitted_recipe_does(
    dataset: ImageDataset, colour: Any, kernel: Any
) -> None:
    _, test = halves(dataset)
    fitted = fit_half(HogSVM(colour=colour, kernel=kernel), dataset)
    expected = fitted.predict_proba(test)
    assert expected.shape == (16, 4)
    np.testing.assert_allclose(expected.sum(axis=1), 1)
    images = [test.read(index) for index in range(len(test))]
    np.testing.assert_allclose(fitted.predictor().predict_proba(images), expected, atol=1e-9)
    assert fitted.n_parameters_ == fitted.n_trainable_parameters_ > 0
    assert bool(fitted.notes_) == (colour == "auto")


@pytest.mark.parametrize("classes", [(0, 1), (0, 1, 2)])
def test_two_and_three_classes_are_ordered_rightly(
    dataset: ImageDataset, classes: tuple[int, ...]
) -> None:
    few = dataset[np.isin(dataset.y, [CLASSES[number] for number in classes])]
    fitted = HogSVM().fit(few, groups=np.arange(len(few)))
    assert tuple(fitted.classes_) == tuple(CLASSES[number] for number in classes)
    assert fitted.score(few) == 1


def test_the_seed_alone_decides(dataset: ImageDataset) -> None:
    first, again, other = (
        fit_half(HogSVM(), dataset, seed=seed).predict_proba(dataset) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    # Another seed gives other inner folds, hence another temperature.
    assert not np.array_equal(first, other)


def test_more_colours_make_more_parameters(dataset: ImageDataset) -> None:
    without, with_colour = (
        fit_half(HogSVM(colour=colour), dataset).model_.support_vectors.shape[1]
        for colour in ("never", "always")
    )
    # Two by two tiles, three channels, eight bins.
    assert with_colour - without == 96


def test_inner_folds_hold_out_every_training_image_once(dataset: ImageDataset) -> None:
    train, _ = halves(dataset)
    held_out = fit_half(HogSVM(), dataset).held_out_
    assert held_out is not None
    assert sorted(held_out.indices.tolist()) == list(range(len(train)))
    np.testing.assert_allclose(held_out.probabilities.sum(axis=1), 1)
    # They are better than chance, so they belong to the images that they name.
    predicted = np.array(CLASSES)[held_out.probabilities.argmax(axis=1)]
    assert np.mean(predicted == train.y[held_out.indices]) > 0.3


def test_a_class_with_one_image_works(dataset: ImageDataset) -> None:
    lone = np.flatnonzero(dataset.labels == 3)[0]
    train = dataset[np.append(np.flatnonzero(dataset.labels != 3), lone)]
    fitted = HogSVM().fit(train, groups=np.arange(len(train)))
    assert fitted.notes_ == ()
    assert fitted.held_out_ is None
    assert fitted.predict(dataset[[lone]]).tolist() == [CLASSES[3]]


def test_images_of_one_colour_do_no_harm(tmp_path: Path) -> None:
    for name, colours in {"dark": (10, 20, 30), "light": (200, 210, 220)}.items():
        (tmp_path / name).mkdir()
        for colour in colours:
            Image.new("RGB", (40, 40), (colour,) * 3).save(tmp_path / name / f"{colour}.png")
    plain = load_images(tmp_path)
    probabilities = HogSVM().fit(plain, groups=np.arange(6)).predict_proba(plain)
    assert np.isfinite(probabilities).all()


def test_no_image_gives_no_prediction(dataset: ImageDataset) -> None:
    assert fit_half(HogSVM(), dataset).predict_proba(dataset[[]]).shape == (0, 4)


def test_real_images_are_recognised(peu_data: Path) -> None:
    caltech = load_images(peu_data / "caltech4")
    scores = [
        clone(HogSVM())
        .set_params(seed=child_seed(split.seed, "hog"))
        .fit(caltech[split.train])
        .score(caltech[split.test])
        for split in make_splits(caltech, folds=3, repeats=1, seed=0)
    ]
    assert np.mean(scores) >= 0.90


def test_choices_on_very_many_images_are_made_on_some_of_each_class() -> None:
    """A class of few keeps its images, and near-duplicates are drawn together or not at all."""
    labels = np.repeat([0, 1, 2], [4000, 3000, 5]).astype(np.int64)
    groups = np.arange(len(labels)) // 2
    sample = hog_module._sample(labels, groups, seed=0)
    assert len(sample) <= 1000
    assert np.bincount(labels[sample]).tolist() == [333, 333, 5]
    assert np.array_equal(sample, hog_module._sample(labels, groups, seed=0))
    _, counts = np.unique(groups[sample], return_counts=True)
    assert (counts == 1).sum() <= 6


def test_more_images_than_a_kernel_machine_can_take_are_refused_before_any_work() -> None:
    too_many: Any = type("TooMany", (), {"__len__": lambda _: 20_001})()
    with pytest.raises(ResourceError, match=r"at most 20,000 .* Received: 20,001") as caught:
        HogSVM()._fit(too_many)
    assert "\n" not in str(caught.value)
