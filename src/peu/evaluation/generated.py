"""Quality of generated images, measured by a small classifier of the real ones."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.networks.training_settings import TrainingSettings
from peu.seeds import child_seed

CONFIDENT = 0.9
_MOST_IMAGES = 10_000
_LEAST_STEPS = 600
_BATCH = 64
_CHUNK = 500


@dataclass(frozen=True, eq=False)
class Judge:
    """A small classifier of the real images, with its accuracy.

    Attributes:
        network: a keras.Model from RGB pixels to [features, probabilities].
        accuracy: on the held-out images, in [0, 1].
        features: of the held-out images (m, 64).
    """

    network: Any = field(repr=False)
    accuracy: float
    features: NDArray[np.float64] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class SampleFigures:
    """Quality and variety of generated images, as a judge sees them.

    Attributes:
        distance: Frechet distance between the judge's features of generated and of held-out
            images; 0 is best. Compare distances of the same judge only.
        confident: share of generated images that the judge assigns to a class with a
            probability of 0.9 or more.
        classes_covered: number of classes with at least a tenth of the images that each would
            have if all were equally frequent, counting confident images only.
        classes: number of classes.
        judge_accuracy: accuracy of the judge on held-out images.
        samples: number of generated images.
    """

    distance: float
    confident: float
    classes_covered: int
    classes: int
    judge_accuracy: float
    samples: int


@dataclass(frozen=True, kw_only=True)
class RecognitionFigures:
    """How far a judge still recognises images that a model has reconstructed.

    Attributes:
        recognised: share of the reconstructions to which the judge gives the class of the
            original, in [0, 1].
        by_class: that share for each class; None where the class has no image.
        judge_accuracy: share of the originals that it classifies rightly.
        images: number of images.
    """

    recognised: float
    by_class: tuple[float | None, ...]
    judge_accuracy: float
    images: int


def train_judge(
    pixels: NDArray[np.uint8],
    labels: NDArray[np.int64],
    held_out: NDArray[np.uint8],
    held_out_labels: NDArray[np.int64],
    *,
    seed: int,
) -> Judge:
    """Train the judge on at most 10,000 of the real images.

    Args:
        pixels: (n, height, width, channels) of the training images, 1 or 3 channels.
        labels: (n,) class indices.
        held_out: images that are not trained on.
        held_out_labels: their class indices.
        seed: random seed of its weights, its batches and the choice of images.

    Returns:
        The judge with its accuracy on the held-out images.
    """
    # Whoever reads what was measured needs no Keras.
    from peu.networks.backend import keras
    from peu.networks.fit import fit_network
    from peu.networks.small_cnn import small_cnn

    chosen = np.random.default_rng(child_seed(seed, "images")).permutation(len(pixels))
    chosen = chosen[:_MOST_IMAGES]
    height, width = pixels.shape[1:3]
    steps = -(-len(chosen) // _BATCH)
    training = TrainingSettings(
        epochs=max(3, -(-_LEAST_STEPS // steps)), batch_size=_BATCH, precision="float32"
    )
    classes = int(max(labels.max(), held_out_labels.max())) + 1
    network = small_cnn(
        (height, width),
        classes,
        filters=(16, 32),
        dense_units=64,
        seed=child_seed(seed, "network"),
    )
    fit_network(
        network,
        _rgb(pixels[chosen]),
        labels[chosen],
        training,
        seed=child_seed(seed, "batches"),
        phase="Training the judge of samples",
    )
    joined = keras.Model(
        network.input, [network.get_layer("hidden").output, network.output], name="judge"
    )
    features, probabilities = _predict(joined, held_out)
    accuracy = float(np.mean(probabilities.argmax(axis=1) == held_out_labels))
    return Judge(joined, accuracy, features)


def judge_samples(judge: Judge, samples: NDArray[np.uint8]) -> SampleFigures:
    """Measure generated images with a judge.

    Args:
        judge: trained on the images that the generator was trained on.
        samples: (n, height, width, channels) in [0, 255].
    """
    features, probabilities = _predict(judge.network, samples)
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


def judge_reconstructions(
    judge: Judge, reconstructions: NDArray[np.uint8], labels: NDArray[np.int64]
) -> RecognitionFigures:
    """Measure how many reconstructions a judge still takes for their class.

    Args:
        judge: trained on images of these classes.
        reconstructions: (n, height, width, channels) in [0, 255], of held-out images.
        labels: (n,) class indices of the originals.
    """
    _, probabilities = _predict(judge.network, reconstructions)
    right = probabilities.argmax(axis=1) == labels
    of_class = [right[labels == number] for number in range(probabilities.shape[1])]
    return RecognitionFigures(
        recognised=float(right.mean()),
        by_class=tuple(float(each.mean()) if len(each) else None for each in of_class),
        judge_accuracy=judge.accuracy,
        images=len(labels),
    )


def frechet_distance(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Squared Frechet distance between two samples, taken as normally distributed.

    Args:
        first: (n, k).
        second: (m, k).

    Returns:
        |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)); 0 for equal means and covariances.

    Source: Dowson and Landau (1982); Heusel et al. (2017) for generated images.
    """
    mean = first.mean(axis=0) - second.mean(axis=0)
    one, two = (np.atleast_2d(np.cov(points, rowvar=False)) for points in (first, second))
    values, vectors = np.linalg.eigh(one)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    # The square root of C1 C2 has the same trace as that of the symmetric C1^1/2 C2 C1^1/2.
    overlap = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ two @ root), 0)).sum()
    return max(0.0, float(mean @ mean + np.trace(one) + np.trace(two) - 2 * overlap))


def _predict(
    network: Any, pixels: NDArray[np.uint8]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Features and probabilities of images."""
    features, probabilities = network.predict(_rgb(pixels), batch_size=_CHUNK, verbose=0)
    return features.astype(np.float64), probabilities.astype(np.float64)


def _rgb(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return pixels if pixels.shape[-1] == 3 else np.repeat(pixels, 3, axis=-1)
