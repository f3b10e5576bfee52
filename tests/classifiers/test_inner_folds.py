"""Folds inside the training images: grouped, stratified, or none."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from peu.classifiers.inner_folds import inner_folds


@given(
    group_classes=st.lists(st.integers(0, 3), min_size=2, max_size=30),
    data=st.data(),
)
def test_folds_keep_groups_together_and_every_class_learnable(
    group_classes: list[int], data: st.DataObject
) -> None:
    sizes = data.draw(
        st.lists(st.integers(1, 3), min_size=len(group_classes), max_size=len(group_classes))
    )
    labels = np.repeat(group_classes, sizes)
    groups = np.repeat(np.arange(len(group_classes)), sizes)
    judged: list[int] = []
    for fit, judge in inner_folds(labels, groups, seed=0):
        assert not set(groups[fit]) & set(groups[judge])
        assert sorted([*fit, *judge]) == list(range(len(labels)))
        assert set(labels[fit]) == set(labels)
        judged += judge.tolist()
    assert len(judged) == len(set(judged))


def test_three_folds_with_each_class_spread_evenly() -> None:
    labels = np.repeat([0, 1], [12, 6])
    folds = list(inner_folds(labels, np.arange(18), seed=1))
    assert len(folds) == 3
    for _, judge in folds:
        assert np.bincount(labels[judge]).tolist() == [4, 2]


def test_the_seed_alone_decides() -> None:
    labels = np.repeat([0, 1], 9)

    def judged(seed: int) -> list[list[int]]:
        return [judge.tolist() for _, judge in inner_folds(labels, np.arange(18), seed=seed)]

    assert judged(1) == judged(1)
    assert judged(1) != judged(2)


def test_no_folds_where_a_class_has_one_group() -> None:
    labels = np.array([0, 0, 0, 0, 1, 1])
    groups = np.array([0, 1, 2, 3, 4, 4])
    assert list(inner_folds(labels, groups, seed=0)) == []


def test_two_folds_where_a_class_has_two_groups() -> None:
    labels = np.array([0, 0, 0, 0, 1, 1, 1])
    groups = np.array([0, 1, 2, 3, 4, 4, 5])
    assert len(list(inner_folds(labels, groups, seed=0))) == 2
