"""From nothing: a small convolutional network trained on the pictures at hand."""

from peu.data.dataset import ImageDataset
from peu.fitted.classifier import Classifier
from peu.fitted.network import NetworkModel
from peu.networks.small_cnn import small_cnn
from peu.progress import Progress, silent
from peu.recipes.scratch import Scratch
from peu.seeds import child_seed
from peu.strategies.fitted_recipe import FittedRecipe, TrainingPart
from peu.strategies.labels import labels_of
from peu.training.fit import fit_network
from peu.training.precision import choose_precision


def fit_scratch(
    recipe: Scratch, dataset: ImageDataset, part: TrainingPart, *, progress: Progress = silent
) -> FittedRecipe:
    """Train the sheet's network on the training pictures.

    Args:
        recipe: the network and how it is trained.
        dataset: labelled pictures.
        part: which of them to learn from.
        progress: told of every epoch.

    Returns:
        The fitted recipe.

    Raises:
        RecipeError: the training diverged.
    """
    labels = labels_of(dataset)
    network = small_cnn(
        recipe,
        len(dataset.class_names),
        seed=child_seed(part.seed, "network"),
        precision=choose_precision(recipe.training.precision),
    )
    watched = None
    if part.watched is not None:
        watched = (
            dataset.pixels(part.watched, recipe.image_size, recipe.fit),
            labels[part.watched],
        )
    history = fit_network(
        network,
        dataset.pixels(part.train, recipe.image_size, recipe.fit, progress=progress),
        labels[part.train],
        recipe.training,
        seed=child_seed(part.seed, "batches"),
        watched=watched,
        progress=progress,
        stage=f"Training {recipe.name}",
    )
    model = NetworkModel(network)
    count = int(network.count_params())
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
        parameters=count,
        trainable_parameters=count,
        history=history,
        notes=history.notes,
    )
