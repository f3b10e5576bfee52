"""Quick folds are scikit-learn's folds."""

import warnings

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedGroupKFold

from peu.images.fold_assignment import QuickStratifiedGroupKFold


@given(
    st.lists(st.integers(5, 60), min_size=2, max_size=12),
    st.integers(2, 5),
    st.integers(1, 4),
    st.integers(0, 999),
)
@settings(max_examples=60, deadline=None)
def test_the_folds_are_those_of_scikit_learn(
    counts: list[int], folds: int, largest: int, seed: int
) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(len(labels)), rng.integers(1, largest + 1, len(labels)))
    groups = rng.permutation(groups[: len(labels)])
    settled = {"n_splits": folds, "shuffle": True, "random_state": seed}
    if len(np.unique(groups)) < folds:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        quick = list(QuickStratifiedGroupKFold(**settled).split(labels, labels, groups))
        usual = list(StratifiedGroupKFold(**settled).split(labels, labels, groups))

    for (_, test), (_, expected) in zip(quick, usual, strict=True):
        assert np.array_equal(test, expected)


def test_the_method_that_is_replaced_is_there() -> None:
    assert hasattr(StratifiedGroupKFold, "_find_best_fold")
