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
    recipe: Scratch,
    dataset: ImageDataset,
    part: TrainingPart,
    *,
    after_epoch: AfterEpoch | None = None,
    progress: Progress = silent,
) -> FittedRecipe:
    """Train the sheet's network on the training pictures.

    Args:
        recipe: the network and how it is trained.
        dataset: labelled pictures.
        part: which of them to learn from.
        after_epoch: takes the number and the figures of every epoch; raising ends the training.
        progress: told of every epoch.

    Returns:
        The fitted recipe.

    Raises:
        RecipeError: the training diverged.
    """
    network = small_cnn(
        recipe,
        len(dataset.class_names),
        seed=child_seed(part.seed, "network"),
        precision=choose_precision(recipe.training.precision),
    )
    answering = averaging_views(network, recipe.views, flips=recipe.augmentation.flips)
    return fit_pixel_network(
        network, answering, recipe, dataset, part, after_epoch=after_epoch, progress=progress
    )


def fit_augmented(
    recipe: Augmented, dataset: ImageDataset, part: TrainingPart, *, progress: Progress = silent
) -> FittedRecipe:
    """Train a small residual network on pictures that are varied anew each epoch.

    Args:
        recipe: the network, how pictures are varied, and how it is trained.
        dataset: labelled pictures.
        part: which of them to learn from.
        progress: told of every epoch.

    Returns:
        The fitted recipe; its answers are means over the recipe's views.

    Raises:
        RecipeError: the training diverged.
    """
    network = residual_network(
        recipe,
        len(dataset.class_names),
        seed=child_seed(part.seed, "network"),
        precision=choose_precision(recipe.training.precision),
    )
    answering = averaging_views(network, recipe.views, flips=recipe.augmentation.flips)
    return fit_pixel_network(network, answering, recipe, dataset, part, progress=progress)


def fit_pixel_network(
    network: Any,
    answering: Any,
    recipe: Scratch | Augmented,
    dataset: ImageDataset,
    part: TrainingPart,
    *,
    after_epoch: AfterEpoch | None = None,
    progress: Progress = silent,
) -> FittedRecipe:
    """Train a network that takes pixels, as its recipe says.

    Args:
        network: what is trained, from uint8 pixels to probabilities.
        answering: what answers and is saved; it shares the network's weights.
        recipe: picture size, augmentation and training.
        dataset: labelled pictures.
        part: which of them to learn from.
        after_epoch: takes the number and the figures of every epoch; raising ends the training.
        progress: told of every epoch.

    Returns:
        The fitted recipe.

    Raises:
        RecipeError: the training diverged.
    """
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
