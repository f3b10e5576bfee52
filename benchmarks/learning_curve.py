"""Whether a learning curve from half the images says what all of them bring.

A task is some classes with some images each, drawn by seed. The curve is made from half of them;
the truth is the accuracy, balanced over the classes, of the model that learns from all of them, on
all other images of these classes. "Allowing" widens each interval by the standard error of that
truth. By default the recipes are ridge classifiers on features of EfficientNet-Lite, whole, or
squeezed to a few random dimensions as weaker recipes are; --product runs `transfer` with
EfficientNet-Lite0 and `hog`, or the recipes named, themselves, a hundred times slower.

"At least" is how far off, on average, even a curve of the right shape would be: the accuracy that
it starts from is measured on half of the images, and the truth on a few hundred.

    PEU_DATA=... python benchmarks/learning_curve.py [--tasks 60] [--first 100]
        [--product [--recipes transfer,hog,fisher]]
"""

import argparse
import os
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from peu.classifiers.base import ImageClassifier
from peu.classifiers.fisher import FisherVectors
from peu.classifiers.hog import HogSVM
from peu.classifiers.transfer import Transfer
from peu.comparison.learning_curve import learning_curve
from peu.evaluation.learning_curve import fit_power_law
from peu.evaluation.uncertainty import Interval
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images
from peu.images.nested_subsets import nested_splits
from peu.images.splits import make_splits

FEWEST, MOST = 75, 300
CLASSES, IMAGES = (4, 6, 8, 10), (24, 32, 40)
SQUEEZED = {"lite0": None, "lite2": None, "lite2 in 40 d": 40, "lite0 in 12 d": 12}
PRODUCT: dict[str, ImageClassifier] = {
    "transfer": Transfer(backbone="efficientnet-lite0"),
    "hog": HogSVM(),
    "fisher": FisherVectors(),
}
Array = NDArray[np.float64]
Indices = NDArray[np.int64]


