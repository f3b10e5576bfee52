"""A learning curve: how accuracy grows with the number of images, and how far it can be trusted.

The error is taken to fall as a power of the number of images towards a rest that no image more
removes. Many such curves are drawn from a prior and weighted by how well each explains what was
measured; what they say about more images spreads the further one looks ahead.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from peu.evaluation.uncertainty import Interval
from peu.seeds import child_seed

FloatArray = NDArray[np.float64]

_DRAWS, _KEPT = 20_000, 2_000
_EXPONENT, _EXPONENT_SPREAD = 0.7, 0.5
"""Median and log-scale spread of the exponent, before anything is measured."""
_REST = (1.0, 6.0)
"""Beta prior of the share of the error at the largest size that would remain for ever."""
_NOTHING = 0.2
"""Prior of a recipe that learns nothing: its error is that of guessing, however many images."""
_CORRELATION = 0.85
"""Between the errors of two neighbouring sizes, where the images cannot tell."""
_OWN_SHARE = 0.3
"""Share of the variance that each size has for itself: it learns from images of its own."""
_SETS_LEARNT = 1.2
"""Factor on the standard error over images, for the training sets that might have been others."""
_MISFIT = 0.25
"""Spread in logits by which curves leave any power law within a doubling. The farther a size is
from the largest, the less it says of what lies beyond."""
_FARTHEST = 10.0
_STEPS = 400


@dataclass(frozen=True)
class ImagesNeeded:
    """How many images a class a recipe needs for an accuracy.

    Attributes:
        target: the accuracy wanted, in (0, 1).
        more: images a class beyond those at hand; 0 where they are enough, infinite where ten
            times as many are not.
        low: lower end of its interval.
        high: upper end; infinite as above.
        probability: that some number up to ten times as many is enough.
        level: of the interval.
    """

    target: float
    more: float
    low: float
    high: float
    probability: float
    level: float = 0.95


@dataclass(frozen=True, eq=False, repr=False)
class PowerLaw:
    """Power laws that explain a measured learning curve, and what they say of other sizes.

    Attributes:
        largest: the largest size that was measured, in images a class.
        chance: the error of guessing, which no curve exceeds.
        error: (s,) error at the largest size.
        rest: (s,) share of it that no image more removes.
        exponent: (s,) of the power.
        bend: (s,) standard normal, by which each curve leaves its power law.
    """

    largest: float
    chance: float
    error: FloatArray
    rest: FloatArray
    exponent: FloatArray
    bend: FloatArray = field(repr=False)

    @property
    def nothing_learnt(self) -> float:
        """Probability that it guesses, and would with any number of images."""
        return float((self.error >= self.chance).mean())

    def __repr__(self) -> str:
        at = self.accuracy(self.largest)
        return f"<PowerLaw: {at.mean:.3f} at {self.largest:.4g} images a class>"

    def accuracy(self, images: float, level: float = 0.95) -> Interval:
        """Expected accuracy of a model that learns from so many images a class.

        Args:
            images: above 0.
            level: in (0, 1).
        """
        accuracies = 1 - self._errors(np.array([images]))[:, 0]
        low = np.quantile(accuracies, (1 - level) / 2)
        # As Clopper and Pearson's interval, whose upper end has a prior of 1/error: where hardly
        # an image was wrong, none may be in truth.
        order = np.argsort(-accuracies)
        above = np.cumsum(1 / np.maximum(self.error[order], 1e-9))
        high = accuracies[order][np.searchsorted(above, (1 - level) / 2 * above[-1])]
        return Interval(float(accuracies.mean()), float(low), float(high), level)

    def needed(self, target: float, now: float, level: float = 0.95) -> ImagesNeeded:
        """Images a class that are missing to an accuracy, looking at most ten times ahead.

        Args:
            target: in (0, 1).
            now: images a class at hand.
            level: in (0, 1).
        """
        sizes = now * np.geomspace(1, _FARTHEST, _STEPS)
        reached = 1 - self._errors(sizes) >= target
        ever = reached.any(axis=1)
        missing = np.where(ever, sizes[reached.argmax(axis=1)] - now, np.inf)
        tail = (1 - level) / 2
        low, more, high = np.quantile(missing, [tail, 0.5, 1 - tail], method="nearest")
        return ImagesNeeded(target, float(more), float(low), float(high), float(ever.mean()), level)

    def _errors(self, images: FloatArray) -> FloatArray:
        """(s, m) of the curves at m sizes."""
        ratio = images[None, :] / self.largest
        return _bent(
            _errors(self.error, self.rest, self.exponent, ratio, self.chance),
            np.where(self.error < self.chance, self.bend, 0.0)[:, None]
            * (_MISFIT * np.sqrt(np.log2(np.maximum(ratio, 1.0)))),
        )


def fit_power_law(
    sizes: Sequence[float],
    correct: FloatArray,
    groups: NDArray[np.int64],
    *,
    classes: int,
    seed: int = 0,
) -> PowerLaw:
    """Fit power laws to what was measured at several sizes of the training set.

    Args:
        sizes: (m,) images a class, ascending.
        correct: (m, n) for each size and test image how often it was right over the repeats,
            from 0 to 1.
        groups: (n,) whole numbers; near-duplicates share one and count as one image.
        classes: number of classes.
        seed: random seed.

    Returns:
        Curves drawn from the posterior.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> right = rng.random((3, 100)) < np.array([[0.6], [0.7], [0.8]])
        >>> law = fit_power_law([4, 8, 16], right.astype(float), np.arange(100), classes=4)
        >>> 0.8 < law.accuracy(32).mean < 0.9
        True

    Source: Viering and Loog (2022), "The shape of learning curves", for the power law with a rest.
    """
    rng = np.random.default_rng(child_seed(seed, "learning curve"))
    count = len(np.unique(groups))
    measured = 1 - correct.mean(axis=1)
    chance = 1 - 1 / classes
    ratio = np.asarray(sizes, np.float64) / sizes[-1]
    # The error at the largest size is drawn from about where it was measured, and the weights
    # undo what that prefers.
    near = min(measured[-1] / chance, 1.0)
    wrong, right = near * count / 3 + 0.7, (1 - near) * count / 3 + 1
    share = rng.beta(wrong, right, _DRAWS)
    from scipy.stats import beta

    proposed = beta.logpdf(share, wrong, right)
    rest = rng.beta(*_REST, _DRAWS)
    nothing = np.arange(_DRAWS) < _NOTHING * _DRAWS
    share[nothing], rest[nothing], proposed[nothing] = 1.0, 1.0, 0.0
    error = chance * share
    exponent = _EXPONENT * np.exp(_EXPONENT_SPREAD * rng.standard_normal(_DRAWS))
    expected = _errors(error, rest, exponent, ratio[None, :], chance)
    doublings = -np.log2(ratio)
    apart = np.minimum(doublings[:, None], doublings[None, :])
    fits = _log_likelihood(measured, expected, _correlations(correct), apart, count)
    weights = fits - proposed
    weights = np.exp(weights - weights.max())
    kept = rng.choice(_DRAWS, _KEPT, p=weights / weights.sum())
    return PowerLaw(
        float(sizes[-1]),
        chance,
        error[kept],
        rest[kept],
        exponent[kept],
        rng.standard_normal(_KEPT),
    )


def _errors(
    error: FloatArray, rest: FloatArray, exponent: FloatArray, ratio: FloatArray, chance: float
) -> FloatArray:
    power = np.exp(-exponent[:, None] * np.log(ratio))
    return np.minimum(error[:, None] * (rest[:, None] + (1 - rest[:, None]) * power), chance)


def _bent(errors: FloatArray, logits: FloatArray) -> FloatArray:
    odds = errors / np.maximum(1 - errors, 1e-12) * np.exp(logits)
    return np.asarray(odds / (1 + odds), np.float64)


def _correlations(correct: FloatArray) -> FloatArray:
    """(m, m) between the errors at two sizes: the same images were tested."""
    place = np.arange(len(correct))
    usual = _CORRELATION ** np.abs(place[:, None] - place[None, :])
    spread = correct.std(axis=1)
    known = spread > 0
    found = usual.copy()
    if known.sum() > 1:
        found[np.ix_(known, known)] = np.corrcoef(correct[known])
    both: FloatArray = (1 - _OWN_SHARE) * (usual + found) / 2 + _OWN_SHARE * np.eye(len(usual))
    return both


def _log_likelihood(
    measured: FloatArray,
    expected: FloatArray,
    correlations: FloatArray,
    apart: FloatArray,
    count: int,
) -> FloatArray:
    """Of each curve, with the spread that its own errors would have on so many images.

    Args:
        measured: (m,) errors.
        expected: (s, m) errors of the curves.
        correlations: (m, m) between the measured errors.
        apart: (m, m) doublings from the largest size to the nearer of two sizes: so far have
            both left a power law together.
        count: of different images.
    """
    spread = _SETS_LEARNT * np.sqrt((expected * (1 - expected) + 0.25 / count) / count)
    misfit = _MISFIT * expected * (1 - expected)
    covariance = (
        spread[:, :, None] * spread[:, None, :] * correlations
        + misfit[:, :, None] * misfit[:, None, :] * apart
    )
    off = measured - expected
    solved = np.linalg.solve(covariance, off[:, :, None])[:, :, 0]
    _, logdet = np.linalg.slogdet(covariance)
    return np.asarray(-0.5 * ((off * solved).sum(axis=1) + logdet), np.float64)
