"""Folds are disjoint, complete, even, and never part what belongs together."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from peu.errors import DataError, RecipeError
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images
from peu.images.records import ImageMetadata, ImageRecord
from peu.images.splits import (
    Split,
    make_holdout,
    make_splits,
    predefined_split,
    split_to_dict,
)

Indices = NDArray[np.int64]


def labelled(labels: Indices | None, classes: int, parts: tuple[str, ...] = ()) -> ImageDataset:
    """Make a set whose images are never looked at."""
    count = len(labels) if labels is not None else 3
    records = tuple(
        ImageRecord(
            Path(f"made/{at}.png"),
            f"{at}.png",
            ImageMetadata(90, 60, "RGB", "PNG", f"{at:064x}", at.to_bytes(4) * 256),
            part,
        )
        for at, part in enumerate(parts or ("",) * count)
    )
    return ImageDataset(
        name="made",
        root=Path("made"),
        records=records,
        labels=labels,
        class_names=tuple(f"class {at}" for at in range(classes)),
    )


@st.composite
def grouped_sets(draw: st.DrawFn) -> tuple[ImageDataset, Indices, int]:
    folds = draw(st.integers(2, 5))
    classes = draw(st.integers(2, 4))
    labels: list[int] = []
    groups: list[int] = []
    for label in range(classes):
        sizes = draw(
            st.lists(st.sampled_from([1, 1, 1, 2, 3]), min_size=folds, max_size=folds + 15)
        )
        for size in sizes:
            group = max(groups, default=-1) + 1
            labels += [label] * size
            groups += [group] * size
    order = np.random.default_rng(draw(st.integers(0, 99))).permutation(len(labels))
    dataset = labelled(np.array(labels, np.int64)[order], classes)
    return dataset, np.array(groups, np.int64)[order], folds


def same(first: Split, second: Split) -> bool:
    return split_to_dict(first) == split_to_dict(second)


@given(grouped_sets(), st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_the_laws_of_folds(made: tuple[ImageDataset, Indices, int], seed: int) -> None:
    dataset, groups, folds = made
    splits = make_splits(dataset, folds=folds, repeats=2, seed=seed, groups=groups)
    again = make_splits(dataset, folds=folds, repeats=2, seed=seed, groups=groups)
    assert all(map(same, splits, again))
    assert [(split.repeat, split.fold) for split in splits] == [
        (repeat, fold) for repeat in range(2) for fold in range(folds)
    ]
    assert len({split.seed for split in splits}) == len(splits)
    for repeat in range(2):
        tests = [split.test for split in splits if split.repeat == repeat]
        assert sorted(np.concatenate(tests).tolist()) == list(range(len(dataset)))
    assert dataset.labels is not None
    for split in splits:
        assert sorted([*split.train, *split.test]) == list(range(len(dataset)))
        assert not set(groups[split.train]) & set(groups[split.test])
        assert set(dataset.labels[split.train]) == set(dataset.labels)
        assert len(split.test)


@given(st.lists(st.integers(5, 40), min_size=2, max_size=5), st.integers(2, 5), st.integers(0, 999))
@settings(max_examples=30, deadline=None)
def test_classes_are_even_over_folds_without_copies(
    counts: list[int], folds: int, seed: int
) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    dataset = labelled(labels, len(counts))
    for split in make_splits(
        dataset, folds=folds, repeats=1, seed=seed, groups=np.arange(len(labels))
    ):
        tested = np.bincount(labels[split.test], minlength=len(counts))
        assert (np.abs(tested - np.array(counts) / folds) <= 2).all()


@given(grouped_sets(), st.sampled_from([0.2, 0.3, 0.5]), st.integers(0, 999))
@settings(max_examples=40, deadline=None)
def test_the_laws_of_a_holdout(
    made: tuple[ImageDataset, Indices, int], share: float, seed: int
) -> None:
    dataset, groups, _ = made
    split = make_holdout(dataset, test_share=share, seed=seed, groups=groups)
    assert same(split, make_holdout(dataset, test_share=share, seed=seed, groups=groups))
    assert sorted([*split.train, *split.test]) == list(range(len(dataset)))
    assert not set(groups[split.train]) & set(groups[split.test])
    labels = dataset.labels
    assert labels is not None
    assert set(labels[split.train]) == set(labels[split.test]) == set(labels)
    for label in set(labels):
        wanted = share * np.count_nonzero(labels == label)
        assert abs(np.count_nonzero(labels[split.test] == label) - wanted) <= 3


def test_a_holdout_of_30_percent_is_the_sheets_54_of_177() -> None:
    labels = np.repeat(np.arange(4), [55, 42, 47, 33])
    split = make_holdout(labelled(labels, 4), groups=np.arange(177))
    assert np.bincount(labels[split.test]).tolist() == [17, 13, 14, 10]


def test_other_seeds_and_repeats_shuffle_anew() -> None:
    dataset = labelled(np.repeat(np.arange(2), 20), 2)
    groups = np.arange(40)
    first, _, third, _ = make_splits(dataset, folds=2, groups=groups)
    other = make_splits(dataset, folds=2, seed=1, groups=groups)[0]
    assert first.test.tolist() != third.test.tolist()
    assert first.test.tolist() != other.test.tolist()


@given(grouped_sets())
@settings(max_examples=10, deadline=None)
def test_a_split_survives_json(made: tuple[ImageDataset, Indices, int]) -> None:
    dataset, groups, folds = made
    for split in make_splits(dataset, folds=folds, repeats=1, groups=groups):
        back = TypeAdapter(Split).validate_json(json.dumps(split_to_dict(split)))
        assert same(back, split)
        assert back.train.dtype == back.test.dtype == np.int64


@pytest.mark.parametrize(
    "damage", [{"train": "abc"}, {"test": [0.5]}, {"seed": None}, {"train": [[1]]}]
)
def test_a_damaged_split_is_refused(damage: dict[str, object]) -> None:
    value = {"train": [0], "test": [1], "repeat": 0, "fold": 0, "seed": 1, **damage}
    with pytest.raises(ValidationError):
        TypeAdapter(Split).validate_json(json.dumps(value))
    with pytest.raises(ValidationError):
        TypeAdapter(Split).validate_json('{"train": [0]}')


def test_too_many_folds_name_the_class_and_the_largest_possible() -> None:
    dataset = labelled(np.array([0] * 9 + [1] * 4), 2)
    groups = np.array([*range(9), 9, 10, 11, 11])
    with pytest.raises(DataError, match=r"`class 1` has 4 images, of which 3 .*--folds 3;"):
        make_splits(dataset, folds=5, groups=groups)
    assert len(make_splits(dataset, folds=3, repeats=1, groups=groups)) == 3


@pytest.mark.parametrize("count", [0, 1])
def test_a_class_that_cannot_be_parted_is_refused(count: int) -> None:
    dataset = labelled(np.array([0] * 9 + [1] * count), 2)
    for make in (make_splits, make_holdout):
        with pytest.raises(DataError, match=f"`class 1` has {count} image.*add images"):
            make(dataset, groups=np.arange(9 + count))


def test_what_cannot_be_split_is_refused() -> None:
    with pytest.raises(DataError, match="must have labels"):
        make_splits(labelled(None, 0))
    with pytest.raises(DataError, match="Two or more classes"):
        make_splits(labelled(np.zeros(9, np.int64), 1))
    with pytest.raises(DataError, match="each of 9 images"):
        make_splits(labelled(np.arange(9) % 2, 2), groups=[1, 2])
    dataset = labelled(np.arange(20) % 2, 2)
    for folds in (1, 0, 2.5):
        with pytest.raises(RecipeError, match="folds"):
            make_splits(dataset, folds=folds)  # type: ignore[arg-type]
    with pytest.raises(RecipeError, match="repeats"):
        make_splits(dataset, repeats=0)
    with pytest.raises(RecipeError, match="test_share"):
        make_holdout(dataset, test_share=1)


def test_classes_that_share_all_their_images_cannot_be_parted() -> None:
    labels = np.array([0, 1, 2] * 2)
    with pytest.raises(DataError, match="too many classes"):
        make_holdout(
            labelled(np.array([0, 0, 1, 1, 2, 2]), 3), groups=[0, 1, 2, 3, 0, 2], seed=_entangling()
        )
    assert len(make_splits(labelled(labels, 3), folds=2, groups=[0, 0, 0, 1, 1, 1])) == 4


def _entangling() -> int:
    """Find a seed by which both images of the last class are chosen with others'."""
    dataset = labelled(np.array([0, 0, 1, 1, 2, 2]), 3)
    for seed in range(100):
        try:
            make_holdout(dataset, groups=[0, 1, 2, 3, 0, 2], seed=seed)
        except DataError:
            return seed
    pytest.fail("no seed entangles the classes")


