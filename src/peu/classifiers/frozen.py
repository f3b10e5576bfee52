"""From frozen features: a pretrained backbone as it is, and a head trained on what it sees."""

import functools
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.classifiers.feature_cache import BATCH, cached_features
from peu.classifiers.fitted_recipe import FittedRecipe, HeldOut, Indices, TrainingPart
from peu.classifiers.labels import labels_of
from peu.classifiers.logistic import fit_logistic
from peu.images.dataset import ImageDataset
from peu.models.classifier import Classifier
from peu.models.network import NetworkModel
from peu.networks.backbones import (
    DEFAULT_SIZE,
    BackboneSource,
    feature_network,
    find_backbone,
    load_backbone,
)
from peu.networks.backend import keras
from peu.networks.fit import fit_network
from peu.networks.heads import linear_head, mlp_head
from peu.networks.history import History
from peu.recipes.frozen import Pooling, Transfer
from peu.seeds import child_seed


@dataclass(frozen=True, eq=False)
class FittedHead:
    """Hold a head that was trained on features.

    Attributes:
        network: a keras.Model from features (n, d) to probabilities (n, k).
        history: the figures of its training; empty for logistic regression.
        notes: what was chosen or went differently than asked.
        held_out: answers of inner folds, where choosing the strength made them.
    """

    network: Any
    history: History = field(default_factory=History)
    notes: tuple[str, ...] = ()
    held_out: HeldOut | None = None


def fit_frozen(
    recipe: Transfer,
    dataset: ImageDataset,
    part: TrainingPart,
) -> FittedRecipe:
    """Train a head on features of a backbone that stays as it is.

    Args:
        recipe: the backbone and the head.
        dataset: labelled images.
        part: which of them to learn from.

    Returns:
        The fitted recipe.

    Raises:
        BundleError: the backbone's file is damaged or no backbone.
        RecipeError: no such backbone.
        ResourceError: its weights are not here and could not be downloaded.
    """
    network, features = extract_features(recipe, dataset)
    head = fit_head(
        recipe,
        features,
        labels_of(dataset),
        part,
        class_count=len(dataset.class_names),
    )

    def predict(indices: Indices) -> NDArray[np.float64]:
        found = keras.ops.convert_to_numpy(head.network(features[indices], training=False))
        found = found.astype(np.float64)
        return np.asarray(found / found.sum(axis=1, keepdims=True))

    return FittedRecipe(
        predict_indices=predict,
        assemble=lambda: Classifier(
            model=NetworkModel(put_on(network, head.network)),
            class_names=dataset.class_names,
            resize_mode=recipe.resize_mode,
            recipe=recipe,
            history=head.history,
        ),
        parameters=int(network.count_params()) + int(head.network.count_params()),
        trainable_parameters=int(head.network.count_params()),
        history=head.history,
        notes=head.notes,
        held_out=head.held_out,
    )


def fit_head(
    recipe: Transfer,
    features: NDArray[np.float32],
    labels: NDArray[np.int64],
    part: TrainingPart,
    *,
    class_count: int,
) -> FittedHead:
    """Train the head that a recipe names.

    Args:
        recipe: logistic regression, or the MLP and how it is trained.
        features: (n, d) of every image of the set.
        labels: (n,).
        part: which images to learn from.
        class_count: classes to tell apart.

    Returns:
        The head.
    """
    if recipe.head == "logistic":
        fitted = fit_logistic(
            features[part.train],
            labels[part.train],
            part.groups[part.train],
            class_count=class_count,
            seed=child_seed(part.seed, "inner folds"),
        )
        held_out = None
        if fitted.held_out is not None:
            places, answers = fitted.held_out
            held_out = HeldOut(part.train[places], answers)
        head = linear_head(fitted.weights, fitted.intercepts)
        return FittedHead(head, notes=fitted.notes, held_out=held_out)
    head = mlp_head(
        features.shape[1], recipe.hidden_units, class_count, seed=child_seed(part.seed, "head")
    )
    watched = None
    if part.watched is not None:
        watched = (features[part.watched], labels[part.watched])
    history = fit_network(
        head,
        features[part.train],
        labels[part.train],
        recipe.training,
        seed=child_seed(part.seed, "batches"),
        watched=watched,
        stage=f"Training {recipe.name}",
    )
    return FittedHead(head, history, history.notes)


def extract_features(
    recipe: Transfer,
    dataset: ImageDataset,
) -> tuple[Any, NDArray[np.float32]]:
    """Give a recipe's feature network, and what it sees in every image of a set.

    Args:
        recipe: the backbone, its pooling, and how images are brought to its size.
        dataset: the images; they need no labels.

    Returns:
        The network from pixels to features, and the features (n, d).

    Raises:
        PeuError: as `fit_frozen`.
    """
    source = find_backbone(recipe.backbone, recipe.backbone_weights, recipe.backbone_preprocessing)
    network = _feature_network(source, recipe.image_size, recipe.pooling)
    height, width = network.input_shape[1:3]
    features = cached_features(
        dataset,
        (int(height), int(width)),
        recipe.resize_mode,
        identity=f"{source.identity}:{source.preprocessing}:{recipe.pooling}",
        compute=functools.partial(run_network, network),
        stage=f"Extracting features of {recipe.name}",
    )
    return network, features


def load_feature_network(recipe: Transfer) -> Any:
    """Load the pretrained network of a recipe, downloading its weights where they are not here.

    Args:
        recipe: the backbone and its pooling.

    Returns:
        A keras.Model from pixels to features, kept for whoever asks next.

    Raises:
        BundleError: the backbone's file is damaged or no backbone.
        RecipeError: no such backbone.
        ResourceError: its weights are not here and could not be downloaded.
    """
    source = find_backbone(recipe.backbone, recipe.backbone_weights, recipe.backbone_preprocessing)
    return _feature_network(source, recipe.image_size, recipe.pooling)


@functools.lru_cache(maxsize=2)
def _feature_network(
    source: BackboneSource, image_size: tuple[int, int] | None, pooling: Pooling
) -> Any:
    backbone = load_backbone(source, image_size)
    made_for = backbone.input_shape[1:3]
    if image_size is None:
        image_size = DEFAULT_SIZE if None in made_for else (int(made_for[0]), int(made_for[1]))
    return feature_network(backbone, source.preprocessing, pooling, image_size)


def run_network(network: Any, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Give what a network makes of a batch of images, of `BATCH` at most."""
    # Filled up, since a batch of another size would have its graph traced anew, for seconds.
    missing = BATCH - len(pixels)
    filled = np.concatenate([pixels, np.zeros((missing, *pixels.shape[1:]), np.uint8)])
    return np.asarray(network.predict_on_batch(filled), np.float32)[: len(pixels)]


def put_on(network: Any, head: Any) -> Any:
    """Put a copy of a head on a feature network: one graph from pixels to probabilities."""
    x = network.output
    for layer in head.layers[1:]:
        # A copy, since a layer that stands in two graphs has no one output to explain.
        copy = layer.__class__.from_config(layer.get_config())
        x = copy(x)
        copy.set_weights(layer.get_weights())
    return keras.Model(network.input, x, name="classifier")
