"""Figures agree with scikit-learn and with what can be counted by hand."""

import json
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics as reference

from peu.errors import DataError
from peu.evaluation.metrics import METRICS, Evaluation, evaluate_predictions


@st.composite
def evaluations(draw: st.DrawFn) -> Evaluation:
    classes = draw(st.integers(2, 5))
    count = draw(st.integers(1, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    probabilities = rng.dirichlet(np.full(classes, draw(st.sampled_from([0.05, 1.0]))), count)
    labels = rng.integers(0, draw(st.integers(1, classes)), count)
    return evaluate_predictions(labels, probabilities, tuple("abcde"[:classes]))


@given(evaluations())
@settings(max_examples=60, deadline=None)
def test_figures_equal_scikit_learn(made: Evaluation) -> None:
    labels, predictions, classes = made.labels, made.predictions, len(made.class_names)
    shares = np.clip(made.probabilities, 1e-12, 1)
    assert made.accuracy == pytest.approx(reference.accuracy_score(labels, predictions))
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", UserWarning
        )  # classes that were predicted but are not there
        balanced = reference.balanced_accuracy_score(labels, predictions)
    assert made.balanced_accuracy == pytest.approx(balanced)
    by_hand = -np.log(shares[np.arange(len(labels)), labels]).mean()
    assert made.log_loss == pytest.approx(by_hand)
    assert made.brier == pytest.approx(
        sum(
            ((row - np.eye(classes)[label]) ** 2).sum()
            for row, label in zip(made.probabilities, labels, strict=True)
        )
        / len(labels)
    )
    assert made.confusion.sum() == len(labels)
    assert made.confusion.diagonal().sum() == (labels == predictions).sum()
    assert sum(figures.support for figures in made.per_class) == len(labels)


def test_figures_counted_by_hand() -> None:
    made = evaluate_predictions(
        [0, 0, 0, 1], [[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.3, 0.7]], ("cat", "dog")
    )
    assert made.predictions.tolist() == [0, 0, 1, 1]
    assert made.accuracy == 0.75
    assert made.balanced_accuracy == pytest.approx((2 / 3 + 1) / 2)
    assert made.log_loss == pytest.approx(-np.log([0.9, 0.6, 0.2, 0.7]).mean())
    assert made.brier == pytest.approx(2 * (0.01 + 0.16 + 0.64 + 0.09) / 4)
    assert made.confusion.tolist() == [[2, 1], [0, 1]]
    cat, dog = made.per_class
    assert [cat.precision, cat.recall, cat.support] == pytest.approx([1, 2 / 3, 3])
    assert [dog.precision, dog.recall, dog.f1] == pytest.approx([0.5, 1, 2 / 3])


def test_a_class_without_images_has_figures_of_0_and_does_not_count() -> None:
    made = evaluate_predictions([0, 0], [[1, 0, 0], [0, 1, 0]], ("a", "b", "c"))
    assert made.balanced_accuracy == 0.5
    assert made.per_class[2].recall == made.per_class[2].precision == 0.0


def test_a_wrong_certainty_is_dear_but_finite() -> None:
    assert evaluate_predictions([0], [[0.0, 1.0]], ("a", "b")).log_loss == pytest.approx(
        27.631, 1e-4
    )


def test_figures_as_json() -> None:
    made = evaluate_predictions([0, 1], np.eye(2), ("a", "b"))
    value = json.loads(json.dumps(made.to_dict(), allow_nan=False))
    assert value["n"] == 2
    assert value["confusion"] == [[1, 0], [0, 1]]
    assert value["per_class"][1] == {
        "name": "b", "precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 1
    }  # fmt: skip


def test_rows_are_made_to_sum_to_1_without_touching_what_was_given() -> None:
    given_rows = np.array([[0.5004, 0.5004], [-1e-5, 1.0]])
    before = given_rows.copy()
    made = evaluate_predictions([0, 1], given_rows, ("a", "b"))
    assert made.probabilities.sum(axis=1) == pytest.approx([1, 1], abs=1e-15)
    assert made.probabilities.min() >= 0
    assert (given_rows == before).all()


@pytest.mark.parametrize(
    ("labels", "probabilities", "told"),
    [
        ([], np.empty((0, 2)), "one image or more"),
        ([0.0, 1.0], np.eye(2), "whole number"),
        ([0, 1], np.eye(3), "shape"),
        ([0, 2], np.eye(2), "from 0 to 1"),
        ([0, -1], np.eye(2), "from 0 to 1"),
        ([0, 1], [[np.nan, 1], [0, 1]], "1 of 2 images"),
        ([0, 1], [[0.5, 0.6], [0, 1]], "sum to 1"),
        ([0, 1], [[1.5, -0.5], [0, 1]], "below 0"),
    ],
)
def test_what_are_no_predictions_is_refused(
    labels: list[int], probabilities: NDArray[np.float64], told: str
) -> None:
    with pytest.raises(DataError, match=told) as caught:
        evaluate_predictions(labels, probabilities, ("a", "b"))
    assert "\n" not in str(caught.value)


@given(evaluations())
@settings(max_examples=20, deadline=None)
def test_every_metric_stays_within_its_bounds(made: Evaluation) -> None:
    for name, value in made.metrics().items():
        low, high = METRICS[name].bounds
        assert low <= value <= high + 1e-9


def test_an_evaluation_is_short_when_printed() -> None:
    made = evaluate_predictions([0, 1] * 500, [[0.9, 0.1]] * 1000, ("a", "b"))
    assert "accuracy=0.500" in repr(made)
    assert len(repr(made)) < 500
    assert "0.500" in made._repr_html_()
