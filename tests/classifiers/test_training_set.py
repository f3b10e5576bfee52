"""What `fit` is given becomes a training set, or is refused with a sentence."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from peu.classifiers.training_set import check_training_set
from peu.errors import DataError
from peu.images.dataset import ImageDataset
from small_set import CLASSES, halves


def test_labels_and_groups_come_from_the_dataset(dataset: ImageDataset) -> None:
    data, classes = check_training_set(dataset)
    assert len(data) == 32
    assert data.class_names == tuple(classes) == CLASSES
    assert data.class_count == 4
    np.testing.assert_array_equal(data.labels, dataset.labels)
    same = data.groups[:, None] == data.groups
    np.testing.assert_array_equal(same, dataset.groups[:, None] == dataset.groups)
    assert data.validation is None


def test_given_labels_and_groups_come_first(dataset: ImageDataset) -> None:
    y = np.where(np.arange(32) < 20, "b", "a")
    data, classes = check_training_set(dataset, y, np.repeat([70, -3], 16))
    assert classes.tolist() == ["a", "b"]
    assert data.labels.tolist() == [1] * 20 + [0] * 12
    assert data.groups.tolist() == [1] * 16 + [0] * 16


@pytest.mark.parametrize("y", [np.arange(32) % 3 + 5, np.arange(32) % 3 == 0, list("abcd") * 8])
def test_labels_may_be_of_any_kind_that_sorts(dataset: ImageDataset, y: Any) -> None:
    data, classes = check_training_set(dataset, y)
    np.testing.assert_array_equal(classes[data.labels], y)
    assert data.class_names == tuple(str(each) for each in np.unique(y))


def test_classes_without_an_image_to_learn_from_are_left_out(dataset: ImageDataset) -> None:
    """A slice knows all classes of its set; only those with images can be learnt."""
    kept = np.flatnonzero(dataset.labels != 2)
    data, classes = check_training_set(dataset[kept], validation=dataset)
    assert tuple(classes) == ("accordion", "anchor", "binocular")
    assert set(data.labels) == {0, 1, 2}
    assert data.validation is not None
    images, labels = data.validation
    assert images.keys == dataset[kept].keys
    np.testing.assert_array_equal(np.array(data.class_names)[labels], dataset.y[kept])


def test_inner_folds_keep_groups_together_and_cover_all_images(dataset: ImageDataset) -> None:
    data, _ = check_training_set(dataset, groups=np.arange(32) // 2)
    folds = data.inner_folds(0)
    assert len(folds) == 3
    for fit, judge in folds:
        assert not set(data.groups[fit]) & set(data.groups[judge])
    assert sorted(np.concatenate([judge for _, judge in folds])) == list(range(32))


def test_a_split_has_its_judged_images_for_validation(dataset: ImageDataset) -> None:
    data, _ = check_training_set(dataset, groups=np.arange(32) // 2)
    fit, judge = np.arange(0, 32, 2), np.arange(1, 32, 2)
    part = data.split(fit, judge)
    assert part.images.keys == dataset[fit].keys
    np.testing.assert_array_equal(part.labels, data.labels[fit])
    np.testing.assert_array_equal(part.groups, data.groups[fit])
    assert part.class_names == data.class_names
    assert part.validation is not None
    assert part.validation[0].keys == dataset[judge].keys
    np.testing.assert_array_equal(part.validation[1], data.labels[judge])
    assert data.split(fit).validation is None


def test_images_without_classes_are_refused(dataset: ImageDataset) -> None:
    with pytest.raises(DataError, match="folder of its own") as caught:
        check_training_set(replace(dataset, labels=None))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("y", "groups", "named"),
    [
        (["a"] * 32, None, "Two or more classes"),
        (["a", "b"], None, "`y`"),
        ([["a"] * 32], None, "`y`"),
        (None, [0, 1], "`groups`"),
    ],
    ids=["one class", "too few labels", "labels in two dimensions", "too few groups"],
)
def test_labels_and_groups_that_do_not_fit_are_refused(
    dataset: ImageDataset, y: Any, groups: Any, named: str
) -> None:
    with pytest.raises(DataError, match=named) as caught:
        check_training_set(dataset, y, groups)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 3


def test_no_images_are_refused(dataset: ImageDataset) -> None:
    train, _ = halves(dataset)
    with pytest.raises(DataError, match="Two or more classes"):
        check_training_set(train[[]])
