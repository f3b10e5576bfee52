"""How good generated images are, judged by a small classifier trained on the real ones."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.networks.backend import keras
from peu.networks.fit import fit_network
from peu.networks.small_cnn import small_cnn
from peu.recipes.scratch import SmallCNN
from peu.recipes.training import TrainingSettings
from peu.seeds import child_seed

CONFIDENT = 0.9
_MOST_IMAGES = 10_000
_LEAST_STEPS = 600
_BATCH = 64
_CHUNK = 500


@dataclass(frozen=True, eq=False)
class Judge:
    """Hold a small classifier of the real images, and how far it can be trusted.

    Attributes:
        network: a keras.Model from RGB pixels to [features, probabilities].
        accuracy: on the held-out images, in [0, 1].
        features: of the held-out images (m, 64).
    """

    network: Any
    accuracy: float
    features: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class SampleFigures:
    """Hold what a judge says of generated images.

    Attributes:
        distance: Frechet distance between the judge's features of generated and of held-out
            images; 0 is best. Only distances by one judge can be compared.
        confident: share of generated images to which the judge gives a class with a
            probability of 0.9 or more.
        classes_covered: classes that at least a tenth of their even share of the confident
            images shows.
        classes: how many classes there are.
        judge_accuracy: how often the judge is right on held-out images.
        samples: how many images were generated.
    """

    distance: float
    confident: float
    classes_covered: int
    classes: int
    judge_accuracy: float
    samples: int


def train_judge(
    pixels: NDArray[np.uint8],
    labels: NDArray[np.int64],
    held_out: NDArray[np.uint8],
    held_out_labels: NDArray[np.int64],
    *,
    seed: int,
) -> Judge:
    """Train the classifier that will judge, on at most 10,000 of the real images.

    Args:
        pixels: (n, height, width, channels) of the training images, 1 or 3 channels.
        labels: their classes (n,), from 0 on.
        held_out: images that it does not learn from.
        held_out_labels: their classes.
        seed: of its weights and of which images it sees.

    Returns:
        The judge with its own accuracy.
    """
    chosen = np.random.default_rng(child_seed(seed, "images")).permutation(len(pixels))
    chosen = chosen[:_MOST_IMAGES]
    height, width = pixels.shape[1:3]
    steps = -(-len(chosen) // _BATCH)
    recipe = SmallCNN(
        name="judge",
        image_size=(height, width),
        filters=(16, 32),
        dense_units=64,
        training=TrainingSettings(
            epochs=max(3, -(-_LEAST_STEPS // steps)), batch_size=_BATCH, precision="float32"
        ),
    )
    classes = int(max(labels.max(), held_out_labels.max())) + 1
    network = small_cnn(recipe, classes, seed=child_seed(seed, "network"))
    fit_network(
        network,
        _rgb(pixels[chosen]),
        labels[chosen],
        recipe.training,
        seed=child_seed(seed, "batches"),
        stage="Training the judge of samples",
    )
    joined = keras.Model(
        network.input, [network.get_layer("hidden").output, network.output], name="judge"
    )
    features, probabilities = _judged(joined, held_out)
    accuracy = float(np.mean(probabilities.argmax(axis=1) == held_out_labels))
    return Judge(joined, accuracy, features)


def judge_samples(judge: Judge, samples: NDArray[np.uint8]) -> SampleFigures:
    """Let a judge look at generated images.

    Args:
        judge: of the images that the generator learnt from.
        samples: (n, height, width, channels) in [0, 255].
    """
    features, probabilities = _judged(judge.network, samples)
    sure = probabilities.max(axis=1) >= CONFIDENT
    classes = probabilities.shape[1]
    shown = np.bincount(probabilities[sure].argmax(axis=1), minlength=classes)
    least = max(1.0, 0.1 * len(samples) / classes)
    return SampleFigures(
        distance=frechet_distance(features, judge.features),
        confident=float(np.mean(sure)),
        classes_covered=int(np.count_nonzero(shown >= least)),
        classes=classes,
        judge_accuracy=judge.accuracy,
        samples=len(samples),
    )


def frechet_distance(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Give the squared Frechet distance of two clouds of points, taken as normal.

    Args:
        first: (n, k).
        second: (m, k).

    Returns:
        |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)); 0 for equal means and covariances.

    Source: Dowson and Landau (1982); Heusel et al. (2017) for generated images.
    """
    mean = first.mean(axis=0) - second.mean(axis=0)
    one, two = (np.cov(points, rowvar=False) for points in (first, second))
    values, vectors = np.linalg.eigh(np.atleast_2d(one))
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    # The square root of C1 C2 has the trace of that of the symmetric C1^1/2 C2 C1^1/2.
    product = np.linalg.eigvalsh(root @ np.atleast_2d(two) @ root)
    overlap = float(np.sqrt(np.maximum(product, 0)).sum())
    squared = float(mean @ mean) + float(np.trace(np.atleast_2d(one)))
    return max(0.0, squared + float(np.trace(np.atleast_2d(two))) - 2 * overlap)


def _judged(
    network: Any, pixels: NDArray[np.uint8]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    parts = [
        [keras.ops.convert_to_numpy(each) for each in network(_rgb(pixels[at : at + _CHUNK]))]
        for at in range(0, len(pixels), _CHUNK)
    ]
    features, probabilities = (
        np.concatenate(each).astype(np.float64) for each in zip(*parts, strict=True)
    )
    return features, probabilities


def _rgb(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return pixels if pixels.shape[-1] == 3 else np.repeat(pixels, 3, axis=-1)
