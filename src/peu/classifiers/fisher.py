"""From Fisher vectors: a mixture of small patches and a linear machine, no network at all."""

import dataclasses
import warnings
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from peu.classifiers.fitted_recipe import FittedRecipe, HeldOut, Indices, TrainingPart
from peu.classifiers.inner_folds import inner_folds
from peu.classifiers.labels import labels_of
from peu.classifiers.temperature import best_temperature
from peu.errors import ResourceError
from peu.images.dataset import ImageDataset
from peu.models.classifier import Classifier
from peu.models.fisher import Codebook, FisherMachine, linear_scores
from peu.models.kernel_machine import softmax
from peu.models.patches import PatchGrid, describe_patches
from peu.progress import report
from peu.recipes.fisher import FisherVectors
from peu.seeds import child_seed

Array = NDArray[np.float64]
Described = tuple[NDArray[np.float32], NDArray[np.float32]]
MOST_IMAGES = 5000
_TO_LEARN_PATCHES = 200
_PATCHES_FOR_AXES = 60_000
_PATCHES_FOR_MIXTURE = 20_000
_MIXTURE_STEPS = 30
_USUAL_TEMPERATURE = 0.3
_LEAST_VARIANCE = 1e-6
_STEPS = 20_000
_BATCH = 16


def fit_fisher(
    recipe: FisherVectors,
    dataset: ImageDataset,
    part: TrainingPart,
) -> FittedRecipe:
    """Fit a linear machine on Fisher vectors of the training images.

    The mixture is learnt from patches of at most 200 of them, without their classes. The
    temperature that makes probabilities of scores is chosen on inner folds, which share it.

    Args:
        recipe: the patches, the mixture and the machine.
        dataset: labelled images.
        part: which of them to learn from.

    Returns:
        The fitted recipe.

    Raises:
        ResourceError: more images than such a machine learns from in a bearable time.
    """
    if len(part.train) > MOST_IMAGES:
        raise ResourceError(
            f"Fisher vectors take at most {MOST_IMAGES:,} images to learn from, since all of "
            f"theirs are held in memory. Received: {len(part.train):,}. Take `hog` "
            "instead, or fewer images."
        )
    labels = labels_of(dataset)[part.train]
    generator = np.random.default_rng(child_seed(part.seed, "patches"))
    grid = PatchGrid(scales=recipe.scales, radius=recipe.radius, step=recipe.step)
    seen = np.sort(generator.permutation(part.train)[:_TO_LEARN_PATCHES])
    described = _describe(recipe, dataset, grid, seen)
    codebook = _learn_codebook(recipe, list(described.values()), generator)

    def encode(indices: Indices) -> NDArray[np.float32]:
        return _encode(recipe, dataset, grid, codebook, indices, described)

    vectors = encode(part.train)
    # A megabyte an image, and who predicts asks for others.
    described.clear()
    temperature, held_out = _USUAL_TEMPERATURE, None
    folds = list(
        inner_folds(labels, part.groups[part.train], seed=child_seed(part.seed, "inner folds"))
    )
    if folds:
        judged = np.concatenate([judge for _, judge in folds])
        scores = np.concatenate(
            [
                linear_scores(vectors[judge], *_fit_linear(recipe, vectors[fit], labels[fit]))
                for fit, judge in folds
            ]
        )
        temperature = best_temperature(scores, labels[judged])
        held_out = HeldOut(part.train[judged], softmax(scores / temperature))
    weights, intercepts = _fit_linear(recipe, vectors, labels)
    height, width = recipe.image_size
    machine = FisherMachine(
        codebook=codebook,
        weights=weights,
        intercepts=intercepts,
        temperature=temperature,
        grid=grid,
        height=height,
        width=width,
    )
    learnt = weights.size + intercepts.size
    mixture = codebook.projection.size + codebook.means.size * 2 + codebook.shares.size

    def predict(indices: Indices) -> Array:
        return softmax(machine.scores(encode(indices)) / temperature)

    return FittedRecipe(
        predict_indices=predict,
        assemble=lambda: Classifier(
            model=machine,
            class_names=dataset.class_names,
            resize_mode=recipe.resize_mode,
            recipe=recipe,
        ),
        parameters=learnt + mixture,
        trainable_parameters=learnt + mixture,
        held_out=held_out,
    )


