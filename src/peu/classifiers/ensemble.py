"""An ensemble: the calibrated predictions of several recipes, averaged."""

from collections.abc import Sequence
from functools import reduce
from typing import Annotated

import numpy as np
from pydantic import Field

from peu.classifiers.base import FloatArray, ImageClassifier, Name, predict_held_out
from peu.classifiers.fisher import FisherVectors
from peu.classifiers.registry import AnyRecipe, recipe
from peu.classifiers.small_resnet import SmallResNet
from peu.classifiers.temperature import best_temperature
from peu.classifiers.training_set import HeldOut, Labels, TrainingSet
from peu.images.dataset import ImageDataset
from peu.models.combination import Combination, log_of, temper
from peu.models.ensemble import EnsembleModel
from peu.models.probability_model import ProbabilityModel
from peu.seeds import child_seed
from peu.settings import check_setting

_TEMPERATURES = (0.05, 20.0)
_STEPS = 1000
_CONVERGED = 1e-9


@recipe("ensemble")
class Ensemble(ImageClassifier):
    """Average the predictions of several recipes, each calibrated first.

    Recipes that err in different ways err less on average: Fisher vectors and a small network
    do. A temperature for each member and its weight come from predictions for training images
    that inner folds held out, never from test images. A member that chooses settings on inner
    folds has such predictions already; another one is fitted once more on an inner fold.

    Attributes:
        members_: the fitted members.
        combination_: their temperatures and weights.

    Source: Guo et al. (2017), "On calibration of modern neural networks", section 4.2, for the
    temperature; Jacobs et al. (1991) for weights by likelihood.
    """

    name: Name = "ensemble"
    members: Annotated[
        tuple[AnyRecipe, ...],
        Field(strict=False, description="Two or more recipes with different names."),
    ] = (FisherVectors(), SmallResNet())
    shrinkage: Annotated[
        float,
        Field(
            ge=0,
            lt=1e6,
            description="Pull of the weights towards equal ones, in images that it is worth.",
        ),
    ] = 10.0

    def __post_init__(self) -> None:
        kinds = [member.kind for member in self.members]
        names = [member.name for member in self.members]
        check_setting(
            "members",
            holds=len(kinds) >= 2 and self.kind not in kinds,
            expected="two or more recipes, none of them an ensemble",
            received=kinds,
            advice="Try --members fisher,resnet.",
        )
        check_setting(
            "members",
            holds=len(set(names)) == len(names),
            expected="recipes with different names",
            received=names,
            advice="Give each another `name`.",
        )

    @property
    def trains_network(self) -> bool:
        """Whether fitting trains a network, which takes long."""
        return any(member.trains_network for member in self.members)

    @property
    def saves_keras_network(self) -> bool:
        """Whether saving exports a Keras network, which needs the exporter."""
        return any(member.saves_keras_network for member in self.members)

    def _fit(self, data: TrainingSet) -> None:
        self.members_ = []
        held_out = []
        names = np.array(data.class_names)
        validation = None if data.validation is None else data.validation[0]
        for member in self.members:
            fitted = member.__sklearn_clone__()
            fitted.seed = child_seed(self.seed, member.kind)
            fitted.fit(data.images, names[data.labels], groups=data.groups, validation=validation)
            self.members_.append(fitted)
            held_out.append(fitted.held_out_ or predict_held_out(fitted, data))
        self.combination_ = weigh(held_out, data.labels, shrinkage=self.shrinkage)
        self.notes_ = (
            *(f"{each.name}: {note}" for each in self.members_ for note in each.notes_),
            describe_combination(
                [each.name for each in self.members],
                self.combination_,
                len(np.unique(np.concatenate([each.indices for each in held_out]))),
            ),
        )
        self.n_parameters_ = sum(each.n_parameters_ for each in self.members_)
        self.n_trainable_parameters_ = sum(each.n_trainable_parameters_ for each in self.members_)

    def _predict_proba(self, images: ImageDataset) -> FloatArray:
        return self.combination_.combine([each.predict_proba(images) for each in self.members_])

    def _model(self) -> ProbabilityModel:
        return EnsembleModel(tuple(each.predictor() for each in self.members_), self.combination_)


def describe_combination(names: Sequence[str], combination: Combination, images: int) -> str:
    """Say in a sentence how members are weighed."""
    if images == 0:
        return "Too few images per class to weigh the members on inner folds: all count the same."
    weights = zip(names, combination.weights, combination.temperatures, strict=True)
    listed = ", ".join(
        f"{name} {weight:.2f} (temperature {temperature:.2f})"
        for name, weight, temperature in weights
    )
    return f"Inner folds weighed the members: {listed}."


def weigh(held_out: Sequence[HeldOut], labels: Labels, *, shrinkage: float) -> Combination:
    """Choose each model's temperature, then the weights of their average.

    Each temperature has the lowest log loss on all predictions of its model. The weights are the
    likeliest on the images that every model predicted, under a Dirichlet prior that pulls them
    towards equal ones; with few images it should.

    Args:
        held_out: predictions of each model.
        labels: (n,) of every training image.
        shrinkage: how many images the pull is worth.

    Returns:
        The combination. Without predictions, temperatures are 1 and weights equal.
    """
    temperatures = tuple(
        best_temperature(log_of(each.probabilities), labels[each.indices], within=_TEMPERATURES)
        if len(each.indices)
        else 1.0
        for each in held_out
    )
    common = reduce(np.intersect1d, [each.indices for each in held_out])
    likelihoods = np.empty((len(common), len(held_out)))
    for column, (each, temperature) in enumerate(zip(held_out, temperatures, strict=True)):
        order = np.argsort(each.indices, kind="stable")
        places = order[np.searchsorted(each.indices[order], common)]
        tempered = temper(each.probabilities[places], temperature)
        likelihoods[:, column] = tempered[np.arange(len(common)), labels[common]]
    return Combination(temperatures, tuple(_best_weights(likelihoods, shrinkage).tolist()))


def _best_weights(likelihoods: FloatArray, shrinkage: float) -> FloatArray:
    """Climb to the likeliest weights of a mixture by expectation maximisation.

    The likelihood is concave in the weights, so that there is one maximum.
    """
    images, models = likelihoods.shape
    weights = np.full(models, 1 / models)
    if images == 0:
        return weights
    for _ in range(_STEPS):
        shares = np.maximum(weights * likelihoods, 1e-300)
        shares /= shares.sum(axis=1, keepdims=True)
        better = (shares.sum(axis=0) + shrinkage / models) / (images + shrinkage)
        if np.abs(better - weights).max() < _CONVERGED:
            break
        weights = better
    return np.asarray(weights / weights.sum())
