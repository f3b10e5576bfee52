"""Logistic regression in the span of the images against scikit-learn's on all features."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from peu.classifiers.inner_folds import inner_folds
from peu.classifiers.logistic import CANDIDATES, LogisticFit, fit_logistic

Clouds = tuple[NDArray[np.float32], NDArray[np.int64]]


def _clouds(count: int, width: int, classes: int) -> Clouds:
    rng = np.random.default_rng(count + width + classes)
    labels = np.arange(count) % classes
    centres = rng.normal(size=(classes, width))
    features = centres[labels] + 1.5 * rng.normal(size=(count, width))
    return features.astype(np.float32), labels


def _unit(features: NDArray[np.float32]) -> NDArray[np.float64]:
    wide = features.astype(np.float64)
    return np.asarray(wide / np.linalg.norm(wide, axis=1, keepdims=True))


def _answers(fitted: LogisticFit, features: NDArray[np.float32]) -> NDArray[np.float64]:
    scores = _unit(features) @ fitted.weights + fitted.intercepts
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def _chosen(fitted: LogisticFit) -> float:
    return float(fitted.notes[0].removeprefix("Inner folds chose C = ").rstrip("."))


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize(("count", "width"), [(40, 150), (120, 12)], ids=["wide", "tall"])
def test_it_equals_scikit_learn_on_the_features_as_they_are(
    count: int, width: int, classes: int
) -> None:
    features, labels = _clouds(count, width, classes)
    fitted = fit_logistic(features, labels, np.arange(count), class_count=classes, seed=0)
    plain = LogisticRegression(C=_chosen(fitted), max_iter=5000, tol=1e-8)
    plain.fit(_unit(features), labels)
    others, _ = _clouds(count + 1, width, classes)
    assert fitted.weights.shape == (width, classes)
    np.testing.assert_allclose(
        _answers(fitted, others), plain.predict_proba(_unit(others)), atol=1e-3
    )


def test_the_strength_is_the_best_of_the_candidates_on_inner_folds() -> None:
    chosen = set()
    for noise in (0.3, 3.0):
        features, labels = _clouds(60, 30, 3)
        rng = np.random.default_rng(1)
        features = features + noise * rng.normal(size=features.shape).astype(np.float32)
        unit = _unit(features)
        losses = dict.fromkeys(CANDIDATES, 0.0)
        for fit, judge in inner_folds(labels, np.arange(60), seed=5):
            for candidate in CANDIDATES:
                model = LogisticRegression(C=candidate, max_iter=5000).fit(unit[fit], labels[fit])
                truth = model.predict_proba(unit[judge])[np.arange(len(judge)), labels[judge]]
                losses[candidate] -= float(np.log(truth).sum())
        fitted = fit_logistic(features, labels, np.arange(60), class_count=3, seed=5)
        assert _chosen(fitted) == min(losses, key=lambda candidate: losses[candidate])
        chosen.add(_chosen(fitted))
    assert len(chosen) == 2


def test_a_class_with_one_image_has_a_say_without_inner_folds() -> None:
    features, labels = _clouds(21, 40, 2)
    labels[:] = 0
    labels[3] = 1
    fitted = fit_logistic(features, labels, np.arange(21), class_count=2, seed=0)
    assert "10" in fitted.notes[0]
    assert _answers(fitted, features)[3, 1] == _answers(fitted, features)[:, 1].max()


def test_the_length_of_a_feature_vector_does_not_matter() -> None:
    features, labels = _clouds(30, 50, 3)
    lengths = np.random.default_rng(0).uniform(0.1, 10, (30, 1)).astype(np.float32)
    first, second = (
        fit_logistic(each, labels, np.arange(30), class_count=3, seed=0)
        for each in (features, features * lengths)
    )
    np.testing.assert_allclose(_answers(first, features), _answers(second, features), atol=1e-4)


def test_a_vector_of_zeros_gives_numbers() -> None:
    features, labels = _clouds(30, 50, 3)
    features[7] = 0
    fitted = fit_logistic(features, labels, np.arange(30), class_count=3, seed=0)
    assert np.isfinite(fitted.weights).all()
