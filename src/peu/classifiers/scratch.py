"""From nothing: a network trained on the pixels of the images at hand."""

import math
from typing import Any

from peu.classifiers.fitted_recipe import FittedRecipe, TrainingPart
from peu.classifiers.labels import labels_of
from peu.images.dataset import ImageDataset
from peu.models.classifier import Classifier
from peu.models.network import NetworkModel
from peu.networks.augmentation import MIXUP, augmenting
from peu.networks.callbacks import AfterEpoch, TellEpochs
from peu.networks.fit import fit_network
from peu.networks.precision import choose_precision
from peu.networks.residual import residual_network
from peu.networks.small_cnn import small_cnn
from peu.networks.views import averaging_views
from peu.recipes.augmented import SmallResNet
from peu.recipes.scratch import SmallCNN
from peu.seeds import child_seed


def fit_scratch(
    recipe: SmallCNN | SmallResNet,
    dataset: ImageDataset,
    part: TrainingPart,
    *,
    after_epoch: AfterEpoch | None = None,
) -> FittedRecipe:
    """Train the sheet's network, or a small residual one, on the training images.

    Args:
        recipe: the network, how images are varied, and how it is trained.
        dataset: labelled images.
        part: which of them to learn from.
        after_epoch: takes the number and the figures of every epoch; raising ends the training.

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
            dataset[part.watched].pixels(recipe.image_size, recipe.resize_mode),
            labels[part.watched],
        )
    history = fit_network(
        augmenting(
            network,
            recipe.augmentation,
            recipe.image_size,
            seed=child_seed(part.seed, "augmentation"),
        ),
        dataset[part.train].pixels(recipe.image_size, recipe.resize_mode),
        labels[part.train],
        recipe.training,
        seed=child_seed(part.seed, "batches"),
        watched=watched,
        even_batches=isinstance(recipe, SmallResNet) or recipe.batch_norm,
        mixup=MIXUP if recipe.augmentation.policy == "mixup" else 0.0,
        callbacks=() if after_epoch is None else (TellEpochs(after_epoch),),
        stage=f"Training {recipe.name}",
    )
    model = NetworkModel(answering)
    return FittedRecipe(
        predict_indices=lambda indices: model.predict_proba(
            dataset[indices].pixels(recipe.image_size, recipe.resize_mode)
        ),
        assemble=lambda: Classifier(
            model=model,
            class_names=dataset.class_names,
            resize_mode=recipe.resize_mode,
            recipe=recipe,
            history=history,
        ),
        parameters=int(network.count_params()),
        trainable_parameters=sum(math.prod(each.shape) for each in network.trainable_weights),
        history=history,
        notes=history.notes,
    )


def _network(recipe: SmallCNN | SmallResNet, class_count: int, seed: int) -> Any:
    drawn = child_seed(seed, "network")
    precision = choose_precision(recipe.training.precision)
    if isinstance(recipe, SmallResNet):
        return residual_network(recipe, class_count, seed=drawn, precision=precision)
    return small_cnn(recipe, class_count, seed=drawn, precision=precision)
