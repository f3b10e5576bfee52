"""Tasks of few real images, and recipes whose predictions of every fold have a closed form."""

import functools
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from peu.classifiers.transfer import Transfer
from peu.evaluation.metrics import Evaluation, evaluate_predictions
from peu.images.loading import load_images

FEWEST, MOST = 75, 300
SHARPNESS = 6.0
DATA = Path(os.environ["PEU_DATA"])
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Recipe:
    """Features, squeezed to so many random dimensions, and how strongly weights are penalised."""

    features: str
    dimensions: int | None = None
    penalty: float = 0.3

    @property
    def name(self) -> str:
        """Name in tables."""
        return f"{self.features}{f' in {self.dimensions} d' if self.dimensions else ''}"


RECIPES = {
    "caltech": (
        Recipe("lite2", penalty=0.05),
        Recipe("lite0", penalty=0.05),
        Recipe("lite0", 24),
        Recipe("lite2", 12),
        Recipe("lite0", 12),
        Recipe("lite2", 7),
        Recipe("lite0", 6),
    ),
    "mnist": (
        Recipe("gradients", penalty=1.0),
        Recipe("pixels", penalty=1.0),
        Recipe("gradients", 24),
        Recipe("pixels", 24),
        Recipe("gradients", 12),
        Recipe("pixels", 8),
        Recipe("gradients", 8),
    ),
}


@dataclass(frozen=True, eq=False)
class Pool:
    """Images to draw from: features by name (n, d), and labels (n,)."""

    features: dict[str, Array]
    labels: NDArray[np.int64]

    @functools.cache  # noqa: B019 - one pool a process
    def squeezed(self, recipe: Recipe) -> Array:
        """Features in the same random dimensions on every draw and fold, or all of them."""
        features = self.features[recipe.features]
        if recipe.dimensions is None:
            return features
        onto = np.random.default_rng(recipe.dimensions).normal(
            size=(features.shape[1], recipe.dimensions)
        )
        return np.asarray((features - features.mean(axis=0)) @ onto)


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
    """10,000 digits: 40 principal components of the pixels, and histograms of gradients."""
    from skimage.feature import hog

    stored = np.load(DATA / "mnist.npz")
    digits = stored["x_train"][:10000]
    gradients = [hog(d, 6, (7, 7), (2, 2)) for d in digits]
    pixels = digits.reshape(len(digits), -1) / 255
    centred = pixels - pixels.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    features = {"gradients": _unit(np.array(gradients)), "pixels": _unit(centred @ axes[:, -40:])}
    return Pool(features, stored["y_train"][:10000].astype(np.int64))


POOLS = {"caltech": caltech, "mnist": mnist}


def _unit(features: NDArray[np.float32] | Array) -> Array:
    wide = np.asarray(features, np.float64)
    return np.asarray(wide / np.linalg.norm(wide, axis=1, keepdims=True))


class LeastSquares:
    """One-vs-rest least squares on a task, and what it predicts for images left out."""

    def __init__(self, x: Array, y: NDArray[np.int64], penalty: float) -> None:
        self.y, self.classes = y, int(y.max()) + 1
        self.x, self.targets = with_constant(x), np.eye(self.classes)[y] - 1 / self.classes
        kernel = self.x @ self.x.T
        self.dual = np.linalg.solve(kernel + penalty * np.eye(len(y)), self.targets)
        self.hat = np.linalg.solve(kernel + penalty * np.eye(len(y)), kernel)
        self.residual = self.targets - self.hat @ self.targets

    def left_out(self, tests: Sequence[NDArray[np.int64]]) -> list[Evaluation]:
        """The metrics of models that learn all images but those of a test, on these."""
        found = []
        for test in tests:
            own = np.eye(len(test)) - self.hat[np.ix_(test, test)]
            scores = self.targets[test] - np.linalg.solve(own, self.residual[test])
            found.append(self._evaluation(scores, self.y[test]))
        return found

    def on_others(self, x: Array, y: NDArray[np.int64]) -> Evaluation:
        """The metrics of the model that learns all images, on others."""
        return self._evaluation(with_constant(x) @ (self.x.T @ self.dual), y)

    def _evaluation(self, scores: Array, labels: NDArray[np.int64]) -> Evaluation:
        odds = np.exp(SHARPNESS * (scores - scores.max(axis=1, keepdims=True)))
        names = tuple(str(each) for each in range(self.classes))
        return evaluate_predictions(labels, odds / odds.sum(axis=1, keepdims=True), names)


def with_constant(x: Array) -> Array:
    """Features and a column that stands for the intercept, hardly penalised."""
    return np.hstack([x, np.full((len(x), 1), 3.0)])


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
        """Features of the drawn images and of all others, around the middle of the drawn ones."""
        features = self.pool.squeezed(recipe)
        x, rest = features[self.own], features[self.others]
        middle = x.mean(axis=0)
        x, rest = x - middle, rest - middle
        if recipe.dimensions is None:
            return x, rest
        scale = np.sqrt((x**2).sum(axis=1).mean())
        return x / scale, rest / scale

    def folds(self, folds: int, repeats: int) -> list[NDArray[np.int64]]:
        """The test images of every split."""
        return [
            test
            for repeat in range(repeats)
            for _, test in StratifiedKFold(
                folds, shuffle=True, random_state=(self.seed + repeat) % 2**31
            ).split(self.y, self.y)
        ]
