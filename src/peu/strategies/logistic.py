"""Logistic regression on features of unit length, as strong as inner folds say."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.strategies.inner_folds import inner_folds

CANDIDATES = (1.0, 10.0, 100.0)
_WITHOUT_INNER_FOLDS = 10.0
_STEPS = 300
# Choosing C needs less than the final answers, which the usual tolerance leaves up to 0.015 off.
_TO_CHOOSE, _TO_ANSWER = 1e-4, 1e-6


@dataclass(frozen=True, eq=False)
class LogisticFit:
    """Hold a fitted logistic regression.

    Attributes:
        weights: (d, k), one column a class.
        intercepts: (k,).
        notes: what was chosen.
    """

    weights: NDArray[np.float64]
    intercepts: NDArray[np.float64]
    notes: tuple[str, ...]


def fit_logistic(
    features: NDArray[np.float32],
    labels: NDArray[np.int64],
    groups: NDArray[np.int64],
    *,
    class_count: int,
    seed: int,
) -> LogisticFit:
    """Fit an L2-regularised logistic regression; C is the best of 1, 10, 100 on inner folds.

    Features are brought to unit length first: it holds best where a class has one picture.

    Args:
        features: (m, d).
        labels: (m,) whole numbers in [0, class_count).
        groups: (m,) near-duplicates share a group.
        class_count: columns of the result.
        seed: of the inner folds.

    Returns:
        Weights for features of unit length.
    """
    unit = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
    unit, basis = _in_own_span(unit)
    folds = list(inner_folds(labels, groups, seed=seed))
    strength, note = _WITHOUT_INNER_FOLDS, "Too few pictures a class to choose C on inner folds: 10"
    if folds:
        losses = dict.fromkeys(CANDIDATES, 0.0)
        for fit, judge in folds:
            for candidate in CANDIDATES:
                model = _fit(unit[fit], labels[fit], candidate, _TO_CHOOSE)
                columns = np.searchsorted(model.classes_, labels[judge])
                chosen = model.predict_proba(unit[judge])[np.arange(len(judge)), columns]
                losses[candidate] += float(-np.log(np.maximum(chosen, 1e-12)).sum())
        strength = min(CANDIDATES, key=lambda candidate: losses[candidate])
        note = f"Inner folds chose C = {strength:g}"
    model = _fit(unit, labels, strength, _TO_ANSWER)
    coefficients, intercepts = model.coef_, model.intercept_
    if len(model.classes_) == 2:
        # Two classes have one score: half of it for the second, half against the first.
        coefficients = np.vstack([-coefficients, coefficients]) / 2
        intercepts = np.concatenate([-intercepts, intercepts]) / 2
    weights = np.zeros((features.shape[1], class_count))
    offsets = np.full(class_count, -1e4)
    weights[:, model.classes_] = basis.T @ coefficients.T
    offsets[model.classes_] = intercepts
    return LogisticFit(weights, offsets, (f"{note}.",))


def _in_own_span(
    features: NDArray[np.float32],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Turn features into the space that they span, where nothing changes but the time.

    The penalty does not see a rotation, and with few pictures the span is small: 141 pictures
    of 1,024 features need 141 coordinates.
    """
    wide = features.astype(np.float64)
    if features.shape[0] >= features.shape[1]:
        return wide, np.eye(features.shape[1])
    _, _, basis = np.linalg.svd(wide, full_matrices=False)
    return wide @ basis.T, basis


def _fit(
    features: NDArray[np.float64], labels: NDArray[np.int64], strength: float, tolerance: float
) -> Any:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    with warnings.catch_warnings():
        # A few hundred steps settle every prediction; the last digits of the weights need more.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return LogisticRegression(C=strength, max_iter=_STEPS, tol=tolerance).fit(features, labels)
