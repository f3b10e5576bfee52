"""Temperatures and weights of several models, from answers that inner folds held out."""

from collections.abc import Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from peu.classifiers.fitted_recipe import HeldOut
from peu.classifiers.temperature import best_temperature
from peu.models.combination import Array, Combination, log_of, temper

_TEMPERATURES = (0.05, 20.0)
_STEPS = 1000
_SETTLED = 1e-9


def weigh(
    held_out: Sequence[HeldOut], labels: NDArray[np.int64], *, shrinkage: float
) -> Combination:
    """Choose each model's temperature, then the weights of their average.

    Each temperature has the lowest log loss on all answers of its model. The weights are the
    likeliest on the images that every model answered for, under a Dirichlet prior that pulls
    them towards equal ones; with few images it should.

    Args:
        held_out: the answers of each model.
        labels: (n,) of every image of the set.
        shrinkage: how many images' worth the pull is.

    Returns:
        The combination. Where nothing was answered for, temperatures are 1 and weights equal.
    """
    temperatures = tuple(
        _own_temperature(each.probabilities, labels[each.indices]) for each in held_out
    )
    common = reduce(np.intersect1d, [each.indices for each in held_out])
    likelihoods = np.empty((len(common), len(held_out)))
    for column, (each, temperature) in enumerate(zip(held_out, temperatures, strict=True)):
        order = np.argsort(each.indices, kind="stable")
        places = order[np.searchsorted(each.indices[order], common)]
        tempered = temper(each.probabilities[places], temperature)
        likelihoods[:, column] = tempered[np.arange(len(common)), labels[common]]
    return Combination(temperatures, tuple(_best_weights(likelihoods, shrinkage).tolist()))


def _own_temperature(probabilities: Array, labels: NDArray[np.int64]) -> float:
    if len(labels) == 0:
        return 1.0
    return best_temperature(log_of(probabilities), labels, within=_TEMPERATURES)


def _best_weights(likelihoods: Array, shrinkage: float) -> Array:
    """Climb to the likeliest weights of a mixture by expectation and maximisation.

    The likelihood has no second hill: it is concave in the weights.
    """
    images, models = likelihoods.shape
    weights = np.full(models, 1 / models)
    if images == 0:
        return weights
    for _ in range(_STEPS):
        shares = np.maximum(weights * likelihoods, 1e-300)
        shares /= shares.sum(axis=1, keepdims=True)
        better = (shares.sum(axis=0) + shrinkage / models) / (images + shrinkage)
        if np.abs(better - weights).max() < _SETTLED:
            break
        weights = better
    return np.asarray(weights / weights.sum())
