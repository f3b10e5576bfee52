"""Which labels are probably wrong, judged by models that had not seen the image."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST_ODDS = 4.0
"""How many times as probable as the given class another one must be to be suggested.

Chosen by `benchmarks/label_errors.py`: less calls classes that resemble each other errors.
"""
_MOST_SUSPECTS = 1 / 3
_LEVEL = 0.01
_SMALLEST = 1e-12


@dataclass(frozen=True)
class SuspectedLabel:
    """A label that is probably wrong.

    Attributes:
        image: its index in the dataset.
        given: the class that the image has.
        suggested: the class that it is taken for.
        probability_given: out-of-fold probability of the given class, in [0, 1].
        probability_suggested: out-of-fold probability of the suggested class, in [0, 1].
    """

    image: int
    given: int
    suggested: int
    probability_given: float
    probability_suggested: float

    @property
    def odds(self) -> float:
        """How many times as probable the suggested class is as the given one."""
        return self.probability_suggested / max(self.probability_given, _SMALLEST)


def suspected_labels(
    labels: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    *,
    least_odds: float = LEAST_ODDS,
) -> tuple[SuspectedLabel, ...]:
    """Labels that contradict the out-of-fold probabilities, the most suspicious first.

    The probabilities should come from a model that is strongly regularised: one that is certain
    of everything calls every confusion of two classes a wrong label.

    Args:
        labels: (n,) given classes, in [0, k).
        probabilities: (n, k), each row by a model that had not learnt from the image.
        least_odds: how many times as probable as the given class another one must be, above 1.

    Returns:
        The suspects, by falling odds.

    Example:
        >>> found = suspected_labels(np.array([0, 1]), np.array([[0.9, 0.1], [0.95, 0.05]]))
        >>> [(one.image, one.suggested, round(one.odds)) for one in found]
        [(1, 0, 19)]
    """
    rows = np.arange(len(labels))
    given = probabilities[rows, labels]
    others = probabilities.copy()
    others[rows, labels] = -1
    suggested = others.argmax(axis=1)
    best = others[rows, suggested]
    odds = best / np.maximum(given, _SMALLEST)
    order = np.argsort(-odds, kind="stable")
    return tuple(
        SuspectedLabel(
            int(at), int(labels[at]), int(suggested[at]), float(given[at]), float(best[at])
        )
        for at in order
        if odds[at] >= least_odds
    )


def confident_suspects(
    labels: NDArray[np.int64], probabilities: NDArray[np.float64]
) -> tuple[SuspectedLabel, ...]:
    """Suspects by confident learning, for models whose certainty is not known.

    An image counts as another class where that class is at least as probable as it is on average
    among the images labelled so. That holds at any calibration, and finds fewer errors than
    `suspected_labels` on probabilities that suit it.

    Args:
        labels: (n,) given classes, in [0, k).
        probabilities: (n, k), each row by a model that had not learnt from the image.

    Returns:
        The suspects, by falling odds.

    Source: Northcutt, Jiang and Chuang (2021), "Confident learning: estimating uncertainty in
    dataset labels".
    """
    usual = np.array(
        [
            probabilities[labels == label, label].mean() if (labels == label).any() else np.inf
            for label in range(probabilities.shape[1])
        ]
    )
    confident = np.where(probabilities >= usual, probabilities, -1)
    taken_for = confident.argmax(axis=1)
    contradicted = (confident.max(axis=1) > 0) & (taken_for != labels)
    found = [
        SuspectedLabel(
            int(at),
            int(labels[at]),
            int(taken_for[at]),
            float(probabilities[at, labels[at]]),
            float(probabilities[at, taken_for[at]]),
        )
        for at in np.flatnonzero(contradicted)
    ]
    return tuple(sorted(found, key=lambda one: -one.odds))


def why_not_single_errors(
    labels: NDArray[np.int64], probabilities: NDArray[np.float64], suspects: int
) -> str:
    """Why suspects cannot be told from labels that mean nothing, or "" where they can.

    Args:
        labels: (n,) given classes, in [0, k).
        probabilities: (n, k) out-of-fold.
        suspects: how many labels are suspected.

    Returns:
        A sentence, or "".
    """
    from scipy.stats import binomtest

    count = len(labels)
    right = int((probabilities.argmax(axis=1) == labels).sum())
    majority = float(np.bincount(labels).max() / count)
    if majority == 1:
        return "There is one class only: no label can be doubted."
    if binomtest(right, count, majority, alternative="greater").pvalue > _LEVEL:
        return (
            f"The labels cannot be predicted better than by chance ({right} of {count} right), so "
            "no single one stands out. Look whether images and labels were mixed up."
        )
    if suspects > _MOST_SUSPECTS * count:
        return (
            f"{suspects} of {count} labels contradict the images: too many to be single errors. "
            "The classes resemble each other too much, or labels were mixed up."
        )
    return ""
