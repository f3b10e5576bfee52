"""How often intervals hold the truth, and how often verdicts are right, on draws of real images.

A draw is a task of few classes with few images each. Recipes (logistic regression on features, all
or squeezed to a few random dimensions, for accuracies from 0.7 to 0.99) are cross-validated on
it, and the truth is the accuracy, balanced over the classes, of the model learnt from all its
images, on all other images of these classes. For `caltech` these are 40 to 200 a class, so the
truth is itself about as uncertain as the estimate: "allowing" widens each interval by the
standard error of that truth. For `mnist` they are about 2,000 a class, and little is allowed.

PEU_DATA=folder python benchmarks/coverage.py [--source caltech|mnist] [--draws 300] [--classes 4]
    [--images 35] [--schemes 5x2,3x1] [--seed 0]
"""

import argparse
import os
import shutil
import tempfile
import warnings
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from peu.classifiers.transfer import Transfer
from peu.evaluation.image_intervals import (
    ImageSample,
    mean_interval,
    paired_difference,
    share_interval,
)
from peu.evaluation.metrics import Evaluation, evaluate_predictions
from peu.evaluation.uncertainty import Interval, corrected_interval
from peu.images.loading import load_images

FEWEST, MOST = 75, 300
DATA = Path(os.environ["PEU_DATA"])
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Recipe:
    """Features, squeezed to so many random dimensions, and C of the logistic regression."""

    features: str
    dimensions: int | None = None
    C: float = 100.0

    @property
    def name(self) -> str:
        """Name in tables."""
        return f"{self.features}{f' in {self.dimensions} d' if self.dimensions else ''}"


RECIPES = {
    "caltech": (
        Recipe("lite2"),
        Recipe("lite0", 24, 10.0),
        Recipe("lite2", 12, 10.0),
        Recipe("lite0", 12, 10.0),
        Recipe("lite2", 7, 10.0),
        Recipe("lite0", 6, 10.0),
    ),
    "mnist": (
        Recipe("gradients"),
        Recipe("pixels"),
        Recipe("gradients", 24),
        Recipe("pixels", 24),
        Recipe("gradients", 12),
        Recipe("pixels", 8),
    ),
}


@dataclass(frozen=True)
class Pool:
    """Images to draw from: features by name (n, d), and labels (n,)."""

    features: dict[str, Array]
    labels: NDArray[np.int64]


def caltech() -> Pool:
    """Classes of 75 to 300 images, one image of each group of near-duplicates."""
    with tempfile.TemporaryDirectory() as folder:
        for own in (DATA / "caltech-rest").iterdir():
            if FEWEST <= sum(1 for _ in own.glob("*.jpg")) <= MOST:
                shutil.copytree(own, Path(folder) / own.name)
        images = load_images(folder)
        images = images[np.sort(np.unique(images.groups, return_index=True)[1])]
        lite = {
            name: _unit(Transfer(backbone=f"efficientnet-{name}").features(images))
            for name in ("lite0", "lite2")
        }
    return Pool(lite, np.unique(images.y, return_inverse=True)[1])


def mnist() -> Pool:
    """20,000 digits: 40 principal components of the pixels, and histograms of gradients."""
    from skimage.feature import hog

    stored = np.load(DATA / "mnist.npz")
    digits = stored["x_train"][:20000]
    gradients = [hog(d, 6, (7, 7), (2, 2)) for d in digits]
    pixels = digits.reshape(len(digits), -1) / 255
    centred = pixels - pixels.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    features = {"gradients": _unit(np.array(gradients)), "pixels": _unit(centred @ axes[:, -40:])}
    return Pool(features, stored["y_train"][:20000].astype(np.int64))


def _unit(features: NDArray[np.float32] | Array) -> Array:
    wide = np.asarray(features, np.float64)
    return np.asarray(wide / np.linalg.norm(wide, axis=1, keepdims=True))


def evaluations(
    recipe: Recipe,
    x: Array,
    y: NDArray[np.int64],
    tests: Sequence[tuple[Array, NDArray[np.int64], NDArray[np.int64]]],
) -> list[Evaluation]:
    """The metrics of models that learn all but some images: (features, labels, left out)."""
    found = []
    for features, labels, left_out in tests:
        model = LogisticRegression(C=recipe.C, max_iter=100, tol=1e-3)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(np.delete(x, left_out, axis=0), np.delete(y, left_out))
        names = tuple(str(each) for each in model.classes_)
        found.append(evaluate_predictions(labels, model.predict_proba(features), names))
    return found


