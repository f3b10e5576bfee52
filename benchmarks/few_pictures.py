"""How good recipes are that learn from so few images a class, tested on all the others.

Copies of an image that was learnt from are left out of the test.

Run: PEU_DATA=... python benchmarks/few_images.py [--draws 20]
"""

import argparse
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from peu.classifiers.fit import fit_recipe
from peu.classifiers.fitted_recipe import TrainingPart
from peu.classifiers.labels import labels_of
from peu.images.dataset import ImageDataset, load_dataset
from peu.images.duplicates import duplicate_groups
from peu.recipes.descriptors import HogSVM
from peu.recipes.fisher import FisherVectors
from peu.recipes.frozen import Transfer
from peu.recipes.registry import Recipe
from peu.seeds import child_seed

DATA = Path(os.environ["PEU_DATA"])
FROZEN = Transfer(
    backbone=str(DATA / "weights" / "mobilenet_1_0_224_pw12.keras"), backbone_preprocessing="tf"
)
COUNTS = (1, 2, 5, 10, 20)


def draw(
    labels: NDArray[np.int64], groups: NDArray[np.int64], count: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw so many images of each class to learn from, and give the others to test on."""
    generator = np.random.default_rng(seed)
    train = np.sort(
        np.concatenate(
            [
                generator.choice(np.flatnonzero(labels == label), count, replace=False)
                for label in np.unique(labels)
            ]
        )
    )
    return train, np.flatnonzero(~np.isin(groups, groups[train]))


def accuracies(
    recipe: Recipe, dataset: ImageDataset, count: int, draws: int
) -> NDArray[np.float64]:
    """Give the accuracy of a recipe in each draw."""
    labels, groups = labels_of(dataset), duplicate_groups(dataset)
    found = []
    for number in range(draws):
        train, test = draw(labels, groups, count, child_seed(0, "draw", count, number))
        part = TrainingPart(train=train, groups=groups, seed=child_seed(0, "fit", count, number))
        answers = fit_recipe(recipe, dataset, part).predict_indices(test)
        found.append(np.mean(answers.argmax(axis=1) == labels[test]))
    return np.array(found)


def main() -> None:
    """Print a line a recipe and number of images."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=20)
    draws = parser.parse_args().draws
    dataset = load_dataset(DATA / "caltech4")
    for recipe in (FROZEN, FisherVectors(), HogSVM()):
        for count in COUNTS:
            found = accuracies(recipe, dataset, count, draws)
            print(
                f"{recipe.name}, {count} a class: {found.mean():.3f}, from {found.min():.3f} to "
                f"{found.max():.3f} in {draws} draws",
                flush=True,
            )


if __name__ == "__main__":
    main()
