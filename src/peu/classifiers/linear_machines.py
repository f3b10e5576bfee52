"""Linear support vector machines on features that are many more than the images."""

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
_STEPS = 20_000
_MOST_TURNED = 2000
_NOTHING = 1e-7


def fit_linear_machines(
    vectors: NDArray[np.float32],
    labels: NDArray[np.int64],
    parts: Sequence[Indices],
    strength: float,
) -> list[tuple[Array, Array]]:
    """Fit one machine per class against the rest, for each of several parts of the images.

    Args:
        vectors: features (n, d).
        labels: (n,) whole numbers in [0, k).
        parts: for each set of machines the images that it learns from.
        strength: inverse regularization strength.

    Returns:
        Weights (k, d) and intercepts (k,) for each part.
    """
    short, basis = _in_own_span(vectors)
    # One after the other: the library draws its order of images from one generator for all
    # threads, so that side by side the last digits would depend on who came first.
    machines = [_fit(short[part], labels[part], strength) for part in parts]
    return [
        (weights @ basis if basis is not None else weights, intercepts)
        for weights, intercepts in machines
    ]


def _in_own_span(vectors: NDArray[np.float32]) -> tuple[Array, Array | None]:
    """Turn features into the space that they span, where a machine is the same and quicker found.

    The penalty does not see a rotation: 320 images of 6,464 features need 320 coordinates. Of
    thousands of images the turn takes longer than it saves.

    Returns:
        Coordinates (n, r), and the directions that they count along (r, d), or None where the
        features are as they were.
    """
    wide = vectors.astype(np.float64)
    if len(wide) > min(wide.shape[1], _MOST_TURNED):
        return wide, None
    squares, turned = np.linalg.eigh(wide @ wide.T)
    kept = squares > _NOTHING * squares[-1]
    lengths = np.sqrt(squares[kept])
    turned = turned[:, kept]
    return turned * lengths, (turned / lengths).T @ wide


def _fit(vectors: Array, labels: NDArray[np.int64], strength: float) -> tuple[Array, Array]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    machine = LinearSVC(C=strength, loss="hinge", max_iter=_STEPS, random_state=0)
    with warnings.catch_warnings():
        # At so large a C an image may stay on the wrong side; only last digits still move.
        warnings.simplefilter("ignore", ConvergenceWarning)
        machine.fit(vectors, labels)
    weights, intercepts = machine.coef_, machine.intercept_
    if len(machine.classes_) == 2:
        # Two classes have one score, for the second and against the first.
        weights, intercepts = np.vstack([-weights, weights]), np.append(-intercepts, intercepts)
    return weights, intercepts