class Task:
    """One draw."""

    def __init__(self, pool: Pool, classes: int, images: int, rng: np.random.Generator) -> None:
        counts = np.bincount(pool.labels)
        chosen = np.sort(rng.choice(np.flatnonzero(counts >= images + 20), classes, replace=False))
        self.own = np.concatenate(
            [rng.choice(np.flatnonzero(pool.labels == c), images, replace=False) for c in chosen]
        )
        others = np.isin(pool.labels, chosen)
        others[self.own] = False
        self.others = np.flatnonzero(others)
        self.y = np.searchsorted(chosen, pool.labels[self.own])
        self.rest = np.searchsorted(chosen, pool.labels[self.others])
        self.pool = pool
        self.seed = int(rng.integers(2**31))

    def parts(self, recipe: Recipe) -> tuple[Array, Array]:
        """Features of the drawn images and of all others, in the span of the drawn ones."""
        features = self.pool.features[recipe.features]
        x, rest = features[self.own], features[self.others]
        middle = x.mean(axis=0)
        if recipe.dimensions is None:
            _, _, basis = np.linalg.svd(x - middle, full_matrices=False)
            return (x - middle) @ basis.T, (rest - middle) @ basis.T
        # Always the same dimensions: a recipe is the same on every draw and fold.
        onto = np.random.default_rng(recipe.dimensions).normal(
            size=(features.shape[1], recipe.dimensions)
        )
        x, rest = (x - middle) @ onto, (rest - middle) @ onto
        return x / x.std() / 3, rest / x.std() / 3

    def folds(self, folds: int, repeats: int) -> list[NDArray[np.int64]]:
        """The test images of every split."""
        return [
            test
            for repeat in range(repeats)
            for _, test in StratifiedKFold(
                folds, shuffle=True, random_state=(self.seed + repeat) % 2**31
            ).split(self.y, self.y)
        ]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What was said of two recipes on one draw: the difference, 0 where none is shown."""

    pair: str
    truth: float
    told: float
    probability: float
    held: bool
    width: float


def by_class(correct: Array, labels: NDArray[np.int64]) -> tuple[float, float]:
    """Mean over classes of the share that is right in each, and its standard error.

    The spread of a class is taken as if half an image more had been right, and half one wrong.
    """
    right, count = np.bincount(labels, correct), np.bincount(labels)
    share = (right + 0.5) / (count + 1)
    error = np.sqrt((share * (1 - share) / count).sum()) / len(count)
    return float((right / count).mean()), float(error)


def holds(interval: Interval, truth: float, error: float) -> bool:
    """Whether an interval holds a truth with such a standard error, to three digits as printed."""
    low = interval.mean - np.hypot(interval.mean - interval.low, 1.96 * error)
    high = interval.mean + np.hypot(interval.high - interval.mean, 1.96 * error)
    return bool(low - 0.0005 <= truth <= high + 0.0005)


def judge_intervals(
    rest: NDArray[np.int64],
    tests: Sequence[NDArray[np.int64]],
    splits: Sequence[Evaluation],
    truth: Evaluation,
    sample: ImageSample,
    found: dict[str, list[float]],
) -> None:
    """Add whether one recipe's intervals on one draw hold the truth."""
    correct = per_image(tests, [each.correct for each in splits])
    right, error = by_class(truth.correct, rest)
    apart = ImageSample(classes=sample.classes * 0, groups=sample.groups, test_train_ratio=1e-9)
    ratio = sample.test_train_ratio
    made = {
        "shipped": share_interval(correct, sample),
        "folds": corrected_interval([each.accuracy for each in splits], test_train_ratio=ratio),
        "images alone": mean_interval(correct, apart, bounds=(-1, 2)),
    }
    found["truth"].append(right)
    found["error"].append(error)
    found["estimate"].append(made["shipped"].mean)
    for method, interval in made.items():
        found[f"{method} raw"].append(holds(interval, right, 0.0))
        found[f"{method} allowing"].append(holds(interval, right, error))
        found[f"{method} width"].append(interval.high - interval.low)
    for attribute in ("log_losses", "squared_errors"):
        values = per_image(tests, [getattr(each, attribute) for each in splits])
        interval = mean_interval(values, sample, bounds=(0, np.inf))
        own = [getattr(truth, attribute)[rest == label] for label in np.unique(rest)]
        error = np.sqrt(sum(each.var() / len(each) for each in own)) / len(own)
        found[attribute].append(holds(interval, float(np.mean([e.mean() for e in own])), error))


def per_image(tests: Sequence[NDArray[np.int64]], values: Sequence[Array]) -> Array:
    """The mean of each image's values over the repeats."""
    place = np.concatenate(tests)
    return np.asarray(np.bincount(place, np.concatenate(values)) / np.bincount(place), np.float64)


