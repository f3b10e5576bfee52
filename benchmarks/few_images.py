"""Accuracy of recipes fitted on so few images per class, tested on all the others.

Copies of an image that was learnt from are left out of the test.

Run: PEU_DATA=... python benchmarks/few_images.py [--draws 20] [--recipes transfer] [--counts 5]
"""

import argparse
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from peu.classifiers.base import ImageClassifier
from peu.classifiers.fisher import FisherVectors
from peu.classifiers.hog import HogSVM
from peu.classifiers.transfer import Transfer
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images
from peu.seeds import child_seed

DATA = Path(os.environ["PEU_DATA"])
RECIPES: dict[str, ImageClassifier] = {
    "transfer": Transfer(),
    "mobilenet": Transfer(
        backbone=str(DATA / "weights" / "mobilenet_1_0_224_pw12.keras"), backbone_preprocessing="tf"
    ),
    "fisher": FisherVectors(),
    "hog": HogSVM(),
}
COUNTS = (1, 2, 5, 10, 20)


def draw(
    dataset: ImageDataset, count: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw so many images of each class to learn from, and the others to test on."""
    y, groups = dataset.y, dataset.groups
    generator = np.random.default_rng(seed)
    train = np.sort(
        np.concatenate(
            [
                generator.choice(np.flatnonzero(y == name), count, replace=False)
                for name in np.unique(y)
            ]
        )
    )
    return train, np.flatnonzero(~np.isin(groups, groups[train]))


def accuracies(
    recipe: ImageClassifier, dataset: ImageDataset, count: int, draws: int
) -> NDArray[np.float64]:
    """Accuracy of a recipe in each draw."""
    found = []
    for number in range(draws):
        train, test = draw(dataset, count, child_seed(0, "draw", count, number))
        fitted = clone(recipe).set_params(seed=child_seed(0, "fit", count, number))
        found.append(fitted.fit(dataset[train]).score(dataset[test]))
    return np.array(found)


def main() -> None:
    """Print a line a recipe and number of images."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--recipes", nargs="+", choices=RECIPES, default=list(RECIPES))
    parser.add_argument("--counts", type=int, nargs="+", default=list(COUNTS))
    options = parser.parse_args()
    draws = options.draws
    dataset = load_images(DATA / "caltech4")
    for name in options.recipes:
        for count in options.counts:
            found = accuracies(RECIPES[name], dataset, count, draws)
            print(
                f"{name}, {count} per class: {found.mean():.3f}, from {found.min():.3f} to "
                f"{found.max():.3f} in {draws} draws",
                flush=True,
            )


if __name__ == "__main__":
    main()
