"""Calibration chosen on out-of-fold predictions, and kept only where it helps."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from peu.models.calibration import METHODS, Calibration
from peu.models.combination import log_of

Array = NDArray[np.float64]
Labels = NDArray[np.int64]
_LEAST = 1e-12
# Spreads of the priors: of the logarithm of a slope, of a class's slope around the common one,
# and of an intercept.
_SLOPE, _CLASS_SLOPE, _INTERCEPT = 2.0, 0.5, 1.0
_MOST_FOR_CLASSES = 200_000
# Probabilities are then within 0.001 of those at the minimum.
_ENOUGH = {"ftol": 1e-7, "maxiter": 100}


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """Predictions by models that had not learnt from the image; one or more an image.

    Attributes:
        images: (m,) number of the image that each row is of.
        probabilities: (m, k).
        labels: (m,) true classes.
        parts: (m,) which part of the images the row's image is in. Calibrations are fitted on
            the other parts; near-duplicates share a part.
    """

    images: NDArray[np.int64]
    probabilities: Array
    labels: Labels
    parts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def image_count(self) -> int:
        """Number of different images."""
        return len(np.unique(self.images))

    def __getitem__(self, rows: NDArray[np.bool_]) -> "OutOfFold":
        return OutOfFold(
            self.images[rows], self.probabilities[rows], self.labels[rows], self.parts[rows]
        )

    def losses(self) -> Array:
        """Log loss (m,) of each row, in nats."""
        of_truth = self.probabilities[np.arange(len(self)), self.labels]
        return np.asarray(-np.log(np.maximum(of_truth, _LEAST)))


@dataclass(frozen=True, eq=False)
class ChosenCalibration:
    """A calibration, and what it does to predictions that it was not fitted on.

    Attributes:
        calibration: fitted on all rows; None where no calibration helps.
        after: the rows, each calibrated by a choice and a fit on the other parts.
    """

    calibration: Calibration | None
    after: OutOfFold


def choose_calibration(out_of_fold: OutOfFold) -> ChosenCalibration:
    """Choose how to calibrate, by cross-fitting: each part by what the other parts say.

    A temperature, a temperature with a bias for each class, and a slope and a bias for each class
    are tried. One is kept where it lowers the log loss by more than its standard error; of two the
    more flexible only if it beats the other by as much. Where nothing is kept, probabilities
    stay as they are.

    Args:
        out_of_fold: two or more parts; with one, nothing can be judged and nothing is kept.

    Returns:
        The calibration of all rows, and the rows calibrated without their own part.
    """
    from threadpoolctl import threadpool_limits

    after = out_of_fold.probabilities.copy()
    fits = _Fits(out_of_fold)
    # So little is computed at a time that threads would wait for each other.
    with threadpool_limits(1):
        calibration = fits.choose(frozenset())
        for part in fits.parts:
            inside = out_of_fold.parts == part
            chosen = fits.choose(frozenset({part}))
            if chosen is not None:
                after[inside] = chosen(after[inside])
    return ChosenCalibration(calibration, replace(out_of_fold, probabilities=after))


@dataclass(frozen=True, eq=False)
class _Fits:
    """Calibrations of all rows but some parts, each fitted once.

    What leaves out parts 1 and 2 serves for judging part 2 without 1 and part 1 without 2.
    """

    rows: OutOfFold
    _known: dict[tuple[frozenset[int], str], Calibration] = field(default_factory=dict)

    @property
    def parts(self) -> list[int]:
        return [int(part) for part in np.unique(self.rows.parts)]

    def choose(self, left_out: frozenset[int]) -> Calibration | None:
        """The best calibration by cross-fitting without some parts; None where none helps."""
        judged = [part for part in self.parts if part not in left_out]
        rows = self.rows[~np.isin(self.rows.parts, list(left_out))]
        few = rows.probabilities.size <= _MOST_FOR_CLASSES
        best, losses = None, rows.losses()
        for method, (_, by_class) in METHODS.items():
            if len(judged) < 2 or (by_class and not few):
                continue
            found = rows.probabilities.copy()
            for part in judged:
                inside = rows.parts == part
                found[inside] = self._fitted(left_out | {part}, method)(found[inside])
            tried = replace(rows, probabilities=found).losses()
            gain, error = improvement(losses, tried, rows.images)
            if gain > error:
                best, losses = method, tried
        return None if best is None else self._fitted(left_out, best)

    def _fitted(self, left_out: frozenset[int], method: str) -> Calibration:
        if (left_out, method) not in self._known:
            rows = self.rows[~np.isin(self.rows.parts, list(left_out))]
            self._known[left_out, method] = fit_calibration(rows, method)
        return self._known[left_out, method]


def improvement(before: Array, after: Array, images: NDArray[np.int64]) -> tuple[float, float]:
    """Mean by which rows fell, and its standard error over the images."""
    _, place = np.unique(images, return_inverse=True)
    rows = np.bincount(place)
    of_image = np.bincount(place, before - after) / rows
    count = len(of_image)
    error = of_image.std(ddof=1) / np.sqrt(count) if count > 1 else np.inf
    return float(of_image.mean()), float(error)


def fit_calibration(rows: OutOfFold, method: str) -> Calibration:
    """Slopes and intercepts of the lowest penalised log loss, each image counting once.

    By the rule of succession one image in n + 2 is taken to be of another class: otherwise
    predictions without a mistake would make every later one certain.

    Args:
        rows: what to fit on.
        method: a key of `METHODS`.
    """
    from scipy.optimize import minimize

    logs = log_of(rows.probabilities)
    count, classes = logs.shape
    _, place, repeats = np.unique(rows.images, return_inverse=True, return_counts=True)
    weights = (1.0 / repeats[place])[:, None]
    other = 1.0 / (weights.sum() + 2)
    truth = np.full((count, classes), other / (classes - 1))
    truth[np.arange(count), rows.labels] = 1 - other
    # The logarithm of the common slope, those of the classes' slopes around it, the intercepts.
    spreads = np.repeat([_SLOPE, _CLASS_SLOPE, _INTERCEPT], [1, classes, classes])
    free = np.repeat((True, *METHODS[method]), [1, classes, classes])

    def unpack(found: Array) -> tuple[Array, Array]:
        return np.exp(found[0] + found[1 : classes + 1]), found[classes + 1 :]

    def objective(found: Array) -> tuple[float, Array]:
        slopes, intercepts = unpack(found)
        scores = slopes * logs + intercepts
        scores -= scores.max(axis=1, keepdims=True)
        log_shares = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        residual = weights * (np.exp(log_shares) - truth)
        by_slope = slopes * (residual * logs).sum(axis=0)
        gradient = np.concatenate([[by_slope.sum()], by_slope, residual.sum(axis=0)])
        loss = -(weights * truth * log_shares).sum() + ((found / spreads) ** 2).sum() / 2
        return loss, gradient + found / spreads**2

    bounds = [(-6.0, 6.0) if each else (0.0, 0.0) for each in free]
    best = minimize(
        objective, np.zeros(len(free)), jac=True, method="L-BFGS-B", bounds=bounds, options=_ENOUGH
    )
    return Calibration(method, *unpack(np.asarray(best.x, np.float64)))
