"""Which images to label next: those that a model hardly decides, no two of them alike."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

_CANDIDATES = 4
"""Images looked at for each one that is chosen: those of the smallest margin."""


def margins(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) how far the most probable class is before the second, from 0 to 1.

    Args:
        probabilities: (n, k), two classes or more.
    """
    best = np.partition(probabilities, -2, axis=1)[:, -2:]
    return np.asarray(best[:, 1] - best[:, 0], np.float64)


def choose_to_label(
    features: NDArray[np.floating],
    probabilities: NDArray[np.float64],
    *,
    count: int,
) -> NDArray[np.int64]:
    """Choose images whose labels would teach the most.

    Among the images of the smallest margin, one after the other is taken whose margin is small
    and which is far, by cosine, from those that were taken before.

    Args:
        features: (n, d).
        probabilities: (n, k) by a model that learnt from the labelled images.
        count: how many to choose, at most n.

    Returns:
        (count,) positions, the most instructive first.

    Source: Settles (2009), "Active learning literature survey", for the margin.
    """
    margin = margins(probabilities)
    count = min(count, len(margin))
    pool = np.argsort(margin, kind="stable")[: _CANDIDATES * count]
    own = unit_length(features[pool])
    worth = 1 - margin[pool]
    distance = np.ones(len(pool))
    chosen: list[int] = []
    for _ in range(count):
        score = worth * distance
        score[chosen] = -1.0
        at = int(score.argmax())
        chosen.append(at)
        distance = np.minimum(distance, np.clip(1 - own @ own[at], 0.0, 1.0))
    return np.asarray(pool[chosen], np.int64)


def unit_length(features: ArrayLike) -> NDArray[np.float32]:
    """Features (n, d) divided by their length."""
    rows = np.asarray(features, np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), np.float32)
