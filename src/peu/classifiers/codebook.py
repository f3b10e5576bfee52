"""A Gaussian mixture of patches, learnt from a sample of them."""

import dataclasses
import warnings

import numpy as np
from numpy.typing import NDArray

from peu.models.fisher import Codebook
from peu.models.patches import LEVELS

_STEPS = 30
_CLUSTER_STEPS = 10
_CLUSTERED = 5000
_LEAST_VARIANCE = 1e-6


def learn_codebook(
    for_axes: NDArray[np.uint8],
    for_mixture: NDArray[np.uint8],
    placed: NDArray[np.float32],
    *,
    dimensions: int,
    components: int,
    position_weight: float,
    seed: int,
) -> Codebook:
    """Find the main axes of descriptors, and a mixture of patches along them.

    Args:
        for_axes: descriptors (m, 136) that the axes are found from.
        for_mixture: descriptors (l, 136) that the mixture is learnt from.
        placed: their positions (l, 2).
        dimensions: axes that are kept.
        components: normal distributions of the mixture.
        position_weight: of positions beside descriptors; at 1 they are as far apart.
        seed: random seed of the mixture's start.

    Returns:
        The mixture, and how descriptors are projected to its space.
    """
    from sklearn.decomposition import PCA

    descriptors = for_axes.astype(np.float32) / LEVELS
    kept = min(dimensions, *descriptors.shape)
    axes = PCA(kept, svd_solver="covariance_eigh").fit(descriptors)
    spread = float(np.sqrt(axes.explained_variance_.sum()))
    blank = Codebook(
        centre=axes.mean_.astype(np.float64),
        projection=axes.components_.T.astype(np.float64),
        place_weight=position_weight * max(spread, _LEAST_VARIANCE),
        shares=np.ones(1),
        means=np.zeros((1, kept + 2)),
        variances=np.ones((1, kept + 2)),
    )
    sample = blank.project(for_mixture, placed)
    mixture = _first_guess(blank, sample, min(components, len(sample)), seed)
    for _ in range(_STEPS):
        mixture = _explaining(mixture, mixture.sums(sample))
    return mixture


def _first_guess(
    blank: Codebook, sample: NDArray[np.float32], components: int, seed: int
) -> Codebook:
    """A component for each cluster of patches."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        # Images of one colour have fewer different patches than clusters are wanted.
        warnings.simplefilter("ignore", ConvergenceWarning)
        clusters = KMeans(components, n_init=1, max_iter=_CLUSTER_STEPS, random_state=seed)
        cluster_of = clusters.fit(sample[:: max(1, len(sample) // _CLUSTERED)]).predict(sample)
    numbers = np.hstack([np.ones((len(sample), 1)), sample, sample.astype(np.float64) ** 2])
    sums = np.zeros((components, numbers.shape[1]))
    np.add.at(sums, cluster_of, numbers)
    return _explaining(blank, sums)


def _explaining(mixture: Codebook, sums: NDArray[np.float64]) -> Codebook:
    """The mixture of highest likelihood, given which patches each component explains."""
    # A component that explains nothing stays as narrow as can be, where nothing is.
    count = sums[:, :1] + 10 * np.finfo(np.float64).eps
    means, squares = np.split(sums[:, 1:] / count, 2, axis=1)
    return dataclasses.replace(
        mixture,
        shares=count[:, 0] / count.sum(),
        means=means,
        variances=np.maximum(squares - means**2, 0) + _LEAST_VARIANCE,
    )
