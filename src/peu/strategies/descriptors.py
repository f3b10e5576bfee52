"""From descriptors: gradient histograms and a support vector machine, no network at all."""

import numpy as np
from numpy.typing import NDArray

from peu.data.dataset import ImageDataset
from peu.fitted.classifier import Classifier
from peu.fitted.descriptors import colour_statistics, gradient_histograms
from peu.fitted.kernel_machine import KernelMachine, softmax
from peu.progress import Progress, silent
from peu.recipes.descriptors import Descriptors
from peu.seeds import child_seed
from peu.strategies.feature_cache import cached_features
from peu.strategies.fitted_recipe import FittedRecipe, Indices, TrainingPart
from peu.strategies.inner_folds import inner_folds
from peu.strategies.labels import labels_of

Array = NDArray[np.float64]
_WITHOUT_INNER_FOLDS = 0.25


def fit_descriptors(
    recipe: Descriptors, dataset: ImageDataset, part: TrainingPart, *, progress: Progress = silent
) -> FittedRecipe:
    """Fit a support vector machine on descriptors of the training pictures.

    Its probabilities are a softmax of its scores; the one temperature comes from scores of
    pictures that inner folds held out.

    Args:
        recipe: the descriptors and the machine.
        dataset: labelled pictures.
        part: which of them to learn from.
        progress: told while pictures are described.

    Returns:
        The fitted recipe.
    """
    labels = labels_of(dataset)[part.train]
    groups = part.groups[part.train]
    seed = child_seed(part.seed, "inner folds")
    histograms = _histograms(recipe, dataset, progress)
    colours = None if recipe.colour == "never" else _colours(recipe, dataset, progress)

    features = histograms
    held_out = _held_out_scores(recipe, histograms[part.train], labels, groups, seed)
    notes: tuple[str, ...] = ()
    if colours is not None:
        both = np.hstack([histograms, colours])
        with_colours = _held_out_scores(recipe, both[part.train], labels, groups, seed)
        helps = _log_loss(*with_colours) < _log_loss(*held_out)
        if recipe.colour == "always" or helps:
            features, held_out = both, with_colours
        if recipe.colour == "auto":
            notes = (f"Inner folds chose {'to add' if helps else 'no'} colour statistics.",)

    machine = _fit_machine(
        recipe,
        features[part.train],
        labels,
        temperature=_best_temperature(*held_out),
        with_colour=features is not histograms,
    )

    def predict(indices: Indices) -> Array:
        return softmax(machine.scores(features[indices]) / machine.temperature)

    count = machine.support_vectors.size + machine.coefficients.size + machine.intercepts.size
    return FittedRecipe(
        predict_indices=predict,
        assemble=lambda: Classifier(
            model=machine, class_names=dataset.class_names, fit=recipe.fit, recipe=recipe
        ),
        parameters=count,
        trainable_parameters=count,
        notes=notes,
    )


def _histograms(recipe: Descriptors, dataset: ImageDataset, progress: Progress) -> Array:
    return cached_features(
        dataset,
        recipe.image_size,
        recipe.fit,
        identity=f"hog:{recipe.orientations}:{recipe.cell_size}:{recipe.block_size}",
        compute=lambda pixels: gradient_histograms(
            pixels,
            orientations=recipe.orientations,
            cell_size=recipe.cell_size,
            block_size=recipe.block_size,
        ),
        progress=progress,
        stage="Describing gradients",
    )


def _colours(recipe: Descriptors, dataset: ImageDataset, progress: Progress) -> Array:
    return cached_features(
        dataset,
        recipe.image_size,
        recipe.fit,
        identity="lab:1",
        compute=colour_statistics,
        progress=progress,
        stage="Describing colours",
    )


def _fit_machine(
    recipe: Descriptors,
    features: Array,
    labels: NDArray[np.int64],
    *,
    temperature: float,
    with_colour: bool,
) -> KernelMachine:
    from sklearn.svm import SVC

    centre = features.mean(axis=0)
    scale = features.std(axis=0)
    scale[scale == 0] = 1
    standardised = (features - centre) / scale
    gamma = 1 / standardised.shape[1] if recipe.kernel == "rbf" else 0.0
    machine = SVC(
        C=recipe.regularization, kernel=recipe.kernel, gamma=gamma or "scale", cache_size=500
    ).fit(standardised, labels)
    height, width = recipe.image_size
    # scikit-learn turns the signs of a two-class machine around; LIBSVM's order is undone here.
    sign = -1.0 if len(machine.classes_) == 2 else 1.0
    return KernelMachine(
        support_vectors=machine.support_vectors_,
        coefficients=sign * machine.dual_coef_,
        intercepts=sign * machine.intercept_,
        support_counts=machine.n_support_.astype(np.int64),
        gamma=gamma,
        temperature=temperature,
        centre=centre,
        scale=scale,
        orientations=recipe.orientations,
        cell_size=recipe.cell_size,
        block_size=recipe.block_size,
        with_colour=with_colour,
        height=height,
        width=width,
    )


def _held_out_scores(
    recipe: Descriptors,
    features: Array,
    labels: NDArray[np.int64],
    groups: NDArray[np.int64],
    seed: int,
) -> tuple[Array, NDArray[np.int64]]:
    scores, truths = [], []
    for fit, judge in inner_folds(labels, groups, seed=seed):
        machine = _fit_machine(
            recipe, features[fit], labels[fit], temperature=1.0, with_colour=False
        )
        scores.append(machine.scores(features[judge]))
        truths.append(labels[judge])
    if not scores:
        return np.zeros((0, 0)), labels[:0]
    return np.concatenate(scores), np.concatenate(truths)


def _log_loss(scores: Array, labels: NDArray[np.int64], temperature: float | None = None) -> float:
    if len(labels) == 0:
        return float("inf")
    divisor = temperature or _best_temperature(scores, labels)
    chosen = softmax(scores / divisor)[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(chosen, 1e-12)).mean())


def _best_temperature(scores: Array, labels: NDArray[np.int64]) -> float:
    from scipy.optimize import minimize_scalar

    if len(labels) == 0:
        return _WITHOUT_INNER_FOLDS
    found = minimize_scalar(
        lambda log_temperature: _log_loss(scores, labels, float(np.exp(log_temperature))),
        bounds=(-5, 3),
        method="bounded",
    )
    return float(np.exp(found.x))
