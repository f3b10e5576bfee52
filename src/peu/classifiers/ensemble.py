"""From several recipes to one classifier that averages them."""

from collections.abc import Callable, Sequence

import numpy as np

from peu.classifiers.fitted_recipe import FittedRecipe, Indices, TrainingPart
from peu.classifiers.held_out import answer_held_out
from peu.classifiers.labels import labels_of
from peu.classifiers.weighing import weigh
from peu.images.dataset import ImageDataset
from peu.models.classifier import Classifier
from peu.models.combination import Array, Combination
from peu.models.ensemble import EnsembleModel
from peu.recipes.ensemble import Ensemble
from peu.seeds import child_seed

FitMember = Callable[..., FittedRecipe]


def fit_ensemble(
    recipe: Ensemble,
    dataset: ImageDataset,
    part: TrainingPart,
    *,
    fit_member: FitMember,
) -> FittedRecipe:
    """Fit every member on the training images, and weigh them by what inner folds held out.

    A member that chooses its own settings on inner folds has such answers already; another one is
    fitted once more on an inner fold.

    Args:
        recipe: the members.
        dataset: labelled images.
        part: which of them to learn from.
        fit_member: fits any single recipe, as `fit_recipe` does.

    Returns:
        The fitted recipe.

    Raises:
        PeuError: a member cannot be fitted.
    """
    fitted, held_out = [], []
    for member in recipe.members:
        own = TrainingPart(
            train=part.train,
            groups=part.groups,
            watched=part.watched,
            seed=child_seed(part.seed, member.kind),
            folder=part.folder,
        )

        def fit(inner: TrainingPart, member: object = member) -> FittedRecipe:
            return fit_member(member, dataset, inner)

        fitted.append(fit(own))
        held_out.append(fitted[-1].held_out or answer_held_out(fit, dataset, own))
    combination = weigh(held_out, labels_of(dataset), shrinkage=recipe.shrinkage)

    def predict(indices: Indices) -> Array:
        return combination.combine([member.predict_indices(indices) for member in fitted])

    return FittedRecipe(
        predict_indices=predict,
        assemble=lambda: Classifier(
            model=EnsembleModel(tuple(member.assemble() for member in fitted), combination),
            class_names=dataset.class_names,
            resize_mode=recipe.resize_mode,
            recipe=recipe,
        ),
        parameters=sum(member.parameters for member in fitted),
        trainable_parameters=sum(member.trainable_parameters for member in fitted),
        notes=(
            *(
                f"{member.name}: {note}"
                for member, one in zip(recipe.members, fitted, strict=True)
                for note in one.notes
            ),
            describe_combination(
                [member.name for member in recipe.members],
                combination,
                len(np.unique(np.concatenate([each.indices for each in held_out]))),
            ),
        ),
    )


def describe_combination(names: Sequence[str], combination: Combination, images: int) -> str:
    """Say how members are weighed, in a sentence."""
    if images == 0:
        return "Too few images a class to weigh the members on inner folds: all count alike."
    weighed = ", ".join(
        f"{name} {weight:.2f} (temperature {temperature:.2f})"
        for name, weight, temperature in zip(
            names, combination.weights, combination.temperatures, strict=True
        )
    )
    return f"Inner folds weighed the members: {weighed}."
