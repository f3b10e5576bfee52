"""Confidence intervals, of one test set and of a figure that only whole trials have."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peu.errors import RecipeError


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
        probability: that the first is the better one, in [0, 1].
        detectable: the difference that such a comparison would show in 4 of 5 cases.
    """

    first: str
    second: str
    difference: Interval
    p_value: float
    distinguishable: bool
    probability: float
    detectable: float


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
    `bounds`. What is a mean over images has a shorter interval in `image_intervals`.

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
    figures = figures_of("values", values)
    check_level(level)
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
    check_level(level)
    from scipy.stats import norm

    z = float(norm.ppf((1 + level) / 2))
    share = successes / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    reach = z / (1 + z**2 / n) * float(np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)))
    # Rounding alone would keep the end off 0 or 1 where none or all are right.
    low = 0.0 if successes == 0 else max(0.0, centre - reach)
    high = 1.0 if successes == n else min(1.0, centre + reach)
    return Interval(share, low, high, level)


def figures_of(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """Check that values are a row of finite numbers."""
    figures = np.asarray(values, np.float64)
    if figures.ndim != 1 or not len(figures) or not np.isfinite(figures).all():
        raise RecipeError(
            f"`{name}` must be a row of finite numbers, one or more. Received: "
            f"shape {figures.shape}, {int((~np.isfinite(figures)).sum())} not finite. "
            "Leave out trials that failed."
        )
    return figures


def check_level(level: float) -> None:
    """Check that a level lies in (0, 1)."""
    if not 0 < level < 1:
        raise RecipeError(f"`level` must be in (0, 1). Received: {level!r}. 0.95 is usual.")


def check_ratio(ratio: float) -> None:
    """Check that n_test/n_train is above 0."""
    if not (np.isfinite(ratio) and ratio > 0):
        raise RecipeError(
            f"`test_train_ratio` must be above 0. Received: {ratio!r}. "
            "Divide the test images of a trial by its training images."
        )


def _standard_error(figures: NDArray[np.float64], ratio: float) -> float:
    check_ratio(ratio)
    return float(np.sqrt((1 / len(figures) + ratio) * figures.var(ddof=1)))


def _student(level: float, freedom: int) -> float:
    from scipy.stats import t as student

    return float(student.ppf((1 + level) / 2, freedom))