@pytest.mark.parametrize(
    ("parts", "train", "test"),
    [
        (("train", "train", "test"), [0, 1], [2]),
        (("train", "validation", "test"), [0, 1], [2]),
        (("validation", "train", "train"), [1, 2], [0]),
    ],
)
def test_a_folder_may_make_the_split_itself(
    parts: tuple[str, ...], train: list[int], test: list[int]
) -> None:
    split = predefined_split(labelled(np.array([0, 1, 1]), 2, parts))
    assert split is not None
    assert (split.train.tolist(), split.test.tolist()) == (train, test)


@pytest.mark.parametrize("parts", [("", "", ""), ("train",) * 3, ("test",) * 3])
def test_a_folder_without_two_sides_makes_no_split(parts: tuple[str, ...]) -> None:
    assert predefined_split(labelled(np.array([0, 1, 1]), 2, parts)) is None


def test_folds_of_the_lab_sheets_images(peu_data: Path) -> None:
    dataset = load_images(peu_data / "caltech4")
    assert dataset.labels is not None
    pairs = [("0005", "0016"), ("0011", "0015")]
    at = {key: index for index, key in enumerate(dataset.keys)}
    for split in make_splits(dataset):
        assert (np.bincount(dataset.labels[split.test]) >= [10, 8, 9, 6]).all()
        for pair in pairs:
            sides = {at[f"anchor/image_{name}.jpg"] in split.test for name in pair}
            assert len(sides) == 1
