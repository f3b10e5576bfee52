"""Logistic regression on features of unit length; inner folds choose C."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.classifiers.inner_folds import inner_folds

CANDIDATES = (1.0, 10.0, 100.0, 1000.0)
_FIRST_TRIED = 100.0
_WITHOUT_INNER_FOLDS = 10.0
# From so many images on, one inner fold judges as well as three, in a third of the time.
_MANY = 1000
_STEPS = 300
# Choosing C needs less than the final answers, which the usual tolerance leaves up to 0.015 off.
_TO_CHOOSE, _TO_ANSWER = 1e-4, 1e-6


@dataclass(frozen=True, eq=False)
class LogisticFit:
    """A fitted logistic regression.

    Attributes:
        weights: (d, k), one column a class.
        intercepts: (k,).
        notes: what was chosen.
        held_out: positions that inner folds held out (j,), and the answers for them (j, k) with
            the strength that was chosen; None without inner folds.
    """

    weights: NDArray[np.float64]
    intercepts: NDArray[np.float64]
    notes: tuple[str, ...]
    held_out: tuple[NDArray[np.int64], NDArray[np.float64]] | None = None


def fit_logistic(
    features: NDArray[np.float32],
    labels: NDArray[np.int64],
    groups: NDArray[np.int64],
    *,
    class_count: int,
    seed: int,
) -> LogisticFit:
    """Fit an L2-regularised logistic regression; inner folds choose C from 1 to 1000.

    Features are brought to unit length first: it holds best where a class has one image.

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
    # The intercepts take up any shift, and the search for the weights is shorter from the middle.
    middle = unit.mean(axis=0)
    unit, basis = _in_own_span(unit - middle)
    folds = list(inner_folds(labels, groups, seed=seed))[: 1 if len(labels) >= _MANY else None]
    strength, note = _WITHOUT_INNER_FOLDS, "Too few images a class to choose C on inner folds: 10"
    held_out = None
    if folds:
        strength, answers = _choose_strength(unit, labels, folds, class_count)
        held_out = (np.concatenate([judge for _, judge in folds]), answers)
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
    offsets[model.classes_] = intercepts - middle.astype(np.float64) @ weights[:, model.classes_]
    return LogisticFit(weights, offsets, (f"{note}.",), held_out)


def _choose_strength(
    features: NDArray[Any],
    labels: NDArray[np.int64],
    folds: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]],
    class_count: int,
) -> tuple[float, NDArray[np.float64]]:
    """Walk from one candidate to the next while the log loss of held-out images falls.

    Returns:
        The strength, and the answers for the held-out images with it.
    """
    answers: dict[float, NDArray[np.float64]] = {}
    truth = np.concatenate([labels[judge] for _, judge in folds])

    def loss(candidate: float) -> float:
        if candidate not in answers:
            answers[candidate] = np.concatenate(
                [
                    _answer_held_out(features, labels, fit, judge, candidate, class_count)
                    for fit, judge in folds
                ]
            )
        chosen = answers[candidate][np.arange(len(truth)), truth]
        return float(-np.log(np.maximum(chosen, 1e-12)).sum())

    at = CANDIDATES.index(_FIRST_TRIED)
    for step in (1, -1):
        while 0 <= at + step < len(CANDIDATES) and loss(CANDIDATES[at + step]) < loss(
            CANDIDATES[at]
        ):
            at += step
    return CANDIDATES[at], answers[CANDIDATES[at]]


def _answer_held_out(
    features: NDArray[Any],
    labels: NDArray[np.int64],
    fit: NDArray[np.int64],
    judge: NDArray[np.int64],
    strength: float,
    class_count: int,
) -> NDArray[np.float64]:
    model = _fit(features[fit], labels[fit], strength, _TO_CHOOSE)
    answers = np.zeros((len(judge), class_count))
    answers[:, model.classes_] = model.predict_proba(features[judge])
    return answers


def _in_own_span(
    features: NDArray[np.float32],
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Turn features into the space that they span, where nothing changes but the time.

    The penalty does not see a rotation, and with few images the span is small: 141 images
    of 1,024 features need 141 coordinates. Where it is not, single precision halves the time.
    """
    if features.shape[0] >= features.shape[1]:
        return features.astype(np.float32), np.eye(features.shape[1])
    wide = features.astype(np.float64)
    _, _, basis = np.linalg.svd(wide, full_matrices=False)
    return wide @ basis.T, basis


def _fit(
    features: NDArray[Any], labels: NDArray[np.int64], strength: float, tolerance: float
) -> Any:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    with warnings.catch_warnings():
        # A few hundred steps settle every prediction; the last digits of the weights need more.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = LogisticRegression(C=strength, max_iter=_STEPS, tol=tolerance)
        return model.fit(features, labels)
