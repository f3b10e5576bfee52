"""Images to label next are those that are hardly decided, and unlike each other."""

import numpy as np
import pytest

from peu.evaluation.labelling import choose_to_label, margins


def test_margins_are_between_the_two_most_probable() -> None:
    assert margins(np.array([[0.5, 0.3, 0.2], [0.1, 0.8, 0.1]])) == pytest.approx([0.2, 0.7])


def test_undecided_images_come_first_and_copies_last() -> None:
    probabilities = np.array([[0.99, 0.01], [0.5, 0.5], [0.5, 0.5], [0.6, 0.4], [0.95, 0.05]])
    features = np.array([[1.0, 0], [0, 1.0], [0, 1.0], [0.7, 0.7], [1.0, 0.1]])
    chosen = choose_to_label(features, probabilities, count=2)
    assert chosen.tolist() == [1, 3]


def test_no_more_are_chosen_than_there_are() -> None:
    chosen = choose_to_label(np.eye(3), np.full((3, 2), 0.5), count=10)
    assert sorted(chosen.tolist()) == [0, 1, 2]
