"""Pairs of classes by the mistakes between them."""

import numpy as np

from peu.evaluation.confused import confused_pairs

NAMES = ("cat", "dog", "fox")


def test_the_pair_with_most_mistakes_in_both_directions_comes_first() -> None:
    pairs = confused_pairs(np.array([[8, 2, 0], [3, 4, 1], [0, 0, 9]]), NAMES)
    assert [(each.first, each.second, each.mistakes) for each in pairs] == [
        ("dog", "cat", 5),
        ("dog", "fox", 1),
    ]
    assert (pairs[0].first_as_second, pairs[0].second_as_first) == (3, 2)
    assert (pairs[0].of_first, pairs[0].of_second) == (8, 10)


def test_no_mistake_is_no_pair() -> None:
    assert confused_pairs(np.eye(3, dtype=np.int64) * 4, NAMES) == ()
