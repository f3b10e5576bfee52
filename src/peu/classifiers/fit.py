"""The ways to one classifier: choose the strategy that a recipe names."""

from pathlib import Path
from typing import Any

import numpy as np

from peu import __version__
from peu.classifiers.fitted_recipe import FittedRecipe, TrainingPart
from peu.classifiers.labels import labels_of
from peu.classifiers.search_record import search_to_dict
from peu.errors import DataError
from peu.images.dataset import ImageDataset
from peu.images.duplicates import duplicate_groups
from peu.models.classifier import Classifier
from peu.models.marks import image_mark
from peu.recipes.augmented import SmallResNet
from peu.recipes.descriptors import HogSVM
from peu.recipes.ensemble import Ensemble
from peu.recipes.finetune import FineTune
from peu.recipes.fisher import FisherVectors
from peu.recipes.registry import Recipe
from peu.recipes.scratch import SmallCNN
from peu.recipes.tuned import TunedCNN


def fit_recipe(
    recipe: Recipe,
    dataset: ImageDataset,
    part: TrainingPart,
) -> FittedRecipe:
    """Fit any recipe on part of an image set.

    Args:
        recipe: how.
        dataset: labelled images.
        part: which of them to learn from.

    Returns:
        The fitted recipe.

    Raises:
        PeuError: what the recipe needs is not to be had, or its training diverged.
    """
    present = np.unique(labels_of(dataset)[part.train])
    if len(present) < len(dataset.class_names):
        missing = [name for i, name in enumerate(dataset.class_names) if i not in present]
        raise DataError(
            "Every class must have an image to learn from. Received none of: "
            f"{', '.join(missing[:3])}. Add images, or leave the class out."
        )
    if isinstance(recipe, Ensemble):
        from peu.classifiers.ensemble import fit_ensemble

        return fit_ensemble(recipe, dataset, part, fit_member=fit_recipe)
    if isinstance(recipe, HogSVM):
        from peu.classifiers.descriptors import fit_descriptors

        return fit_descriptors(recipe, dataset, part)
    if isinstance(recipe, FisherVectors):
        from peu.classifiers.fisher import fit_fisher

        return fit_fisher(recipe, dataset, part)
    # The other strategies start Keras, which takes seconds that these need not wait.
    if isinstance(recipe, (SmallCNN, SmallResNet)):
        from peu.classifiers.scratch import fit_scratch

        return fit_scratch(recipe, dataset, part)
    if isinstance(recipe, TunedCNN):
        from peu.classifiers.tuned import fit_tuned

        return fit_tuned(recipe, dataset, part)
    if isinstance(recipe, FineTune):
        from peu.classifiers.finetune import fit_finetune

        return fit_finetune(recipe, dataset, part)
    from peu.classifiers.frozen import fit_frozen

    return fit_frozen(recipe, dataset, part)


def fit_classifier(
    recipe: Recipe,
    dataset: ImageDataset,
    *,
    seed: int = 0,
    search_folder: Path | None = None,
) -> Classifier:
    """Learn a classifier from all images of a set.

    How good it is, only images that it has not seen can say: compare recipes first, and keep
    the figures of the recipe chosen.

    Args:
        recipe: how.
        dataset: labelled images.
        seed: of everything random; the same seed gives the same classifier on one machine.
        search_folder: where a recipe that searches its settings keeps what it has tried, to go on
            from there if it is killed; None keeps it in memory.

    Returns:
        The classifier.

    Raises:
        PeuError: what the recipe needs is not to be had, or its training diverged.

    Example:
        >>> from peu import HogSVM, fit_classifier, load_dataset  # doctest: +SKIP
        >>> classifier = fit_classifier(HogSVM(), load_dataset("photos/"))  # doctest: +SKIP
    """
    part = TrainingPart(
        train=np.arange(len(dataset), dtype=np.int64),
        groups=duplicate_groups(dataset),
        seed=seed,
        folder=search_folder,
    )
    fitted = fit_recipe(recipe, dataset, part)
    classifier = fitted.assemble()
    classifier.provenance.update(_provenance(dataset, seed, fitted))
    return classifier


def _provenance(dataset: ImageDataset, seed: int, fitted: FittedRecipe) -> dict[str, Any]:
    return {
        "peu": __version__,
        "dataset": dataset.name,
        "fingerprint": dataset.fingerprint,
        "images": len(dataset),
        "image_marks": sorted(image_mark(facts.sha256) for facts in dataset.facts),
        "seed": seed,
        "parameters": fitted.parameters,
        "trainable_parameters": fitted.trainable_parameters,
        "notes": list(fitted.notes),
        **({} if fitted.search is None else {"search": search_to_dict(fitted.search)}),
    }