def draw(labels: Indices, seed: int) -> tuple[Indices, Indices, Indices]:
    """All images of a task, half of each class of them, and all other images of its classes."""
    rng = np.random.default_rng([7, seed])
    counts = np.bincount(labels)
    images = int(rng.choice(IMAGES))
    chosen = rng.choice(np.flatnonzero(counts >= FEWEST), int(rng.choice(CLASSES)), replace=False)
    own = [rng.permutation(np.flatnonzero(labels == label))[:images] for label in chosen]
    everything = np.sort(np.concatenate(own))
    half = np.sort(np.concatenate([each[: images // 2] for each in own]))
    rest = np.setdiff1d(np.flatnonzero(np.isin(labels, chosen)), everything)
    return everything, half, rest


def ridge(x: Array, y: Indices, others: Array) -> Indices:
    """Predict by a ridge regression on one column a class."""
    classes, place = np.unique(y, return_inverse=True)
    targets = np.eye(len(classes))[place]
    middle, share = x.mean(axis=0), targets.mean(axis=0)
    x, others = x - middle, others - middle
    kernel = x @ x.T
    strength = 0.03 * np.trace(kernel) / len(kernel)
    dual = np.linalg.solve(kernel + strength * np.eye(len(kernel)), targets - share)
    return np.asarray(classes[(others @ x.T @ dual + share).argmax(axis=1)], np.int64)


def curve_of(
    images: ImageDataset, labels: Indices, features: Array, at: float, seed: int
) -> Interval:
    """What the curve from some images expects at another size, with ridge classifiers."""
    sizes = nested_splits(images, make_splits(images, seed=seed))
    correct = np.zeros((len(sizes), len(images)))
    for row, (_, splits) in zip(correct, sizes, strict=True):
        for split in splits:
            found = ridge(features[split.train], labels[split.train], features[split.test])
            row[split.test] += (found == labels[split.test]) / 2
    classes = len(np.unique(labels))
    law = fit_power_law([size for size, _ in sizes], correct, images.groups, classes=classes)
    return law.accuracy(at)


def by_class(right: NDArray[np.bool_], labels: Indices) -> tuple[float, float]:
    """Mean over the classes of the share that is right, and its standard error."""
    own = [right[labels == label] for label in np.unique(labels)]
    shares = [((each.sum() + 0.5) / (len(each) + 1), len(each)) for each in own]
    error = np.sqrt(sum(share * (1 - share) / n for share, n in shares)) / len(own)
    return float(np.mean([each.mean() for each in own])), float(error)


def quick(
    pool: ImageDataset, labels: Indices
) -> Callable[[Indices, Indices, Indices, int], dict[str, tuple[Interval, float, float]]]:
    """A judge of tasks by ridge classifiers."""
    features = {}
    for name, dimensions in SQUEEZED.items():
        raw = Transfer(backbone=f"efficientnet-{name[:5]}").features(pool).astype(np.float64)
        unit = raw / np.linalg.norm(raw, axis=1, keepdims=True)
        if dimensions:
            rng = np.random.default_rng(dimensions)
            unit = (unit - unit.mean(axis=0)) @ rng.normal(size=(unit.shape[1], dimensions))
        features[name] = unit

    def judge(
        everything: Indices, half: Indices, rest: Indices, seed: int
    ) -> dict[str, tuple[Interval, float, float]]:
        part = of_own_classes(pool[half])
        own = np.asarray(part.labels)
        at = len(everything) / len(part.class_names)
        return {
            name: (
                curve_of(part, own, x[half], at, seed),
                *by_class(ridge(x[everything], labels[everything], x[rest]) == labels[rest],
                          labels[rest]),
            )
            for name, x in features.items()
        }  # fmt: skip

    return judge


def product(
    pool: ImageDataset, labels: Indices, names: Sequence[str]
) -> Callable[[Indices, Indices, Indices, int], dict[str, tuple[Interval, float, float]]]:
    """A judge of tasks by recipes themselves."""
    recipes = [PRODUCT[name] for name in names]

    def judge(
        everything: Indices, half: Indices, rest: Indices, seed: int
    ) -> dict[str, tuple[Interval, float, float]]:
        found = learning_curve(of_own_classes(pool[half]), recipes, repeats=1, seed=seed)
        at = len(everything) / len(np.unique(labels[everything]))
        judged = {}
        for curve in found.curves:
            fitted = clone(curve.recipe).fit(of_own_classes(pool[everything]))
            right = fitted.predict(pool[rest]) == pool[rest].y
            judged[curve.name] = (curve.law.accuracy(at), *by_class(right, labels[rest]))
        return judged

    return judge


def of_own_classes(images: ImageDataset) -> ImageDataset:
    """A set whose classes are only those that it has images of."""
    import dataclasses

    names, numbers = np.unique(images.y, return_inverse=True)
    classes = tuple(str(name) for name in names)
    return dataclasses.replace(images, labels=numbers.astype(np.int64), class_names=classes)


def main() -> None:
    """Print a line a task and recipe, then a line a recipe."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=60)
    parser.add_argument("--first", type=int, default=100)
    parser.add_argument("--product", action="store_true")
    parser.add_argument("--recipes", default="transfer,hog")
    options = parser.parse_args()
    images = load_images(Path(os.environ["PEU_DATA"]) / "caltech-rest")
    names, counts = np.unique(images.y, return_counts=True)
    pool = images[np.isin(images.y, names[(counts >= FEWEST) & (counts <= MOST)])]
    pool = pool[np.sort(np.unique(pool.groups, return_index=True)[1])]
    labels = np.unique(pool.y, return_inverse=True)[1].astype(np.int64)
    judge = (
        product(pool, labels, options.recipes.split(","))
        if options.product
        else quick(pool, labels)
    )
    found: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for seed in range(options.first, options.first + options.tasks):
        everything, half, rest = draw(labels, seed)
        for name, (expected, truth, error) in judge(everything, half, rest, seed).items():
            low, high = expected.low - 0.0005, expected.high + 0.0005
            wider = 1.96 * error
            allowed_low = expected.mean - np.hypot(expected.mean - low, wider)
            allowed_high = expected.mean + np.hypot(high - expected.mean, wider)
            found[name].append(
                (
                    expected.mean - truth,
                    low <= truth <= high,
                    allowed_low <= truth <= allowed_high,
                    high - low,
                    truth,
                    truth * (1 - truth) / len(half) + error**2,
                )
            )
            print(
                f"task {seed}, {len(half)} of {len(everything)} images, {name}: expected "
                f"{expected.mean:.3f} ({low:.3f} to {high:.3f}), truth {truth:.3f} +- {error:.3f}",
                flush=True,
            )
    for name, rows in found.items():
        off, inside, allowing, width, truth, variance = np.array(rows, float).T
        least = np.sqrt(2 / np.pi * variance.mean())
        print(
            f"{name}, {len(rows)} tasks, truth {truth.mean():.3f}: off by {np.abs(off).mean():.4f} "
            f"in the mean, {np.median(np.abs(off)):.4f} in the median, at least {least:.4f}, "
            f"bias {off.mean():+.4f}; "
            f"inside {inside.mean():.2f}, allowing {allowing.mean():.2f}; width {width.mean():.3f}"
        )


if __name__ == "__main__":
    main()
