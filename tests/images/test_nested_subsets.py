"""Training sets that shrink, each inside the one before."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from peu.errors import DataError
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images
from peu.images.nested_subsets import nested_splits
from peu.images.samples import draw_samples
from peu.images.splits import make_splits


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> ImageDataset:
    return load_images(draw_samples(tmp_path_factory.mktemp("nested") / "photos", per_class=8))


def test_each_training_set_is_inside_the_next_and_tests_stay(images: ImageDataset) -> None:
    splits = make_splits(images, folds=4, repeats=1)
    sizes = nested_splits(images, splits)
    assert [size for size, _ in sizes] == [2.0, 3.0, 4.0, 6.0]
    assert sizes[-1][1] == splits
    for (_, fewer), (_, more) in itertools.pairwise(sizes):
        for small, large in zip(fewer, more, strict=True):
            assert set(small.train) < set(large.train)
            assert np.array_equal(small.test, large.test)
            assert (small.fold, small.repeat, small.seed) == (large.fold, large.repeat, large.seed)
    smallest = sizes[0][1][0]
    assert np.bincount(np.asarray(images.labels)[smallest.train]).tolist() == [2, 2, 2, 2]


def test_copies_come_or_go_together(images: ImageDataset) -> None:
    pairs = replace(images)
    pairs.__dict__["groups"] = np.arange(len(images)) // 2
    for size, splits in nested_splits(pairs, make_splits(pairs, folds=4, repeats=1)):
        for split in splits:
            counts = np.bincount(pairs.groups[split.train])
            assert set(counts[counts > 0]) == {2}, size


def test_too_few_images_are_refused(images: ImageDataset) -> None:
    few = images[np.isin(np.arange(len(images)) % 8, (0, 1))]
    with pytest.raises(DataError, match="3 sizes"):
        nested_splits(few, make_splits(few, folds=2, repeats=1))
