"""The ways to one classifier: choose the strategy that a recipe names."""

from pathlib import Path
from typing import Any

import numpy as np

from peu import __version__
from peu.data.dataset import ImageDataset
from peu.data.duplicates import duplicate_groups
from peu.errors import DataError
from peu.fitted.classifier import Classifier
from peu.fitted.marks import picture_mark
from peu.progress import Progress, silent
from peu.recipes.augmented import Augmented
from peu.recipes.descriptors import Descriptors
from peu.recipes.ensemble import Ensemble
from peu.recipes.finetune import FineTune
from peu.recipes.fisher import FisherVectors
from peu.recipes.registry import Recipe
from peu.recipes.scratch import Scratch
from peu.recipes.tuned import Tuned
from peu.strategies.fitted_recipe import FittedRecipe, TrainingPart
from peu.strategies.labels import labels_of
from peu.strategies.search_record import search_to_dict


def fit_recipe(
    recipe: Recipe, dataset: ImageDataset, part: TrainingPart, *, progress: Progress = silent
) -> FittedRecipe:
    """Fit any recipe on part of a picture set.

    Args:
        recipe: how.
        dataset: labelled pictures.
        part: which of them to learn from.
        progress: told of what is done.

    Returns:
        The fitted recipe.

    Raises:
        PeuError: what the recipe needs is not to be had, or its training diverged.
    """
    present = np.unique(labels_of(dataset)[part.train])
    if len(present) < len(dataset.class_names):
        missing = [name for i, name in enumerate(dataset.class_names) if i not in present]
        raise DataError(
            "Every class must have a picture to learn from. Received none of: "
            f"{', '.join(missing[:3])}. Add pictures, or leave the class out."
        )
    if isinstance(recipe, Ensemble):
        from peu.strategies.ensemble import fit_ensemble

        return fit_ensemble(recipe, dataset, part, fit_member=fit_recipe, progress=progress)
    if isinstance(recipe, Descriptors):
        from peu.strategies.descriptors import fit_descriptors

        return fit_descriptors(recipe, dataset, part, progress=progress)
    if isinstance(recipe, FisherVectors):
        from peu.strategies.fisher import fit_fisher

        return fit_fisher(recipe, dataset, part, progress=progress)
    # The other strategies start Keras, which takes seconds that these need not wait.
    if isinstance(recipe, (Scratch, Augmented)):
        from peu.strategies.scratch import fit_scratch

        return fit_scratch(recipe, dataset, part, progress=progress)
    if isinstance(recipe, Tuned):
        from peu.strategies.tuned import fit_tuned

        return fit_tuned(recipe, dataset, part, progress=progress)
    if isinstance(recipe, FineTune):
        from peu.strategies.finetune import fit_finetune

        return fit_finetune(recipe, dataset, part, progress=progress)
    from peu.strategies.frozen import fit_frozen

    return fit_frozen(recipe, dataset, part, progress=progress)


def fit_classifier(
    recipe: Recipe,
    dataset: ImageDataset,
    *,
    seed: int = 0,
    search_folder: Path | None = None,
    progress: Progress = silent,
) -> Classifier:
    """Learn a classifier from all pictures of a set.

    How good it is, only pictures that it has not seen can say: compare recipes first, and keep
    the figures of the recipe chosen.

    Args:
        recipe: how.
        dataset: labelled pictures.
        seed: of everything random; the same seed gives the same classifier on one machine.
        search_folder: where a recipe that searches its knobs keeps what it has tried, to go on
            from there if it is killed; None keeps it in memory.
        progress: told of what is done.

    Returns:
        The classifier.

    Raises:
        PeuError: what the recipe needs is not to be had, or its training diverged.

    Example:
        >>> from peu import Descriptors, fit_classifier, load_dataset  # doctest: +SKIP
        >>> classifier = fit_classifier(Descriptors(), load_dataset("photos/"))  # doctest: +SKIP
    """
    part = TrainingPart(
        train=np.arange(len(dataset), dtype=np.int64),
        groups=duplicate_groups(dataset),
        seed=seed,
        folder=search_folder,
    )
    fitted = fit_recipe(recipe, dataset, part, progress=progress)
    classifier = fitted.assemble()
    classifier.provenance.update(_provenance(dataset, seed, fitted))
    return classifier


def _provenance(dataset: ImageDataset, seed: int, fitted: FittedRecipe) -> dict[str, Any]:
    return {
        "peu": __version__,
        "dataset": dataset.name,
        "fingerprint": dataset.fingerprint,
        "pictures": len(dataset),
        "picture_marks": sorted(picture_mark(facts.sha256) for facts in dataset.facts),
        "seed": seed,
        "parameters": fitted.parameters,
        "trainable_parameters": fitted.trainable_parameters,
        "notes": list(fitted.notes),
        **({} if fitted.search is None else {"search": search_to_dict(fitted.search)}),
    }
