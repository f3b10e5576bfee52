"""Confidence intervals and paired differences from repeated cross-validation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peu.errors import RecipeError

_NO_SPREAD = 1e-12


@dataclass(frozen=True)
class Interval:
    """A mean and its confidence interval.

    Attributes:
        mean: mean over the trials.
        low: lower end.
        high: upper end.
        level: share of such intervals that contain the truth, in (0, 1).
    """

    mean: float
    low: float
    high: float
    level: float = 0.95


@dataclass(frozen=True)
class PairedDifference:
    """The difference between two recipes on the same splits.

    Attributes:
        first: name of a recipe.
        second: name of another.
        difference: first minus second.
        p_value: probability that equally good recipes differ at least this much, two-sided.
        distinguishable: whether the interval excludes 0.
    """

    first: str
    second: str
    difference: Interval
    p_value: float
    distinguishable: bool


def corrected_interval(
    values: ArrayLike,
    *,
    test_train_ratio: float,
    level: float = 0.95,
    bounds: tuple[float, float] | None = (0.0, 1.0),
) -> Interval:
    """Interval of a mean over trials whose training sets overlap.

    The trials share most of their training images, so their spread alone is too small a
    measure of uncertainty: the variance of the mean is taken as (1/J + n_test/n_train) s^2,
    with Student's t of J - 1 degrees of freedom. One trial has no spread: its interval is all of
    `bounds`. Trials that are all equal give an interval of width 0; for accuracies use
    `accuracy_interval`, which avoids that.

    Args:
        values: (J,) one for each trial.
        test_train_ratio: n_test/n_train; 1/(k - 1) for k folds.
        level: in (0, 1).
        bounds: lowest and highest possible value, or None.

    Returns:
        The interval, clipped to the bounds.

    Raises:
        RecipeError: no values, values that are not finite, or an impossible ratio or level.

    Example:
        >>> interval = corrected_interval([0.9, 0.8, 1.0, 0.9, 0.9], test_train_ratio=0.25)
        >>> round(interval.low, 3), round(interval.high, 3)
        (0.768, 1.0)

    Source: Nadeau and Bengio (2003), "Inference for the generalization error".
    """
    figures = _figures("values", values)
    _check_level(level)
    lowest, highest = bounds or (-np.inf, np.inf)
    mean = float(figures.mean())
    if len(figures) == 1:
        return Interval(mean, float(lowest), float(highest), level)
    reach = _student(level, len(figures) - 1) * _standard_error(figures, test_train_ratio)
    return Interval(mean, max(mean - reach, lowest), min(mean + reach, highest), level)


def wilson_interval(successes: float, n: int, level: float = 0.95) -> Interval:
    """Wilson interval of a share of independent images.

    Unlike the mean plus or minus a few standard errors, it stays within [0, 1] and keeps a
    width at a perfect score: 54 of 54 gives [0.934, 1].

    Args:
        successes: from 0 to n; a fraction where counts were averaged.
        n: 1 or more.
        level: in (0, 1).

    Returns:
        The interval; its mean is the share itself.

    Raises:
        RecipeError: impossible counts or level.

    Example:
        >>> round(wilson_interval(54, 54).low, 3)
        0.934

    Source: Wilson (1927), "Probable inference".
    """
    if n < 1 or not 0 <= successes <= n:
        raise RecipeError(
            f"`successes` must be from 0 to n, and n 1 or more. Received: {successes} of {n}. "
            "Count the images again."
        )
    _check_level(level)
    from scipy.stats import norm

    z = float(norm.ppf((1 + level) / 2))
    share = successes / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    reach = z / (1 + z**2 / n) * float(np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)))
    # Rounding alone would keep the end off 0 or 1 where none or all are right.
    low = 0.0 if successes == 0 else max(0.0, centre - reach)
    high = 1.0 if successes == n else min(1.0, centre + reach)
    return Interval(share, low, high, level)


def accuracy_interval(
    per_trial_accuracies: Sequence[float],
    per_trial_counts: Sequence[int],
    test_train_ratio: float,
    level: float = 0.95,
) -> Interval:
    """Mean accuracy over trials and its interval, which never has width 0.

    Two trials or more that differ give the corrected interval. One trial, or trials that are
    all equal (such as perfect scores), have no spread: they give a Wilson interval on the
    number of different images tested, which is n_test + n_train, or the sum of the test
    images over the trials if that is less.

    Args:
        per_trial_accuracies: (J,) in [0, 1].
        per_trial_counts: (J,) number of test images of each trial.
        test_train_ratio: n_test/n_train.
        level: in (0, 1).

    Returns:
        The interval.

    Raises:
        RecipeError: lengths that differ, accuracies out of [0, 1], or counts below 1.

    Example:
        >>> round(accuracy_interval([1.0, 1.0, 1.0], [20, 20, 20], 0.5).low, 3)
        0.94

    Source: Nadeau and Bengio (2003); Wilson (1927).
    """
    accuracies = _figures("per_trial_accuracies", per_trial_accuracies)
    counts = _figures("per_trial_counts", per_trial_counts)
    if len(counts) != len(accuracies) or counts.min() < 1:
        raise RecipeError(
            f"`per_trial_counts` must be 1 or more for each of {len(accuracies)} trials. "
            f"Received: {counts.tolist()}. Give each trial's number of test images."
        )
    if accuracies.min() < 0 or accuracies.max() > 1:
        raise RecipeError(
            "`per_trial_accuracies` must be from 0 to 1. Received: "
            f"{accuracies.min():g} to {accuracies.max():g}. Give shares, not percentages."
        )
    if len(accuracies) > 1 and np.ptp(accuracies) > _NO_SPREAD:
        return corrected_interval(accuracies, test_train_ratio=test_train_ratio, level=level)
    _check_ratio(test_train_ratio)
    everything = counts.mean() * (1 + 1 / test_train_ratio)
    different = max(1, round(min(float(counts.sum()), float(everything))))
    mean = float(accuracies.mean())
    return wilson_interval(mean * different, different, level)


def paired_difference(
    first_name: str,
    second_name: str,
    first: ArrayLike,
    second: ArrayLike,
    *,
    test_train_ratio: float,
    level: float = 0.95,
    bounds: tuple[float, float] | None = (-1.0, 1.0),
) -> PairedDifference:
    """Compare two recipes split by split.

    Both ran on the same splits, so the difficulty of a split cancels out. One split shows
    nothing: the interval is all of `bounds`. Recipes that never differ are not distinguishable.
    If they differ by the same amount on every split, the spread of 0 comes from the coarse
    steps of an accuracy on few images; the spread is then computed as if one split had shown no
    difference, so that five equal gains are significant and two are not.

    Args:
        first_name: name of a recipe.
        second_name: name of another.
        first: (J,) values, one for each split.
        second: (J,) values on the same splits, in the same order.
        test_train_ratio: n_test/n_train; 1/(k - 1) for k folds.
        level: in (0, 1).
        bounds: lowest and highest possible difference, or None.

    Returns:
        The difference, its p value by the corrected t test, and whether it excludes 0.

    Raises:
        RecipeError: values of different length, none, or not finite.

    Source: Nadeau and Bengio (2003), "Inference for the generalization error".
    """
    one, other = _figures("first", first), _figures("second", second)
    if len(one) != len(other):
        raise RecipeError(
            f"`first` and `second` must be of the same splits. Received: {len(one)} and "
            f"{len(other)} values. Run both recipes on every split."
        )
    differences = np.where(np.abs(one - other) <= _NO_SPREAD, 0.0, one - other)
    mean = float(differences.mean())
    if len(differences) > 1 and np.ptp(differences) <= _NO_SPREAD:
        # Spread as if one split had shown no difference; of differences of 0 it stays 0.
        differences = np.append(differences[1:], 0.0)
    around = corrected_interval(
        differences - differences.mean() + mean,
        test_train_ratio=test_train_ratio,
        level=level,
        bounds=bounds,
    )
    return PairedDifference(
        first_name,
        second_name,
        around,
        _p_value(mean, differences, test_train_ratio),
        bool(around.low > 0 or around.high < 0),
    )


def _p_value(mean: float, differences: NDArray[np.float64], ratio: float) -> float:
    if len(differences) == 1 or abs(mean) <= _NO_SPREAD:
        return 1.0
    from scipy.stats import t as student

    error = _standard_error(differences, ratio)
    return float(2 * student.sf(abs(mean) / error, len(differences) - 1))


def _figures(name: str, values: ArrayLike) -> NDArray[np.float64]:
    figures = np.asarray(values, np.float64)
    if figures.ndim != 1 or not len(figures) or not np.isfinite(figures).all():
        raise RecipeError(
            f"`{name}` must be one finite number for each trial, for one trial or more. "
            f"Received: {figures.tolist()!r}. Leave out trials that failed."
        )
    return figures


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise RecipeError(f"`level` must be in (0, 1). Received: {level!r}. 0.95 is usual.")


def _check_ratio(ratio: float) -> None:
    if not (np.isfinite(ratio) and ratio > 0):
        raise RecipeError(
            f"`test_train_ratio` must be above 0. Received: {ratio!r}. "
            "Divide the test images of a trial by its training images."
        )


def _standard_error(figures: NDArray[np.float64], ratio: float) -> float:
    _check_ratio(ratio)
    return float(np.sqrt((1 / len(figures) + ratio) * figures.var(ddof=1)))


def _student(level: float, freedom: int) -> float:
    from scipy.stats import t as student

    return float(student.ppf((1 + level) / 2, freedom))