def main() -> None:
    """Print the cells, then the verdicts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", choices=RECIPES, default="caltech")
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--classes", type=int, default=4)
    parser.add_argument("--images", type=int, default=35)
    parser.add_argument("--schemes", default="5x2,3x1")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    pool, recipes = (caltech if options.source == "caltech" else mnist)(), RECIPES[options.source]
    cells: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    pairs: dict[str, list[Verdict]] = defaultdict(list)
    for draw in range(options.draws):
        task = Task(
            pool, options.classes, options.images, np.random.default_rng([options.seed, draw])
        )
        parts = {recipe: task.parts(recipe) for recipe in recipes}
        truths = {
            recipe: evaluations(recipe, x, task.y, [(rest, task.rest, task.y[:0])])[0]
            for recipe, (x, rest) in parts.items()
        }
        for scheme in options.schemes.split(","):
            folds, repeats = map(int, scheme.split("x"))
            tests = task.folds(folds, repeats)
            sample = ImageSample(
                classes=task.y, groups=np.arange(len(task.y)), test_train_ratio=1 / (folds - 1)
            )
            correct = {}
            for recipe, (x, _) in parts.items():
                parted = [(x[test], task.y[test], test) for test in tests]
                splits = evaluations(recipe, x, task.y, parted)
                correct[recipe] = per_image(tests, [each.correct for each in splits])
                cell = cells[scheme, recipe.name]
                judge_intervals(task.rest, tests, splits, truths[recipe], sample, cell)
            for first, second in combinations(recipes, 2):
                pair = paired_difference("", "", correct[first], correct[second], sample)
                gaps = truths[first].correct - truths[second].correct
                per_class = [gaps[task.rest == c] for c in np.unique(task.rest)]
                truth = float(np.mean([each.mean() for each in per_class]))
                error = np.sqrt(sum(each.var() / len(each) for each in per_class)) / len(per_class)
                gap = pair.difference
                pairs[scheme].append(
                    Verdict(
                        pair=f"{first.name}, {second.name}",
                        truth=truth,
                        told=gap.mean if pair.distinguishable else 0.0,
                        probability=pair.probability,
                        held=holds(gap, truth, max(error, 0.003)),
                        width=gap.high - gap.low,
                    )
                )
    for (scheme, name), found in cells.items():
        mean = {key: float(np.mean(values)) for key, values in found.items()}
        print(
            f"{scheme} {name}: truth {mean['truth']:.3f} (its error {mean['error']:.3f}), estimate "
            f"{mean['estimate']:.3f}; "
            + "; ".join(
                f"{method} {mean[f'{method} raw']:.3f} raw, {mean[f'{method} allowing']:.3f} "
                f"allowing, width {mean[f'{method} width']:.3f}"
                for method in ("shipped", "folds", "images alone")
            )
            + f"; log loss {mean['log_losses']:.3f}, Brier {mean['squared_errors']:.3f}",
            flush=True,
        )
    for scheme, rows in pairs.items():
        report_verdicts(scheme, rows)


def report_verdicts(scheme: str, rows: Sequence[Verdict]) -> None:
    """Print how often verdicts were wrong, and how often true differences were told."""
    wrong: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        wrong[row.pair].append(row.told * row.truth < 0 or (row.told != 0 and row.truth == 0))
    truths = np.array([row.truth for row in rows])
    told = np.array([row.told * row.truth > 0 for row in rows])
    print(
        f"{scheme} verdicts: told wrongly {max(map(np.mean, wrong.values())):.3f} of the worst "
        f"pair, {np.mean([each for values in wrong.values() for each in values]):.4f} of all; "
        f"intervals hold {np.mean([row.held for row in rows]):.3f}, "
        f"width {np.mean([row.width for row in rows]):.3f}"
    )
    for least, most in ((0.05, 1.0), (0.05, 0.1), (0.1, 0.15), (0.15, 1.0)):
        within = (np.abs(truths) >= least) & (np.abs(truths) < most)
        share = told[within].mean() if within.any() else np.nan
        print(f"  differences of {least} to {most}: told {share:.3f} of {within.sum()}")
    sure = np.array([max(row.probability, 1 - row.probability) for row in rows])
    better = np.array([(row.probability > 0.5) == (row.truth > 0) for row in rows])
    for least, most in ((0.5, 0.8), (0.8, 0.95), (0.95, 1.01)):
        within = (sure >= least) & (sure < most) & (truths != 0)
        print(
            f"  probabilities of {least} to {most}: {sure[within].mean():.3f} stated, "
            f"{better[within].mean():.3f} right, of {within.sum()}"
        )


if __name__ == "__main__":
    main()
