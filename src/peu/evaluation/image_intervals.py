"""Intervals of cross-validated metrics, from what each image contributes.

Two things are uncertain: which images were tested, and which were learnt from. The spread between
the images of a class measures the first. The second is in proportion to it: models of different
folds share most of their training images, so their own spread would understate it.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peu.errors import RecipeError
from peu.evaluation.uncertainty import (
    Interval,
    PairedDifference,
    check_level,
    check_ratio,
    figures_of,
)

_LEARNING_RATE = 0.4
"""Exponent at which the error falls with the number of training images, as measured on tasks with
known truth: from 0.2 for simple classifiers to 0.9 for flexible ones."""
_DETECTED = 0.8


@dataclass(frozen=True, eq=False, kw_only=True)
class ImageSample:
    """The images that cross-validation tested, and how they depend on each other.

    Attributes:
        classes: (n,) whole numbers, the true class of each image.
        groups: (n,) whole numbers; near-duplicates share one and count as one image.
        test_train_ratio: n_test/n_train of a trial; 1/(k - 1) for k folds; 0 for a finished model,
            which is itself what new images will meet.
        equal_classes: whether each class counts equally, as in balanced accuracy, or each image.
    """

    classes: NDArray[np.int64]
    groups: NDArray[np.int64]
    test_train_ratio: float
    equal_classes: bool = False
    _numbers: NDArray[np.int64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not len(self.classes) or self.classes.shape != self.groups.shape:
            raise RecipeError(
                "`classes` and `groups` must have one number for each image. Received: shapes "
                f"{self.classes.shape} and {self.groups.shape}. Give both for the tested images."
            )
        if self.test_train_ratio != 0:
            check_ratio(self.test_train_ratio)
        object.__setattr__(self, "_numbers", np.unique(self.groups, return_inverse=True)[1])

    @cached_property
    def _class_of(self) -> NDArray[np.int64]:
        return np.asarray(np.unique(self.classes, return_inverse=True)[1], np.int64)

    @cached_property
    def weights(self) -> NDArray[np.float64]:
        """(n,) float64, what an image counts; they sum to 1."""
        if not self.equal_classes:
            return np.full(len(self.classes), 1 / len(self.classes))
        counts = np.bincount(self._class_of)
        return np.asarray(1 / (len(counts) * counts[self._class_of]), np.float64)

    @cached_property
    def class_count(self) -> int:
        """Number of classes among the images."""
        return int(self._class_of.max()) + 1

    @cached_property
    def freedom(self) -> int:
        """Degrees of freedom of the spread within classes, at least 1."""
        return max(1, int(self._numbers.max()) + 1 - self.class_count)

    @cached_property
    def group_weights(self) -> NDArray[np.float64]:
        """What each group of near-duplicates counts."""
        return np.asarray(np.bincount(self._numbers, self.weights), np.float64)

    @property
    def inflation(self) -> float:
        """How much the training images add to the variance: 1 + n_test/n_train.

        Source: Nadeau and Bengio (2003), whose correction this is, here on images not on folds.
        """
        return 1 + self.test_train_ratio

    def mean(self, values: NDArray[np.float64]) -> float:
        """The weighted mean."""
        return float(np.average(values, weights=self.weights))

    def variance(self, values: NDArray[np.float64]) -> float:
        """Variance of the mean that comes from which images were tested.

        New images are taken to come from the same classes in the same proportions, so only the
        spread within classes counts; near-duplicates move together. A class with a single
        image has no spread of its own: its distance from the overall mean stands in.
        """
        pairs = np.unique(np.stack([self._class_of, self._numbers]), axis=1)
        groups = np.bincount(pairs[0])[self._class_of]
        totals = np.bincount(self._class_of, values) / np.bincount(self._class_of)
        centre = np.where(groups > 1, totals[self._class_of], self.mean(values))
        correction = np.sqrt(groups / np.maximum(groups - 1, 1))
        influence = self.weights * (values - centre) * correction
        return float((np.bincount(self._numbers, influence) ** 2).sum())

    @property
    def one_image(self) -> float:
        """What one image (or group) that differs adds to the variance."""
        return float((self.group_weights**2).mean())


def share_interval(values: ArrayLike, sample: ImageSample, level: float = 0.95) -> Interval:
    """Interval of a share of images, such as accuracy, for the model learnt from all images.

    The images count as so many independent ones as would have the same variance: less for
    training sets that overlap and for near-duplicates, more where classes differ and where
    repeats average. On that number the lower end is Jeffreys', the upper end Clopper and
    Pearson's, both within [0, 1] and with a width at a perfect score. Folds learn from fewer images
    than the final model does, so the interval lies around the error that the final model would
    have if errors fall with the 0.4th power of the number of images; at chance level nothing
    falls.

    Args:
        values: (n,) from 0 to 1, for each image how often it was right over the repeats.
        sample: the images.
        level: in (0, 1).

    Returns:
        The interval; its mean is that of the values.

    Raises:
        RecipeError: values that are no shares, of another length, or an impossible level.

    Example:
        >>> classes = np.repeat([0, 1], 27)
        >>> sample = ImageSample(classes=classes, groups=np.arange(54), test_train_ratio=0.25)
        >>> round(share_interval(np.ones(54), sample).low, 3)
        0.943

    Source: Korn and Graubard (1998) for the effective number; Brown, Cai and DasGupta (2001).
    """
    shares = _values("values", values, sample)
    check_level(level)
    if shares.min() < 0 or shares.max() > 1:
        raise RecipeError(
            "`values` must be from 0 to 1. Received: "
            f"{shares.min():g} to {shares.max():g}. Give shares, not percentages."
        )
    from scipy.stats import beta, norm, t

    mean = min(max(sample.mean(shares), 0.0), 1.0)
    independent = float((sample.group_weights**2).sum())
    # As if one image more had been wrong, lest a few misses pass for a measure of the spread.
    effect = (sample.variance(shares) + sample.one_image) / (
        mean * (1 - mean) * independent + sample.one_image
    )
    tail = (1 + level) / 2
    small = (norm.ppf(tail) / t.ppf(tail, sample.freedom)) ** 2
    count = small / (independent * effect * sample.inflation)
    wrong = _error_of_all(1 - mean, sample)
    low = beta.ppf(1 - tail, (1 - wrong) * count + 0.5, wrong * count + 0.5)
    high = beta.ppf(tail, (1 - wrong) * count + 1, wrong * count) if wrong > 0 else 1.0
    return Interval(mean, min(float(low), mean), max(float(high), mean), level)


def _error_of_all(error: float, sample: ImageSample) -> float:
    """The error to expect of a model that learns from all images, not from a fold's."""
    chance = 1 - 1 / max(2, sample.class_count)
    share = 1 / (1 + sample.test_train_ratio)
    still = max(0.0, 1 - error / chance)
    return float(error * (1 - (1 - share**_LEARNING_RATE) * still))


