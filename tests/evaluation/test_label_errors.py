import numpy as np
import pytest
from cleanlab.filter import find_label_issues
from numpy.typing import NDArray

from peu.evaluation.label_errors import (
    confident_suspects,
    suspected_labels,
    why_not_single_errors,
)


def _predicted(
    n: int, k: int, flipped: int, certainty: float = 5.0
) -> tuple[NDArray[np.int64], NDArray[np.float64], set[int]]:
    """Labels of which some are flipped, and probabilities that see the truth through noise."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, k, n)
    scores = rng.normal(size=(n, k))
    scores[np.arange(n), truth] += certainty
    probabilities = np.exp(scores)
    labels = truth.copy()
    wrong = rng.choice(n, flipped, replace=False)
    labels[wrong] = (labels[wrong] + 1) % k
    return labels, probabilities / probabilities.sum(axis=1, keepdims=True), set(wrong.tolist())


def test_flipped_labels_are_suspected_first_and_the_truth_is_suggested() -> None:
    labels, probabilities, wrong = _predicted(200, 4, 10)
    found = suspected_labels(labels, probabilities)
    assert {one.image for one in found[:10]} == wrong
    assert all(one.suggested == (one.given - 1) % 4 for one in found[:10])
    assert [one.odds for one in found] == sorted((one.odds for one in found), reverse=True)


def test_a_class_that_is_only_a_little_more_probable_is_no_suspicion() -> None:
    probabilities = np.array([[0.3, 0.7], [0.2, 0.8]])
    found = suspected_labels(np.array([0, 0]), probabilities)
    assert [one.image for one in found] == [1]


@pytest.mark.parametrize("certainty", [2.0, 4.0])
def test_confident_learning_agrees_with_cleanlab(certainty: float) -> None:
    labels, probabilities, _ = _predicted(300, 5, 20, certainty)
    issues = find_label_issues(labels, probabilities, filter_by="confident_learning", n_jobs=1)
    found = [one.image for one in confident_suspects(labels, probabilities)]
    assert set(found) == set(np.flatnonzero(issues).tolist())
    assert len(found) > 10


def test_labels_at_random_are_no_single_errors() -> None:
    _, probabilities, _ = _predicted(200, 4, 0)
    labels = np.random.default_rng(1).integers(0, 4, 200)
    assert "chance" in why_not_single_errors(labels, probabilities, 100)


def test_good_labels_are_no_reason_to_be_silent() -> None:
    labels, probabilities, _ = _predicted(200, 4, 10)
    assert why_not_single_errors(labels, probabilities, 10) == ""
    assert "too many" in why_not_single_errors(labels, probabilities, 90)
