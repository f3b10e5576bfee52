"""From nothing: a network trained on the pixels of the pictures at hand."""

import math
from typing import Any

from peu.data.dataset import ImageDataset
from peu.fitted.classifier import Classifier
from peu.fitted.network import NetworkModel
from peu.networks.augmentation import MIXUP, augmenting
from peu.networks.residual import residual_network
from peu.networks.small_cnn import small_cnn
from peu.networks.views import averaging_views
from peu.progress import Progress, silent
from peu.recipes.augmented import Augmented
from peu.recipes.scratch import Scratch
from peu.seeds import child_seed
from peu.strategies.fitted_recipe import FittedRecipe, TrainingPart
from peu.strategies.labels import labels_of
from peu.training.callbacks import AfterEpoch, TellEpochs
from peu.training.fit import fit_network
from peu.training.precision import choose_precision


def fit_scratch(
    recipe: Scratch | Augmented,
    dataset: ImageDataset,
    part: TrainingPart,
    *,
    after_epoch: AfterEpoch | None = None,
    progress: Progress = silent,
) -> FittedRecipe:
    """Train the sheet's network, or a small residual one, on the training pictures.

    Args:
        recipe: the network, how pictures are varied, and how it is trained.
        dataset: labelled pictures.
        part: which of them to learn from.
        after_epoch: takes the number and the figures of every epoch; raising ends the training.
        progress: told of every epoch.

    Returns:
        The fitted recipe; its answers are means over the recipe's views.

    Raises:
        RecipeError: the training diverged.
    """
    network = _network(recipe, len(dataset.class_names), part.seed)
    answering = averaging_views(network, recipe.views, flips=recipe.augmentation.flips)
    labels = labels_of(dataset)
    watched = None
    if part.watched is not None:
        watched = (
            dataset.pixels(part.watched, recipe.image_size, recipe.fit),
            labels[part.watched],
        )
    history = fit_network(
        augmenting(
            network,
            recipe.augmentation,
            recipe.image_size,
            seed=child_seed(part.seed, "augmentation"),
        ),
        dataset.pixels(part.train, recipe.image_size, recipe.fit, progress=progress),
        labels[part.train],
        recipe.training,
        seed=child_seed(part.seed, "batches"),
        watched=watched,
        even_batches=isinstance(recipe, Augmented) or recipe.batch_norm,
        mixup=MIXUP if recipe.augmentation.policy == "mixup" else 0.0,
        callbacks=() if after_epoch is None else (TellEpochs(after_epoch),),
        progress=progress,
        stage=f"Training {recipe.name}",
    )
    model = NetworkModel(answering)
    return FittedRecipe(
        predict_indices=lambda indices: model.predict_proba(
            dataset.pixels(indices, recipe.image_size, recipe.fit)
        ),
        assemble=lambda: Classifier(
            model=model,
            class_names=dataset.class_names,
            fit=recipe.fit,
            recipe=recipe,
            history=history,
        ),
        parameters=int(network.count_params()),
        trainable_parameters=sum(math.prod(each.shape) for each in network.trainable_weights),
        history=history,
        notes=history.notes,
    )


def _network(recipe: Scratch | Augmented, class_count: int, seed: int) -> Any:
    drawn = child_seed(seed, "network")
    precision = choose_precision(recipe.training.precision)
    if isinstance(recipe, Augmented):
        return residual_network(recipe, class_count, seed=drawn, precision=precision)
    return small_cnn(recipe, class_count, seed=drawn, precision=precision)