def _describe(
    recipe: FisherVectors,
    dataset: ImageDataset,
    grid: PatchGrid,
    indices: Indices,
) -> dict[int, Described]:
    found: dict[int, Described] = {}
    for pixels in dataset[indices].batches(recipe.image_size, recipe.resize_mode, _BATCH):
        for image in pixels:
            report("Describing patches", len(found), len(indices))
            found[int(indices[len(found)])] = describe_patches(image, grid)
    report("Describing patches", len(indices), len(indices))
    return found


def _learn_codebook(
    recipe: FisherVectors, described: Sequence[Described], generator: np.random.Generator
) -> Codebook:
    """Find the main axes of descriptions, and a mixture of patches along them."""
    from sklearn.decomposition import PCA
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    def draw(most: int) -> Described:
        share = max(1, most // len(described))
        drawn = [generator.permutation(len(looks))[:share] for looks, _ in described]
        return (
            np.concatenate([looks[at] for (looks, _), at in zip(described, drawn, strict=True)]),
            np.concatenate([places[at] for (_, places), at in zip(described, drawn, strict=True)]),
        )

    looks, _ = draw(_PATCHES_FOR_AXES)
    axes = PCA(min(recipe.dimensions, *looks.shape), svd_solver="full").fit(looks)
    spread = float(np.sqrt(axes.explained_variance_.sum()))
    blank = Codebook(
        centre=axes.mean_.astype(np.float64),
        projection=axes.components_.T.astype(np.float64),
        # Places are as far apart as descriptions are, at a weight of 1.
        place_weight=recipe.place * max(spread, _LEAST_VARIANCE),
        shares=np.ones(1),
        means=np.zeros((1, 1)),
        variances=np.ones((1, 1)),
    )
    sample = blank.project(*draw(_PATCHES_FOR_MIXTURE))
    mixture = GaussianMixture(
        min(recipe.components, len(sample)),
        covariance_type="diag",
        max_iter=_MIXTURE_STEPS,
        reg_covar=_LEAST_VARIANCE,
        random_state=int(generator.integers(2**31)),
    )
    with warnings.catch_warnings():
        # So many steps settle what images look like through the mixture, not its last digits;
        # and images of one colour have fewer different patches than it has parts.
        warnings.simplefilter("ignore", ConvergenceWarning)
        mixture.fit(sample)
    return dataclasses.replace(
        blank,
        shares=mixture.weights_,
        means=mixture.means_,
        variances=mixture.covariances_,
    )


def _encode(
    recipe: FisherVectors,
    dataset: ImageDataset,
    grid: PatchGrid,
    codebook: Codebook,
    indices: Indices,
    described: Mapping[int, Described],
) -> NDArray[np.float32]:
    """Give the vectors of images (m, d), describing those that are not described yet."""
    new = np.array([index for index in indices if int(index) not in described], np.int64)
    images = (
        image
        for pixels in dataset[new].batches(recipe.image_size, recipe.resize_mode, _BATCH)
        for image in pixels
    )

    def patches() -> Iterator[Array]:
        for done, index in enumerate(indices):
            report("Gathering patches", done, len(indices))
            known = described.get(int(index))
            yield codebook.project(*(known or describe_patches(next(images), grid)))
        report("Gathering patches", len(indices), len(indices))

    return codebook.encode(patches())


def _fit_linear(
    recipe: FisherVectors, vectors: NDArray[np.float32], labels: NDArray[np.int64]
) -> tuple[Array, Array]:
    """Fit one machine a class against the rest; give weights (k, d) and intercepts (k,)."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    with warnings.catch_warnings():
        # An image on the wrong side at so large a C: what it still moves are the last digits.
        warnings.simplefilter("ignore", ConvergenceWarning)
        machine = LinearSVC(
            C=recipe.regularization, loss="hinge", max_iter=_STEPS, random_state=0
        ).fit(vectors.astype(np.float64), labels)
    weights, intercepts = machine.coef_, machine.intercept_
    if len(machine.classes_) == 2:
        # Two classes have one score, for the second and against the first.
        weights, intercepts = np.vstack([-weights, weights]), np.append(-intercepts, intercepts)
    return weights, intercepts