def mean_interval(
    values: ArrayLike,
    sample: ImageSample,
    *,
    bounds: tuple[float, float] = (-np.inf, np.inf),
    level: float = 0.95,
) -> Interval:
    """Interval of a mean over images, such as log loss.

    Losses are skewed: a few images cost most. Where the lowest possible value is 0 the interval
    is therefore symmetric on a logarithmic scale.

    Args:
        values: (n,) one for each image, its mean over the repeats.
        sample: the images.
        bounds: lowest and highest possible value, which the interval is clipped to.
        level: in (0, 1).

    Returns:
        The interval.

    Raises:
        RecipeError: values of another length or not finite, or an impossible level.
    """
    figures = _values("values", values, sample)
    check_level(level)
    mean = sample.mean(figures)
    reach = _quantile((1 + level) / 2, sample) * _standard_error(figures, sample, 0.0)
    if bounds[0] == 0 and mean > 0:
        factor = float(np.exp(min(reach / mean, 700.0)))
        return Interval(mean, mean / factor, min(mean * factor, bounds[1]), level)
    return Interval(mean, max(mean - reach, bounds[0]), min(mean + reach, bounds[1]), level)


def paired_difference(
    first_name: str,
    second_name: str,
    first: ArrayLike,
    second: ArrayLike,
    sample: ImageSample,
    *,
    level: float = 0.95,
) -> PairedDifference:
    """Compare the accuracy of two recipes image by image.

    Both were tested on the same images by models that learnt from the same ones, so how hard
    an image is cancels out. One image more is counted as if the recipes had differed on it,
    so that recipes that never differ are still not known to be equal.

    Args:
        first_name: name of a recipe.
        second_name: name of another.
        first: (n,) for each image how often the first was right over the repeats, from 0 to 1.
        second: (n,) the same of the second.
        sample: the images.
        level: in (0, 1).

    Returns:
        The difference, how probable it is that the first is better, and what could be shown.

    Raises:
        RecipeError: values of another length or not finite, or an impossible level.

    Example:
        >>> classes = np.repeat([0, 1], 50)
        >>> sample = ImageSample(classes=classes, groups=np.arange(100), test_train_ratio=0.25)
        >>> right, half = np.ones(100), np.tile([1.0, 0.0], 50)
        >>> paired_difference("a", "b", right, half, sample).distinguishable
        True

    Source: Benavoli et al. (2017) for the probability; Bonett and Price (2012) for the image more.
    """
    difference = _values("first", first, sample) - _values("second", second, sample)
    check_level(level)
    from scipy.stats import t

    mean = sample.mean(difference)
    error = _standard_error(difference, sample, sample.one_image)
    usual = _quantile((1 + level) / 2, sample)
    low, high = max(mean - usual * error, -1.0), min(mean + usual * error, 1.0)
    return PairedDifference(
        first_name,
        second_name,
        Interval(mean, low, high, level),
        p_value=float(2 * t.sf(abs(mean) / error, sample.freedom)),
        distinguishable=bool(low > 0 or high < 0),
        probability=float(t.cdf(mean / error, sample.freedom)),
        detectable=min(1.0, (usual + _quantile(_DETECTED, sample)) * error),
    )


def _standard_error(values: NDArray[np.float64], sample: ImageSample, more: float) -> float:
    return float(np.sqrt((sample.variance(values) + more) * sample.inflation))


def _quantile(share: float, sample: ImageSample) -> float:
    from scipy.stats import t

    return float(t.ppf(share, sample.freedom))


def _values(name: str, values: ArrayLike, sample: ImageSample) -> NDArray[np.float64]:
    figures = figures_of(name, values)
    if len(figures) != len(sample.classes):
        raise RecipeError(
            f"`{name}` must be one number for each of {len(sample.classes)} images. Received: "
            f"{len(figures)}. Leave no tested image out."
        )
    return figures
