"""From descriptors: gradient histograms and a support vector machine, no network at all."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from peu.classifiers.feature_cache import cached_features
from peu.classifiers.fitted_recipe import FittedRecipe, HeldOut, Indices, TrainingPart
from peu.classifiers.inner_folds import inner_folds
from peu.classifiers.labels import labels_of
from peu.classifiers.temperature import best_temperature, scores_log_loss
from peu.errors import ResourceError
from peu.images.dataset import ImageDataset
from peu.models.classifier import Classifier
from peu.models.descriptors import colour_statistics, gradient_histograms
from peu.models.kernel_machine import KernelMachine, softmax
from peu.recipes.descriptors import HogSVM
from peu.seeds import child_seed

Array = NDArray[np.float64]
_MOST_IMAGES = 20_000
_TO_CHOOSE = 1000
_GAMMAS = (0.25, 0.5, 1.0)
_USUAL_GAMMA = 0.5
_USUAL_TEMPERATURE = 0.25


@dataclass(frozen=True, eq=False)
class _Choice:
    """Hold one way to describe images and to compare them, and how it did on inner folds.

    Its answers for the images that they held out come in the folds' order.
    """

    gamma: float
    with_colour: bool
    temperature: float
    log_loss: float
    held_out: Array | None = None


def fit_descriptors(
    recipe: HogSVM,
    dataset: ImageDataset,
    part: TrainingPart,
) -> FittedRecipe:
    """Fit a support vector machine on descriptors of the training images.

    Its probabilities are a softmax of its scores. The temperature, the kernel's width and the
    use of colours are chosen on inner folds, by the log loss of images held out.

    Args:
        recipe: the descriptors and the machine.
        dataset: labelled images.
        part: which of them to learn from.

    Returns:
        The fitted recipe.

    Raises:
        ResourceError: more images than a kernel machine learns from in a bearable time.
    """
    if len(part.train) > _MOST_IMAGES:
        raise ResourceError(
            f"A kernel machine takes at most {_MOST_IMAGES:,} images to learn from, since its "
            f"time grows with their square. Received: {len(part.train):,}. Leave the recipe out "
            "(--recipes transfer), or take fewer images."
        )
    labels = labels_of(dataset)[part.train]
    groups = part.groups[part.train]
    seed = child_seed(part.seed, "inner folds")
    histograms = _histograms(recipe, dataset)

    described, both = [(histograms, False)], histograms
    if recipe.colour != "never":
        both = np.hstack([histograms, _colours(recipe, dataset)])
        described = [(both, True)] if recipe.colour == "always" else [*described, (both, True)]
    gammas = _GAMMAS if recipe.kernel == "rbf" else (0.0,)
    sample = _sample(labels, groups, seed)
    folds = list(inner_folds(labels[sample], groups[sample], seed=seed))
    best = min(
        (
            _judge(recipe, features[part.train[sample]], gamma, with_colour, labels[sample], folds)
            for features, with_colour in described
            for gamma in gammas
        ),
        key=lambda choice: (choice.log_loss, abs(choice.gamma - _USUAL_GAMMA)),
    )
    features = both if best.with_colour else histograms
    machine = _fit_machine(recipe, best, features[part.train], labels)
    notes: tuple[str, ...] = ()
    if folds and recipe.colour == "auto":
        notes = (f"Inner folds chose {'to add' if best.with_colour else 'no'} colour statistics.",)

    def predict(indices: Indices) -> Array:
        return softmax(machine.scores(features[indices]) / machine.temperature)

    count = machine.support_vectors.size + machine.coefficients.size + machine.intercepts.size
    return FittedRecipe(
        predict_indices=predict,
        assemble=lambda: Classifier(
            model=machine,
            class_names=dataset.class_names,
            resize_mode=recipe.resize_mode,
            recipe=recipe,
        ),
        parameters=count,
        trainable_parameters=count,
        notes=notes,
        held_out=None
        if best.held_out is None
        else HeldOut(
            part.train[sample[np.concatenate([judge for _, judge in folds])]], best.held_out
        ),
    )


def _sample(labels: NDArray[np.int64], groups: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Draw the images that choices are made on: all, or of very many some of each class.

    Near-duplicates are drawn together, since inner folds keep them together.
    """
    if len(labels) <= _TO_CHOOSE:
        return np.arange(len(labels))
    names, place = np.unique(groups, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(names))[place]
    share = max(2, _TO_CHOOSE // len(np.unique(labels)))
    drawn = [
        own[np.argsort(order[own], kind="stable")[:share]]
        for own in (np.flatnonzero(labels == label) for label in np.unique(labels))
    ]
    return np.sort(np.concatenate(drawn))


def _histograms(recipe: HogSVM, dataset: ImageDataset) -> Array:
    return cached_features(
        dataset,
        recipe.image_size,
        recipe.resize_mode,
        identity=f"hog-sqrt-colour:{recipe.orientations}:{recipe.cell_size}:{recipe.block_size}",
        compute=lambda pixels: gradient_histograms(
            pixels,
            orientations=recipe.orientations,
            cell_size=recipe.cell_size,
            block_size=recipe.block_size,
        ),
        stage="Describing gradients",
    )


def _colours(recipe: HogSVM, dataset: ImageDataset) -> Array:
    return cached_features(
        dataset,
        recipe.image_size,
        recipe.resize_mode,
        identity="lab:1",
        compute=colour_statistics,
        stage="Describing colours",
    )


def _judge(
    recipe: HogSVM,
    features: Array,
    gamma: float,
    with_colour: bool,
    labels: NDArray[np.int64],
    folds: Sequence[tuple[Indices, Indices]],
) -> _Choice:
    choice = _Choice(gamma, with_colour, _USUAL_TEMPERATURE, 0.0)
    if not folds:
        return choice
    scores, truths = [], []
    for fit, judge in folds:
        machine = _fit_machine(recipe, choice, features[fit], labels[fit])
        scores.append(machine.scores(features[judge]))
        truths.append(labels[judge])
    held_out, truth = np.concatenate(scores), np.concatenate(truths)
    temperature = best_temperature(held_out, truth)
    return replace(
        choice,
        temperature=temperature,
        log_loss=scores_log_loss(held_out, truth, temperature),
        held_out=softmax(held_out / temperature),
    )


def _fit_machine(
    recipe: HogSVM, choice: _Choice, features: Array, labels: NDArray[np.int64]
) -> KernelMachine:
    from sklearn.svm import SVC

    centre = features.mean(axis=0)
    scale = features.std(axis=0)
    scale[scale == 0] = 1
    standardised = (features - centre) / scale
    gamma = choice.gamma / features.shape[1]
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
        temperature=choice.temperature,
        centre=centre,
        scale=scale,
        orientations=recipe.orientations,
        cell_size=recipe.cell_size,
        block_size=recipe.block_size,
        with_colour=choice.with_colour,
        height=height,
        width=width,
    )
